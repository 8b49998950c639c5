"""Documents of all tasks from a corpus: who is asked, how much of which language, what is held out,
what is dropped.

__main__.py opens a `Resources` and calls `gather` for each task and language. Work goes to
processes in small jobs that depend only on the seed and their own number, and answers are taken in
the order of the jobs: the same seed gives the same documents whatever the number of processes. A
corpus that is too small is used again (other bugs, other cuts), ROUNDS times at most.
"""

import argparse
import hashlib
import json
import multiprocessing
import random
import sys
import warnings
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from deduplication import Shingles
from filters import SKIPPED_FILES, SKIPPED_FOLDERS
from records import Document
from tokenizer import plain_encoder

from . import describe, formats, repair, sql
from .source import GRAMMARS, Source
from .sql.schema import read_domains, split

SHARES = {
    "repair": {
        "python": 0.35,
        "javascript": 0.09,
        "typescript": 0.11,
        "rust": 0.11,
        "go": 0.09,
        "java": 0.09,
        "c": 0.08,
        "cpp": 0.08,
    },
    "describe": {
        "python": 0.33,
        "javascript": 0.09,
        "typescript": 0.11,
        "rust": 0.13,
        "go": 0.10,
        "java": 0.10,
        "c": 0.06,
        "cpp": 0.08,
    },
}
FROM_CODE = {
    "repair": (repair.documents, repair.LIMIT),
    "describe": (describe.documents, describe.LIMIT),
}
ROUNDS, JOB = {"repair": 4, "describe": 2}, 24  # documents of the corpus, or schemas, in a job
LARGEST = 120_000  # characters of a file
HELD_FOLDERS = 50  # one folder in so many is held out where no document of a language is marked


class Entry(NamedTuple):
    """Where a document of the corpus is in its file, and what is known before reading it."""

    offset: int
    language: str
    package: str
    path: str
    held: bool


class Resources:
    """What every process inherits: the corpus on disk, the encoder, the evaluation texts."""

    def __init__(self, corpus: str, tokenizer: str, excluded: Shingles | None = None) -> None:
        self.corpus, self.tokenizer, self.excluded = (
            corpus,
            plain_encoder(tokenizer),
            excluded or Shingles(),
        )
        self.entries = list(read_index(corpus))
        self.domains = dict(zip((False, True), split(read_domains()), strict=True))

    def encode(self, text: str) -> list[int]:
        return self.tokenizer.encode(text, add_special_tokens=False).ids if text else []

    def numbers(self, language: str, held: bool) -> list[int]:
        return [
            number
            for number, entry in enumerate(self.entries)
            if entry.language == language and entry.held == held
        ]

    def languages(self) -> set[str]:
        return {entry.language for entry in self.entries}

    def read(self, number: int) -> Document:
        with open(self.corpus, "rb") as file:
            file.seek(self.entries[number].offset)
            return json.loads(file.readline())


def read_index(path: str) -> Iterator[Entry]:
    """Entries of the languages that have a grammar, without files of a kind that the corpus would
    leave out."""
    found: list[Entry] = []
    offset, marked = 0, set()
    with open(path, "rb") as file:
        for line in file:
            document = json.loads(line)
            where, language = document["path"], document["language"]
            if document["validation"]:
                marked.add(language)
            if (
                language in GRAMMARS
                and len(document["text"]) <= LARGEST
                and "\r" not in document["text"]
                and not SKIPPED_FOLDERS.search(where)
                and not SKIPPED_FILES.search(where)
            ):
                found.append(
                    Entry(offset, language, document["package"], where, document["validation"])
                )
            offset += len(line)
    return (
        entry if entry.language in marked else entry._replace(held=in_held_folder(entry))
        for entry in found
    )


def in_held_folder(entry: Entry) -> bool:
    folder = f"{entry.package}/{entry.path.rpartition('/')[0]}"
    return (
        int.from_bytes(hashlib.blake2b(folder.encode(), digest_size=4).digest(), "little")
        % HELD_FOLDERS
        == 0
    )


# ---------------------------------------------------------------- in the processes
class Job(NamedTuple):
    task: str
    numbers: tuple[int, ...]  # of entries, or of schemas
    round: int
    held: bool
    seed: int
    limit: int  # tokens of a document


resources: Resources  # set by gather(); the processes inherit it


def run(job: Job) -> tuple[list[tuple[int, formats.Document]], Counter[str]]:
    """[(number, document)], the ids as an array of uint16, and what was dropped as a Counter."""
    warnings.simplefilter("ignore")  # compile() has opinions about the code of others
    found, dropped = [], Counter[str]()
    for number in job.numbers:
        rng = random.Random(f"{job.seed}/{job.task}/{job.held}/{job.round}/{number}")
        for document, text in documents(job, number, rng, dropped):
            # A window may be all of an evaluation text and little of its file.
            if resources.excluded.touches(text):
                dropped["touches an evaluation"] += 1
            elif not formats.well_formed(document):
                raise ValueError(
                    f"{job.task}: the special tokens of a document of kind {document.kind} are not "
                    "those of its layout"
                )
            else:
                found.append((number, document._replace(ids=array("H", document.ids))))
    return found, dropped


def documents(
    job: Job, number: int, rng: random.Random, dropped: Counter[str]
) -> Iterable[tuple[formats.Document, str]]:
    """Of one entry or one schema."""
    if job.task == "sql":
        return sql.documents(
            resources.encode, rng, resources.domains[job.held], min(job.limit, sql.LIMIT)
        )
    document, (make, limit) = resources.read(number), FROM_CODE[job.task]
    found = list(make(Source(document), resources.encode, rng, min(limit, job.limit)))
    if found and resources.excluded.touches(document["text"]):
        dropped["file touches an evaluation"] += 1
        return ()
    return found


# ---------------------------------------------------------------- in the main process
def jobs(task: str, numbers: Sequence[int], held: bool, seed: int, limit: int) -> Iterator[Job]:
    """All that could be asked for, round after round, each in an order of its own."""
    for round_number in range(ROUNDS.get(task, 1)):
        order = random.Random(f"{seed}/{task}/{round_number}").sample(numbers, len(numbers))
        for start in range(0, len(order), JOB):
            yield Job(task, tuple(order[start : start + JOB]), round_number, held, seed, limit)


def gather(
    shared: Resources, asked: Iterable[Job], tokens: int, processes: int
) -> tuple[list[formats.Document], Counter[str]]:
    """Documents for at least `tokens` tokens, or as many as there are: (documents, dropped). The
    same code is taken from one file only."""
    global resources
    resources = shared
    found: list[formats.Document] = []
    owner: dict[str, int] = {}
    dropped, size = Counter[str](), 0
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        for part, lost in pool.imap(run, asked):
            dropped += lost
            for number, document in part:
                if owner.setdefault(document.key, number) != number:
                    dropped["same code elsewhere"] += 1
                elif size < tokens:
                    found.append(document)
                    size += len(document.ids)
            if size >= tokens:
                return found, dropped
    return found, dropped


def plan(
    shared: Resources, task: str, tokens: int, held: bool
) -> list[tuple[str, int, Sequence[int]]]:
    """(language, its tokens, numbers) for a task; shares are of the languages that the corpus
    has."""
    if task == "sql":
        return [("sql", tokens, range(10 + tokens // 40))]
    present = {
        language: share
        for language, share in SHARES[task].items()
        if shared.numbers(language, held)
    }
    return [
        (language, int(tokens * share / sum(present.values())), shared.numbers(language, held))
        for language, share in present.items()
    ]


def collect(
    shared: Resources, task: str, tokens: int, held: bool, options: argparse.Namespace
) -> tuple[list[formats.Document], Counter[str]]:
    """All documents of a task: (documents, what fell short or was dropped)."""
    found: list[formats.Document] = []
    notes = Counter[str]()
    for language, share, numbers in plan(shared, task, tokens, held):
        part, dropped = gather(
            shared,
            jobs(task, numbers, held, options.seed, options.context + 1),
            share,
            options.processes,
        )
        found += part
        notes += dropped
        size = sum(len(document.ids) for document in part)
        notes[f"{language} tokens short"] += max(0, share - size)
        print(
            f"{task} {language}{' held out' * held}: {len(part)} documents, {size} of {share} "
            "tokens",
            file=sys.stderr,
            flush=True,
        )
    return found, +notes
