"""Describe documents: code is taken out below the comment or docstring that describes it, to be
written from it.

`documents(source, encode, rng, limit)` is called by build.py for every file. Kinds of cuts, each a
function in KINDS that yields `Cut`s: body (signature and description stay, the body goes), whole
(the comment stays, the function goes), block (a comment line in a function stays, the statements
below it go). The cursor is at the indentation of the new line, at its start, or at the end of
the line before. Only ASCII sources are cut, so that bytes and characters are the same. To add a
kind: a function (source, rng) -> cuts.
"""

import random
import re
from collections.abc import Iterator
from typing import NamedTuple

from tree_sitter import Node

from samples import SUFFIX_FIRST
from tokenizer import Encode
from window import heal_start

from . import formats
from .prose import is_prose, is_stub
from .repair import COMPILED, TEST
from .source import Source, key_of, last_row, outermost

LIMIT, PREFIX, SUFFIX, BODY = 1024, 480, 180, 330  # tokens of a document and of its parts
BODY_LINES, FUNCTION_LINES, BLOCK_LINES = 25, (2, 60), 14
CUTS_A_FILE, ONE_LINERS_LEFT_OUT = 5, 0.5
AT_INDENT, AT_LINE_END = 0.45, 0.25  # the rest: at the start of the new line
LINE_COMMENT = {"python": "#"}
EXPORTS = ("decorated_definition", "export_statement", "template_declaration")
UNFINISHED = ("\\", ",", "(", "=", "&&", "||", ":", "+", "or", "and")
NOT_A_START = re.compile(
    r"\s*(case\b|default:|else\b|elif\b|except\b|finally\b|catch\b|}|@|#\[|\*|\.|&&|\|\|)"
)


class Cut(NamedTuple):
    kind: str
    start: int  # of the description, or of the signature: what is shown begins here or before
    description_end: int
    body: int
    end: int


def documents(
    source: Source, encode: Encode, rng: random.Random, limit: int = LIMIT
) -> Iterator[tuple[formats.Document, str]]:
    if (
        not source.text.isascii()
        or TEST.search(source.path)
        or source.language == "javascript"
        and COMPILED.search(source.text)
    ):
        return
    cuts = [cut for find in KINDS for cut in find(source, rng)]
    for cut in rng.sample(cuts, min(len(cuts), CUTS_A_FILE)):
        found = document(source, cut, encode, rng, limit)
        if found:
            yield found


def document(
    source: Source, cut: Cut, encode: Encode, rng: random.Random, limit: int
) -> tuple[formats.Document, str] | None:
    """(document, its text), or None where the body is a stub or a part too long."""
    text = source.text
    body = text[cut.body : cut.end]
    lines = sum(bool(line.strip()) for line in body.split("\n"))
    if (
        is_stub(body)
        or not 1 <= lines <= BODY_LINES
        or lines == 1
        and rng.random() < ONE_LINERS_LEFT_OUT
    ):
        return None
    before, after = surroundings(text, cut, rng)
    prefix, body = cursor(
        before + text[cut.start : cut.description_end],
        text[cut.description_end : cut.body],
        body,
        rng,
    )
    healed = heal_start(prefix)
    prefix, body = prefix[:healed], prefix[healed:] + body
    while len(ids := encode(prefix)) > PREFIX and len(before) > 0:
        less = (
            before[before.find("\n", len(before) // 3) + 1 :]
            if "\n" in before[len(before) // 3 :]
            else ""
        )
        prefix, before = prefix[len(before) - len(less) :], less
    parts = ids, encode(after)[:SUFFIX], encode(body)
    if not 12 <= len(ids) <= PREFIX or not 6 <= len(parts[2]) <= BODY:
        return None
    suffix_first = rng.random() < SUFFIX_FIRST
    whole = formats.describe(encode, source.path, parts, suffix_first)
    if len(whole) > limit:
        return None
    kind = f"{cut.kind}-{'spm' if suffix_first else 'psm'}"
    return formats.Document(
        "describe", source.language, kind, key_of(text[cut.start : cut.end]), whole
    ), prefix + body + after


def surroundings(text: str, cut: Cut, rng: random.Random) -> tuple[str, str]:
    """Some whole lines before and after the cut."""
    lines = rng.choice((0, rng.randint(1, 10), rng.randint(8, 40)))
    before = text[: cut.start].split("\n")
    lines_after = rng.choice((1, 1, rng.randint(2, 6), rng.randint(4, 16)))
    return "\n".join(before[max(0, len(before) - 1 - lines) :]), "\n".join(
        text[cut.end :].split("\n")[: lines_after + 1]
    )


def cursor(prefix: str, gap: str, body: str, rng: random.Random) -> tuple[str, str]:
    """White space between description and body goes to one or the other."""
    draw = rng.random()
    if "\n" not in gap or draw < AT_INDENT:
        return prefix + gap, body
    if draw < AT_INDENT + AT_LINE_END:
        return prefix, gap + body
    line = gap.rindex("\n") + 1
    return prefix + gap[:line], gap[line:] + body


# ---------------------------------------------------------------- functions
def functions(source: Source, rng: random.Random) -> Iterator[Cut]:
    """body and whole"""
    for node in source.functions():
        body = node.child_by_field_name("body")
        if (
            body is None
            or not FUNCTION_LINES[0]
            <= node.end_point.row - node.start_point.row + 1
            <= FUNCTION_LINES[1]
        ):
            continue
        below = below_docstring(source, node, body) if source.language == "python" else None
        above = comment_above(source, node)
        if below:
            yield below
        elif above and is_prose(source.text[above[0] : above[1]]):
            start, end, around = above
            if source.language == "python" or rng.random() < 0.3:
                if not source.text[end : around.start_byte].strip():
                    yield Cut("whole", start, end, around.start_byte, around.end_byte)
            else:
                yield from inside_braces(source, start, body)


def below_docstring(source: Source, node: Node, body: Node) -> Cut | None:
    """The statements below the docstring of a Python function."""
    first, *rest = body.named_children or [None]
    if (
        first is None
        or not rest
        or first.type != "expression_statement"
        or first.named_children[0].type != "string"
    ):
        return None
    if not is_prose(source.text[first.start_byte : first.end_byte].lstrip("rRbBuU\"'")):
        return None
    return Cut(
        "body",
        line_start(source, node.start_byte),
        first.end_byte,
        rest[0].start_byte,
        body.end_byte,
    )


def inside_braces(source: Source, start: int, body: Node) -> Iterator[Cut]:
    """All between the braces of a function whose comment starts at `start`."""
    text = source.text[body.start_byte : body.end_byte]
    if text[:1] == "{" and (inner := text[1:-1].strip()):
        first = body.start_byte + text.index(inner, 1)
        yield Cut("body", start, body.start_byte + 1, first, first + len(inner))


def comment_above(source: Source, function: Node) -> tuple[int, int, Node] | None:
    """(start of its line, end, the function with what belongs to it) of the comment directly above;
    None where there is none."""
    around = outermost(function, EXPORTS)
    above, row = around.prev_sibling, around.start_point.row
    start: int | None = None
    end = 0
    while above is not None and (
        "comment" in above.type or above.type in ("attribute_item", "decorator") and start is None
    ):
        if "comment" in above.type:
            if last_row(above) != row - 1 or start is not None and above.type == "block_comment":
                break
            start, end = above.start_byte, end or above.end_byte
        row, above = above.start_point.row, above.prev_sibling
    if start is None or source.text[line_start(source, start) : start].strip():
        return None
    return line_start(source, start), end - (source.text[end - 1] == "\n"), around


def line_start(source: Source, at: int) -> int:
    return source.text.rfind("\n", 0, at) + 1


# ---------------------------------------------------------------- comments inside functions
def blocks(source: Source, rng: random.Random) -> Iterator[Cut]:
    """block"""
    mark, found = LINE_COMMENT.get(source.language, "//"), []
    for row in range(1, len(source.lines) - 1):
        line = source.lines[row]
        if (
            line[:1].isspace()
            and line.lstrip().startswith(mark)
            and not line.lstrip().startswith(("///", "//!"))
            and not source.lines[row - 1].lstrip().startswith(mark)
        ):
            found.append(row)
    for row in rng.sample(found, min(len(found), 12)):
        cut = below_comment(source, row, mark)
        if cut:
            yield cut


def below_comment(source: Source, row: int, mark: str) -> Cut | None:
    """The run of statements below the comment that starts at a row."""
    lines, offsets = source.lines, source.line_offsets
    first = row
    while (
        first < len(lines)
        and lines[first].lstrip().startswith(mark)
        and indent(lines[first]) == indent(lines[row])
    ):
        first += 1
    if (
        first - row > 6
        or first >= len(lines)
        or not lines[first].strip()
        or indent(lines[first]) != indent(lines[row])
    ):
        return None
    if not is_prose("\n".join(lines[row:first])) or not in_function(
        source, offsets[row] + indent(lines[row])
    ):
        return None
    end = run_end(lines, row, first, mark)
    block = "\n".join(lines[first:end])
    if (
        end - first > BLOCK_LINES
        or not balanced(block)
        or block.rstrip().endswith(UNFINISHED)
        or NOT_A_START.match(block)
    ):
        return None
    return Cut(
        "block",
        offsets[row],
        offsets[first] - 1,
        offsets[first] + indent(lines[first]),
        offsets[first] + len(block.rstrip()),
    )


def run_end(lines: list[str], row: int, first: int, mark: str) -> int:
    """Up to a blank line before something less deep, the next comment as deep, or the end of the
    block."""
    end, depth = first, indent(lines[row])
    while end < len(lines) and end - first <= BLOCK_LINES:
        line = lines[end]
        if not line.strip():
            following = lines[end + 1] if end + 1 < len(lines) else ""
            if not following.strip() or indent(following) <= depth:
                break
        elif indent(line) < depth or line.lstrip().startswith(mark) and indent(line) == depth:
            break
        end += 1
    return end


def in_function(source: Source, at: int) -> bool:
    """Whether a byte is a comment inside a function."""
    node = source.root.descendant_for_byte_range(at, at + 1)
    if node is None or "comment" not in node.type:
        return False
    while node is not None and not any(
        word in node.type for word in ("function", "method", "closure")
    ):
        node = node.parent
    return node is not None


def indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def balanced(text: str) -> bool:
    return all(text.count(a) == text.count(b) for a, b in ("()", "[]", "{}"))


KINDS = (functions, blocks)
