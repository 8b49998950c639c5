"""Splits Rust source into tokens: strings, raw strings, characters, lifetimes, numbers, comments.

It knows nothing of grammar; `structure.py` finds functions and types in what it returns.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

# The longest operator wins. `>>` is never joined: it mostly closes two generics.
OPERATORS = [
    *["..=", "...", "<<="],
    *["::", "->", "=>", "==", "!=", "<=", ">=", "&&", "||", ".."],
    *["+=", "-=", "*=", "/=", "%=", "^=", "&=", "|=", "<<"],
]

SIMPLE = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<line_comment>//[^\n]*)
    | (?P<block_comment>/\*)
    | (?P<raw_string>(?:b|c)?r(?P<hashes>\#*)")
    | (?P<string>(?:b|c)?"(?:[^"\\]|\\.)*")
    | (?P<char>b?'(?:[^'\\\n]|\\(?:x[0-9a-fA-F]{2}|u\{[^}]*\}|.))')
    | (?P<lifetime>'[A-Za-z_]\w*)
    | (?P<number>0[box]\w+|[0-9](?:\w|\.(?=[0-9])|(?<=[eE])[+-](?=[0-9]))*)
    | (?P<word>(?:r\#)?[^\W\d]\w*)
    | (?P<operator>"""
    + "|".join(re.escape(operator) for operator in OPERATORS)
    + r""")
    | (?P<punctuation>.)
    """,
    re.VERBOSE | re.DOTALL,
)

# No other token can span lines.
SPANNING = {"space", "block_comment", "string", "raw_string", "char"}
COMMENTS = {"line_comment", "block_comment"}
STRINGS = {"string", "raw_string"}


class Token(NamedTuple):
    """One token: what kind it is, its text and the line it begins at, counted from 1."""

    kind: str
    text: str
    line: int

    @property
    def last_line(self) -> int:
        """The line the token ends at: strings and comments can span several."""
        return self.line + self.text.count("\n")

    def is_doc(self) -> bool:
        """Whether this comment documents the item after it (`///`, `/** */`)."""
        if self.kind == "line_comment":
            return self.text.startswith("///") and not self.text.startswith("////")
        return self.kind == "block_comment" and bool(re.match(r"/\*\*[^*/]", self.text))


def block_comment_end(text: str, start: int) -> int:
    """The offset after the block comment that opens at `start`; they nest."""
    depth = 0
    for mark in re.compile(r"/\*|\*/").finditer(text, start):
        depth += 1 if mark.group() == "/*" else -1
        if depth == 0:
            return mark.end()
    return len(text)


def raw_string_end(text: str, opening_end: int, hashes: str) -> int:
    """The offset after the raw string whose opening quote ends at `opening_end`."""
    end = text.find('"' + hashes, opening_end)
    return len(text) if end < 0 else end + 1 + len(hashes)


def tokens(text: str) -> Iterator[Token]:
    """All tokens with the comments, without white space."""
    offset, line = 0, 1
    while offset < len(text):
        match = SIMPLE.match(text, offset)
        assert match is not None and match.lastgroup is not None
        kind, end = match.lastgroup, match.end()
        if match.group("raw_string") is not None:
            kind, end = "raw_string", raw_string_end(text, end, match.group("hashes"))
        elif kind == "block_comment":
            end = block_comment_end(text, offset)
        found = text[offset:end]
        if kind != "space":
            yield Token(kind, found, line)
        if kind in SPANNING:
            line += found.count("\n")
        offset = end
