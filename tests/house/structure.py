"""Finds functions, types, tests and closures in the tokens of a Rust file.

It matches brackets and looks at keywords; it expands no macro. That is enough for sizes and names.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from lexer import COMMENTS, Token, tokens

PAIRS = {"(": ")", "[": "]", "{": "}"}
TYPE_WORDS = {"struct", "enum", "trait", "union", "type"}
# A module documents itself inside its file.
ITEM_WORDS = TYPE_WORDS | {"fn", "const", "static"}
# Words that can stand between `pub` and the word of the item.
QUALIFIERS = {"async", "unsafe", "const", "extern", "auto"}
# After one of these, `|` begins a closure and is no "or".
BEFORE_CLOSURE = set("( [ { , ; = => && || ! & : return move else in match if".split())
# Bodies in which `type` names an associated type, and in which a public item belongs to a type.
NO_MODULE = {"fn", "impl", "trait"}


@dataclass(frozen=True, slots=True)
class Function:
    """A function with a body: its name, its first and last line, and the tokens of its body."""

    name: str
    line: int
    last_line: int
    tokens: int
    closures: int

    @property
    def lines(self) -> int:
        """How many lines it spans, from `fn` to its closing brace."""
        return self.last_line - self.line + 1


@dataclass(frozen=True, slots=True)
class NamedType:
    """A type, trait or type alias of a module, and whether other crates can see it."""

    name: str
    line: int
    public: bool


@dataclass(slots=True)
class Source:
    """What one file holds, without its tests, and the lines of its tests."""

    lines: int = 0
    code_lines: int = 0
    tokens: int = 0
    test_lines: int = 0
    functions: list[Function] = field(default_factory=list)
    types: list[NamedType] = field(default_factory=list)
    public_items: int = 0
    documented_items: int = 0
    wide_code: list[int] = field(default_factory=list)
    wide_comments: list[int] = field(default_factory=list)
    strings: list[Token] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    reexports: list[str] = field(default_factory=list)
    test_modules: list[str] = field(default_factory=list)


def matching(code: list[Token]) -> dict[int, int]:
    """The index of the closing bracket for the index of each opening one."""
    open_brackets: list[int] = []
    pairs = {}
    for index, token in enumerate(code):
        if token.kind != "punctuation":
            continue
        if token.text in PAIRS:
            open_brackets.append(index)
        elif token.text in PAIRS.values() and open_brackets:
            pairs[open_brackets.pop()] = index
    return pairs


def body_after(code: list[Token], pairs: dict[int, int], start: int) -> int | None:
    """The index of the brace that opens the body of the item whose head begins at `start`."""
    index = start
    while index < len(code):
        text = code[index].text
        if text == "{":
            return index
        if text in {";", "}"}:
            return None
        index = pairs.get(index, index) + 1
    return None


def item_end(code: list[Token], pairs: dict[int, int], head: int) -> int:
    """The index of the last token of the item, field or variant that begins at `head`."""
    in_item = False
    index = head
    while index < len(code):
        text = code[index].text
        in_item |= text in ITEM_WORDS | {"impl", "mod", "use", "let"}
        if text == "{":
            return pairs.get(index, index)
        if text == ";" or (text == "," and not in_item):
            return index
        if text == "}":
            return index - 1
        index = pairs.get(index, index) + 1
    return len(code) - 1


def test_ranges(code: list[Token], pairs: dict[int, int]) -> list[tuple[int, int]]:
    """The index ranges of items under `#[cfg(test)]` or `#[test]`, attributes included."""
    ranges = []
    for index, token in enumerate(code):
        if token.text != "#" or index + 1 not in pairs:
            continue
        inside = " ".join(part.text for part in code[index + 2 : pairs[index + 1]])
        if not re.fullmatch(r"cfg \( (all \( )?test\b.*|test|tokio :: test.*", inside):
            continue
        ranges.append((index, item_end(code, pairs, pairs[index + 1] + 1)))
    return ranges


def is_closure(code: list[Token], index: int) -> bool:
    """Whether the `|` or `||` at `index` begins a closure."""
    return index > 0 and code[index - 1].text in BEFORE_CLOSURE


def closures(code: list[Token], pairs: dict[int, int], first: int, last: int) -> int:
    """How many closures begin between two indexes."""
    count, index = 0, first
    while index < last:
        text = code[index].text
        if text == "||" and is_closure(code, index):
            count += 1
        elif text == "|" and is_closure(code, index):
            count += 1
            index += 1
            while index < last and code[index].text != "|":
                index = pairs.get(index, index) + 1
        index += 1
    return count


def functions(code: list[Token], pairs: dict[int, int]) -> Iterator[tuple[int, Function]]:
    """Each function that has a body, with the index of its `fn`."""
    for index, token in enumerate(code[:-1]):
        if token.text != "fn" or code[index + 1].kind != "word":
            continue
        body = body_after(code, pairs, index + 1)
        if body is None or body not in pairs:
            continue
        last = pairs[body]
        yield (
            index,
            Function(
                code[index + 1].text,
                token.line,
                code[last].line,
                last - body + 1,
                closures(code, pairs, body, last),
            ),
        )


def inner_ranges(code: list[Token], pairs: dict[int, int]) -> list[tuple[int, int]]:
    """The bodies of functions, impls and traits: no module is in there."""
    ranges = []
    for index, token in enumerate(code):
        if token.kind != "word" or token.text not in NO_MODULE:
            continue
        if token.text == "impl" and index and code[index - 1].text not in {"}", ";", "]", "unsafe"}:
            continue
        body = body_after(code, pairs, index + 1)
        if body is not None and body in pairs:
            ranges.append((body, pairs[body]))
    return ranges


def covered(length: int, ranges: list[tuple[int, int]]) -> bytearray:
    """For each index whether one of the ranges covers it."""
    flags = bytearray(length)
    for first, last in ranges:
        flags[first : last + 1] = b"\1" * (last + 1 - first)
    return flags


def is_public(code: list[Token], index: int) -> bool:
    """Whether the item whose word is at `index` says plain `pub`, for other crates too."""
    index -= 1
    while index >= 0 and (code[index].text in QUALIFIERS or code[index].kind == "string"):
        index -= 1
    return index >= 0 and code[index].text == "pub"


def types(code: list[Token], inner: bytearray) -> Iterator[tuple[int, NamedType]]:
    """Each type, trait and alias that belongs to a module, with its index."""
    for index, token in enumerate(code[:-1]):
        if token.text not in TYPE_WORDS or code[index + 1].kind != "word":
            continue
        if index and code[index - 1].text in {".", "::"} or inner[index]:
            continue
        yield index, NamedType(code[index + 1].text, token.line, is_public(code, index))


def documented_lines(every: list[Token]) -> set[int]:
    """The lines on which an item begins (its attributes too) right after a doc comment."""
    lines = set()
    for token, after in zip(every, every[1:], strict=False):
        if token.is_doc() and not after.is_doc():
            lines.add(after.line)
    return lines


def public_items(code: list[Token], pairs: dict[int, int]) -> Iterator[int]:
    """The index of the first token, attributes included, of each item that says plain `pub`."""
    attributes = {end: start for start, end in pairs.items() if code[start].text == "["}
    for index, token in enumerate(code[:-2]):
        if token.text != "pub" or code[index + 1].text == "(":
            continue
        word = index + 1
        while code[word].text in QUALIFIERS or code[word].kind == "string":
            if code[word].text == "const" and code[word + 1].text not in QUALIFIERS | {"fn"}:
                break
            word += 1
        if code[word].text not in ITEM_WORDS or code[word + 1].kind != "word":
            continue
        first = index
        while first and first - 1 in attributes and code[attributes[first - 1] - 1].text == "#":
            first = attributes[first - 1] - 1
        yield first


def use_tree(code: list[Token], index: int) -> Iterator[str]:
    """The full paths of the `use` tree that begins at `index`, groups unfolded."""
    prefix: list[str] = []
    stack: list[list[str]] = []
    while index < len(code) and code[index].text != ";":
        token = code[index]
        if token.text == "{":
            stack.append(list(prefix))
        elif token.text in {",", "}"}:
            if code[index - 1].text not in {"{", "}", ","}:
                yield "::".join(prefix)
            prefix = list(stack[-1]) if stack else []
            if token.text == "}" and stack:
                stack.pop()
        elif token.text == "as":
            index += 1
        elif token.kind == "word" or token.text == "*":
            prefix.append(token.text)
        index += 1
    if prefix and code[index - 1].text != "}":
        yield "::".join(prefix)


def is_reexport(code: list[Token], index: int) -> bool:
    """Whether the `use` at `index` is a `pub use`, perhaps `pub(crate) use`."""
    if index and code[index - 1].text == ")":
        index = max(at for at in range(index) if code[at].text == "(")
    return index > 0 and code[index - 1].text == "pub"


def add_paths(source: Source, code: list[Token]) -> None:
    """Collects the paths into the own crate: `crate::a::B`, `super::c`, in `use` and elsewhere."""
    in_use = -1
    for index, token in enumerate(code):
        if token.text == "use" and (index == 0 or code[index - 1].text != "("):
            found = source.reexports if is_reexport(code, index) else source.paths
            found.extend(use_tree(code, index + 1))
            in_use = next((at for at in range(index, len(code)) if code[at].text == ";"), in_use)
        if index < in_use or token.text not in {"crate", "super", "self"}:
            continue
        if index + 1 < len(code) and code[index + 1].text == "::":
            parts, at = [token.text], index + 1
            while at + 1 < len(code) and code[at].text == "::" and code[at + 1].kind == "word":
                parts.append(code[at + 1].text)
                at += 2
            source.paths.append("::".join(parts))


def count_lines(every: list[Token], tests: list[tuple[int, int]]) -> tuple[set[int], set[int]]:
    """The lines that hold code, and the lines of tests."""
    code_lines = {
        line
        for token in every
        if token.kind not in COMMENTS
        for line in range(token.line, token.last_line + 1)
    }
    test_lines = {line for first, last in tests for line in range(first, last + 1)}
    return code_lines, test_lines


def outside_tests(code: list[Token]) -> list[Token]:
    """The tokens that belong to no test."""
    in_test = covered(len(code), test_ranges(code, matching(code)))
    return [token for index, token in enumerate(code) if not in_test[index]]


def read(text: str, max_columns: int = 100) -> Source:
    """Reads one file."""
    every = list(tokens(text))
    code = [token for token in every if token.kind not in COMMENTS]
    pairs = matching(code)
    tests = test_ranges(code, pairs)
    in_test = covered(len(code), tests)
    inner = covered(len(code), inner_ranges(code, pairs))
    source = Source()
    code_lines, test_lines = count_lines(
        every, [(code[first].line, code[last].last_line) for first, last in tests]
    )
    for number, line in enumerate(text.splitlines(), 1):
        if number in test_lines:
            source.test_lines += 1
            continue
        source.lines += 1
        source.code_lines += number in code_lines
        if len(line) > max_columns:
            wide = source.wide_code if number in code_lines else source.wide_comments
            wide.append(number)
    documented = documented_lines(every)
    source.functions = [
        function for index, function in functions(code, pairs) if not in_test[index]
    ]
    source.types = [named for index, named in types(code, inner) if not in_test[index]]
    items = [index for index in public_items(code, pairs) if not in_test[index]]
    source.public_items = len(items)
    source.documented_items = sum(code[index].line in documented for index in items)
    source.strings = [
        token for index, token in enumerate(code) if token.kind == "string" and not in_test[index]
    ]
    outside = [token for index, token in enumerate(code) if not in_test[index]]
    source.tokens = len(outside)
    add_paths(source, outside)
    source.test_modules = [
        code[last - 1].text
        for _, last in tests
        if code[last].text == ";" and code[last - 2].text == "mod"
    ]
    return source
