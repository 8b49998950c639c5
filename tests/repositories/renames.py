"""Builds cases of next edits from pairs of releases: edits that were made again in the same file,
and edits that were not.

  renames.py --into DIR [--skip-missing], possibly after build.py

Writes
DIR/next-edits-tuning.jsonl and next-edits-test.jsonl, a case a line: id, language, kind, silent,
snapshot and path (of the earlier release), before (the earlier text), edits (the first one or two
places, as {line, before, after}; lines count from 0, no edit changes the number of lines), text
(with those edits applied), next (the places that follow in the file, in order; empty where silent),
elsewhere (lines that the later release changed in other ways: an offer there is neither right nor
wrong). Half of the cases are silent. changes.py distinguishes the edits.
"""

import argparse
import os
import random
import sys
from collections.abc import Iterable, Sequence

import archives
import build
from archives import Package
from build import Row
from changes import TOKEN, Change, Key, holds, line_changes, moved, repeated, still_there
from filters import GENERATED, language_of, may_hold
from positions import FAMILIES, FILE_BYTES, FILE_LINES

# How many places look alike but stayed, the change, the case.
Entry = tuple[int, Key, Row]
LEAST = 3  # places of a change that counts as repeated
MAX_CASES = 16  # repeated cases a package gives, and as many silent ones
MAX_TOUCHED = 0.4  # of a file's lines; more is another file
MAX_PER_KEY = 2  # cases of one and the same change in a package: renames go through many files


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--into", required=True, metavar="DIR")
    parser.add_argument(
        "--skip-missing", action="store_true", help="build from the pairs that could be fetched"
    )
    options = parser.parse_args()
    folder = os.path.join(options.into, "archives")
    pairs = [(package.earlier(), package) for package in archives.read_list() if package.before]
    try:
        archives.fetch([package for pair in pairs for package in pair], folder)
    except ValueError as error:
        if not options.skip_missing:
            raise
        print(error, file=sys.stderr)
        pairs = [pair for pair in pairs if all(archives.find(package, folder) for package in pair)]
    for split in archives.SPLITS:
        rows = []
        for earlier, later in pairs:
            if later.split == split:
                old, new = (
                    dict(build.files_of(archives.unpack(package, folder, options.into)))
                    for package in (earlier, later)
                )
                found = cases(earlier, old, new)
                print(
                    f"{split:7} {earlier.snapshot} to {later.version}: {len(found)} cases",
                    file=sys.stderr,
                )
                rows += found
        build.write(os.path.join(options.into, f"next-edits-{split}.jsonl"), rows)
        silent = sum(row["silent"] for row in rows)
        print(
            f"{split}: {len(rows) - silent} repeated, {silent} silent; "
            f"{build.counts(rows, 'language')}; {build.counts(rows, 'kind')}"
        )


def cases(package: Package, old: dict[str, bytes], new: dict[str, bytes]) -> list[Row]:
    """The cases of one pair; `old` and `new` are {path: bytes}. As many silent ones as repeated
    ones, as far as there are."""
    again: list[Entry] = []
    once: list[Entry] = []
    for path in sorted(set(old) & set(new)):
        texts = readable(package, path, old[path], new[path])
        if texts:
            found = of_file(package, path, *texts)
            again += found[0]
            once += found[1]
    chance = random.Random(package.name)
    chance.shuffle(again)
    again = spread(again)
    chance.shuffle(once)
    # First those that look as if they went on.
    once = spread(sorted(once, key=lambda entry: entry[0] == 0))[: len(again)]
    rows = [row for _, _, row in again + once]
    return [{"id": f"{package.snapshot}/{number:02}", **row} for number, row in enumerate(rows)]


def spread(entries: Iterable[Entry]) -> list[Entry]:
    """At most MAX_CASES, no change too often."""
    taken: dict[Key, int] = {}
    kept = []
    for entry in entries:
        taken[entry[1]] = taken.get(entry[1], 0) + 1
        if taken[entry[1]] <= MAX_PER_KEY:
            kept.append(entry)
    return kept[:MAX_CASES]


def readable(package: Package, path: str, *versions: bytes) -> list[str] | None:
    """The texts of both versions, or None where the file is generated, too large, or not of the
    package's language."""
    inside = path[len(package.folder) :].lstrip("/") if package.folder else path
    if not may_hold(inside, FAMILIES[package.language]) or versions[0] == versions[1]:
        return None
    texts = []
    for data in versions:
        try:
            text = data.decode()
        except UnicodeDecodeError:
            return None
        lines = text.count("\n")
        if (
            len(data) > FILE_BYTES
            or "\r" in text
            or not FILE_LINES[0] <= lines <= FILE_LINES[1]
            or GENERATED.search(text[:1500])
        ):
            return None
        texts.append(text)
    return texts


def of_file(package: Package, path: str, old: str, new: str) -> tuple[list[Entry], list[Entry]]:
    """([repeated], [silent]) of a file, each as (how many places look alike but stayed, key,
    case)."""
    lines = old.split("\n")
    changes, touched = line_changes(lines, new.split("\n"))
    again: list[Entry] = []
    once: list[Entry] = []
    if len(touched) > MAX_TOUCHED * len(lines):
        return [], []
    for key, places in repeated(changes).items():
        if not moved(key, len(places), old, new):
            continue
        stayed = still_there(key, lines, touched)
        head = {
            "language": language_of(path, old),
            "kind": key.kind,
            "silent": len(places) == 1,
            "snapshot": package.snapshot,
            "path": path,
        }
        if len(places) >= LEAST:
            given = 2 if len(places) > LEAST else 1
            again.append(
                (stayed, key, {**head, **edited(lines, places[:given], places[given:], touched)})
            )
        elif len(places) == 1 and not elsewhere_too(key, places[0], lines, touched):
            once.append((stayed, key, {**head, **edited(lines, places, [], touched)}))
    return again, once


def elsewhere_too(key: Key, place: Change, lines: list[str], touched: set[int]) -> bool:
    """Whether the replaced text is on another line that changed as well: then it cannot be said
    that the change was not repeated."""
    wanted = key.old.split() or TOKEN.findall(key.where)
    return any(
        holds(TOKEN.findall(lines[number]), wanted) for number in touched if number != place.line
    )


def edited(
    lines: list[str], given: Sequence[Change], following: Sequence[Change], touched: set[int]
) -> Row:
    text = list(lines)
    for place in given:
        text[place.line] = place.after
    named = {place.line for place in [*given, *following]}
    fields = [
        [{"line": place.line, "before": place.before, "after": place.after} for place in places]
        for places in (given, following)
    ]
    return {
        "before": "\n".join(lines),
        "text": "\n".join(text),
        "edits": fields[0],
        "next": fields[1],
        "elsewhere": sorted(touched - named),
    }


if __name__ == "__main__":
    try:
        main()
    except ValueError as error:
        sys.exit(f"renames.py: {error}")
