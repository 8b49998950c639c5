"""Where a user may stand in a text: spans to take out and fill in again.

`rows.py` calls `choose(text, rng)` and gets (start, end) in characters with start < end, or None where nothing suits. Spans end
where an answer should end: mostly before the line's newline, at the closing bracket, at the end of a block. Starts fall inside
words and tokens too, because people stop typing there. To add a kind of cut: a function (text, starts, line, rng) -> span or
None and its share in KINDS; `starts` holds where each line starts, and the length of the text as its last entry.
"""


def choose(text, rng):
    """A span of a random kind around a random line."""
    starts = line_starts(text)
    kind = rng.choices([function for function, _ in KINDS], [share for _, share in KINDS])[0]
    for _ in range(6):
        span = kind(text, starts, rng.randrange(len(starts) - 1), rng)
        if span and span[0] < span[1]:
            return span
    return None


def line_starts(text):
    """Where each line starts, then the length of the text."""
    starts, at = [0], text.find("\n")
    while at != -1 and at + 1 < len(text):
        starts.append(at + 1)
        at = text.find("\n", at + 1)
    return [*starts, len(text)]


def inner(text, starts, line):
    """Start and end of a line's content: without indentation and trailing blanks."""
    raw = text[starts[line]:starts[line + 1]]
    end = starts[line] + len(raw.rstrip())
    return min(starts[line] + len(raw) - len(raw.lstrip()), end), end


def rest_of_line(text, starts, line, rng):
    """From anywhere in a line to its end."""
    start, end = inner(text, starts, line)
    return (rng.randrange(start, end), end) if end > start else None


def whole_line(text, starts, line, rng):
    """A line with its indentation, from its first column, now and then with its newline: where it has not been begun yet."""
    start, end = inner(text, starts, line)
    return (starts[line], starts[line + 1] if rng.random() < 0.4 else end) if end > start else None


def before_closers(text, starts, line, rng):
    """From anywhere in a line to the brackets and marks at its end, which many editors put there by themselves."""
    start, end = inner(text, starts, line)
    stop = end
    while stop > start and text[stop - 1] in ")]};,:{\"' ":
        stop -= 1
    return (rng.randrange(start, stop), stop) if start < stop < end else None


def inside_word(text, starts, line, rng):
    """From inside a word to the end of that word, of the line, or of a line soon after."""
    start, end = inner(text, starts, line)
    spots = [p for p in range(start + 1, end) if is_word(text[p]) and is_word(text[p - 1])]
    if not spots:
        return None
    at, draw = rng.choice(spots), rng.random()
    if draw < 0.35:
        stop = at
        while stop < end and is_word(text[stop]):
            stop += 1
        return at, stop
    last = line if draw < 0.85 else min(line + rng.randrange(1, 4), len(starts) - 2)
    return at, inner(text, starts, last)[1]


def arguments(text, starts, line, rng):
    """All between a round bracket and its partner, at most four lines on."""
    start, end = inner(text, starts, line)
    opens = [p + 1 for p in range(start, end) if text[p] == "("]
    if not opens:
        return None
    at, depth = rng.choice(opens), 1
    for p in range(at, starts[min(line + 4, len(starts) - 1)]):
        depth += (text[p] == "(") - (text[p] == ")")
        if depth == 0:
            return at, p
    return None


def lines(text, starts, line, rng):
    """One to several whole lines; often the block that a line opens."""
    start, end = inner(text, starts, line)
    last = block_end(text, starts, line) if end > start and text[end - 1] in ":{" and rng.random() < 0.7 else line
    if last > line:
        return rng.choice((end, starts[line + 1], inner(text, starts, line + 1)[0])), inner(text, starts, last)[1]
    last = line
    while rng.random() < 0.6 and last - line < 6:
        last += 1
    stop = inner(text, starts, min(last, len(starts) - 2))[1]
    return rng.choice((inner(text, starts, line - 1)[1] if line else start, starts[line], start)), stop


def block_end(text, starts, line):
    """The last line, at most 20 on, that is indented deeper than `line`."""
    indent, last = inner(text, starts, line)[0] - starts[line], line
    for number in range(line + 1, min(line + 21, len(starts) - 1)):
        start, end = inner(text, starts, number)
        if end == start:
            continue
        if start - starts[number] <= indent:
            break
        last = number
    return last


def anywhere(text, starts, line, rng):
    """Between two characters, at most 400 apart."""
    at = rng.randrange(len(text))
    return at, min(len(text), at + rng.randrange(1, 400))


def is_word(letter):
    return letter.isalnum() or letter == "_"


KINDS = ((rest_of_line, 0.30), (inside_word, 0.15), (whole_line, 0.15), (lines, 0.15), (before_closers, 0.10), (arguments, 0.08), (anywhere, 0.07))
