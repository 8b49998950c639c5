"""How good a model is: validation losses, and exact answers to rest-of-line prompts in both orders.

`train.py` calls `validation_losses` now and then; as a command it measures a checkpoint or an exported folder's weights:

  python evaluate.py --folder work/8m [--weights work/8m/hf/model.safetensors --shape 8m]

Prints one JSON object. "exact" is an answer that equals the rest of the line and ends there, by itself or with a newline.
"""
import argparse
import json
import os

import numpy as np
import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer

from model import PAD, build
from tokenizer import EOT


def read_rows(path, context):
    return np.memmap(path, np.uint16, "r").reshape(-1, context + 1)


def to_device(rows, device):
    """uint16 rows as int64 tokens; they travel as two bytes each."""
    return torch.from_numpy(np.array(rows).view(np.int16)).to(device, non_blocking=True).long() & 0xFFFF


@torch.no_grad()
def validation_losses(run, folder, context, device, autocast, micro=8):
    """Mean loss per token: {"ltr": left to right, "fim": of the rows that are all fill-in-the-middle}."""
    losses = {}
    for name in ("ltr", "fim"):
        rows, total, counted = read_rows(os.path.join(folder, f"val-{name}.rows"), context), 0.0, 0
        for first in range(0, len(rows) - len(rows) % micro or len(rows), micro):
            tokens = to_device(rows[first:first + micro], device)
            with autocast():
                loss, count = run(tokens[:, :-1].contiguous(), tokens[:, 1:].contiguous())
            total, counted = total + float(loss), counted + int(count)
        losses[name] = round(total / max(1, counted), 4)
    return losses


@torch.no_grad()
def greedy(model, prompt, longest, device, ends):
    """The likeliest tokens after a prompt, up to and with the first for which `ends` holds."""
    cache, answer, tokens, start = [[] for _ in model.model.layers], [], prompt, 0
    while len(answer) < longest:
        hidden = model.hidden(torch.tensor([tokens], device=device), cache, start)
        start += len(tokens)
        tokens = [int(model.logits(hidden[:, -1]).argmax())]
        answer += tokens
        if ends(tokens[0]):
            break
    return answer


def probe(model, folder, device="cpu", limit=None, longest=40):
    """{"prompts": n, "psm": {"exact", "starts"}, "spm": ...}: shares of the greedy answers."""
    tokenizer = Tokenizer.from_file(os.path.join(folder, "tokenizer.json"))
    with open(os.path.join(folder, "rows", "probe.json")) as file:
        prompts = json.load(file)[:limit]
    newline = {i for i in range(tokenizer.get_vocab_size()) if "\n" in tokenizer.decode([i])}
    result = {"prompts": len(prompts)}
    for order in ("psm", "spm"):
        exact = starts = 0
        for prompt in prompts:
            ids = greedy(model, prompt[order], longest, device, lambda token: token == EOT or token in newline)
            text = tokenizer.decode([i for i in ids if i != EOT], skip_special_tokens=False).split("\n")[0]
            ended = ids[-1] == EOT or ids[-1] in newline
            exact += ended and text.rstrip() == prompt["expected"].rstrip()
            starts += text.startswith(prompt["expected"])
        result[order] = {"exact": round(exact / len(prompts), 4), "starts": round(starts / len(prompts), 4)}
    return result


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), "work", "8m"))
    parser.add_argument("--weights", help="a model.safetensors; without it, the checkpoint of the run")
    parser.add_argument("--shape", default="8m")
    parser.add_argument("--limit", type=int)
    options = parser.parse_args(arguments)
    with open(os.path.join(options.folder, "rows", "rows.json")) as file:
        context = json.load(file)["context"]
    if options.weights:
        model, state, about = build(options.shape, context=context), load_file(options.weights), {"weights": os.path.basename(options.weights)}
    else:
        saved = torch.load(os.path.join(options.folder, "train", "checkpoint.pt"), map_location="cpu", weights_only=True)
        model, state = build(saved["shape"], saved["config"]["vocabulary"], context), saved["model"]
        about = {"step": saved["step"], "tokens": saved["tokens"]}
    model.load_state_dict({name: value.float() for name, value in state.items()})
    plain = torch.autocast("cpu", enabled=False)
    losses = validation_losses(model, os.path.join(options.folder, "rows"), context, "cpu", lambda: plain)
    print(json.dumps({**about, "loss": losses, **probe(model, options.folder, limit=options.limit)}))


if __name__ == "__main__":
    main()
