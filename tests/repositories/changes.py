"""What changed between two versions of a file, line by line, and which of the changes are the same
change made again.

renames.py calls `line_changes` and `repeated`. A change of a line has a `Key` when all that differs
in it is one and the same replacement of tokens: that is what a person repeats, and what an
assistant may offer to go on with. Kinds: `rename` (one name became another), `argument` (something
was added to the calls of one function), `replacement` (any other run of tokens). White space never
counts. Pure: texts in, lists out. Line numbers count from 0.
"""

import difflib
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

TOKEN = re.compile(r"\w+|[^\w\s]")
NAME = re.compile(r"[^\W\d]\w*")
COMMENT = re.compile(r"\s*(#(?!\[)|//|/\*|\*|--|\"\"\"|''')")
TRAILING = re.compile(r"\s(//|/\*|# ).*")
ALIKE = 0.5  # of the tokens, for two lines to be one line changed
LONGEST = 240  # characters of a line
LARGEST_BLOCK = 40  # lines of a passage in which lines are paired by likeness


@dataclass(frozen=True)
class Key:
    """What was done: `old` tokens became `new`, each joined by blanks. `where` is the called
    function, or the tokens around an insertion."""

    kind: str
    old: str
    new: str
    where: str = ""


@dataclass(frozen=True)
class Change:
    """Line `line` of the old text was `before` and is `after`; `key` is None where more than one
    thing changed in it."""

    line: int
    before: str
    after: str
    key: Key | None


def line_changes(old: Sequence[str], new: Sequence[str]) -> tuple[list[Change], set[int]]:
    """(changes of lines that have a counterpart, all line numbers of the old text that are not the
    same any more)"""
    changes: list[Change] = []
    touched: set[int] = set()
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(
        None, old, new, autojunk=False
    ).get_opcodes():
        if tag == "equal":
            continue
        touched.update(range(i1, i2))
        if tag == "replace":
            changes += [
                Change(i, old[i], new[j], key_of(old[i], new[j]))
                for i, j in paired(old, new, i1, i2, j1, j2)
            ]
    return changes, touched


def paired(
    old: Sequence[str], new: Sequence[str], i1: int, i2: int, j1: int, j2: int
) -> list[tuple[int, int]]:
    """(i, j) of the lines that are one line before and after, in order."""
    if i2 - i1 == j2 - j1:
        return [
            (i, j)
            for i, j in zip(range(i1, i2), range(j1, j2), strict=True)
            if alike(old[i], new[j])
        ]
    if max(i2 - i1, j2 - j1) > LARGEST_BLOCK:
        return []
    found, free = [], j1
    for i in range(i1, i2):
        match = next((j for j in range(free, j2) if alike(old[i], new[j], 0.7)), None)
        if match is not None:
            found.append((i, match))
            free = match + 1
    return found


def alike(before: str, after: str, share: float = ALIKE) -> bool:
    left, right = TOKEN.findall(before), TOKEN.findall(after)
    return (
        left != right
        and max(len(before), len(after)) <= LONGEST
        and difflib.SequenceMatcher(None, left, right, autojunk=False).ratio() >= share
    )


def key_of(before: str, after: str) -> Key | None:
    """The one thing that changed, however often in the line; None for several things, comments, and
    what is only numbers or blanks."""
    if COMMENT.match(before) or COMMENT.match(after):
        return None
    left, right = (TOKEN.findall(TRAILING.sub("", line)) for line in (before, after))
    keys: set[Key | None] = set()
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(
        None, left, right, autojunk=False
    ).get_opcodes():
        if tag != "equal":
            keys.add(replacement(left, right, i1, i2, j1, j2))
    return keys.pop() if len(keys) == 1 else None


def replacement(
    left: list[str], right: list[str], i1: int, i2: int, j1: int, j2: int
) -> Key | None:
    """The key of one difference between two lists of tokens, or None where it says nothing."""
    old, new = left[i1:i2], right[j1:j2]
    if not any(NAME.fullmatch(token) for token in old + new):
        return None
    if len(old) == len(new) == 1 and NAME.fullmatch(old[0]) and NAME.fullmatch(new[0]):
        return Key("rename", old[0], new[0])
    if old:
        return Key("replacement", " ".join(old), " ".join(new))
    called = callee(left, i1)
    if called and ("," in (new[0], new[-1]) or left[i1 - 1] == "(" and left[i1 : i1 + 1] == [")"]):
        return Key("argument", "", " ".join(new), called)
    return Key("replacement", "", " ".join(new), " ".join(left[max(i1 - 1, 0) : i1 + 1]))


def callee(tokens: list[str], at: int) -> str:
    """The name before the bracket that is open at a token, or an empty string."""
    depth = 0
    for index in range(at - 1, 0, -1):
        depth += (tokens[index] == ")") - (tokens[index] == "(")
        if depth < 0:
            return tokens[index - 1] if NAME.fullmatch(tokens[index - 1]) else ""
    return ""


def repeated(changes: Iterable[Change]) -> dict[Key, list[Change]]:
    """{key: its changes, in the order of lines}"""
    groups = defaultdict(list)
    for change in changes:
        if change.key:
            groups[change.key].append(change)
    return dict(groups)


def still_there(key: Key, lines: Sequence[str], touched: set[int]) -> int:
    """How many lines that stayed as they were hold the tokens that the key replaces."""
    if not key.old:
        return (
            sum(
                f"{key.where}(" in line
                for number, line in enumerate(lines)
                if number not in touched
            )
            if key.kind == "argument"
            else 0
        )
    wanted = key.old.split()
    return sum(
        holds(TOKEN.findall(line), wanted)
        for number, line in enumerate(lines)
        if number not in touched
    )


def moved(key: Key, places: int, old: str, new: str) -> bool:
    """Whether the counts say that it happened: the old tokens are that many fewer, the new ones
    that many more. Lines that were only laid side by side by the comparison do not pass. `old` and
    `new` are the texts."""
    for tokens, sign in ((key.old, -1), (key.new, 1)):
        pattern = r"\s*".join(map(re.escape, tokens.split()))
        pattern = (
            rf"(?<!\w){pattern}(?!\w)" if NAME.match(tokens) and tokens[-1:].isalnum() else pattern
        )
        if (
            tokens
            and sign * (len(re.findall(pattern, new)) - len(re.findall(pattern, old))) < places
        ):
            return False
    return True


def holds(tokens: list[str], wanted: list[str]) -> bool:
    return any(
        tokens[at : at + len(wanted)] == wanted for at in range(len(tokens) - len(wanted) + 1)
    )
