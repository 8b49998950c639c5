"""Builds the cases: fetches the packages of packages.toml, unpacks them, picks places, writes
tuning.jsonl and test.jsonl.

  build.py --into DIR [--skip-missing] [--most N]

DIR then holds a folder per package, the
archives under archives/, and the two sets, a case a line: id, language, kind, snapshot (the
package's folder), path (inside it), prefix, suffix, reference. The same list gives the same files,
byte for byte. Packages are other people's code: DIR stays on the machine it was built on, and
nothing of it is committed.
"""

import argparse
import json
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import archives
import positions
from archives import Package

Row = dict[str, Any]  # a line of a set, as the module's description has it
MAX_CASES = 40  # cases a package gives


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument(
        "--into", required=True, metavar="DIR", help="where snapshots and sets are written"
    )
    parser.add_argument(
        "--skip-missing", action="store_true", help="build from the packages that could be fetched"
    )
    parser.add_argument(
        "--most",
        type=int,
        default=MAX_CASES,
        metavar="N",
        help=f"cases a package gives (default {MAX_CASES})",
    )
    options = parser.parse_args(arguments)
    packages = archives.read_list()
    folder = os.path.join(options.into, "archives")
    try:
        archives.fetch(packages, folder)
    except ValueError as error:
        if not options.skip_missing:
            raise
        print(error, file=sys.stderr)
        packages = [package for package in packages if archives.find(package, folder)]
    for split in archives.SPLITS:
        rows = [
            row
            for package in packages
            if package.split == split
            for row in cases_of(package, folder, options)
        ]
        write(os.path.join(options.into, f"{split}.jsonl"), rows)
        print(f"{split}: {len(rows)} cases; {counts(rows, 'language')}; {counts(rows, 'kind')}")


def cases_of(package: Package, folder: str, options: argparse.Namespace) -> list[Row]:
    root = archives.unpack(package, folder, options.into)
    rows = positions.cases(package, list(files_of(root)), options.most)
    print(f"{package.split:7} {package.snapshot}: {len(rows)} cases", file=sys.stderr)
    return rows


def files_of(root: str) -> Iterator[tuple[str, bytes]]:
    """(path inside, bytes) of every file of a snapshot, in order."""
    for folder, folders, names in os.walk(root):
        folders.sort()
        for name in sorted(names):
            path = os.path.join(folder, name)
            with open(path, "rb") as file:
                yield os.path.relpath(path, root), file.read()


def write(path: str, rows: Iterable[Row]) -> None:
    """Whole or not at all: a reader never sees half a set."""
    with open(path + ".part", "w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    os.replace(path + ".part", path)


def counts(rows: list[Row], field: str) -> str:
    return ", ".join(
        f"{name} {count}" for name, count in sorted(Counter(row[field] for row in rows).items())
    )


if __name__ == "__main__":
    try:
        main()
    except ValueError as error:
        sys.exit(f"build.py: {error}")
