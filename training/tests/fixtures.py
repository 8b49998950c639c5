"""Small fixtures for the tests: this folder's own sources as the corpus, a tokenizer of 700
entries, packed rows of 128 tokens.

Made once per test process in a temporary folder; test modules call `folder()`, and importing this
module puts `ROOT` on the import path.
"""

import functools
import glob
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from typing import Any, TypeVar

from tokenizers import Tokenizer

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, ROOT)

from tokenizers import pre_tokenizers, trainers  # noqa: E402

import rows  # noqa: E402
from tokenizer import SPECIAL, added, assemble  # noqa: E402

SIZE, CONTEXT = 700, 128
TRAIN = (
    "--shape test --precision f32 --no-compile --device cpu --batch 8 --lr 3e-3 --decay 0.3 "
    "--log-every 1"
).split()


Value = TypeVar("Value")


def present(value: Value | None) -> Value:
    """The value, where a test knows that there is one."""
    assert value is not None
    return value


@functools.cache
def folder() -> str:
    """A temporary folder with corpus.jsonl, tokenizer.json and run/ as rows.py leaves it."""
    path = tempfile.mkdtemp()
    with open(os.path.join(path, "corpus.jsonl"), "w") as file:
        for number, source in enumerate(sorted(glob.glob(os.path.join(ROOT, "*.py")))):
            with open(source) as text:
                document = {
                    "package": "pypi/own",
                    "path": os.path.basename(source),
                    "language": "python",
                    "validation": number == 0,
                    "text": text.read(),
                }
                file.write(json.dumps(document) + "\n")
    train_tokenizer(texts(path), SIZE).save(os.path.join(path, "tokenizer.json"))
    make_rows(path, os.path.join(path, "run"))
    return path


def texts(path: str) -> list[str]:
    with open(os.path.join(path, "corpus.jsonl")) as file:
        return [json.loads(line)["text"] for line in file]


def train_tokenizer(texts: list[str], size: int, special: Sequence[str] = SPECIAL) -> Tokenizer:
    """A tokenizer of our kind, learnt from the texts; the special tokens come first."""
    made = assemble({}, [], [])
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    made.train_from_iterator(
        texts,
        trainers.BpeTrainer(
            vocab_size=size,
            special_tokens=list(map(added, special)),
            initial_alphabet=alphabet,
            show_progress=False,
        ),
    )
    return made


def make_rows(path: str, run: str) -> None:
    shape = f"--tokens 60000 --context {CONTEXT} --validation-rows 8 --probes 4"
    rows.main(["--work", path, "--folder", run, *shape.split()])


def events(run: str) -> list[dict[str, Any]]:
    """The lines of a training log."""
    with open(os.path.join(run, "train", "log.jsonl")) as file:
        return [json.loads(line) for line in file]
