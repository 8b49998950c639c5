"""Trim the base's vocabulary to the tokens that code needs, under nigh's own markers.

  python vocabulary.py --work work [--size 20480]
  python vocabulary.py --work work --measure 12288 16384 20480 24576
  python vocabulary.py --work work --model ../models/nigh.gguf

Reads work/base-full/ (base.py) and work/corpus.jsonl, writes work/base/, the folder that training
starts from, and work/tokenizer.json. Ids 0-15 are SPECIAL, each with the embedding of one of the
base's own special tokens; then come the bytes that the base lacks, then the kept tokens in their
old order. A token is kept with both halves of its merge, so every kept token can still be made.
Which go: the one whose absence makes the sample of the corpus longest is kept longest (`prune`).
--measure writes nothing and prints what each size costs and saves, as a table in Markdown.
--model takes the vocabulary and the weights of a model that was made this way, so that training
goes on from it; it needs no corpus.
"""

import argparse
import heapq
import json
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer, pre_tokenizers

from records import Document
from tokenizer import EOT, PAD, SPECIAL, assemble, default_work
from weights import load_weights, save_folder

SIZE = 20_480
# Whose embedding a marker takes over: the base has learnt that these are not text.
ORIGINS = {
    "<|endoftext|>": "<|endoftext|>",
    "<|fim_prefix|>": "<gh_stars>",
    "<|fim_suffix|>": "<issue_start>",
    "<|fim_middle|>": "<issue_comment>",
    "<|fim_pad|>": "<issue_closed>",
    "<|repo_name|>": "<repo_name>",
    "<|file_sep|>": "<file_sep>",
    "<|fix|>": "<jupyter_start>",
    "<|fixed|>": "<jupyter_text>",
    "<|instruct|>": "<jupyter_code>",
    "<|answer|>": "<jupyter_output>",
    "<|sql_schema|>": "<jupyter_script>",
    "<|sql|>": "<empty_output>",
    "<|cursor|>": "<filename>",
    "<|im_start|>": "<|im_start|>",
    "<|im_end|>": "<|im_end|>",
}
SAMPLE_BYTES = {
    "python": 18_000_000,
    "typescript": 7_200_000,
    "javascript": 6_600_000,
    "rust": 6_600_000,
    "java": 6_000_000,
    "go": 5_400_000,
    "cpp": 4_200_000,
    "c": 3_000_000,
    "php": 1_500_000,
    "kotlin": 900_000,
    "csharp": 300_000,
    "sql": 180_000,
    "bash": 120_000,
}
HELD_OUT_BYTES = 400_000  # a language, for --measure


# ---------------------------------------------------------------- counting
def balanced_sample(corpus: str) -> Iterator[str]:
    """Texts to count: every package gives one file a turn until its language has enough."""
    by_language: dict[str, dict[str, list[str]]] = {
        language: defaultdict(list) for language in SAMPLE_BYTES
    }
    for document in documents(corpus):
        if not document["validation"]:
            by_language[document["language"]][document["package"]].append(document["text"])
    for language, packages in by_language.items():
        room = SAMPLE_BYTES[language]
        for turn in range(max(map(len, packages.values()), default=0)):
            for texts in packages.values():
                if turn < len(texts) and room > 0:
                    room -= len(texts[turn])
                    yield texts[turn]


def documents(corpus: str) -> Iterator[Document]:
    with open(corpus) as file:
        yield from map(json.loads, file)


def count(tokenizer: Tokenizer, texts: Iterable[str]) -> NDArray[np.int64]:
    """How often each id of the tokenizer occurs in the texts."""
    counts, batch, size = np.zeros(tokenizer.get_vocab_size(), np.int64), [], 0
    for text in texts:
        batch.append(text)
        size += len(text)
        if size > 1_000_000:
            counts += count_batch(tokenizer, batch, len(counts))
            batch, size = [], 0
    return counts + count_batch(tokenizer, batch, len(counts))


def count_batch(tokenizer: Tokenizer, texts: Sequence[str], size: int) -> NDArray[np.int64]:
    ids = [encoding.ids for encoding in tokenizer.encode_batch_fast(texts)]
    return np.bincount(np.concatenate([*map(np.array, ids), []]).astype(np.int64), minlength=size)


# ---------------------------------------------------------------- choosing
def prune(
    vocabulary: dict[str, int],
    merges: Sequence[tuple[str, str]],
    counts: NDArray[np.int64],
    size: int,
) -> set[str]:
    """The ordinary tokens of a vocabulary of `size` entries: a set of names, closed under merges.

    The rarest token that no kept token is made of goes first; its count is then that of its two
    halves as well. The 256 bytes always stay. `merges` name a whole once each."""
    halves = {a + b: (a, b) for a, b in merges}
    uses: dict[str, int] = defaultdict(int)
    weights = {token: int(counts[vocabulary[token]]) for token in halves}
    for half in (half for pair in halves.values() for half in pair):
        uses[half] += 1
    queue = [(weights[token], -vocabulary[token], token) for token in halves if not uses[token]]
    heapq.heapify(queue)
    while len(halves) > size - len(SPECIAL) - 256:
        weight, _, token = heapq.heappop(queue)
        for half in halves.pop(token):
            uses[half] -= 1
            weights[half] = weights.get(half, 0) + weight
            if half in halves and not uses[half]:
                heapq.heappush(queue, (weights[half], -vocabulary[half], half))
    return set(halves) | set(pre_tokenizers.ByteLevel.alphabet())


def trim(data: dict[str, Any], keep: set[str]) -> tuple[Tokenizer, list[int]]:
    """(tokenizer, rows): the tokenizer of the kept names, and for each of its ids the id in the
    base, or -1. `data` is the base's tokenizer.json."""
    old = data["model"]["vocab"]
    ordinary = sorted(keep, key=lambda token: (old.get(token, -1), token))
    names = [*SPECIAL, *ordinary]
    merges = [(a, b) for a, b in map(tuple, data["model"]["merges"]) if a + b in keep]
    rows = [old[ORIGINS[name]] for name in SPECIAL] + [old.get(name, -1) for name in ordinary]
    return assemble({name: i for i, name in enumerate(names)}, merges, SPECIAL), rows


def cut(embedding: torch.Tensor, rows: list[int]) -> torch.Tensor:
    """The rows of the embedding, in the order of the new ids. A byte that the base lacks (-1) gets
    the mean of the first rows of ordinary tokens, which are the other bytes'."""
    ids = torch.tensor(rows)
    ordinary = ids[len(SPECIAL) :]
    made = embedding[ids.clamp(min=0)].clone()
    made[ids < 0] = embedding[ordinary[ordinary >= 0][:200]].mean(0)
    return made


# ---------------------------------------------------------------- measuring
def held_out(corpus: str) -> dict[str, list[str]]:
    """{language: texts} of the packages that no training sees."""
    found: dict[str, list[str]] = defaultdict(list)
    sizes: dict[str, int] = defaultdict(int)
    for document in documents(corpus):
        language = document["language"]
        if document["validation"] and sizes[language] < HELD_OUT_BYTES:
            found[language].append(document["text"])
            sizes[language] += len(document["text"].encode())
    return dict(sorted(found.items()))


def bytes_per_token(tokenizer: Tokenizer, texts: Sequence[str]) -> float:
    tokens = sum(map(len, tokenizer.encode_batch_fast(texts)))
    return sum(len(text.encode()) for text in texts) / tokens


def measure(
    data: dict[str, Any],
    counts: NDArray[np.int64],
    config: dict[str, Any],
    sample: Sequence[str],
    texts: dict[str, list[str]],
    sizes: Sequence[int],
) -> str:
    """A table in Markdown: what a vocabulary of each size does to the sample, to the held-out
    `texts` of each language and to the model."""
    full = len(data["model"]["vocab"])
    body = (
        config["num_hidden_layers"]
        * config["hidden_size"]
        * (
            3 * config["intermediate_size"]
            + 2
            * config["head_dim"]
            * (config["num_attention_heads"] + config["num_key_value_heads"])
        )
    )
    heads = ["entries", *texts, "sample longer", "MB, int8", "MB, 5 bit, head int8", "head"]
    rows = []
    for size in [*sizes, full]:
        made = kept(data, counts, size)[0] if size < full else assemble_all(data)
        head = size * config["hidden_size"]
        longer = count(made, sample).sum() / counts.sum() - 1
        rates = [f"{bytes_per_token(made, part):.2f}" for part in texts.values()]
        rows.append(
            [
                f"{size:,}",
                *rates,
                f"{longer:.2%}",
                f"{(body + head) * 34 / 32e6:.0f}",
                f"{(body * 22 + head * 34) / 32e6:.0f}",
                f"{head / (head + body):.0%}",
            ]
        )
    return "\n".join("| " + " | ".join(row) + " |" for row in [heads, ["---"] * len(heads), *rows])


# ---------------------------------------------------------------- the whole
def assemble_all(data: dict[str, Any]) -> Tokenizer:
    model = data["model"]
    special = [token["content"] for token in data["added_tokens"]]
    return assemble(model["vocab"], [tuple(merge) for merge in model["merges"]], special)


def kept(data: dict[str, Any], counts: NDArray[np.int64], size: int) -> tuple[Tokenizer, list[int]]:
    """`trim` to `size` entries by the counts."""
    merges = [tuple(merge) for merge in data["model"]["merges"]]
    return trim(data, prune(data["model"]["vocab"], merges, counts, size))


def write(
    source: str,
    data: dict[str, Any],
    config: dict[str, Any],
    counts: NDArray[np.int64],
    size: int,
    work: str,
) -> None:
    """work/base/ and work/tokenizer.json from the base in the folder `source`."""
    tokenizer, rows = kept(data, counts, size)
    state = load_weights(os.path.join(source, "model.safetensors"))
    state["model.embed_tokens.weight"] = cut(state["model.embed_tokens.weight"], rows)
    save(state, config, tokenizer, size, work)


def write_model(path: str, data: dict[str, Any], config: dict[str, Any], work: str) -> None:
    """work/base/ and work/tokenizer.json from the GGUF of a model that was trimmed from the base.
    Raises SystemExit where its vocabulary is not one that `trim` makes."""
    import gguf

    field = gguf.GGUFReader(path).fields["tokenizer.ggml.tokens"]
    names = [bytes(field.parts[at]).decode() for at in field.data]
    tokenizer, _ = trim(data, set(names[len(SPECIAL) :]))
    if [tokenizer.id_to_token(i) for i in range(len(names))] != names:
        raise SystemExit(f"{path}: its vocabulary was not trimmed from this base")
    save(load_weights(path), config, tokenizer, len(names), work)


def save(
    state: dict[str, torch.Tensor],
    config: dict[str, Any],
    tokenizer: Tokenizer,
    size: int,
    work: str,
) -> None:
    config = {
        **config,
        "vocab_size": size,
        "bos_token_id": EOT,
        "eos_token_id": EOT,
        "pad_token_id": PAD,
    }
    save_folder(state, config, tokenizer, os.path.join(work, "base"))
    tokenizer.save(os.path.join(work, "tokenizer.json"))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", default=default_work())
    parser.add_argument("--size", type=int, default=SIZE, help="a multiple of 64")
    parser.add_argument("--model", metavar="GGUF")
    parser.add_argument("--measure", type=int, nargs="+", metavar="SIZE")
    options = parser.parse_args(arguments)
    source = os.path.join(options.work, "base-full")
    with open(os.path.join(source, "config.json")) as file:
        config = json.load(file)
    with open(os.path.join(source, "tokenizer.json")) as file:
        data = json.load(file)
    if options.model:
        write_model(options.model, data, config, options.work)
        return
    corpus = os.path.join(options.work, "corpus.jsonl")
    sample = list(balanced_sample(corpus))
    counts = count(assemble_all(data), sample)
    if options.measure:
        print(measure(data, counts, config, sample, held_out(corpus), options.measure))
    else:
        write(source, data, config, counts, options.size, options.work)


if __name__ == "__main__":
    main()
