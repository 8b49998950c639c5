"""Weights in and out: the Hugging Face folder that every reader knows, and a model file read back into training.

`train.py` saves with `save_hf` and starts from `load_weights`; `export.py` turns the folder into GGUF. As a command,
`python weights.py half FROM.safetensors TO.safetensors` makes a bf16 copy. Needs no GGUF library unless a GGUF is read. An exported
folder holds config.json, tokenizer.json, tokenizer_config.json and model.safetensors, and loads as `Qwen3ForCausalLM`.
"""
import json
import os
import shutil
import sys

import torch
from safetensors.torch import load_file, save_file

from tokenizer import EOT, PAD

TENSORS = {"input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
           "self_attn.o_proj": "attn_output", "self_attn.q_norm": "attn_q_norm", "self_attn.k_norm": "attn_k_norm",
           "post_attention_layernorm": "ffn_norm", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down"}
ENDS = {"model.embed_tokens.weight": "token_embd.weight", "model.norm.weight": "output_norm.weight"}


def save_hf(state, config, tokenizer_file, folder, kind=torch.float32):
    """Write `state` (CodeModel's names, any float type) as `kind` with what transformers needs beside it."""
    os.makedirs(folder, exist_ok=True)
    weights = {name: value.detach().to(kind).contiguous().cpu() for name, value in state.items()}
    save_file(weights, os.path.join(folder, "model.safetensors"), metadata={"format": "pt"})
    write_json(os.path.join(folder, "config.json"), {
        "architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3", "vocab_size": config.vocabulary, "hidden_size": config.width,
        "intermediate_size": config.ffn, "num_hidden_layers": config.layers, "num_attention_heads": config.heads,
        "num_key_value_heads": config.kv_heads, "head_dim": config.head_width, "hidden_act": "silu",
        "rms_norm_eps": config.norm_epsilon, "rope_theta": config.rope_theta, "max_position_embeddings": config.context,
        "tie_word_embeddings": True, "attention_bias": False, "attention_dropout": 0.0, "use_sliding_window": False,
        "sliding_window": None, "bos_token_id": EOT, "eos_token_id": EOT, "pad_token_id": PAD,
        "torch_dtype": str(kind).removeprefix("torch.")})
    target = os.path.join(folder, "tokenizer.json")
    if os.path.abspath(tokenizer_file) != os.path.abspath(target):
        shutil.copy(tokenizer_file, target)
    write_json(os.path.join(folder, "tokenizer_config.json"), {
        "tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<|endoftext|>", "pad_token": "<|fim_pad|>",
        "model_max_length": config.context, "clean_up_tokenization_spaces": False})


def write_json(path, value):
    with open(path, "w") as file:
        json.dump(value, file, indent=1)
        file.write("\n")


def load_weights(path):
    """{CodeModel's name: f32 tensor} of a model.safetensors or of a GGUF of ours, whatever its types."""
    if path.endswith(".gguf"):
        return read_gguf(path)
    return {name: value.float() for name, value in load_file(path).items()}


def read_gguf(path):
    import gguf  # a machine that only trains need not have it
    names = {gguf_name(name): name for name in hf_names(path, gguf)}
    return {names[tensor.name]: torch.from_numpy(gguf.quants.dequantize(tensor.data, tensor.tensor_type).copy())
            for tensor in gguf.GGUFReader(path).tensors}


def hf_names(path, gguf):
    """The names CodeModel gives to all tensors of a model with that file's number of layers."""
    layers = int(gguf.GGUFReader(path).fields["qwen3.block_count"].contents())
    return [*ENDS, *(f"model.layers.{layer}.{part}.weight" for layer in range(layers) for part in TENSORS)]


def gguf_name(name):
    """`model.layers.3.mlp.up_proj.weight` -> `blk.3.ffn_up.weight`. Raises KeyError for what the architecture lacks."""
    if name in ENDS:
        return ENDS[name]
    _, _, layer, rest = name.split(".", 3)
    return f"blk.{layer}.{TENSORS[rest.removesuffix('.weight')]}.weight"


def main(command, source, target):
    if command != "half":
        raise SystemExit(__doc__)
    save_file({name: value.to(torch.bfloat16) for name, value in load_file(source).items()}, target, metadata={"format": "pt"})


if __name__ == "__main__":
    main(*sys.argv[1:]) if len(sys.argv) == 4 else main("", "", "")
