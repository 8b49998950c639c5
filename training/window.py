"""What the server shows of a file around a cursor, so that training shows the same.

`rows.py` asks `around` which part of a text fits into so many tokens, and `heal_start` where the
half-typed word begins that the answer repeats. Both follow server/context/src: `around` the
functions `window` of fill_in.rs and `before` and `after` of window.rs, `heal_start` heal.rs.
Places are in characters here. Change one side and the other has to follow.
"""

from collections.abc import Callable

MARKERS = 8  # tokens kept for markers
SUFFIX_SHARE = 4  # the text after the cursor gets one part in so many
BYTES_PER_TOKEN = 3
LONGEST_WORD = 64


def around(
    text: str, start: int, end: int, room: int, count: Callable[[str], int]
) -> tuple[int, int]:
    """(from, to): what is shown of a text whose part from `start` to `end` is missing. The parts
    before and after have at most `room` tokens; `count` says how many a text has."""
    to, tokens_after = after(text, end, room // SUFFIX_SHARE, count)
    begin, tokens_before = before(text, start, room - tokens_after, count)
    if begin == 0 and to < len(text):
        to, _ = after(text, end, room - tokens_before, count)
    return begin, to


def before(text: str, offset: int, budget: int, count: Callable[[str], int]) -> tuple[int, int]:
    """The place from which on the text before `offset` fits, and its tokens."""
    reach = budget * BYTES_PER_TOKEN
    step, start = max(1, reach // 4), 0
    if offset >= reach:
        start = line_start_after(text, ((offset - reach) // step + 1) * step, offset)
    while True:
        tokens = count(text[start:offset])
        if tokens <= budget or start >= offset:
            return start, tokens
        start = line_start_after(text, start + step, offset)


def after(text: str, offset: int, budget: int, count: Callable[[str], int]) -> tuple[int, int]:
    """The place up to which the text after `offset` fits, and its tokens."""
    reach = budget * BYTES_PER_TOKEN
    while True:
        end = line_end_before(text, offset, reach)
        tokens = count(text[offset:end])
        if tokens <= budget or end == offset:
            return end, tokens
        reach = (end - offset) * 3 // 4


def line_start_after(text: str, wanted: int, offset: int) -> int:
    """The first line start from `wanted` on, or `wanted` itself where the line is that long."""
    if wanted >= offset:
        return offset
    if wanted == 0 or text[wanted - 1] == "\n":
        return wanted
    return text.find("\n", wanted, offset) + 1 or wanted


def line_end_before(text: str, offset: int, reach: int) -> int:
    """The last line start at most `reach` after `offset`, or that place where the line is long."""
    limit = offset + reach
    if limit >= len(text):
        return len(text)
    start = text.rfind("\n", 0, limit) + 1
    return start if start > offset else limit


def heal_start(before: str) -> int:
    """Where the part of `before` begins that the answer repeats: the last word, and one blank
    before it, which tokenizers join with it."""
    word = len(before)
    while word and is_word(before[word - 1]):
        word -= 1
    if len(before[word:].encode()) > LONGEST_WORD:
        return len(before)
    return word - before[:word].endswith(" ")


def is_word(letter: str) -> bool:
    return letter.isalnum() or letter == "_"
