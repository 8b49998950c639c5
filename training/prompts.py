"""Samples whose prompts the server itself laid out, preceded by pieces of other files.

`rows.py` asks `choose_groups` which documents of which packages are cut, and in its workers
`samples` for what comes of that. Each group becomes a workspace in which the program (`nigh eval
prompts`) finds what it would find in an editor's: it indexes the files around, leaves the missing
text out, and lays out the prompt. How long a prompt is and which sources it has is drawn for each
place, so that the model knows them all and does without any. Nothing here knows layouts.
"""

import json
import os
import random
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import cuts
from samples import Sizes, answer, shares
from tokenizer import EOT, SPECIAL, Encode

if TYPE_CHECKING:
    from rows import Corpus

WORKSPACE = 1_000_000  # characters
DOCUMENTS, CUTS = 16, 2  # documents that are cut in a workspace, and cuts in each
SOURCES = (
    "siblings",
    "imports",
    "files",
    "edits",
    "similar",
    "data",
    "names",
    "members",
    "call",
    "own",
    "scopes",
)
ALL, SOME = 0.25, 0.55  # shares of the prompts with all sources and with some; the rest has none
PERCENTS = (15, 25, 40, 50)  # of the prompt for the sources
SHORTEST = 3 / 8  # of the row
MARGIN = 24  # tokens by which an answer may be longer than what is missing
OPEN, MAX_OPEN = 0.5, 4  # share of the places with other open files, and how many
SAMPLE_TOKENS = 600  # of 1,024


class Group(NamedTuple):
    """Numbers of documents of one package: those of the workspace, and those to cut."""

    around: list[int]
    cut: list[int]


class Program(NamedTuple):
    """What lays out: the program, and the tokenizer.json whose tokens it counts."""

    path: str
    tokenizer: str


def choose_groups(
    corpus: "Corpus", mix: dict[str, float], tokens: float, context: int, rng: random.Random
) -> list[Group]:
    """Groups for about so many tokens in these shares of the languages, in random order."""
    found: list[Group] = []
    cut: set[int] = set()
    each = SAMPLE_TOKENS * context // 1024
    for language, numbers in sorted(corpus.train.items()):
        left = tokens * mix[language] / sum(mix[other] for other in corpus.train)
        for number in rng.sample(numbers, len(numbers)):
            if left <= 0:
                break
            if number in cut:
                continue
            group = group_around(corpus, number, cut, rng)
            found.append(group)
            cut.update(group.cut)
            left -= len(group.cut) * CUTS * each
    rng.shuffle(found)
    return found


def group_around(corpus: "Corpus", number: int, taken: set[int], rng: random.Random) -> Group:
    """A workspace of the documents around one in its package, on both sides alike; the other
    documents to cut are none of those that are `taken`."""
    package, entries = corpus.package_of(number), corpus.entries
    first = last = package.index(number)
    size = entries[number].characters
    while size < WORKSPACE and (first > 0 or last + 1 < len(package)):
        first, last = max(0, first - 1), min(len(package) - 1, last + 1)
        size += entries[package[first]].characters + entries[package[last]].characters
    around = package[first : last + 1]
    others = [
        other
        for other in around
        if other != number
        and other not in taken
        and entries[other].language == entries[number].language
    ]
    return Group(around, [number, *rng.sample(others, min(len(others), DOCUMENTS - 1))])


def samples(
    program: Program,
    corpus: "Corpus",
    groups: Iterable[Group],
    encode: Encode,
    context: int,
    rng: random.Random,
) -> Iterator[list[int]]:
    """Lists of token ids: the prompts of the groups' places and their answers."""
    workspaces = (workspace(corpus, group, encode, context, rng) for group in groups)
    for line in lay_out(program, workspaces):
        ids = sample(line, encode, context)
        if ids:
            yield ids


def lay_out(program: Program, workspaces: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """What the program prints for these workspaces."""
    with tempfile.TemporaryDirectory() as folder:
        asked = os.path.join(folder, "workspaces.jsonl")
        with open(asked, "w") as file:
            for made in workspaces:
                file.write(json.dumps(made) + "\n")
        make_model(program.tokenizer, folder)
        command = [program.path, "eval", "prompts", asked, "--model", folder]
        lines = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout.splitlines()
    yield from map(json.loads, lines)


def make_model(tokenizer: str, folder: str) -> None:
    """A model without weights, for a program that only counts tokens."""
    shutil.copy(tokenizer, os.path.join(folder, "tokenizer.json"))
    with open(os.path.join(folder, "config.json"), "w") as file:
        file.write("{}")
    with open(os.path.join(folder, "model.safetensors"), "wb") as file:
        file.write(struct.pack("<Q", 2) + b"{}")


def workspace(
    corpus: "Corpus", group: Group, encode: Encode, context: int, rng: random.Random
) -> dict[str, Any]:
    """A line for the program."""
    documents = {number: corpus.read(number) for number in group.around}
    texts = {
        document["path"]: document["text"].replace("\r\n", "\n") for document in documents.values()
    }
    paths = list(texts)
    places: list[dict[str, Any]] = []
    for number in group.cut:
        places += places_in(documents[number]["path"], texts, paths, encode, context, rng)
    return {
        "files": [{"path": path, "text": text} for path, text in texts.items()],
        "places": places,
    }


def places_in(
    path: str,
    texts: dict[str, str],
    paths: list[str],
    encode: Encode,
    context: int,
    rng: random.Random,
) -> Iterator[dict[str, Any]]:
    """Places of one document, from all its parts."""
    text = texts[path]
    starts = cuts.line_starts(text)
    for lines in shares(starts, CUTS):
        span = cuts.choose(text, rng, starts, lines)
        if not span:
            continue
        missing = len(encode(text[slice(*span)]))
        if missing > Sizes(context).middle:
            continue
        start = len(text[: span[0]].encode())
        yield {
            "path": path,
            "start": start,
            "end": start + len(text[slice(*span)].encode()),
            "tokens": prompt_tokens(missing, context, rng),
            "sources": draw_sources(rng),
            "percent": rng.choice(PERCENTS),
            "open": draw_open(path, paths, rng),
        }


def prompt_tokens(missing: int, context: int, rng: random.Random) -> int:
    """How long a prompt may be that leaves room for the answer in a row."""
    most = context - missing - MARGIN * context // 1024
    return rng.randint(min(most, int(context * SHORTEST)), most)


def draw_sources(rng: random.Random) -> list[str]:
    draw = rng.random()
    if draw < ALL:
        return list(SOURCES)
    return [source for source in SOURCES if draw < ALL + SOME and rng.random() < 0.5]


def draw_open(path: str, paths: list[str], rng: random.Random) -> list[str]:
    """Paths of other open files, from near the document."""
    if rng.random() > OPEN:
        return []
    at = paths.index(path)
    near = [other for other in paths[max(0, at - 8) : at + 9] if other != path]
    return rng.sample(near, min(len(near), rng.randint(1, MAX_OPEN)))


def sample(laid_out: dict[str, Any], encode: Encode, context: int) -> list[int] | None:
    """Token ids, encoded as the server does; None where they do not fit."""
    ids = []
    for segment in laid_out["segments"]:
        if "marker" in segment:
            ids.append(SPECIAL.index(segment["marker"]))
        else:
            ids += encode(segment["text"])
    ids += answer([*encode(laid_out["answer"]), EOT])
    return ids if len(ids) <= context + 1 else None
