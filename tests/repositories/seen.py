"""How much of each package a training corpus holds: the share of its runs of 12 tokens that are in
the corpus too.

  seen.py --into DIR CORPUS.jsonl, after build.py --into DIR

The corpus is JSON lines with "package" and "text". Prints a line per package: share in percent, and
the corpus package that shares most. Exits with 1 when a package has more than LIMIT: take it out of
packages.toml. Of the runs an eighth is looked at, chosen by hash, so that a corpus of a gigabyte
takes minutes. Licence heads count on neither side. This is about text; that a name is in
training/packages.toml is refused by a test.
"""

import argparse
import json
import os
import re
import sys
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

import archives
import build
from filters import clean, may_hold
from positions import FAMILIES

RUN = 12  # tokens
EVERY = 8
LIMIT = 0.20
TOKEN = re.compile(r"\w+|[^\w\s]")
WEIGHTS = [pow(0x9E3779B97F4A7C15, power, 1 << 64) for power in range(1, RUN + 1)]


def runs(text: str) -> NDArray[np.uint64]:
    """The chosen hashes of a text's runs, uint64."""
    tokens = TOKEN.findall(text)
    if len(tokens) < RUN:
        return np.empty(0, np.uint64)
    values = np.fromiter((zlib.crc32(token.encode()) for token in tokens), np.uint64, len(tokens))
    count = len(tokens) - RUN + 1
    sums = np.zeros(count, np.uint64)
    for at, weight in enumerate(WEIGHTS):
        sums += values[at : at + count] * np.uint64(weight)
    sums ^= sums >> np.uint64(29)
    return sums[sums % np.uint64(EVERY) == 0]


def shares(
    packages: dict[str, list[str]], texts: Iterable[tuple[str, str]]
) -> dict[str, tuple[float, str]]:
    """{package: (share, most alike)}; `packages` are {name: [text]}, `texts` are (name, text) of
    the corpus."""
    own = {
        name: np.unique(np.concatenate([runs(text) for text in files] or [runs("")]))
        for name, files in packages.items()
    }
    everything = np.unique(np.concatenate(list(own.values())))
    held = np.zeros(len(everything), bool)
    alike = {name: Counter[str]() for name in own}
    for package, text in texts:
        found = runs(text)
        at = np.minimum(np.searchsorted(everything, found), max(len(everything) - 1, 0))
        at = np.unique(at[everything[at] == found]) if len(everything) else at[:0]
        if len(at):
            held[at] = True
            for name, values in own.items():
                common = np.isin(everything[at], values, assume_unique=True).sum()
                if common:
                    alike[name][package] += int(common)
    return {
        name: (
            float(held[np.searchsorted(everything, values)].mean()) if len(values) else 0.0,
            alike[name].most_common(1)[0][0] if alike[name] else "",
        )
        for name, values in own.items()
    }


def texts_of(package: archives.Package, into: str) -> Iterator[str]:
    """The texts of a package that cases may come from."""
    for path, data in build.files_of(os.path.join(into, package.snapshot)):
        inside = path[len(package.folder) :].lstrip("/")
        if may_hold(inside, FAMILIES[package.language]):
            text, _ = clean(data)
            if text is not None:
                yield text


def corpus_texts(path: str) -> Iterator[tuple[str, str]]:
    with open(path, encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            yield row["package"], row["text"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--into", required=True, metavar="DIR")
    parser.add_argument("corpus")
    options = parser.parse_args()
    listed = [
        package
        for package in archives.read_list()
        if os.path.isdir(os.path.join(options.into, package.snapshot))
    ]
    found = shares(
        {p.snapshot: list(texts_of(p, options.into)) for p in listed}, corpus_texts(options.corpus)
    )
    for name, (share, most) in sorted(found.items(), key=lambda item: -item[1][0]):
        print(f"{100 * share:5.1f} %  {name}  {most}{'  TOO MUCH' if share > LIMIT else ''}")
    return 1 if any(share > LIMIT for share, _ in found.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
