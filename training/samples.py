"""From a document to samples, and from samples to rows.

`rows.py` gives a `Sampler` documents of the corpus and gets lists of token ids in the layouts that
are in its header; `pack` puts them into rows. The visible part of a document is what the server
would show (window.py), and where it is cut cuts.py says. `prompts.py` and `tasks/` make samples of
their own and pack them here too.
"""

import bisect
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import cuts
import window
from records import Document
from tokenizer import EOT, FILE, MIDDLE, PAD, PREFIX, SUFFIX, Encode

ANSWER = 1 << 15
FILL_IN, SUFFIX_FIRST = 0.8, 0.85
LONGEST_MIDDLE = 200  # tokens
MAX_SAMPLES = 8  # of one document in a pass
BYTES_PER_TOKEN = 3.6


class Sizes(NamedTuple):
    """Tokens, for rows of `context` tokens. The server's prompts have 768 of 1,024. Short samples
    show less of a file, so that as many tokens hold more middles: for the beginning of training."""

    context: int
    short: bool = False

    @property
    def prompt(self) -> int:
        return self.context * 3 // 4

    @property
    def middle(self) -> int:
        return min(LONGEST_MIDDLE, self.context // 4 - 8)

    @property
    def usual(self) -> int:
        return self.context // 4 if self.short else self.context * 2 // 5

    @property
    def smaller(self) -> tuple[int, int]:
        """Between what prompts are drawn that are smaller than the server's."""
        if self.short:
            return self.prompt // 10, self.prompt // 2
        return self.prompt // 5, self.prompt * 5 // 6

    @property
    def whole(self) -> float:
        """The share of the samples with prompts as long as the server's."""
        return 0.1 if self.short else 0.25

    def samples(self, characters: int) -> int:
        """How many samples a document gives in a pass: half of what would show all of it."""
        whole = characters / BYTES_PER_TOKEN / self.usual
        return max(1, min(MAX_SAMPLES, round(whole / 2)))

    def tokens(self, characters: int) -> float:
        """What these samples have together, about."""
        return min(characters / BYTES_PER_TOKEN, self.samples(characters) * self.usual)


class Sampler:
    """Cuts documents into samples of at most context + 1 tokens. Documents are dictionaries of the
    corpus."""

    def __init__(
        self,
        encode: Encode,
        context: int,
        rng: random.Random,
        fill_in: float = FILL_IN,
        suffix_first: float = SUFFIX_FIRST,
        short: bool = False,
    ) -> None:
        self.encode, self.rng, self.sizes = encode, rng, Sizes(context, short)
        self.fill_in, self.suffix_first = fill_in, suffix_first

    def document(self, document: Document) -> Iterator[list[int]]:
        """The samples of one document, from all its parts: lists of token ids."""
        text = document["text"].replace("\r\n", "\n")
        header, starts = self.header(document), cuts.line_starts(text)
        for lines in shares(starts, self.sizes.samples(len(text))):
            filled = self.rng.random() < self.fill_in
            make = self.filled if filled else self.plain
            body = make(text, starts, lines, self.room(header))
            if body and len(header) + len(body) <= self.sizes.context + 1:
                yield header + body

    def header(self, document: Document) -> list[int]:
        return [FILE, *self.encode(document["path"] + "\n")]

    def room(self, header: list[int]) -> int:
        """Tokens of text that a sample shows."""
        prompt = self.sizes.prompt
        if self.rng.random() > self.sizes.whole:
            prompt = self.rng.randint(*self.sizes.smaller)
        return max(16, prompt - len(header) - window.MARKERS)

    def plain(self, text: str, starts: list[int], lines: range, room: int) -> list[int]:
        """Whole lines, from left to right."""
        start = starts[lines[0]] if lines[0] == 0 else starts[self.rng.choice(lines)]
        end, _ = window.after(text, start, room, self.count)
        return [*self.encode(text[start:end]), EOT]

    def filled(self, text: str, starts: list[int], lines: range, room: int) -> list[int] | None:
        """Suffix, prefix and middle in one of the two orders; None where no cut suits."""
        span = cuts.choose(text, self.rng, starts, lines)
        if not span:
            return None
        prompt, middle = self.split(text, span, room, self.rng.random() < self.suffix_first)
        if len(middle) > self.sizes.middle:
            return None
        return prompt + answer([*middle, EOT])

    def split(
        self, text: str, span: cuts.Span, room: int, suffix_first: bool
    ) -> tuple[list[int], list[int]]:
        """The tokens of the prompt after the header, and of the middle."""
        prefix, middle, suffix = shown(text, span, room, self.count)
        return arrange(self.encode(prefix), self.encode(suffix), suffix_first), self.encode(middle)

    def count(self, text: str) -> int:
        return len(self.encode(text))


def shares(starts: list[int], count: int) -> list[range]:
    """The lines of a text in at most `count` ranges of a like length."""
    lines = len(starts) - 1
    parts = min(count, lines)
    edges = [part * lines // parts for part in range(parts + 1)]
    return [range(first, last) for first, last in pairwise(edges)]


def shown(
    text: str, span: cuts.Span, room: int, count: Callable[[str], int]
) -> tuple[str, str, str]:
    """(prefix, middle, suffix) of a text as a prompt of `room` tokens has them: the middle begins
    with the word that the cursor is in."""
    start, end = span
    first, last = window.around(text, start, end, room, count)
    healed = first + window.heal_start(text[first:start])
    return text[first:healed], text[healed:end], text[end:last]


def answer(tokens: list[int]) -> list[int]:
    """Tokens that the model is asked for, marked as such."""
    return [ANSWER | token for token in tokens]


def arrange(prefix: list[int], suffix: list[int], suffix_first: bool) -> list[int]:
    """The prompt: everything up to where the middle starts."""
    if suffix_first:
        return [PREFIX, SUFFIX, *suffix, MIDDLE, *prefix]
    return [PREFIX, *prefix, SUFFIX, *suffix, MIDDLE]


def pack(samples: Iterable[Sequence[int]], width: int, rng: random.Random) -> NDArray[np.uint16]:
    """Best fit, longest first: no sample is cut, what stays free is padding. uint16 [rows, width],
    shuffled."""
    rows: list[list[int]] = []
    free: list[tuple[int, int]] = []  # sorted (room left, row)
    for sample in sorted(samples, key=len, reverse=True):
        at = bisect.bisect_left(free, (len(sample), -1))
        room, row = free.pop(at) if at < len(free) else (width, len(rows))
        if row == len(rows):
            rows.append([])
        rows[row] += sample
        if room - len(sample) >= 16:
            bisect.insort(free, (room - len(sample), row))
    rng.shuffle(rows)
    out = np.full((len(rows), width), PAD, np.uint16)
    for target, tokens in zip(out, rows, strict=True):
        target[: len(tokens)] = tokens
    return out
