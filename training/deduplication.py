"""Keeps near copies and evaluation texts out of the corpus.

`corpus.py` asks `Shingles` about every file in its workers, and `NearCopies` about every file in
the order of the corpus; a file's `line_pairs` are what near copies share. Evaluation texts are
represented by shingles: hashes of 12 consecutive tokens, as sorted little-endian u64 in a file or
computed from cases. Memory is bounded: a bitmap of fixed size, and the set of shingles.
"""

import hashlib
import json
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

BITMAP = 2**31  # one bit for a pair of lines: 256 MiB, about 1 % full after a gigabyte of text


def line_pairs(text: str) -> NDArray[np.uint32]:
    """Hashes (u32, without repeats) of every two lines in a row, where blanks around them, empty
    lines and lone brackets do not count."""
    lines = [line for line in map(str.strip, text.split("\n")) if len(line) > 3]
    hashes = np.array([zlib.crc32(line.encode()) for line in lines], np.uint64)
    pairs = (hashes[:-1] * np.uint64(0x9E3779B97F4A7C15) + hashes[1:]) * np.uint64(
        0xD6E8FEB86659FD93
    )
    return np.unique((pairs >> np.uint64(32)).astype(np.uint32))


class NearCopies:
    """Remembers the pairs of lines of the files kept so far; a file is a near copy when most of its
    pairs are among them."""

    def __init__(self, share: float = 0.5) -> None:
        self.share, self.seen = share, np.zeros(BITMAP // 8, np.uint8)

    def is_copy(self, pairs: NDArray[np.uint32]) -> bool:
        """Asks and, when the answer is no, remembers."""
        pairs = pairs % np.uint32(BITMAP)
        places, bits = pairs >> 3, np.left_shift(1, pairs & 7).astype(np.uint8)
        if np.count_nonzero(self.seen[places] & bits) > self.share * len(pairs):
            return True
        np.bitwise_or.at(self.seen, places, bits)
        return False


# ---------------------------------------------------------------- evaluation texts
TOKEN = re.compile(r"[A-Za-z_]\w*|\d+|[^\s\w]")
SHINGLE = 12


def shingles(tokens: Sequence[str]) -> NDArray[np.uint64]:
    """Hashes of every 12 tokens in a row, in order: the first 8 bytes of blake2b of the tokens
    joined by blanks."""
    encoded = [token.encode() for token in tokens]
    starts = np.cumsum([0, *(len(token) + 1 for token in encoded)]).tolist()
    joined, blake2b = b" ".join(encoded), hashlib.blake2b
    digests = [
        blake2b(joined[a : b - 1], digest_size=8).digest()
        for a, b in zip(starts, starts[SHINGLE:], strict=False)
    ]
    return np.frombuffer(b"".join(digests), "<u8")


def decorative(tokens: Sequence[str]) -> bool:
    """A ruler or the frame of a table: half of it is one token in a row, or it has no word and at
    most two different tokens."""
    run = longest = 1
    for before, token in pairwise(tokens):
        run = run + 1 if token == before else 1
        longest = max(longest, run)
    return longest >= len(tokens) // 2 or (
        len(set(tokens)) <= 2 and not any(token[0].isalpha() for token in tokens)
    )


class Shingles:
    """A set of shingles of texts that must not be trained on."""

    def __init__(self, files: Iterable[str] = (), cases: Iterable[str] = ()) -> None:
        hashes = [np.fromfile(path, "<u8") for path in files]
        for path in cases:
            with open(path) as lines:
                hashes += [
                    shingles(TOKEN.findall(text))
                    for line in lines
                    for text in case_texts(json.loads(line))
                ]
        self.hashes = np.unique(np.concatenate(hashes)) if hashes else np.zeros(0, np.uint64)

    def touches(self, text: str) -> bool:
        """Whether over 20 % of the text's shingles, or 60 in a row, are in the set; those that only
        decorate do not count."""
        tokens = TOKEN.findall(text) if len(self.hashes) else ()
        if len(tokens) < SHINGLE:
            return False
        found = shingles(tokens)
        at = np.minimum(np.searchsorted(self.hashes, found), len(self.hashes) - 1)
        hits = self.hashes[at] == found
        counted = np.ones(len(hits), bool)
        for place in np.flatnonzero(hits):
            counted[place] = not decorative(tokens[place : place + SHINGLE])
        hits = hits[counted]
        if not hits.any():
            return False
        misses = np.flatnonzero(np.concatenate(([True], ~hits, [True])))
        return bool(hits.mean() > 0.2 or np.diff(misses).max() - 1 >= 60)


def case_texts(case: dict[str, Any]) -> Iterator[str]:
    """The texts of one evaluation case: solutions in place, and whatever else could be learnt by
    heart."""
    reference = case.get("reference")
    if isinstance(reference, str):
        yield case.get("prefix", "") + reference + (case.get("suffix") or "")
    elif isinstance(reference, dict):
        yield from reference.values()
    for field in ("fixed", "buggy", "code", "text", "sql", "schema", "answer"):
        if isinstance(case.get(field), str):
            yield case[field]
