"""Turn the corpus into packed rows of tokens, before training starts: the trainer then only reads.

  python rows.py --work work --folder work/run --tokens 30000000 [--context 1024] [--first 0]
                 [--nigh PROGRAM] [--laid-out 0.4] [--show 20]

Reads work/corpus.jsonl and work/tokenizer.json. Writes into the folder of a run: a copy of
tokenizer.json, and rows/ with train-NNN.rows, one file a pass (uint16, context + 1 tokens a row,
PAD at the end), and once val-ltr.rows, val-fim.rows, val-LANGUAGE.rows and probe.json (prompts for
the rest of a line with the expected answer). Training may begin once the first pass is there.
A sample is one of

  <|file_sep|>path\\n TEXT <|endoftext|>
  <|file_sep|>path\\n <|fim_prefix|> P <|fim_suffix|> S <|fim_middle|> M <|endoftext|>
  <|file_sep|>path\\n <|fim_prefix|><|fim_suffix|> S <|fim_middle|> P M <|endoftext|>

What is shown of a file is what the server would show (window.py). With --nigh the program lays out
the prompts of a share of the tokens itself, preceded by pieces of other files (prompts.py). P, M
and S are encoded separately, and M begins with the half-typed word, as in a prompt. ANSWER, the
highest bit, is set on every token of M and on the <|endoftext|> after it: the trainer weighs them
more, and takes the bit off. Every chunk depends only on the seed and its number. Fill in the
middle: arXiv 2207.14255.
"""

import argparse
import itertools
import json
import multiprocessing
import os
import random
import shutil
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

import cuts
import prompts
from records import Document, Probe
from samples import (
    ANSWER,
    BYTES_PER_TOKEN,
    FILL_IN,
    SUFFIX_FIRST,
    Sampler,
    Sizes,
    arrange,
    pack,
    shown,
)
from tokenizer import PAD, plain_encoder

MIX = {  # shares of the tokens
    "python": 0.28,
    "rust": 0.12,
    "typescript": 0.10,
    "javascript": 0.10,
    "go": 0.10,
    "java": 0.10,
    "cpp": 0.09,
    "c": 0.06,
    "php": 0.025,
    "kotlin": 0.015,
    "csharp": 0.005,
    "sql": 0.003,
    "bash": 0.002,
}
CHUNK_BYTES = 4_000_000


# ---------------------------------------------------------------- the whole corpus
class Entry(NamedTuple):
    """Where a document is in the file of the corpus, and what is known before reading it."""

    offset: int
    characters: int
    language: str
    validation: bool
    package: str


class Corpus:
    """The documents on disk, by language."""

    def __init__(self, path: str) -> None:
        self.path, self.entries = path, list(read_entries(path))
        self.train: dict[str, list[int]] = defaultdict(list)
        self.validation: dict[str, list[int]] = defaultdict(list)
        self.packages: dict[str, list[int]] = defaultdict(list)
        for number, entry in enumerate(self.entries):
            (self.validation if entry.validation else self.train)[entry.language].append(number)
            if not entry.validation:
                self.packages[entry.package].append(number)

    def package_of(self, number: int) -> list[int]:
        """The numbers of all documents of the same package that may be trained on."""
        return self.packages[self.entries[number].package]

    def read(self, number: int) -> Document:
        with open(self.path, "rb") as file:
            file.seek(self.entries[number].offset)
            return json.loads(file.readline())

    def chunks(self, tokens: float, sizes: Sizes, seed: int) -> Iterator[list[int]]:
        """Numbers of documents, shuffled, in the shares of MIX, about CHUNK_BYTES a chunk; a
        language that runs out starts again."""
        rng, chosen = random.Random(seed), []
        for language, numbers in sorted(self.train.items()):
            left = tokens * MIX[language] / sum(MIX[other] for other in self.train)
            while left > 0:
                for number in rng.sample(numbers, len(numbers)):
                    if left <= 0:
                        break
                    left -= sizes.tokens(self.entries[number].characters)
                    chosen.append(number)
        rng.shuffle(chosen)
        chunk, size = [], 0.0
        for number in chosen:
            chunk.append(number)
            size += sizes.tokens(self.entries[number].characters) * BYTES_PER_TOKEN
            if size > CHUNK_BYTES:
                yield chunk
                chunk, size = [], 0.0
        if chunk:
            yield chunk


def read_entries(path: str) -> Iterator[Entry]:
    offset = 0
    with open(path, "rb") as file:
        for line in file:
            document = json.loads(line)
            yield Entry(
                offset,
                len(document["text"]),
                document["language"],
                document["validation"],
                document["package"],
            )
            offset += len(line)


# Set by main(); the workers inherit them.
corpus: Corpus
encoder: Tokenizer


def encode(text: str) -> list[int]:
    return encoder.encode(text, add_special_tokens=False).ids if text else []


class Task(NamedTuple):
    """What a worker makes rows of."""

    number: int | str
    documents: list[int]
    context: int
    seed: int
    fill_in: float = FILL_IN
    suffix_first: float = SUFFIX_FIRST
    groups: Sequence[prompts.Group] = ()
    program: prompts.Program | None = None
    short: bool = False


def make_samples(task: Task) -> Iterator[list[int]]:
    rng = random.Random(f"{task.seed}/{task.number}")
    sampler = Sampler(encode, task.context, rng, task.fill_in, task.suffix_first, task.short)
    for number in task.documents:
        yield from sampler.document(corpus.read(number))
    if task.groups and task.program:
        yield from prompts.samples(task.program, corpus, task.groups, encode, task.context, rng)


def build_chunk(task: Task) -> NDArray[np.uint16]:
    rng = random.Random(f"{task.seed}/{task.number}/rows")
    return pack(list(make_samples(task)), task.context + 1, rng)


def write_rows(path: str, tasks: Iterable[Task], workers: int) -> tuple[int, int]:
    """Returns (rows, tokens of padding). The file appears when it is whole."""
    rows = padding = 0
    pool = multiprocessing.get_context("fork").Pool(workers)
    with pool, open(path + ".tmp", "wb") as file:
        for part in pool.imap(build_chunk, tasks):
            part.tofile(file)
            rows, padding = rows + len(part), padding + int((part == PAD).sum())
    os.replace(path + ".tmp", path)
    return rows, padding


# ---------------------------------------------------------------- validation
def probes(
    by_language: dict[str, list[int]], count: int, context: int, seed: int, longest: int = 80
) -> list[Probe]:
    """[{language, psm, spm, expected}]: prompts for the rest of a line, as the server has
    them; the languages in turn, `by_language` are numbers of documents."""
    rng = random.Random(seed)
    found: list[Probe] = []
    sampler = Sampler(encode, context, rng)
    for _ in range(100 * count):
        if len(found) == count:
            break
        language = sorted(by_language)[len(found) % len(by_language)]
        document = corpus.read(rng.choice(by_language[language]))
        text = document["text"].replace("\r\n", "\n")
        starts = cuts.line_starts(text)
        span = cuts.rest_from_anywhere(text, starts, rng.randrange(len(starts) - 1), rng)
        if not span or not 3 <= span[1] - span[0] <= longest or span[0] < 200:
            continue
        header = sampler.header(document)
        room = sampler.room(header)
        prefix, middle, suffix = shown(text, span, room, sampler.count)
        parts = encode(prefix), encode(suffix)
        spm, psm = (header + arrange(*parts, suffix_first) for suffix_first in (True, False))
        found.append({"language": language, "psm": psm, "spm": spm, "expected": middle})
    return found


def write_validation(out: str, options: argparse.Namespace) -> None:
    """val-ltr and val-fim of all languages alike, val-LANGUAGE as trained on, and the prompts."""
    rng, held = random.Random(options.seed), corpus.validation
    for numbers in held.values():
        rng.shuffle(numbers)
    turns = itertools.zip_longest(*held.values())
    mixed = [number for turn in turns for number in turn if number is not None]
    count = options.validation_rows
    sets = [("ltr", mixed, 0.0, count), ("fim", mixed, 1.0, count)]
    sets += [(name, numbers, FILL_IN, count // 3) for name, numbers in sorted(held.items())]
    for name, numbers, fill_in, rows in sets:
        task = Task(name, numbers[: 4 * rows], options.context, options.seed, fill_in)
        build_chunk(task)[:rows].tofile(os.path.join(out, f"val-{name}.rows"))
    prompts = probes(held, options.probes, options.context, options.seed)
    with open(os.path.join(out, "probe.json"), "w") as file:
        json.dump(prompts, file)


def main(arguments: Sequence[str] | None = None) -> None:
    global corpus, encoder
    options = read_options(arguments)
    encoder = plain_encoder(os.path.join(options.work, "tokenizer.json"))
    corpus = Corpus(os.path.join(options.work, "corpus.jsonl"))
    if options.show:
        show(options)
        return
    out = os.path.join(options.folder, options.into)
    os.makedirs(out, exist_ok=True)
    if not os.path.samefile(options.work, options.folder):
        shutil.copy(os.path.join(options.work, "tokenizer.json"), options.folder)
    if corpus.validation and not os.path.exists(os.path.join(out, "probe.json")):
        write_validation(out, options)
    about = {name: getattr(options, name) for name in ("context", "seed", "tokens", "passes")}
    with open(os.path.join(out, "rows.json"), "w") as file:
        json.dump(about, file)
    for turn in range(options.first, options.first + options.passes):
        path = os.path.join(out, f"train-{turn:03}.rows")
        rows, padding = write_rows(path, tasks(options, turn), options.workers)
        share = round(padding / rows / (options.context + 1), 4)
        summary = {
            "pass": turn,
            "rows": rows,
            "tokens": rows * (options.context + 1) - padding,
            "padding": share,
        }
        print(json.dumps(summary), file=sys.stderr, flush=True)


def tasks(options: argparse.Namespace, turn: int) -> Iterator[Task]:
    """The tasks of a pass: documents, and groups of documents whose prompts are laid out."""
    seed, share = options.seed + 1000 * turn, options.laid_out if options.nigh else 0
    tokens, context = options.tokens, options.context
    sizes = Sizes(context, options.short)
    chunks = list(corpus.chunks(tokens * (1 - share), sizes, seed)) or [[]]
    rng = random.Random(f"{seed}/groups")
    groups = prompts.choose_groups(corpus, MIX, tokens * share, context, rng) if share else []
    program = prompts.Program(options.nigh, os.path.join(options.work, "tokenizer.json"))
    for number, chunk in enumerate(chunks):
        yield Task(
            number,
            chunk,
            context,
            seed,
            options.fill_in,
            options.suffix_first,
            groups[number :: len(chunks)],
            program,
            options.short,
        )


def show(options: argparse.Namespace) -> None:
    """Prints some samples, what is asked for between brackets."""
    tokenizer = Tokenizer.from_file(os.path.join(options.work, "tokenizer.json"))

    def decode(ids: Iterable[int]) -> str:
        return tokenizer.decode([i & ~ANSWER for i in ids], skip_special_tokens=False)

    found = list(itertools.islice(make_samples(next(tasks(options, options.first))), 9999))
    for ids in random.Random(options.seed).sample(found, min(len(found), options.show)):
        at = next((at for at, token in enumerate(ids) if token >= ANSWER), len(ids))
        print(f"===== {len(ids)} tokens\n{decode(ids[:at])}\u27e6{decode(ids[at:])}\u27e7\n")


def read_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    work = os.path.join(os.path.dirname(os.path.abspath(__file__)), "work")
    parser.add_argument("--work", default=work)
    parser.add_argument("--folder", default=os.path.join(work, "run"))
    parser.add_argument("--into", default="rows", help="the folder under it: rows or rows-decay")
    parser.add_argument(
        "--tokens",
        type=int,
        default=30_000_000,
        help="of a pass; the corpus is repeated where it is smaller",
    )
    parser.add_argument(
        "--passes", type=int, default=1, help="files to write, with new cuts each time"
    )
    parser.add_argument("--first", type=int, default=0, help="number of the first pass")
    parser.add_argument("--fill-in", type=float, default=FILL_IN, help="share of the samples")
    parser.add_argument("--suffix-first", type=float, default=SUFFIX_FIRST, help="share of those")
    parser.add_argument(
        "--short",
        action="store_true",
        help="show less of a file, so that as many "
        "tokens hold more middles: for the beginning of training",
    )
    parser.add_argument("--nigh", help="the program that lays prompts out")
    parser.add_argument("--laid-out", type=float, default=0.4, help="share of the tokens")
    parser.add_argument("--show", type=int, default=0, metavar="N", help="print samples alone")
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--context", type=int, default=1024)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--validation-rows", type=int, default=96)
    parser.add_argument("--probes", type=int, default=600)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
