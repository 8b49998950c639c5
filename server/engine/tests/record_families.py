#!/usr/bin/env python3
"""Records what `tests/engine/families.rs` compares with: for each family a description of a tiny
model, and the log-probabilities that llama.cpp gives for it.

Run it only to add a family or to change a shape: `record_families.py DIR [FAMILY...]`, where `npm
install --ignore-scripts node-llama-cpp` was run in the folder DIR. Needs gguf and numpy. Its
results are committed in `tests/fixtures/families`: one JSON file each with the metadata, the shapes
of the tensors and the log-probabilities. Weights are not stored: both sides compute them from the
names of the tensors (`weights` here, `weights_of` there).
"""

import argparse
import json
import pathlib
import subprocess
import tempfile
import zlib
from typing import Any

import gguf
import numpy as np

HERE = pathlib.Path(__file__).parent / "fixtures" / "families"
MERGES = ["re", "in", "def", "return", "  ", "    ", "():", "self"]
SPECIAL = ["<|endoftext|>", "<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"]
TOKENS = 40
HIDDEN, WIDE, HEADS, KV, HEAD, LAYERS, EXPERTS, USED = 64, 96, 4, 2, 16, 4, 6, 2

Shapes = dict[str, list[int]]


def vocabulary() -> tuple[list[str], list[str]]:
    """The tokens of a byte-level tokenizer with a few merges, and the merges."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    shift = iter(range(256, 512))
    spelt = [chr(byte) if byte in plain else chr(next(shift)) for byte in range(256)]
    tokens, merges = list(spelt), []
    for word in MERGES:
        word = "".join(spelt[byte] for byte in word.encode())
        for end in range(2, len(word) + 1):
            if word[:end] not in tokens:
                merges.append(f"{word[: end - 1]} {word[end - 1]}")
                tokens.append(word[:end])
    return tokens + SPECIAL, merges


VOCAB = len(vocabulary()[0])


def common(**more: Any) -> dict[str, Any]:
    """Metadata that all families have; a nested list is an array."""
    return {
        "context_length": 512,
        "embedding_length": HIDDEN,
        "feed_forward_length": WIDE,
        "block_count": LAYERS,
        "attention.head_count": HEADS,
        "attention.head_count_kv": KV,
        "attention.key_length": HEAD,
        "attention.value_length": HEAD,
        "rope.dimension_count": HEAD,
        "rope.freq_base": 10000.0,
        "attention.layer_norm_rms_epsilon": 1e-5,
        **more,
    }


def ends(tied: bool = False, norm_bias: bool = False) -> Shapes:
    """Embedding, last norm and head."""
    shapes = {"token_embd.weight": [VOCAB, HIDDEN], "output_norm.weight": [HIDDEN]}
    if norm_bias:
        shapes["output_norm.bias"] = [HIDDEN]
    if not tied:
        shapes["output.weight"] = [VOCAB, HIDDEN]
    return shapes


def attention(
    layer: int,
    bias: str = "",
    fused: bool = False,
    qk_norm: bool = False,
    sinks: bool = False,
) -> Shapes:
    """The tensors of a layer's attention; `bias` names the parts that have one."""
    q, kv = HEADS * HEAD, KV * HEAD
    apart = {"q": [q, HIDDEN], "k": [kv, HIDDEN], "v": [kv, HIDDEN]}
    parts = {"qkv": [q + 2 * kv, HIDDEN]} if fused else apart
    parts["output"] = [HIDDEN, q]
    shapes = {}
    for part, shape in parts.items():
        shapes[f"blk.{layer}.attn_{part}.weight"] = shape
        if part[0] in bias:
            shapes[f"blk.{layer}.attn_{part}.bias"] = shape[:1]
    if qk_norm:
        shapes[f"blk.{layer}.attn_q_norm.weight"] = [HEAD]
        shapes[f"blk.{layer}.attn_k_norm.weight"] = [HEAD]
    if sinks:
        shapes[f"blk.{layer}.attn_sinks.weight"] = [HEADS]
    return shapes


def mlp(layer: int, gate: bool = True, fused: bool = False, bias: bool = False) -> Shapes:
    """The tensors of a layer's feed-forward part."""
    parts = {"up": [2 * WIDE if fused else WIDE, HIDDEN], "down": [HIDDEN, WIDE]}
    if gate and not fused:
        parts["gate"] = [WIDE, HIDDEN]
    shapes = {f"blk.{layer}.ffn_{part}.weight": shape for part, shape in parts.items()}
    if bias:
        shapes |= {f"blk.{layer}.ffn_{part}.bias": shape[:1] for part, shape in parts.items()}
    return shapes


def experts(layer: int, bias: bool = False, shared: bool = False) -> Shapes:
    """The tensors of a layer's mixture of experts."""
    parts = {"gate": [WIDE, HIDDEN], "up": [WIDE, HIDDEN], "down": [HIDDEN, WIDE]}
    name = f"blk.{layer}.ffn_"
    shapes: Shapes = {f"{name}gate_inp.weight": [EXPERTS, HIDDEN]}
    if bias:
        shapes[f"{name}gate_inp.bias"] = [EXPERTS]
    for part, shape in parts.items():
        shapes[f"{name}{part}_exps.weight"] = [EXPERTS, *shape]
        if bias:
            shapes[f"{name}{part}_exps.bias"] = [EXPERTS, shape[0]]
        if shared:
            shapes[f"{name}{part}_shexp.weight"] = shape
    return shapes


def norms(layer: int, *names: str, bias: bool = False) -> Shapes:
    """The norms of a layer."""
    shapes = {f"blk.{layer}.{name}.weight": [HIDDEN] for name in names}
    if bias:
        shapes |= {f"blk.{layer}.{name}.bias": [HIDDEN] for name in names}
    return shapes


def layers(*parts: Any) -> Shapes:
    """The tensors of all layers, from functions of a layer's number."""
    shapes: Shapes = {}
    for layer in range(LAYERS):
        for part in parts:
            shapes |= part(layer)
    return shapes


def plain(layer: int) -> Shapes:
    """The two norms that most families have."""
    return norms(layer, "attn_norm", "ffn_norm")


MOE = {
    "expert_count": EXPERTS,
    "expert_used_count": USED,
    "expert_feed_forward_length": WIDE,
}
YARN = {
    "rope.scaling.type": "yarn",
    "rope.scaling.factor": 4.0,
    "rope.scaling.original_context_length": 64,
}


def latent_attention(layer: int) -> Shapes:
    """DeepSeek's, with the keys and values of all heads in one matrix."""
    rank, rotated = 32, 16
    name = f"blk.{layer}.attn_"
    return {
        f"{name}q.weight": [HEADS * (HEAD + rotated), HIDDEN],
        f"{name}kv_a_mqa.weight": [rank + rotated, HIDDEN],
        f"{name}kv_a_norm.weight": [rank],
        f"{name}kv_b.weight": [HEADS * 2 * HEAD, rank],
        f"{name}output.weight": [HIDDEN, HEADS * HEAD],
    }


DELTA = {
    "rope.dimension_count": HEAD // 2,
    "ssm.conv_kernel": 4,
    "ssm.state_size": HEAD,
    "ssm.group_count": 2,
    "ssm.time_step_rank": 4,
    "ssm.inner_size": 4 * HEAD,
    "full_attention_interval": 2,
}
SECTIONS = {"rope.dimension_sections": [2, 1, 1, 0]}
SHARED = {"expert_shared_feed_forward_length": WIDE}
MAMBA = {
    "ssm.conv_kernel": 4,
    "ssm.state_size": 32,
    "ssm.group_count": 2,
    "ssm.time_step_rank": 8,
    "ssm.inner_size": 2 * HIDDEN,
}
# Which layers have attention where a layer's number of key/value heads says so.
SOME = [0, KV, 0, KV]


def delta_net(layer: int, fused_rates: bool = False) -> Shapes:
    """Gated attention in every other layer, a gated DeltaNet in the others."""
    if layer % 2:
        shapes = attention(layer, qk_norm=True)
        return shapes | {f"blk.{layer}.attn_q.weight": [2 * HEADS * HEAD, HIDDEN]}
    keys, values, heads = 2 * HEAD, 4 * HEAD, 4
    name = f"blk.{layer}."
    rates = {f"{name}ssm_ba.weight": [2 * heads, HIDDEN]}
    apart = {f"{name}ssm_{part}.weight": [heads, HIDDEN] for part in ("beta", "alpha")}
    return {
        f"{name}attn_qkv.weight": [2 * keys + values, HIDDEN],
        f"{name}attn_gate.weight": [values, HIDDEN],
        f"{name}ssm_conv1d.weight": [2 * keys + values, 4],
        f"{name}ssm_dt.bias": [heads],
        f"{name}ssm_a": [heads],
        f"{name}ssm_norm.weight": [HEAD],
        f"{name}ssm_out.weight": [HIDDEN, values],
    } | (rates if fused_rates else apart)


def mamba2(layer: int) -> Shapes:
    """Attention in every other layer, Mamba 2 in the others."""
    if layer % 2:
        return attention(layer)
    inner, state, groups, heads = 2 * HIDDEN, 32, 2, 8
    name = f"blk.{layer}.ssm_"
    return {
        f"{name}in.weight": [2 * inner + 2 * groups * state + heads, HIDDEN],
        f"{name}conv1d.weight": [inner + 2 * groups * state, 4],
        f"{name}conv1d.bias": [inner + 2 * groups * state],
        f"{name}dt.bias": [heads],
        f"{name}a": [heads, 1],
        f"{name}d": [heads, 1],
        f"{name}norm.weight": [groups, inner // groups],
        f"{name}out.weight": [HIDDEN, inner],
    }


def short_convolution(layer: int) -> Shapes:
    """Attention in every other layer, LFM2's convolution in the others."""
    if layer % 2:
        return attention(layer, qk_norm=True)
    name = f"blk.{layer}.shortconv."
    return {
        f"{name}in_proj.weight": [3 * HIDDEN, HIDDEN],
        f"{name}conv.weight": [HIDDEN, 3],
        f"{name}out_proj.weight": [HIDDEN, HIDDEN],
    }


def gated_experts(layer: int) -> Shapes:
    """Experts, and one for all tokens with a gate of its own."""
    gate = {f"blk.{layer}.ffn_gate_inp_shexp.weight": [HIDDEN]}
    return experts(layer, shared=True) | gate


def families() -> dict[str, tuple[str, dict[str, Any], Shapes]]:
    """By the name of the fixture: architecture, metadata, tensors."""
    gemma_norms = ("attn_norm", "ffn_norm", "post_attention_norm", "post_ffw_norm")
    return {
        "qwen3moe": (
            "qwen3moe",
            common(**MOE),
            ends() | layers(plain, lambda i: attention(i, qk_norm=True), experts),
        ),
        "mixtral": (
            "llama",
            common(**MOE),
            ends() | layers(plain, attention, experts),
        ),
        "fused-qkv": (
            "qwen2",
            common(),
            ends(tied=True) | layers(plain, lambda i: attention(i, "qkv", fused=True), mlp),
        ),
        ADAPTER: (
            "qwen2",
            common(),
            ends(tied=True) | layers(plain, lambda i: attention(i, "qkv"), mlp),
        ),
        "starcoder2": (
            "starcoder2",
            common(**{"attention.layer_norm_epsilon": 1e-5}),
            ends(tied=True, norm_bias=True)
            | layers(
                lambda i: norms(i, "attn_norm", "ffn_norm", bias=True),
                lambda i: attention(i, "qkvo"),
                lambda i: mlp(i, gate=False, bias=True),
            ),
        ),
        "granite": (
            "granite",
            common(
                **{
                    "embedding_scale": 3.0,
                    "residual_scale": 0.4,
                    "attention.scale": 0.09,
                    "logit_scale": 0.5,
                }
            ),
            ends(tied=True) | layers(plain, attention, mlp),
        ),
        "gemma": (
            "gemma",
            common(),
            ends(tied=True) | layers(plain, attention, mlp),
        ),
        "gemma2": (
            "gemma2",
            common(
                **{
                    "attention.sliding_window": 16,
                    "attn_logit_softcapping": 5.0,
                    "final_logit_softcapping": 3.0,
                }
            ),
            ends(tied=True) | layers(lambda i: norms(i, *gemma_norms), attention, mlp),
        ),
        "gemma3": (
            "gemma3",
            common(
                **{
                    "attention.sliding_window": 16,
                    "attention.sliding_window_pattern": 2,
                    "rope.scaling.type": "linear",
                    "rope.scaling.factor": 8.0,
                    "rope.freq_base": 1000000.0,
                }
            ),
            ends(tied=True)
            | layers(lambda i: norms(i, *gemma_norms), lambda i: attention(i, qk_norm=True), mlp),
        ),
        "phi3": (
            "phi3",
            common(**{"rope.dimension_count": HEAD // 2}),
            ends()
            | layers(plain, lambda i: attention(i, fused=True), lambda i: mlp(i, fused=True)),
        ),
        "phi3-longrope": (
            "phi3",
            common(
                **{
                    "rope.scaling.original_context_length": 64,
                    "rope.scaling.attn_factor": 1.25,
                }
            ),
            ends()
            | {"rope_factors_long.weight": [HEAD // 2], "rope_factors_short.weight": [HEAD // 2]}
            | layers(plain, lambda i: attention(i, fused=True), lambda i: mlp(i, fused=True)),
        ),
        "smollm3": (
            "smollm3",
            common(),
            ends(tied=True) | layers(plain, attention, mlp),
        ),
        "mellum2": (
            "mellum",
            common(**MOE, **YARN, **{"attention.sliding_window": 16}),
            ends() | layers(plain, lambda i: attention(i, qk_norm=True), experts),
        ),
        "mistral3": (
            "mistral3",
            common(
                **YARN
                | {
                    "attention.temperature_scale": 0.1,
                    "rope.scaling.original_context_length": 16,
                }
            ),
            ends() | layers(plain, attention, mlp),
        ),
        "gpt-oss": (
            "gpt-oss",
            common(**MOE, **YARN, **{"attention.sliding_window": 16}),
            ends()
            | layers(
                lambda i: norms(i, "attn_norm", "post_attention_norm"),
                lambda i: attention(i, "qkvo", sinks=True),
                lambda i: experts(i, bias=True),
            ),
        ),
        "seed-oss": (
            "seed_oss",
            common(),
            ends()
            | layers(
                lambda i: norms(i, "attn_norm", "post_attention_norm"),
                lambda i: attention(i, "qkv"),
                mlp,
            ),
        ),
        "qwen35": (
            "qwen35",
            common(**DELTA, **SECTIONS),
            ends(tied=True)
            | layers(lambda i: norms(i, "attn_norm", "post_attention_norm"), delta_net, mlp),
        ),
        "qwen35moe": (
            "qwen35moe",
            common(**DELTA, **SECTIONS, **MOE, **SHARED),
            ends()
            | layers(
                lambda i: norms(i, "attn_norm", "post_attention_norm"), delta_net, gated_experts
            ),
        ),
        "qwen3next": (
            "qwen3next",
            common(**DELTA, **MOE, **SHARED),
            ends()
            | layers(
                lambda i: norms(i, "attn_norm", "post_attention_norm"),
                lambda i: delta_net(i, fused_rates=True),
                gated_experts,
            ),
        ),
        "granite-hybrid": (
            "granitehybrid",
            common(
                **MAMBA,
                **MOE,
                **SHARED,
                **{
                    "attention.head_count_kv": SOME,
                    "embedding_scale": 3.0,
                    "residual_scale": 0.4,
                    "attention.scale": 0.09,
                    "logit_scale": 0.5,
                    "rope.scaling.finetuned": False,
                },
            ),
            ends(tied=True) | layers(plain, mamba2, lambda i: experts(i, shared=True)),
        ),
        "lfm2": (
            "lfm2",
            common(**{"shortconv.l_cache": 3, "attention.head_count_kv": SOME}),
            {"token_embd.weight": [VOCAB, HIDDEN], "token_embd_norm.weight": [HIDDEN]}
            | layers(plain, short_convolution, mlp),
        ),
        "deepseek2": (
            "deepseek2",
            common(
                **MOE,
                **{
                    "attention.head_count_kv": HEADS,
                    "attention.q_lora_rank": 0,
                    "attention.kv_lora_rank": 32,
                    "attention.key_length": HEAD + 16,
                    "rope.dimension_count": 16,
                    "leading_dense_block_count": 1,
                    "expert_shared_count": 1,
                    "expert_weights_scale": 1.5,
                    "vocab_size": VOCAB,
                },
            ),
            ends()
            | layers(
                plain,
                latent_attention,
                lambda i: experts(i, shared=True) if i else mlp(i),
            ),
        ),
    }


# A family with a LoRA adapter: the matrices of the second layer that it changes, with their rows
# and columns, its rank and its alpha.
ADAPTER = "lora"
ADAPTED = {
    "blk.1.attn_q": [HEADS * HEAD, HIDDEN],
    "blk.1.attn_v": [KV * HEAD, HIDDEN],
    "blk.1.attn_output": [HIDDEN, HEADS * HEAD],
    "blk.1.ffn_up": [WIDE, HIDDEN],
    "blk.1.ffn_down": [HIDDEN, WIDE],
}
RANK, ALPHA = 8, 24.0


def adapter_shapes() -> Shapes:
    """The tensors of the adapter."""
    shapes: Shapes = {}
    for name, (rows, columns) in ADAPTED.items():
        shapes |= {f"{name}.weight.lora_a": [RANK, columns], f"{name}.weight.lora_b": [rows, RANK]}
    return shapes


def write_adapter(path: str, architecture: str) -> None:
    """Writes the adapter as a GGUF."""
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", ALPHA)
    for name, shape in adapter_shapes().items():
        writer.add_tensor(name, weights(name, shape))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def weights(name: str, shape: list[int]) -> np.ndarray:
    """A tensor's values, from its name: a hash of the place, spread evenly around 0, or
    around 1 for a norm."""
    count = int(np.prod(shape))
    x = np.arange(count, dtype=np.uint32) * np.uint32(2654435761)
    x += np.uint32(zlib.crc32(name.encode()))
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
        x ^= x >> np.uint32(shift)
        x *= np.uint32(factor)
    x ^= x >> np.uint32(16)
    # Exact in 32 bits, so that both sides have the same numbers.
    unit = (x >> np.uint32(8)).astype(np.float32) / np.float32(1 << 23) - np.float32(1)
    if name.endswith("ssm_a"):
        values = np.float32(-0.75) + np.float32(0.5) * unit
    elif name.startswith("rope_"):
        values = np.float32(1.5) + np.float32(0.5) * unit
    elif "norm" in name and name.endswith("weight"):
        values = np.float32(1) + np.float32(0.25) * unit
    elif "conv" in name:
        values = np.float32(0.5) * unit
    elif len(shape) == 1 or name.endswith("bias"):
        values = np.float32(0.25) * unit
    elif name.startswith(("token_embd", "output")):
        values = np.float32(0.5) * unit
    else:
        values = np.float32(0.1875) * unit
    return values.reshape(shape)


def write(path: str, architecture: str, keys: dict[str, Any], shapes: Shapes) -> None:
    """Writes the model as a GGUF."""
    writer = gguf.GGUFWriter(path, architecture)
    for key, value in keys.items():
        key = f"{architecture}.{key}"
        if isinstance(value, bool):
            writer.add_bool(key, value)
        elif isinstance(value, float):
            writer.add_float32(key, value)
        elif isinstance(value, int):
            writer.add_uint32(key, value)
        elif isinstance(value, str):
            writer.add_string(key, value)
        else:
            writer.add_array(key, value)
    tokens, merges = vocabulary()
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types([1] * (len(tokens) - len(SPECIAL)) + [3] * len(SPECIAL))
    writer.add_token_merges(merges)
    writer.add_eos_token_id(tokens.index(SPECIAL[0]))
    for name, shape in shapes.items():
        writer.add_tensor(name, weights(name, shape))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


LLAMA_CPP = """
import {writeFileSync} from "node:fs";
import {getLlama, LlamaLogLevel} from "node-llama-cpp";
const {file, tokens, result, adapter} = JSON.parse(process.argv[2]);
const llama = await getLlama({
    gpu: false, build: "never", skipDownload: true, logLevel: LlamaLogLevel.error
});
const model = await llama.loadModel({modelPath: file, gpuLayers: 0});
const lora = adapter && {adapters: [{filePath: adapter}]};
const context = await model.createContext({contextSize: 512, threads: 1, batchSize: 512, lora});
const ask = tokens.map((token) => [token, {generateNext: {probabilities: true}}]);
const out = await context.getSequence().controlledEvaluate(ask);
const sorted = (probabilities) => [...probabilities].sort(([a], [b]) => a - b);
const row = ({next}) => sorted(next.probabilities).map(([, p]) => Math.log(p));
writeFileSync(result, JSON.stringify(out.map(row)));
process.exit(0);
"""


def log_probabilities(
    file: str, tokens: list[int], node: pathlib.Path, adapter: str = ""
) -> list[list[float]]:
    """What llama.cpp expects after each of the tokens, for every token of the vocabulary."""
    script = node / "record.mjs"
    script.write_text(LLAMA_CPP)
    result = node / "record.json"
    asked = json.dumps(
        {"file": file, "tokens": tokens, "result": str(result.resolve()), "adapter": adapter}
    )
    command = ["node", script.name, asked]
    done = subprocess.run(command, cwd=node, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{file}: {done.stdout}{done.stderr}")
    return json.loads(result.read_text())


def record(name: str, node: pathlib.Path) -> None:
    """Writes the fixture of one family."""
    architecture, keys, shapes = families()[name]
    tokens = [(7 * i * i + 11 * i + 40) % (VOCAB - len(SPECIAL)) for i in range(TOKENS)]
    with tempfile.NamedTemporaryFile(suffix=".gguf") as file:
        write(file.name, architecture, keys, shapes)
        adapter = ""
        if name == ADAPTER:
            adapter = f"{file.name}.adapter.gguf"
            write_adapter(adapter, architecture)
        rows = log_probabilities(file.name, tokens, node, adapter)
        pathlib.Path(adapter or f"{file.name}.adapter.gguf").unlink(missing_ok=True)
    # The tokens that a test compares: every seventh of the vocabulary, after every third token.
    kept = [[round(value, 4) for value in row[::7]] for row in rows[::3]]
    assert all(len(row) == VOCAB for row in rows), "some probabilities are zero"
    text, merges = vocabulary()
    fixture: dict[str, Any] = {
        "architecture": architecture,
        "metadata": keys,
        "tokens": text,
        "merges": merges,
        "tensors": shapes,
        "input": tokens,
        "log_probabilities": kept,
    }
    if name == ADAPTER:
        fixture |= {"adapter": adapter_shapes(), "alpha": ALPHA}
    lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in fixture.items()]
    HERE.mkdir(parents=True, exist_ok=True)
    (HERE / f"{name}.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
    spread = np.std([value for row in kept for value in row])
    print(f"{name}: log-probabilities spread by {spread:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("node", type=pathlib.Path, metavar="DIR")
    parser.add_argument("families", nargs="*", metavar="FAMILY")
    args = parser.parse_args()
    for name in args.families or families():
        record(name, args.node)


if __name__ == "__main__":
    main()
