"""Where in a package a user might be typing: places inside function bodies, of five kinds, with the
text that really follows.

build.py calls `cases` with a package's files. A place is inside the body of a function, not in a
comment or string, and what follows it up to the end of the line is 4 to 120 characters with a word
in it. Kinds: `line_start` after the indentation; `mid_line` before a token; `after_paren` after
"("; `after_dot` after "." or "->" or "::"; `block` before the first statement of a block, all of
which is then the reference. Choice is by chance, seeded with the package's name; no function gives
two. Nothing here fetches or writes.
"""

import itertools
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from tree_sitter import Node

import archives  # noqa: F401  (puts training/ on the import path)
from archives import Package
from filters import GENERATED, language_of, may_hold
from tasks.source import Source

KINDS = ("line_start", "mid_line", "after_paren", "after_dot", "block")
FAMILIES = {
    "python": ("python",),
    "typescript": ("typescript", "javascript"),
    "rust": ("rust",),
    "go": ("go",),
    "java": ("java",),
    "c": ("c", "cpp"),
}
BLOCKS = {"block", "statement_block", "compound_statement", "constructor_body"}
DOTS = {".", "->", "::", "?."}
CLOSERS = re.compile(rb"[\])};,:{\s]*")
TEXT = re.compile(
    r"comment|string|char_literal|character|template_literal|regex|interpreted|raw_text|system_lib|preproc"
)
SHORTEST, LONGEST = 4, 120  # characters of a line's rest
BLOCK_ROWS, BLOCK_LONGEST = (2, 15), 700
FILE_LINES, FILE_BYTES = (30, 3000), 100_000


def cases(package: Package, files: Iterable[tuple[str, bytes]], most: int) -> list[dict[str, Any]]:
    """At most `most` cases of a package; `files` are (path, bytes)."""
    chance = random.Random(package.name)
    functions = [
        function for path, data in sorted(files) for function in functions_of(package, path, data)
    ]
    by_file = [
        list(group)
        for _, group in itertools.groupby(functions, key=lambda function: function[0].path)
    ]
    for group in by_file:
        chance.shuffle(group)
    chance.shuffle(by_file)
    # Every file once, then again.
    turns = [function for turn in itertools.zip_longest(*by_file) for function in turn if function]
    taken: Counter[str] = Counter()
    chosen: list[dict[str, Any]] = []
    for source, function in turns:
        if len(chosen) == most:
            break
        places = places_of(source, function)
        if any(places.values()):
            kind = min(
                (kind for kind in KINDS if places.get(kind)),
                key=lambda kind: (taken[kind], KINDS.index(kind)),
            )
            taken[kind] += 1
            chosen.append(case(package, source, kind, *chance.choice(places[kind]), len(chosen)))
    return chosen


def case(
    package: Package, source: Source, kind: str, start: int, end: int, number: int
) -> dict[str, Any]:
    data = source.bytes
    return {
        "id": f"{package.snapshot}/{number:02}",
        "language": source.language,
        "kind": kind,
        "snapshot": package.snapshot,
        "path": source.path,
        "prefix": data[:start].decode(),
        "suffix": data[end:].decode(),
        "reference": data[start:end].decode(),
    }


def functions_of(package: Package, path: str, data: bytes) -> Iterator[tuple[Source, Node]]:
    """(source, outermost function) for each function of a file that is worth asking about."""
    inside = path[len(package.folder) :].lstrip("/") if package.folder else path
    if (
        not may_hold(inside, FAMILIES[package.language])
        or len(data) > FILE_BYTES
        or b"\r" in data
        or data.startswith(b"\xef\xbb\xbf")
    ):
        return
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return
    if (
        GENERATED.search(text[:1500])
        or not FILE_LINES[0] <= text.count("\n") <= FILE_LINES[1]
        or max(map(len, text.split("\n"))) > 400
    ):
        return
    language = language_of(path, text)
    source = Source(
        {
            "package": package.name,
            "path": path,
            "language": language,
            "validation": False,
            "text": text,
        }
    )
    done = 0
    for function in source.functions():
        if function.start_byte >= done and not in_tests(function):
            done = function.end_byte
            yield source, function


def in_tests(function: Node) -> bool:
    """Whether it is in a module of tests, which Rust has next to the code."""
    node = function.parent
    while node is not None:
        if node.type == "mod_item" and b"test" in node.child_by_field_name("name").text:
            return True
        node = node.parent
    return False


def places_of(source: Source, function: Node) -> dict[str, list[tuple[int, int]]]:
    """{kind: [(start, end)]} in bytes; the reference is what lies between."""
    places: dict[str, list[tuple[int, int]]] = {kind: [] for kind in KINDS}
    body = function.child_by_field_name("body")
    if body is None or body.end_point.row - body.start_point.row < 2:
        return places
    leaves: list[Node] = []
    blocks = [body] if body.type in BLOCKS else []
    commented: set[int] = set()
    walk(body, leaves, blocks, commented)
    before = None
    for leaf in leaves:
        kind = kind_of(source, leaf, before) if leaf.start_point.row not in commented else None
        if kind:
            end = end_of(source, leaf, before, kind)
            if worth(source.slice(leaf.start_byte, end), SHORTEST, LONGEST):
                places[kind].append((leaf.start_byte, end))
        before = leaf
    places["block"] = [
        place for block in blocks if (place := block_place(source, block, commented))
    ]
    return places


def walk(node: Node, leaves: list[Node], blocks: list[Node], commented: set[int]) -> None:
    """Gathers tokens in order, blocks, and rows that hold comments. Text inside strings and
    comments is no token."""
    for child in node.children:
        if TEXT.search(child.type):
            if "comment" in child.type:
                commented.update(range(child.start_point.row, child.end_point.row + 1))
            else:
                leaves.append(child)
            continue
        if child.type in BLOCKS:
            blocks.append(child)
        if child.child_count:
            walk(child, leaves, blocks, commented)
        elif child.end_byte > child.start_byte:
            leaves.append(child)


def kind_of(source: Source, leaf: Node, before: Node | None) -> str | None:
    """The kind of a place before this token, or None. In the middle of a line only where a blank is
    before it."""
    start = leaf.start_byte
    line = source.bytes.rfind(b"\n", 0, start) + 1
    if not source.bytes[line:start].strip():
        return "line_start"
    if before is None or before.end_point.row != leaf.start_point.row:
        return None
    if before.end_byte == start and before.type == "(":
        return "after_paren"
    if before.end_byte == start and before.type in DOTS:
        return "after_dot"
    return "mid_line" if before.end_byte < start and not TEXT.search(leaf.type) else None


def end_of(source: Source, leaf: Node, before: Node | None, kind: str) -> int:
    """End of the line; before the closing bracket where an editor has set it already and only
    closers follow."""
    start, data = leaf.start_byte, source.bytes
    end = data.find(b"\n", start)
    line = data[start : end if end >= 0 else len(data)]
    if before is not None and kind == "after_paren":
        closing = next(
            (
                node
                for node in reversed(before.parent.children)
                if node.type == ")" and node.start_byte >= start
            ),
            None,
        )
        if (
            closing is not None
            and closing.start_byte < start + len(line)
            and CLOSERS.fullmatch(data[closing.start_byte : start + len(line)])
        ):
            return closing.start_byte
    # Blanks at the end: nothing to ask for.
    return start + len(line) if line == line.rstrip() else start


def block_place(source: Source, block: Node, commented: set[int]) -> tuple[int, int] | None:
    """(start, end) of all that a block holds, without its brackets; None where that is too short,
    too long or has comments."""
    inner = [child for child in block.children if child.type not in ("{", "}", ":")]
    if not inner:
        return None
    first, last = inner[0], inner[-1]
    rows = range(first.start_point.row, last.end_point.row + 1)
    line = source.bytes.rfind(b"\n", 0, first.start_byte) + 1
    end = source.bytes.find(b"\n", last.end_byte)
    fills_lines = (
        not source.bytes[line : first.start_byte].strip()
        and not source.bytes[last.end_byte : end].strip()
    )
    if (
        not fills_lines
        or not BLOCK_ROWS[0] <= len(rows) <= BLOCK_ROWS[1]
        or commented.intersection(rows)
        or TEXT.search(first.type)
    ):
        return None
    return (
        (first.start_byte, last.end_byte)
        if worth(source.slice(first.start_byte, last.end_byte), 12, BLOCK_LONGEST)
        else None
    )


def worth(reference: str, shortest: int, longest: int) -> bool:
    return (
        shortest <= len(reference) <= longest
        and re.search(r"[^\W\d_]", reference) is not None
        and reference[0] not in ")]}"
    )
