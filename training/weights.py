"""Weights in and out: the Hugging Face folder that every reader knows, and a model file read back.

`base.py`, `vocabulary.py` and `train.py` write with `save_folder`, training starts from
`load_weights`, `export.py` turns the folder into GGUF. As a command,
`python weights.py half FROM.safetensors TO.safetensors` makes a bf16 copy. Needs no GGUF library
unless a GGUF is read. A folder holds config.json, tokenizer.json, tokenizer_config.json and
model.safetensors, and loads as `LlamaForCausalLM`; rows of q and k are in Hugging Face's order
everywhere but in a GGUF (`permute`).
"""

import json
import os
import sys
from typing import TYPE_CHECKING, Any

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer

from tokenizer import EOT, PAD

if TYPE_CHECKING:
    from model import Config

TENSORS = {
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
ENDS = {"model.embed_tokens.weight": "token_embd.weight", "model.norm.weight": "output_norm.weight"}


# ---------------------------------------------------------------- folders
def save_folder(
    state: dict[str, torch.Tensor],
    config: dict[str, Any],
    tokenizer: Tokenizer,
    folder: str,
    kind: torch.dtype = torch.float32,
) -> None:
    """Write a whole Hugging Face folder: `state` (its names, any float type) as `kind`, `config` as
    config.json, and the `tokenizer`. The weights are replaced when the new ones are whole."""
    os.makedirs(folder, exist_ok=True)
    weights = {name: value.detach().to(kind).contiguous().cpu() for name, value in state.items()}
    path = os.path.join(folder, "model.safetensors")
    save_file(weights, path + ".tmp", metadata={"format": "pt"})
    os.replace(path + ".tmp", path)
    write_json(
        os.path.join(folder, "config.json"),
        {**config, "torch_dtype": str(kind).removeprefix("torch.")},
    )
    tokenizer.save(os.path.join(folder, "tokenizer.json"))
    write_json(
        os.path.join(folder, "tokenizer_config.json"),
        {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "clean_up_tokenization_spaces": False,
            "model_max_length": config["max_position_embeddings"],
            "eos_token": tokenizer.id_to_token(config["eos_token_id"]),
            "pad_token": tokenizer.id_to_token(config["pad_token_id"]),
        },
    )


def hf_config(config: "Config") -> dict[str, Any]:
    """config.json of a model of ours, of its dimensions (model.Config)."""
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_act": "silu",
        "vocab_size": config.vocabulary,
        "hidden_size": config.width,
        "intermediate_size": config.ffn,
        "num_hidden_layers": config.layers,
        "num_attention_heads": config.heads,
        "num_key_value_heads": config.kv_heads,
        "head_dim": config.head_width,
        "rope_theta": config.rope_theta,
        "rms_norm_eps": config.norm_epsilon,
        "max_position_embeddings": config.context,
        "tie_word_embeddings": True,
        "attention_bias": False,
        "mlp_bias": False,
        "bos_token_id": EOT,
        "eos_token_id": EOT,
        "pad_token_id": PAD,
    }


def read_folder(folder: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """(config.json, tokenizer.json) of a folder."""
    with open(os.path.join(folder, "config.json")) as file:
        config = json.load(file)
    with open(os.path.join(folder, "tokenizer.json")) as file:
        return config, json.load(file)


def write_json(path: str, value: Any) -> None:
    with open(path, "w") as file:
        json.dump(value, file, indent=1)
        file.write("\n")


# ---------------------------------------------------------------- weights
def load_weights(path: str) -> dict[str, torch.Tensor]:
    """{Hugging Face name: f32 tensor} of a folder, a model.safetensors or a GGUF of any types."""
    if path.endswith(".gguf"):
        return read_gguf(path)
    if os.path.isdir(path):
        path = os.path.join(path, "model.safetensors")
    return {name: value.float() for name, value in load_file(path).items()}


def read_gguf(path: str) -> dict[str, torch.Tensor]:
    """{Hugging Face name: f32 tensor} of a GGUF of the llama architecture."""
    import gguf  # a machine that only trains need not have it

    reader = gguf.GGUFReader(path)

    def count(key: str) -> int:
        return int(reader.fields[f"llama.attention.{key}"].contents())

    heads = {"attn_q": count("head_count"), "attn_k": count("head_count_kv")}
    state = {}
    for tensor in reader.tensors:
        value = torch.from_numpy(gguf.quants.dequantize(tensor.data, tensor.tensor_type).copy())
        number = heads.get(tensor.name.split(".")[-2])
        state[hf_name(tensor.name)] = unpermute(value, number) if number else value
    return state


def permute(value: torch.Tensor, heads: int) -> torch.Tensor:
    """Rows of q or k as llama.cpp rotates them (neighbours are a pair), from Hugging Face's order
    (row i and row i + half of a head are a pair)."""
    half = value.shape[0] // heads // 2
    return value.view(heads, 2, half, -1).transpose(1, 2).reshape(value.shape)


def unpermute(value: torch.Tensor, heads: int) -> torch.Tensor:
    """Rows of q or k in Hugging Face's order again."""
    half = value.shape[0] // heads // 2
    return value.view(heads, half, 2, -1).transpose(1, 2).reshape(value.shape)


def gguf_name(name: str) -> str:
    """`model.layers.3.mlp.up_proj.weight` -> `blk.3.ffn_up.weight`. Raises KeyError for what the
    architecture lacks."""
    if name in ENDS:
        return ENDS[name]
    _, _, layer, rest = name.split(".", 3)
    return f"blk.{layer}.{TENSORS[rest.removesuffix('.weight')]}.weight"


def hf_name(name: str) -> str:
    """The other way round."""
    ends = {theirs: ours for ours, theirs in ENDS.items()}
    if name in ends:
        return ends[name]
    parts = {theirs: ours for ours, theirs in TENSORS.items()}
    _, layer, rest = name.split(".", 2)
    return f"model.layers.{layer}.{parts[rest.removesuffix('.weight')]}.weight"


def main(command: str, source: str, target: str) -> None:
    if command != "half":
        raise SystemExit(__doc__)
    half = {name: value.to(torch.bfloat16) for name, value in load_file(source).items()}
    save_file(half, target, metadata={"format": "pt"})


if __name__ == "__main__":
    main(*sys.argv[1:]) if len(sys.argv) == 4 else main("", "", "")
