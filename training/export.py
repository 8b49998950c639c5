"""From trained weights to the one file that the server reads: a Hugging Face folder as GGUF.

  python export.py --hf work/run/hf --out ../models/nigh.gguf [--type q5_0] [--rows work/run/rows]
  python export.py --hf work/run/hf --sizes          megabytes of every type, without writing

The GGUF has llama.cpp's names and order of rows of the llama architecture and describes the
tokenizer as model "gpt2", pre "smollm", with the ids of the fill-in-the-middle tokens. Norms stay
f32 in every type. A type says how matrices are stored, and which matrices are stored otherwise: to
add one, add a line to TYPES. With --rows the model is run on some rows, and blocks of 4 and 5 bits
are rounded by what goes into each matrix (rounding.py): this takes some minutes and undoes most of
the loss that plain rounding brings. GGUF: ggml/docs/gguf.md.
"""

import argparse
import glob
import os
from collections.abc import Sequence
from typing import Any

import gguf
import torch
from gguf import GGMLQuantizationType as Kind
from gguf import LlamaFileType as FileType
from safetensors import safe_open

import rounding
from evaluate import read_context, read_rows, to_device
from model import CodeModel, Config
from tokenizer import EOT, PAD, PRE
from weights import gguf_name, load_weights, permute, read_folder

NAME, LICENCE, DEFAULT = "nigh", "Apache-2.0", "q5_0"
ROWS = 8  # to try the model on
BASE, BASE_MAKER = "SmolLM2-135M-Instruct", "HuggingFaceTB"
Q4_0, Q4_1, Q5_0, Q5_1, Q8_0 = Kind.Q4_0, Kind.Q4_1, Kind.Q5_0, Kind.Q5_1, Kind.Q8_0
# The embedding and the values of attention read the largest channels: they keep 8 bits.
FINER = {"token_embd": Q8_0, "attn_v": Q8_0}
# name -> (what the file calls itself, most matrices, {part of the name: what differs}).
TYPES = {
    "f32": (FileType.ALL_F32, Kind.F32, {}),
    "f16": (FileType.MOSTLY_F16, Kind.F16, {}),
    "q8_0": (FileType.MOSTLY_Q8_0, Q8_0, {}),
    "q5_1": (FileType.MOSTLY_Q5_1, Q5_1, FINER),
    "q5_0": (FileType.MOSTLY_Q5_0, Q5_0, FINER),
    "q4_1": (FileType.MOSTLY_Q4_1, Q4_1, FINER),
    "q4_0": (FileType.MOSTLY_Q4_0, Q4_0, FINER),
}
FIM_KEYS = {
    "fim_pre": "<|fim_prefix|>",
    "fim_suf": "<|fim_suffix|>",
    "fim_mid": "<|fim_middle|>",
    "fim_pad": "<|fim_pad|>",
    "fim_rep": "<|repo_name|>",
    "fim_sep": "<|file_sep|>",
}


def write_gguf(
    folder: str, out: str, kind: str = DEFAULT, name: str = NAME, rows: torch.Tensor | None = None
) -> None:
    """A Hugging Face folder of ours as one GGUF file. `kind` is a key of TYPES, `rows` are tokens
    [rows, length] to try the model on."""
    config, tokenizer = read_folder(folder)
    squares = rounding.inputs(read_model(folder, config), rows) if rows is not None else {}
    writer = gguf.GGUFWriter(out + ".tmp", "llama")
    add_about(writer, name, TYPES[kind][0])
    add_config(writer, config)
    add_tokenizer(writer, tokenizer, config["vocab_size"])
    heads = {"q_proj": config["num_attention_heads"], "k_proj": config["num_key_value_heads"]}
    with safe_open(os.path.join(folder, "model.safetensors"), "pt") as tensors:
        for tensor_name in tensors.keys():  # noqa: SIM118 (safe_open is no dict)
            value, part = tensors.get_tensor(tensor_name).float(), tensor_name.split(".")[-2]
            value = permute(value, heads[part]) if part in heads else value
            add_tensor(writer, gguf_name(tensor_name), value, kind, squares.get(tensor_name))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    os.replace(out + ".tmp", out)


def add_about(writer: gguf.GGUFWriter, name: str, file_type: FileType) -> None:
    """What the file is, and what it was made from."""
    writer.add_name(name)
    writer.add_license(LICENCE)
    writer.add_base_model_count(1)
    writer.add_base_model_name(0, BASE)
    writer.add_base_model_organization(0, BASE_MAKER)
    writer.add_file_type(file_type)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)


def add_config(writer: gguf.GGUFWriter, config: dict[str, Any]) -> None:
    """Dimensions; rotary positions turn the whole head."""
    writer.add_vocab_size(config["vocab_size"])
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_key_length(config["head_dim"])
    writer.add_value_length(config["head_dim"])
    writer.add_rope_dimension_count(config["head_dim"])
    writer.add_rope_freq_base(config["rope_theta"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])


def add_tokenizer(writer: gguf.GGUFWriter, tokenizer: dict[str, Any], size: int) -> None:
    """Tokens, kinds, merges and the ids of special tokens; ids the tokenizer does not have are
    marked unused."""
    tokens, kinds = [f"<|unused_{i}|>" for i in range(size)], [gguf.TokenType.UNUSED] * size
    for token, number in tokenizer["model"]["vocab"].items():
        tokens[number], kinds[number] = token, gguf.TokenType.NORMAL
    ids = {token["content"]: token["id"] for token in tokenizer["added_tokens"]}
    for token, number in ids.items():
        tokens[number], kinds[number] = token, gguf.TokenType.CONTROL
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(PRE)
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges([" ".join(merge) for merge in tokenizer["model"]["merges"]])
    writer.add_bos_token_id(EOT)
    writer.add_eos_token_id(EOT)
    writer.add_pad_token_id(PAD)
    writer.add_add_bos_token(False)
    for key, token in FIM_KEYS.items():
        writer.add_uint32(f"tokenizer.ggml.{key}_token_id", ids[token])


def storage(name: str, dimensions: int, kind: str) -> Kind:
    """How a tensor is stored in a file of the type `kind`; `name` is the GGUF's."""
    _, most, others = TYPES[kind]
    if dimensions == 1:
        return Kind.F32
    return next((other for part, other in others.items() if part in name), most)


def add_tensor(
    writer: gguf.GGUFWriter,
    name: str,
    value: torch.Tensor,
    kind: str,
    squares: torch.Tensor | None = None,
) -> None:
    """`squares` is what rounding.inputs found for the matrix, if it was asked."""
    stored = storage(name, value.ndim, kind)
    if squares is not None and stored in rounding.CODES:
        data = rounding.round_matrix(value, squares, stored)
    else:
        data = gguf.quants.quantize(value.numpy(), stored)
    writer.add_tensor(name, data, raw_dtype=stored)


def read_model(folder: str, config: dict[str, Any]) -> CodeModel:
    """The model of a folder, to try it."""
    model = CodeModel(Config.of_hf(config))
    model.load_state_dict(load_weights(folder))
    return model


def read_some_rows(folder: str, count: int) -> torch.Tensor:
    """Rows of a folder of rows, of its last pass: all languages and kinds of samples."""
    path = sorted(glob.glob(os.path.join(folder, "train-*.rows")))[-1]
    return to_device(read_rows(path, read_context(folder))[-count:], "cpu")


def sizes(folder: str) -> dict[str, int]:
    """{type: bytes of the tensors}, of a folder's shapes."""
    found = dict.fromkeys(TYPES, 0)
    with safe_open(os.path.join(folder, "model.safetensors"), "pt") as tensors:
        for name in tensors.keys():  # noqa: SIM118 (safe_open is no dict)
            shape = tensors.get_slice(name).get_shape()
            for kind in TYPES:
                block, size = gguf.GGML_QUANT_SIZES[storage(gguf_name(name), len(shape), kind)]
                found[kind] += torch.Size(shape).numel() // block * size
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--hf", required=True, metavar="FOLDER")
    parser.add_argument("--out", metavar="FILE")
    parser.add_argument("--type", default=DEFAULT, choices=sorted(TYPES))
    parser.add_argument("--rows", metavar="FOLDER", help="rows to round by, as rows.py wrote them")
    parser.add_argument("--name", default=NAME)
    parser.add_argument("--sizes", action="store_true")
    options = parser.parse_args(arguments)
    if options.sizes:
        for kind, size in sizes(options.hf).items():
            print(f"{kind:<10}{size / 1e6:7.1f} MB")
    elif options.out:
        rows = read_some_rows(options.rows, ROWS) if options.rows else None
        write_gguf(options.hf, options.out, options.type, options.name, rows)
    else:
        parser.error("say where to: --out FILE, or ask for --sizes")


if __name__ == "__main__":
    main()
