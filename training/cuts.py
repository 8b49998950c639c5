"""Where a user's cursor may be in a text: spans to take out and fill in again.

`rows.py` calls `choose(text, rng)` and gets (start, end) in characters, start <= end, or None where
nothing suits. Shares and kinds follow what the server asks for (server/completion/src/extent.rs):
mostly the rest of a line, a block where its header ends. Spans end where an answer should end:
before the line's newline, at the closing bracket, at the end of a block. Most starts are token
borders, some fall inside words, because people stop typing there too. To add a kind of cut: a
function (text, starts, line, rng) -> span or None and its share in KINDS; `starts` holds where
each line starts, and the length of the text as its last entry.
"""

import random
import re

from window import is_word

Span = tuple[int, int]  # start and end in characters
TRIES = 8  # lines looked at for a kind of cut
LONGEST_BLOCK = 20  # lines
COMMENTS_PASSED_OVER = 0.6  # share of the lines of comments, of which few are completed
MARKS_PASSED_OVER = 0.7  # share of the spans of nothing but marks, such as a bracket
COMMENT = re.compile(r"[ \t]*(# |//|/?\*)")
BORDER = re.compile(r"\w+|\s+|[^\w\s]")
DOCSTRING = re.compile(r'\s*[rRuU]?("""|\'\'\')(.*?)\1[ \t]*(?=\n)', re.DOTALL)


def choose(
    text: str, rng: random.Random, starts: list[int] | None = None, lines: range | None = None
) -> Span | None:
    """A span of a random kind around a random line of the range `lines`; of the rest of a line
    where the kind does not suit any line that was tried."""
    starts = starts or line_starts(text)
    lines = lines or range(len(starts) - 1)
    drawn = rng.choices([function for function, _ in KINDS], [share for _, share in KINDS])[0]
    for kind in (drawn, rest_of_line):
        for _ in range(TRIES):
            line = rng.choice(lines)
            if COMMENT.match(text, starts[line]) and rng.random() < COMMENTS_PASSED_OVER:
                continue
            span = kind(text, starts, line, rng)
            if span and (has_word(text, *span) or rng.random() > MARKS_PASSED_OVER):
                return span
    return None


def has_word(text: str, start: int, end: int) -> bool:
    """Whether a span holds a word, or is empty, which is an answer too."""
    return start == end or any(is_word(letter) for letter in text[start:end])


def line_starts(text: str) -> list[int]:
    """Where each line starts, then the length of the text."""
    starts, at = [0], text.find("\n")
    while at != -1 and at + 1 < len(text):
        starts.append(at + 1)
        at = text.find("\n", at + 1)
    return [*starts, len(text)]


def inner(text: str, starts: list[int], line: int) -> Span:
    """Start and end of a line's content: without indentation and trailing blanks."""
    raw = text[starts[line] : starts[line + 1]]
    end = starts[line] + len(raw.rstrip())
    return min(starts[line] + len(raw) - len(raw.lstrip()), end), end


def borders(text: str, start: int, end: int) -> list[int]:
    """Where a word, a run of blanks or a mark begins between `start` and `end`."""
    return [match.start() for match in BORDER.finditer(text, start, end)]


def rest_of_line(text: str, starts: list[int], line: int, rng: random.Random) -> Span | None:
    """From a token border to the end of the line; more often from an early one, as what is left
    after a late one teaches little."""
    start, end = inner(text, starts, line)
    if end == start:
        return None
    spots = borders(text, start, end)
    return min(rng.choices(spots, k=rng.choice((1, 2)))), end


def rest_from_anywhere(text: str, starts: list[int], line: int, rng: random.Random) -> Span | None:
    """From any character to the end of the line, as each key asks."""
    start, end = inner(text, starts, line)
    return (rng.randrange(start, end), end) if end > start else None


def whole_line(text: str, starts: list[int], line: int, rng: random.Random) -> Span | None:
    """A line that has not been begun: mostly after the indentation that the editor made, else
    from its first column."""
    start, end = inner(text, starts, line)
    if end == start:
        return None
    return (start if rng.random() < 0.7 else starts[line]), end


def missing_lines(text: str, starts: list[int], line: int, rng: random.Random) -> Span | None:
    """Whole lines, mostly one, with their newlines: the cursor is in the first column, and the
    next line begins right after it."""
    last = line
    while rng.random() < 0.25 and last - line < 5:
        last += 1
    start, stop = starts[line], starts[min(last + 1, len(starts) - 1)]
    return (start, stop) if text[start:stop].strip() else None


def before_closers(text: str, starts: list[int], line: int, rng: random.Random) -> Span | None:
    """From a line's token border to the brackets and marks at its end, which editors put there."""
    start, end = inner(text, starts, line)
    stop = end
    while stop > start and text[stop - 1] in ")]};,:{\"'> ":
        stop -= 1
    return (rng.choice(borders(text, start, stop)), stop) if start < stop < end else None


def inside_word(text: str, starts: list[int], line: int, rng: random.Random) -> Span | None:
    """From inside a word to the end of that word, or of a line soon after."""
    start, end = inner(text, starts, line)
    spots = [p for p in range(start + 1, end) if is_word(text[p]) and is_word(text[p - 1])]
    if not spots:
        return None
    at = rng.choice(spots)
    if rng.random() < 0.7:
        stop = at
        while stop < end and is_word(text[stop]):
            stop += 1
        return at, stop
    return at, inner(text, starts, min(line + rng.randrange(1, 4), len(starts) - 2))[1]


def arguments(text: str, starts: list[int], line: int, rng: random.Random) -> Span | None:
    """From a bracket, or a token border after it, up to its partner, at most four lines on."""
    start, end = inner(text, starts, line)
    opens = [p + 1 for p in range(start, end) if text[p] in "(["]
    if not opens:
        return None
    at, depth = rng.choice(opens), 1
    for p in range(at, starts[min(line + 4, len(starts) - 1)]):
        depth += (text[p] in "([") - (text[p] in ")]")
        if depth == 0:
            if p == at:
                return None
            return (rng.choice(borders(text, at, p)) if rng.random() < 0.4 else at), p
    return None


def block(text: str, starts: list[int], line: int, rng: random.Random) -> Span | None:
    """What a line opens: from the end of that line, or from the first line inside after its
    indentation; now and then after a docstring, and with the bracket that closes it."""
    start, end = inner(text, starts, line)
    last = block_end(text, starts, line) if end > start and text[end - 1] in ":{" else line
    if last == line:
        return None
    stop = inner(text, starts, last)[1]
    begin = rng.choice((end, inner(text, starts, first_line(text, starts, line + 1))[0]))
    doc = DOCSTRING.match(text, end)
    if doc and doc.end() < stop and rng.random() < 0.6:
        begin = doc.end()
        if rng.random() < 0.5:
            begin += len(text[begin:stop]) - len(text[begin:stop].lstrip())
    closer = last + 1 if last + 2 < len(starts) else last
    closing = inner(text, starts, closer)
    if text[end - 1] == "{" and text[closing[0] : closing[1]][:1] == "}" and rng.random() < 0.3:
        stop = closing[0] + 1
    return begin, stop


def first_line(text: str, starts: list[int], line: int) -> int:
    """The first line from `line` on that is not blank."""
    while line < len(starts) - 2 and not text[starts[line] : starts[line + 1]].strip():
        line += 1
    return line


def lines(text: str, starts: list[int], line: int, rng: random.Random) -> Span | None:
    """Two to six lines, from the end of the line before, or from their own beginning."""
    start, end = inner(text, starts, line)
    last = line + 1
    while rng.random() < 0.5 and last - line < 5:
        last += 1
    stop = inner(text, starts, min(last, len(starts) - 2))[1]
    begin = rng.choice((inner(text, starts, line - 1)[1] if line else start, start))
    return (begin, stop) if begin < stop else None


def block_end(text: str, starts: list[int], line: int) -> int:
    """The last line, at most LONGEST_BLOCK on, that is indented deeper than `line`."""
    indent, last = inner(text, starts, line)[0] - starts[line], line
    for number in range(line + 1, min(line + 1 + LONGEST_BLOCK, len(starts) - 1)):
        start, end = inner(text, starts, number)
        if end == start:
            continue
        if start - starts[number] <= indent:
            return last
        last = number
    return last


def nothing(text: str, starts: list[int], line: int, rng: random.Random) -> Span | None:
    """The end of a line that is whole: the answer is empty."""
    start, end = inner(text, starts, line)
    return (end, end) if end > start else None


def anywhere(text: str, starts: list[int], line: int, rng: random.Random) -> Span | None:
    """Between two characters, at most 200 apart."""
    at = rng.randrange(starts[line], starts[line + 1])
    return at, min(len(text), at + rng.randrange(1, 200))


KINDS = (
    (rest_of_line, 0.31),
    (rest_from_anywhere, 0.11),
    (whole_line, 0.09),
    (before_closers, 0.07),
    (block, 0.13),
    (missing_lines, 0.13),
    (arguments, 0.06),
    (inside_word, 0.04),
    (lines, 0.03),
    (nothing, 0.02),
    (anywhere, 0.01),
)
