#!/usr/bin/env python3
"""Writes a GGUF of a real model's shape with random weights, to measure speed without its weights.

    python3 tests/bench/random_model.py 1.5B Q4_K_M OUT.gguf
    python3 tests/bench/random_model.py 30B-A3B Q4_K_M OUT.gguf 12

The shapes are Qwen2.5-Coder's, and that of Qwen3-Coder-30B-A3B, a mixture of experts; the last
argument is a smaller number of layers. Types and their mix are llama.cpp's: Q8_0, or Q4_K_M, where
half of the layers have values and down projections in Q6_K, and rows that are no multiple of 256
fall back to Q5_0 and Q8_0. The model says nothing sensible. Needs the packages gguf and numpy
(training/requirements.txt).
"""

import sys

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Type
from numpy.typing import NDArray

# Layers, hidden size, inner size, heads of queries, heads of keys and values, size of a head,
# experts, experts that a token uses.
SHAPES = {
    "0.5B": (24, 896, 4864, 14, 2, 64, 0, 0),
    "1.5B": (28, 1536, 8960, 12, 2, 128, 0, 0),
    "7B": (28, 3584, 18944, 28, 4, 128, 0, 0),
    "30B-A3B": (48, 2048, 768, 32, 4, 128, 128, 8),
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


def matrix(random: np.random.Generator, kind: Type, *shape: int) -> NDArray[np.uint8]:
    """Random blocks of a type, [..][rows][bytes]."""
    weights, size, scales = BLOCKS[kind]
    *outer, cols = shape
    blocks = random.integers(0, 256, (*outer, cols // weights, size), dtype=np.uint8)
    for at, value in scales.items():
        blocks[..., at : at + 2] = np.frombuffer(np.float16(value).tobytes(), dtype=np.uint8)
    return blocks.reshape(*outer, -1)


def more_bits(layer: int, layers: int) -> bool:
    """Whether llama.cpp gives a layer's values and down projection more bits."""
    return layer < layers // 8 or layer >= 7 * layers // 8 or (layer - layers // 8) % 3 == 2


def write_head(writer: gguf.GGUFWriter, shape: tuple[int, ...]) -> None:
    layers, hidden, inner, heads, kv_heads, head, experts, used = shape
    writer.add_context_length(8192)
    writer.add_embedding_length(hidden)
    writer.add_block_count(layers)
    writer.add_feed_forward_length(inner)
    writer.add_head_count(heads)
    writer.add_head_count_kv(kv_heads)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_freq_base(1e6)
    if experts:
        writer.add_key_length(head)
        writer.add_value_length(head)
        writer.add_expert_count(experts)
        writer.add_expert_used_count(used)
        writer.add_expert_feed_forward_length(inner)
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


def main() -> None:
    name, mix, out, *cut = sys.argv[1:]
    layers, *rest = SHAPES[name]
    shape = (int(cut[0]) if cut else layers, *rest)
    layers, hidden, inner, heads, kv_heads, head, experts, _ = shape
    kv, queries = head * kv_heads, head * heads
    usual, more = {"Q8_0": (Type.Q8_0, Type.Q8_0), "Q4_K_M": (Type.Q4_K, Type.Q6_K)}[mix]
    random = np.random.default_rng(1)
    writer = gguf.GGUFWriter(out, "qwen3moe" if experts else "qwen2", use_temp_file=True)
    writer.add_name(f"random {name} {mix}")
    write_head(writer, shape)

    def add(name: str, kind: Type, *shape: int) -> None:
        kind = fitting(kind, shape[-1])
        writer.add_tensor(f"{name}.weight", matrix(random, kind, *shape), raw_dtype=kind)

    def add_vector(name: str, size: int, value: float) -> None:
        writer.add_tensor(name, np.full(size, value, dtype=np.float32))

    def add_experts(block: str, better: Type) -> None:
        gate = random.standard_normal((experts, hidden), dtype=np.float32)
        writer.add_tensor(f"{block}.ffn_gate_inp.weight", gate)
        add(f"{block}.ffn_gate_exps", usual, experts, inner, hidden)
        add(f"{block}.ffn_up_exps", usual, experts, inner, hidden)
        add(f"{block}.ffn_down_exps", better, experts, hidden, inner)

    def add_mlp(block: str, better: Type) -> None:
        add(f"{block}.ffn_gate", usual, inner, hidden)
        add(f"{block}.ffn_up", usual, inner, hidden)
        add(f"{block}.ffn_down", better, hidden, inner)

    add("token_embd", more, VOCABULARY, hidden)
    add_vector("output_norm.weight", hidden, 1.0)
    for layer in range(layers):
        better = more if more_bits(layer, layers) else usual
        block = f"blk.{layer}"
        add_vector(f"{block}.attn_norm.weight", hidden, 1.0)
        add_vector(f"{block}.ffn_norm.weight", hidden, 1.0)
        for part, kind, rows in (("q", usual, queries), ("k", usual, kv), ("v", better, kv)):
            add(f"{block}.attn_{part}", kind, rows, hidden)
            if not experts:
                add_vector(f"{block}.attn_{part}.bias", rows, 0.0)
        add(f"{block}.attn_output", usual, hidden, queries)
        if experts:
            add_vector(f"{block}.attn_q_norm.weight", head, 1.0)
            add_vector(f"{block}.attn_k_norm.weight", head, 1.0)
            add_experts(block, better)
        else:
            add_mlp(block, better)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    main()
