"""How good a model is: validation losses, and exact answers to rest-of-line prompts in both orders
and by length.

`train.py` calls `validation_losses` now and then; as a command it measures a checkpoint, an
exported folder, weights or a GGUF:

  python evaluate.py --folder work/run [--weights work/run/train/hf] [--limit 200]

Prints one JSON object: the losses per token of every val-NAME.rows, of missing middles and of all
other tokens, and the share of prompts answered. "exact" is an answer that equals the rest of the
line and ends there, by itself or with a newline.
"""

import argparse
import glob
import json
import os
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

from model import Cache, CodeModel, build, loss_weights
from tokenizer import EOT, default_work
from weights import load_weights

Device: TypeAlias = torch.device | str
Autocast = Callable[[], AbstractContextManager[Any]]


def read_context(folder: str) -> int:
    """Tokens of a row in a folder of rows, less one: what the model sees at once."""
    with open(os.path.join(folder, "rows.json")) as file:
        return json.load(file)["context"]


def read_rows(path: str, context: int) -> NDArray[np.uint16]:
    return np.memmap(path, np.uint16, "r").reshape(-1, context + 1)


def to_device(rows: NDArray[np.uint16], device: Device) -> torch.Tensor:
    """uint16 rows as int64 tokens; they travel as two bytes each."""
    travelling = torch.from_numpy(np.array(rows).view(np.int16)).to(device, non_blocking=True)
    return travelling.long() & 0xFFFF


@torch.no_grad()
def validation_losses(
    run: Callable[[torch.Tensor], torch.Tensor],
    folder: str,
    device: Device,
    autocast: Autocast,
    micro: int = 8,
) -> dict[str, list[float | None]]:
    """{NAME: [loss per token of missing middles, of all others]} over the files val-NAME.rows of a
    folder of rows, None where there are none; whole batches only, for compiled models."""
    losses, context = {}, read_context(folder)
    for path in sorted(glob.glob(os.path.join(folder, "val-*.rows"))):
        rows, totals = read_rows(path, context), torch.zeros(2, 2, dtype=torch.float64)
        for first in range(0, len(rows) - len(rows) % micro or len(rows), micro):
            part = to_device(rows[first : first + micro], device)
            with autocast():
                found = run(part)
            weights = loss_weights(part)
            for total, chosen in zip(totals, (weights > 1, weights == 1), strict=True):
                total += torch.stack((found[chosen].sum(), chosen.sum())).double().cpu()
        losses[os.path.basename(path)[4:-5]] = [
            round(float(total / count), 4) if count else None for total, count in totals
        ]
    return losses


@torch.no_grad()
def greedy(
    model: CodeModel, prompt: list[int], longest: int, device: Device, ends: Callable[[int], bool]
) -> list[int]:
    """The likeliest tokens after a prompt, up to and with the first for which `ends` holds."""
    cache: Cache = [[] for _ in model.model.layers]
    answer: list[int] = []
    tokens, start = prompt, 0
    while len(answer) < longest:
        hidden = model.hidden(torch.tensor([tokens], device=device), cache, start)
        start += len(tokens)
        tokens = [int(model.logits(hidden[:, -1]).argmax())]
        answer += tokens
        if ends(tokens[0]):
            break
    return answer


def probe(
    model: CodeModel,
    folder: str,
    device: Device = "cpu",
    limit: int | None = None,
    longest: int = 40,
) -> dict[str, Any]:
    """Shares of greedy answers to the prompts of rows/probe.json: {"prompts": n, "psm": {"exact",
    "starts"}, "spm": ..., "by_tokens": {longest prompt of the group: {"prompts", "exact"}}}, the
    groups over both orders."""
    tokenizer = Tokenizer.from_file(os.path.join(folder, "tokenizer.json"))
    with open(os.path.join(folder, "rows", "probe.json")) as file:
        prompts = json.load(file)[:limit]
    ids = range(tokenizer.get_vocab_size())
    ends = {EOT, *(i for i in ids if "\n" in tokenizer.decode([i]))}
    result: dict[str, Any] = {"prompts": len(prompts)}
    asked, right = Counter[int](), Counter[int]()
    for order in ("psm", "spm"):
        exact = starts = 0
        for prompt in prompts:
            ids = greedy(model, prompt[order], longest, device, ends.__contains__)
            answer = [i for i in ids if i != EOT]
            text = tokenizer.decode(answer, skip_special_tokens=False).split("\n")[0]
            hit = ids[-1] in ends and text.rstrip() == prompt["expected"].rstrip()
            group = max(128, 1 << (len(prompt[order]) - 1).bit_length())
            asked[group], right[group] = asked[group] + 1, right[group] + hit
            exact += hit
            starts += text.startswith(prompt["expected"])
        result[order] = {
            "exact": round(exact / len(prompts), 4),
            "starts": round(starts / len(prompts), 4),
        }
    result["by_tokens"] = {
        group: {"prompts": count, "exact": round(right[group] / count, 4)}
        for group, count in sorted(asked.items())
    }
    return result


def load(options: argparse.Namespace) -> tuple[CodeModel, dict[str, Any]]:
    """(model, what it is)"""
    if options.weights:
        state, about = load_weights(options.weights), {"weights": os.path.basename(options.weights)}
        shape = options.shape
    else:
        path = os.path.join(options.folder, "train", "checkpoint.pt")
        saved = torch.load(path, map_location="cpu", weights_only=True)
        state, about = saved["model"], {"step": saved["step"], "tokens": saved["tokens"]}
        shape = saved["shape"]
    model = build(shape, len(state["model.embed_tokens.weight"]))
    model.load_state_dict(state)
    return model, about


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", default=os.path.join(default_work(), "run"))
    parser.add_argument(
        "--weights",
        help="a folder, a model.safetensors or a GGUF; without it, the checkpoint of the run",
    )
    parser.add_argument("--shape", default="smol")
    parser.add_argument("--limit", type=int, help="prompts to answer")
    options = parser.parse_args(arguments)
    model, about = load(options)
    autocast = partial(torch.autocast, "cpu", torch.bfloat16)  # as in training
    losses = {}
    for name in ("rows", "rows-decay"):
        folder = os.path.join(options.folder, name)
        if os.path.exists(os.path.join(folder, "rows.json")):
            losses[name] = validation_losses(model, folder, "cpu", autocast)
    answers = probe(model, options.folder, limit=options.limit)
    print(json.dumps({**about, "loss": losses, **answers}))


if __name__ == "__main__":
    main()
