"""From trained weights to the one file that the server reads: a Hugging Face folder of ours as GGUF.

  python export.py --hf work/8m/train/hf --out ../models/nigh-small.gguf [--type q8_0]
  python export.py --hf FOLDER --random 30m --tokenizer tokenizer.json --out FILE      random weights, for tests of readers

`train.py` writes the folder (weights.py). The GGUF has llama.cpp's names of the qwen3 architecture and describes the tokenizer as model
"gpt2", pre "qwen2", with the ids of the fill-in-the-middle tokens. Norms stay f32 in every type. Smaller types: `nigh quantize`.
GGUF: ggml/docs/gguf.md.
"""
import argparse
import json
import os

import gguf
import numpy as np
import torch
from safetensors.torch import load_file

from model import build
from tokenizer import EOT, PAD
from weights import gguf_name, save_hf

NAME, LICENCE = "nigh-small", "MIT OR Apache-2.0"
TYPES = {"f32": gguf.LlamaFileType.ALL_F32, "f16": gguf.LlamaFileType.MOSTLY_F16, "q8_0": gguf.LlamaFileType.MOSTLY_Q8_0}
FIM_KEYS = {"fim_pre": "<|fim_prefix|>", "fim_suf": "<|fim_suffix|>", "fim_mid": "<|fim_middle|>", "fim_pad": "<|fim_pad|>",
            "fim_rep": "<|repo_name|>", "fim_sep": "<|file_sep|>"}


def write_gguf(folder, out, kind="q8_0", name=NAME, licence=LICENCE):
    """A Hugging Face folder of ours as one GGUF file. `kind` is a key of TYPES."""
    with open(os.path.join(folder, "config.json")) as file:
        config = json.load(file)
    writer = gguf.GGUFWriter(out + ".tmp", "qwen3")
    writer.add_name(name)
    writer.add_license(licence)
    writer.add_file_type(TYPES[kind])
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    writer.add_vocab_size(config["vocab_size"])
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_key_length(config["head_dim"])
    writer.add_value_length(config["head_dim"])
    writer.add_rope_freq_base(config["rope_theta"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    add_tokenizer(writer, os.path.join(folder, "tokenizer.json"), config["vocab_size"])
    for tensor_name, value in load_file(os.path.join(folder, "model.safetensors")).items():
        add_tensor(writer, gguf_name(tensor_name), value.float().numpy(), kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    os.replace(out + ".tmp", out)


def add_tokenizer(writer, path, size):
    """Tokens, kinds, merges and the ids of special tokens; ids the tokenizer does not have are marked unused."""
    with open(path) as file:
        tokenizer = json.load(file)
    tokens, kinds = [f"<|unused_{i}|>" for i in range(size)], [gguf.TokenType.UNUSED] * size
    for token, number in tokenizer["model"]["vocab"].items():
        tokens[number], kinds[number] = token, gguf.TokenType.NORMAL
    ids = {token["content"]: token["id"] for token in tokenizer["added_tokens"]}
    for token, number in ids.items():
        tokens[number], kinds[number] = token, gguf.TokenType.CONTROL
    merges = [merge if isinstance(merge, str) else " ".join(merge) for merge in tokenizer["model"]["merges"]]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges(merges)
    writer.add_bos_token_id(EOT)
    writer.add_eos_token_id(EOT)
    writer.add_pad_token_id(PAD)
    writer.add_add_bos_token(False)
    for key, token in FIM_KEYS.items():
        writer.add_uint32(f"tokenizer.ggml.{key}_token_id", ids[token])


def add_tensor(writer, name, value, kind):
    if value.ndim == 1 or kind == "f32":
        writer.add_tensor(name, value.astype(np.float32))
    elif kind == "f16":
        writer.add_tensor(name, value.astype(np.float16))
    else:
        writer.add_tensor(name, gguf.quants.quantize(value, gguf.GGMLQuantizationType.Q8_0), raw_dtype=gguf.GGMLQuantizationType.Q8_0)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hf", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), "work", "8m", "train", "hf"))
    parser.add_argument("--out", required=True)
    parser.add_argument("--type", default="q8_0", choices=sorted(TYPES))
    parser.add_argument("--name", default=NAME)
    parser.add_argument("--random", metavar="SHAPE")
    parser.add_argument("--tokenizer", help="for --random")
    options = parser.parse_args(arguments)
    if options.random:
        torch.manual_seed(0)
        model = build(options.random)
        save_hf(model.state_dict(), model.config, options.tokenizer, options.hf)
    write_gguf(options.hf, options.out, options.type, options.name)


if __name__ == "__main__":
    main()
