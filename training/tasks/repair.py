"""Repair documents: a window of code, then the buggy line and what it should be, or the word that
nothing is wrong.

`documents(source, encode, rng, limit)` is called by build.py for every file. OLD_LINE is
exactly once in the window, with its indentation, so an editor finds it by plain search. NEW_LINE
distinguishes three cases:
  changed line   one line;
  missing line   OLD_LINE, the line before the gap, then the missing one;
  surplus line   nothing: OLD_LINE is to be deleted;
and where the window is clean, both are empty. Whether a window shows the bug or the clean code is
drawn last, after every check, so neither its length nor where it was cut gives the answer away.
Bugs come from bugs/; nothing here knows an operator.
"""

import random
import re
from collections import defaultdict
from collections.abc import Iterator

from tree_sitter import Node

from tokenizer import Encode

from . import formats
from .bugs import WEIGHTS, edits
from .bugs.core import Edit
from .source import Source, head_row, key_of

Window = tuple[int, int]  # first row, row after the last
Planted = tuple[str, Edit, Window]  # operator, edit, window
LIMIT, ROOM = 700, 60  # tokens of a document; of which for path, lines and answer
WINDOW_LINES, SURROUNDINGS = 60, 12
FUNCTION_LINES, FUNCTIONS_A_FILE = (3, 150), 8
BOTH = 0.25  # of the functions give a clean and a buggy window
TRIES = 4
TEST = re.compile(
    r"(^|[-/_.])(tests?|testing|__tests__|spec|unittests?|e2e|benches|benchmarks?)([-/_.]|$)|Tests?\.java$",
    re.I,
)
COMPILED = re.compile(
    r"__esModule|sourceMappingURL|\(0, \w+\.\w+\)\(|__awaiter|_interopRequire|regeneratorRuntime"
)


def documents(
    source: Source, encode: Encode, rng: random.Random, limit: int = LIMIT
) -> Iterator[tuple[formats.Document, str]]:
    """Up to two documents for each of some functions of a file. Values in tests are arbitrary,
    compiled code is not written by hand."""
    if TEST.search(source.path) or source.language == "javascript" and COMPILED.search(source.text):
        return
    if source.root.has_error and source.language in ("python", "java", "go"):
        return
    taken: list[tuple[int, int]] = []
    functions = [
        node
        for node in source.functions()
        if FUNCTION_LINES[0] <= lines_of(node) <= FUNCTION_LINES[1] and not is_test(source, node)
    ]
    for node in rng.sample(functions, len(functions)):
        if len(taken) == FUNCTIONS_A_FILE:
            break
        if any(node.start_byte < end and node.end_byte > start for start, end in taken):
            continue
        planted = plant(source, node, encode, rng, limit)
        if planted:
            taken.append((node.start_byte, node.end_byte))
            yield from written(source, node, planted, encode, rng, limit)


def plant(
    source: Source, node: Node, encode: Encode, rng: random.Random, limit: int
) -> Planted | None:
    """(operator, edit, window) that passes every check, or None."""
    by_operator: dict[str, list[Edit]] = defaultdict(list)
    for name, edit in edits(source, node, rng):
        by_operator[name].append(edit)
    names = sorted(by_operator)
    if sum(map(len, by_operator.values())) < 2:
        return None
    for _ in range(TRIES):
        name = rng.choices(names, [WEIGHTS[name] for name in names])[0]
        edit = rng.choice(by_operator[name])
        if source.survives(node, *edit):
            window = cut_window(source, node, edit, encode, rng, limit - ROOM)
            if window and named_once(source.lines, edit, window):
                return name, edit, window
    return None


def written(
    source: Source, node: Node, planted: Planted, encode: Encode, rng: random.Random, limit: int
) -> Iterator[tuple[formats.Document, str]]:
    name, edit, window = planted
    buggy = rng.random() < 0.5
    for with_bug in (buggy, not buggy) if rng.random() < BOTH else (buggy,):
        rows = shown(source.lines, edit, window) if with_bug else source.lines[slice(*window)]
        code = "".join(line + "\n" for line in rows)
        old, new = answer(source.lines, edit) if with_bug else ("", "")
        ids = formats.repair(encode, source.path, code, old, new)
        if len(ids) <= limit:
            yield (
                formats.Document(
                    "repair",
                    source.language,
                    name if with_bug else "clean",
                    key_of(source.slice(node.start_byte, node.end_byte)),
                    ids,
                ),
                code,
            )


def answer(lines: list[str], edit: Edit) -> tuple[str, str]:
    """(OLD_LINE, NEW_LINE) with their newlines."""
    if not edit.old:
        return edit.new[0] + "\n", ""
    if not edit.new:
        return lines[edit.row - 1] + "\n", lines[edit.row - 1] + "\n" + edit.old[0] + "\n"
    return edit.new[0] + "\n", edit.old[0] + "\n"


def shown(lines: list[str], edit: Edit, window: Window) -> list[str]:
    """The rows of the window with the bug in them."""
    start, end = window
    return [*lines[start : edit.row], *edit.new, *lines[edit.row + len(edit.old) : end]]


def named_once(lines: list[str], edit: Edit, window: Window) -> bool:
    """Whether OLD_LINE is in the window, is not blank, and is there once."""
    start, end = window
    first = edit.row - (0 if edit.old and edit.new else 1)
    old = edit.new[0] if edit.new else lines[edit.row - 1]
    return (
        start <= first
        and edit.row < end
        and bool(old.strip())
        and shown(lines, edit, window).count(old) == 1
    )


def cut_window(
    source: Source, node: Node, edit: Edit, encode: Encode, rng: random.Random, room: int
) -> Window | None:
    """(first row, row after the last): the function with its head, sometimes more, cut around the
    edit until it has room; or None."""
    lines, row = source.lines, edit.row
    start, end = head_row(node), node.end_point.row + 1
    if rng.random() < 0.4:
        start, end = (
            max(0, start - rng.randint(0, SURROUNDINGS)),
            min(len(lines), end + rng.randint(0, SURROUNDINGS)),
        )
    if end - start > WINDOW_LINES:
        size = rng.randint(WINDOW_LINES // 2, WINDOW_LINES)
        start = max(start, min(row - rng.randint(2, size - 3), end - size))
        end = min(end, start + size)
    while not lines[start].strip():
        start += 1
    while not lines[end - 1].strip():
        end -= 1
    if len(encode("\n".join(lines[start:end]))) <= room:
        return (start, end) if end - start >= 3 else None
    counts = [len(encode(line + "\n")) for line in lines[start:end]]
    while sum(counts) > room and len(counts) > 3:
        above, below = row - start, end - 1 - row
        if below > 1 and rng.random() * (above + below) < below:
            end, counts = end - 1, counts[:-1]
        elif above > 2:
            start, counts = start + 1, counts[1:]
        else:
            end, counts = end - 1, counts[:-1]
        if end - 1 <= row:
            return None
    return (start, end) if end - start >= 3 and sum(counts) <= room else None


def is_test(source: Source, node: Node) -> bool:
    """Rust keeps tests next to the code."""
    return source.language == "rust" and any(
        "test" in line
        for line in source.lines[head_row(node) : node.start_point.row]
        if "#[" in line
    )


def lines_of(node: Node) -> int:
    return node.end_point.row - node.start_point.row + 1
