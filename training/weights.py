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


def save_folder(state, config, tokenizer, folder, kind):
    """Write a whole Hugging Face folder: tensors as `kind`, `config` as config.json, and the
    `tokenizer`. Files that are there are replaced only when the new ones are whole."""
    os.makedirs(folder, exist_ok=True)
    weights = {name: value.detach().to(kind).contiguous().cpu() for name, value in state.items()}
    path = os.path.join(folder, "model.safetensors")
    save_file(weights, path + ".tmp", metadata={"format": "pt"})
    os.replace(path + ".tmp", path)
    write_json(os.path.join(folder, "config.json"), config)
    tokenizer.save(os.path.join(folder, "tokenizer.json"))
    write_json(os.path.join(folder, "tokenizer_config.json"), {
        "tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": False,
        "model_max_length": config["max_position_embeddings"],
        "eos_token": tokenizer.id_to_token(config["eos_token_id"]),
        "pad_token": tokenizer.id_to_token(config["pad_token_id"])})


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
    """{Hugging Face name: f32 tensor} of a GGUF; q and k of the llama architecture come back in
    Hugging Face's order of rows."""
    import gguf  # a machine that only trains need not have it
    reader = gguf.GGUFReader(path)
    kind = reader.fields["general.architecture"].contents()
    heads = {f"attn_{part}": int(reader.fields[f"{kind}.attention.head_count{key}"].contents())
             for part, key in (("q", ""), ("k", "_kv")) if kind == "llama"}
    state = {}
    for tensor in reader.tensors:
        value = torch.from_numpy(gguf.quants.dequantize(tensor.data, tensor.tensor_type).copy())
        count = heads.get(tensor.name.split(".")[-2])
        state[hf_name(tensor.name)] = unpermute(value, count) if count else value
    return state


def permute(value, heads):
    """Rows of q or k as llama.cpp rotates them (neighbours are a pair), from Hugging Face's order
    (row i and row i + half of a head are a pair)."""
    half = value.shape[0] // heads // 2
    return value.view(heads, 2, half, -1).transpose(1, 2).reshape(value.shape)


def unpermute(value, heads):
    """What `permute` undoes: rows of q or k in Hugging Face's order."""
    half = value.shape[0] // heads // 2
    return value.view(heads, half, 2, -1).transpose(1, 2).reshape(value.shape)


def hf_name(name):
    """`blk.3.ffn_up.weight` -> `model.layers.3.mlp.up_proj.weight`."""
    for ours, theirs in ENDS.items():
        if name == theirs:
            return ours
    _, layer, rest = name.split(".", 2)
    part, = (ours for ours, theirs in TENSORS.items() if f"{theirs}.weight" == rest)
    return f"model.layers.{layer}.{part}.weight"


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
