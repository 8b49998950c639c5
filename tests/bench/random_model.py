#!/usr/bin/env python3
"""Writes a GGUF of a real model's shape with random weights, to measure speed without its weights.

    python3 tests/bench/random_model.py 1.5B Q4_K_M OUT.gguf
    python3 tests/bench/random_model.py 30B-A3B Q4_K_M OUT.gguf 4    # only its first four layers

The shapes are those of Qwen2.5-Coder and Qwen3-Coder (30B-A3B, a mixture of experts); types and
their mix are llama.cpp's: Q8_0, or Q4_K_M, where half of the layers have values and down
projections in Q6_K, and rows that are no multiple of 256 fall back to Q5_0 and Q8_0. The model says
nothing sensible. Needs the packages gguf and numpy (training/requirements.txt).
"""

import sys
from dataclasses import dataclass

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Type
from numpy.typing import NDArray


@dataclass
class Shape:
    """A model's sizes."""

    layers: int
    hidden: int
    inner: int
    heads: int
    kv_heads: int
    experts: int = 0
    used: int = 0
    head: int = 128


SHAPES = {
    "0.5B": Shape(24, 896, 4864, 14, 2, head=64),
    "1.5B": Shape(28, 1536, 8960, 12, 2),
    "7B": Shape(28, 3584, 18944, 28, 4),
    "30B-A3B": Shape(48, 2048, 768, 32, 4, experts=128, used=8),
}
VOCABULARY = 151936
MARKERS = ["<|endoftext|>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>", "<|fim_pad|>"]
# Weights and bytes of a block, and where its f16 scales are, with a value that keeps weights
# small.
BLOCKS = {
    Type.Q8_0: (32, 34, {0: 3e-4}),
    Type.Q5_0: (32, 22, {0: 2e-3}),
    Type.Q4_K: (256, 144, {0: 1e-4, 2: 1e-4}),
    Type.Q6_K: (256, 210, {208: 6e-5}),
}
FALLBACK = {Type.Q4_K: Type.Q5_0, Type.Q6_K: Type.Q8_0}


def fitting(kind: Type, cols: int) -> Type:
    """The type that rows of this width can have."""
    return FALLBACK[kind] if kind in FALLBACK and cols % 256 else kind


def matrix(random: np.random.Generator, kind: Type, rows: int, cols: int) -> NDArray[np.uint8]:
    """Random blocks of a type, [rows][bytes]."""
    weights, size, scales = BLOCKS[kind]
    blocks = random.integers(0, 256, (rows, cols // weights, size), dtype=np.uint8)
    for at, value in scales.items():
        blocks[..., at : at + 2] = np.frombuffer(np.float16(value).tobytes(), dtype=np.uint8)
    return blocks.reshape(rows, -1)


def more_bits(layer: int, layers: int) -> bool:
    """Whether llama.cpp gives a layer's values and down projection more bits."""
    return layer < layers // 8 or layer >= 7 * layers // 8 or (layer - layers // 8) % 3 == 2


def write_head(writer: gguf.GGUFWriter, shape: Shape, layers: int) -> None:
    writer.add_context_length(8192)
    writer.add_embedding_length(shape.hidden)
    writer.add_block_count(layers)
    writer.add_feed_forward_length(shape.inner)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_key_length(shape.head)
    writer.add_value_length(shape.head)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_freq_base(1e6)
    if shape.experts:
        writer.add_expert_count(shape.experts)
        writer.add_expert_used_count(shape.used)
        writer.add_expert_feed_forward_length(shape.inner)
    # Bytes, markers, and names for all other rows of the embedding.
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    rest = [byte for byte in range(256) if byte not in printable]
    spelled = {byte: chr(byte) for byte in printable} | {
        byte: chr(256 + i) for i, byte in enumerate(rest)
    }
    tokens = [spelled[byte] for byte in range(256)] + MARKERS
    kinds = [1] * 256 + [3] * len(MARKERS)
    tokens += [f"[unused{i}]" for i in range(VOCABULARY - len(tokens))]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds + [5] * (VOCABULARY - len(kinds)))
    writer.add_token_merges([f"{spelled[32]} {spelled[32]}"])
    writer.add_eos_token_id(256)


def write(name: str, mix: str, out: str, layers: int) -> None:
    """Writes the first `layers` layers of a shape, with the embedding and the head."""
    shape = SHAPES[name]
    hidden, inner = shape.hidden, shape.inner
    rows = {"q": shape.heads * shape.head, "k": shape.kv_heads * shape.head}
    usual, more = {"Q8_0": (Type.Q8_0, Type.Q8_0), "Q4_K_M": (Type.Q4_K, Type.Q6_K)}[mix]
    random = np.random.default_rng(1)
    writer = gguf.GGUFWriter(out, "qwen3moe" if shape.experts else "qwen2")
    writer.add_name(f"random {name} {mix}, {layers} layers")
    write_head(writer, shape, layers)

    def add(name: str, kind: Type, rows: int, cols: int, experts: int = 0) -> None:
        kind = fitting(kind, cols)
        data = matrix(random, kind, rows * max(experts, 1), cols)
        data = data.reshape(experts, rows, -1) if experts else data
        writer.add_tensor(f"{name}.weight", data, raw_dtype=kind)

    def add_vector(name: str, size: int, value: float) -> None:
        writer.add_tensor(name, np.full(size, value, dtype=np.float32))

    add("token_embd", more, VOCABULARY, hidden)
    add_vector("output_norm.weight", hidden, 1.0)
    if shape.experts:
        add("output", more, VOCABULARY, hidden)
    for layer in range(layers):
        better = more if more_bits(layer, layers) else usual
        block = f"blk.{layer}"
        add_vector(f"{block}.attn_norm.weight", hidden, 1.0)
        add_vector(f"{block}.ffn_norm.weight", hidden, 1.0)
        for part, kind in (("q", usual), ("k", usual), ("v", better)):
            size = rows.get(part, rows["k"])
            add(f"{block}.attn_{part}", kind, size, hidden)
            if not shape.experts:
                add_vector(f"{block}.attn_{part}.bias", size, 0.0)
        add(f"{block}.attn_output", usual, hidden, rows["q"])
        end = "_exps" if shape.experts else ""
        if shape.experts:
            add_vector(f"{block}.attn_q_norm.weight", shape.head, 1.0)
            add_vector(f"{block}.attn_k_norm.weight", shape.head, 1.0)
            gate = random.standard_normal((shape.experts, hidden)).astype(np.float32)
            writer.add_tensor(f"{block}.ffn_gate_inp.weight", gate)
        add(f"{block}.ffn_gate{end}", usual, inner, hidden, shape.experts)
        add(f"{block}.ffn_up{end}", usual, inner, hidden, shape.experts)
        add(f"{block}.ffn_down{end}", better, hidden, inner, shape.experts)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def main() -> None:
    name, mix, out, *layers = sys.argv[1:]
    write(name, mix, out, int(layers[0]) if layers else SHAPES[name].layers)


if __name__ == "__main__":
    main()
