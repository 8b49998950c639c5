"""Makes tiny.gguf: a model for tests, in the embedded one's shape and with its markers, but small.

  python tests/model/make.py [--steps 500] [--out tests/model/tiny.gguf]

Tests of the program and of the editors run it (the variable NIGH_MODEL), so that they are quick
and their outcome does not change when the embedded model is trained further. It is trained for some
minutes on this repository's own sources and knows how code looks, no more. Needs torch, tokenizers
and gguf (training/requirements.txt); Llama's shape as transformers and llama.cpp have it.
"""

import argparse
import json
import math
import os
import random
import subprocess
from collections.abc import Callable, Iterable, Iterator

import gguf
import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
CODE = (".rs", ".py", ".mjs", ".ts", ".js", ".go", ".java", ".c", ".cpp", ".lua", ".sh", ".sql")
SPECIAL = (
    "<|endoftext|>",
    "<|fim_prefix|>",
    "<|fim_suffix|>",
    "<|fim_middle|>",
    "<|fim_pad|>",
    "<|repo_name|>",
    "<|file_sep|>",
    "<|fix|>",
    "<|fixed|>",
    "<|instruct|>",
    "<|answer|>",
    "<|sql_schema|>",
    "<|sql|>",
    "<|cursor|>",
    "<|im_start|>",
    "<|im_end|>",
)
END, PREFIX, SUFFIX, MIDDLE, PAD, REPOSITORY, FILE = range(7)
VOCABULARY, LAYERS, WIDTH, HEADS, KV, HEAD, FFN = 640, 2, 256, 4, 1, 64, 256
CONTEXT, ROW, BATCH, THETA, EPSILON = 2048, 256, 8, 100_000.0, 1e-5
Weights = dict[str, torch.nn.Parameter]  # by their names in a GGUF
MATRICES = {
    "attn_q": (HEADS * HEAD, WIDTH),
    "attn_k": (KV * HEAD, WIDTH),
    "attn_v": (KV * HEAD, WIDTH),
    "attn_output": (WIDTH, HEADS * HEAD),
    "ffn_gate": (FFN, WIDTH),
    "ffn_up": (FFN, WIDTH),
    "ffn_down": (WIDTH, FFN),
}


def sources() -> Iterator[tuple[str, str]]:
    """(path, text) of this repository's own code."""
    listed = subprocess.check_output(["git", "ls-files"], cwd=ROOT, text=True)
    for path in listed.split():
        if path.endswith(CODE):
            with open(os.path.join(ROOT, path), encoding="utf-8") as file:
                yield path, file.read()


def tokenizer(texts: Iterable[str]) -> Tokenizer:
    """Single digits, GPT-2's words, bytes merged: what llama.cpp calls "smollm"."""
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    made.decoder = decoders.ByteLevel()
    special = [AddedToken(name, special=True, normalized=False) for name in SPECIAL]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    made.train_from_iterator(
        texts,
        trainers.BpeTrainer(
            vocab_size=VOCABULARY,
            special_tokens=special,
            initial_alphabet=alphabet,
            show_progress=False,
        ),
    )
    return made


def parameters() -> Weights:
    """All weights by their names in a GGUF."""

    def matrix(rows: int, columns: int, scale: float = 0.02) -> torch.nn.Parameter:
        return torch.nn.Parameter(torch.randn(rows, columns) * scale)

    def ones() -> torch.nn.Parameter:
        return torch.nn.Parameter(torch.ones(WIDTH))

    weights = {"token_embd": matrix(VOCABULARY, WIDTH), "output_norm": ones()}
    for layer in range(LAYERS):
        for name, shape in MATRICES.items():
            weights[f"blk.{layer}.{name}"] = matrix(*shape, 1 / math.sqrt(shape[1]))
        for name in ("attn_norm", "ffn_norm"):
            weights[f"blk.{layer}.{name}"] = ones()
    return weights


def norm(x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    return F.rms_norm(x, (WIDTH,), weight, EPSILON)


def rotate(x: torch.Tensor) -> torch.Tensor:
    """Rotary positions, a head's halves paired: x is [rows, heads, length, head]."""
    frequencies = THETA ** -(torch.arange(0, HEAD, 2).float() / HEAD)
    angles = torch.outer(torch.arange(x.shape[2]).float(), frequencies)
    (cos, sin), (left, right) = (angles.cos(), angles.sin()), x.chunk(2, dim=-1)
    return torch.cat((left * cos - right * sin, right * cos + left * sin), dim=-1)


def split_heads(x: torch.Tensor) -> torch.Tensor:
    """[rows, length, heads * head] as [rows, heads, length, head]."""
    return x.view(*x.shape[:2], -1, HEAD).transpose(1, 2)


def logits(weights: Weights, tokens: torch.Tensor) -> torch.Tensor:
    x = weights["token_embd"][tokens]
    for layer in range(LAYERS):
        names = (*MATRICES, "attn_norm", "ffn_norm")
        w = {name: weights[f"blk.{layer}.{name}"] for name in names}
        h = norm(x, w["attn_norm"])
        q, k, v = (split_heads(F.linear(h, w[f"attn_{name}"])) for name in "qkv")
        q, k = rotate(q), rotate(k)
        k, v = (part.expand(-1, HEADS, -1, -1) for part in (k, v))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).flatten(2)
        x = x + F.linear(y, w["attn_output"])
        h = norm(x, w["ffn_norm"])
        gated = F.silu(F.linear(h, w["ffn_gate"])) * F.linear(h, w["ffn_up"])
        x = x + F.linear(gated, w["ffn_down"])
    return F.linear(norm(x, weights["output_norm"]), weights["token_embd"])


def row(
    documents: list[tuple[str, str]], encode: Callable[[str], list[int]], draw: random.Random
) -> list[int]:
    """A piece of a file with a gap, its suffix first as the program asks; one in four without."""
    path, text = draw.choice(documents)
    start = draw.randrange(max(1, len(text) - 200))
    piece = text[start : start + draw.randrange(200, 700)]
    head = [FILE, *encode(path + "\n")]
    if draw.random() < 0.25:
        return [*head, *encode(piece), END]
    cut = draw.randrange(len(piece))
    end = piece.find("\n", cut) if draw.random() < 0.8 else draw.randrange(cut, len(piece) + 1)
    before, gap, after = piece[:cut], piece[cut:end], piece[end:]
    return [*head, PREFIX, SUFFIX, *encode(after), MIDDLE, *encode(before), *encode(gap), END]


def train(
    weights: Weights,
    documents: list[tuple[str, str]],
    encode: Callable[[str], list[int]],
    steps: int,
) -> None:
    """AdamW with a warm-up and a linear decay; prints the loss now and then."""
    draw = random.Random(1)
    optimizer = torch.optim.AdamW(weights.values(), betas=(0.9, 0.95), weight_decay=0.01)
    for step in range(steps):
        rows = [row(documents, encode, draw)[: ROW + 1] for _ in range(BATCH)]
        tokens = torch.tensor([one + [PAD] * (ROW + 1 - len(one)) for one in rows])
        optimizer.param_groups[0]["lr"] = 4e-3 * min(1, (step + 1) / 30, 1.02 - step / steps)
        predicted, targets = logits(weights, tokens[:, :-1]), tokens[:, 1:]
        loss = F.cross_entropy(predicted.flatten(0, 1), targets.flatten(), ignore_index=PAD)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights.values(), 1.0)
        optimizer.step()
        if step % 50 == 0 or step == steps - 1:
            print(f"step {step}: {loss.item():.3f}", flush=True)


def neighbours(matrix: NDArray[np.float32]) -> NDArray[np.float32]:
    """A Llama's query and key rows as a GGUF has them: those of a head's two halves alternate."""
    return matrix.reshape(-1, 2, HEAD // 2, WIDTH).swapaxes(1, 2).reshape(matrix.shape)


def write(weights: Weights, made: Tokenizer, out: str) -> None:
    """The GGUF: Q5_1, the embedding Q8_0, as the embedded model's."""
    writer = gguf.GGUFWriter(out, "llama")
    writer.add_name("tiny")
    writer.add_license("MIT OR Apache-2.0")
    writer.add_vocab_size(VOCABULARY)
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(FFN)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV)
    writer.add_rope_dimension_count(HEAD)
    writer.add_rope_freq_base(THETA)
    writer.add_layer_norm_rms_eps(EPSILON)
    add_tokenizer(writer, made)
    for name, value in weights.items():
        value = value.detach().numpy().astype(np.float32)
        value = neighbours(value) if name.endswith(("attn_q", "attn_k")) else value
        kinds = gguf.GGMLQuantizationType
        kind = kinds.Q8_0 if name == "token_embd" else kinds.Q5_1
        rounded = value if value.ndim == 1 else gguf.quants.quantize(value, kind)
        kind = None if value.ndim == 1 else kind
        writer.add_tensor(f"{name}.weight", rounded, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def add_tokenizer(writer: gguf.GGUFWriter, made: Tokenizer) -> None:
    model = json.loads(made.to_str())["model"]
    tokens = sorted(model["vocab"], key=model["vocab"].get)
    control, normal = gguf.TokenType.CONTROL, gguf.TokenType.NORMAL
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(tokens)
    writer.add_token_types([control if token in SPECIAL else normal for token in tokens])
    spelt = [merge if isinstance(merge, str) else " ".join(merge) for merge in model["merges"]]
    writer.add_token_merges(spelt)
    writer.add_bos_token_id(END)
    writer.add_eos_token_id(END)
    writer.add_pad_token_id(PAD)
    writer.add_add_bos_token(False)
    ids = {"pre": PREFIX, "suf": SUFFIX, "mid": MIDDLE, "pad": PAD, "rep": REPOSITORY, "sep": FILE}
    for key, number in ids.items():
        writer.add_uint32(f"tokenizer.ggml.fim_{key}_token_id", number)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--out", default=os.path.join(HERE, "tiny.gguf"))
    options = parser.parse_args()
    torch.manual_seed(1)
    torch.set_num_threads(1)
    documents = list(sources())
    made = tokenizer(text for _, text in documents)
    weights = parameters()
    print(f"{sum(value.numel() for value in weights.values())} parameters, {len(documents)} files")

    def encode(text: str) -> list[int]:
        return made.encode(text, add_special_tokens=False).ids

    train(weights, documents, encode, options.steps)
    write(weights, made, options.out)


if __name__ == "__main__":
    main()
