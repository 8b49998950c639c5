"""Keeps code that a page quotes equal to the source.

A page says `<!-- quote PATH NAME -->` on a line and a fenced block follows, which `--write` fills
with the function, type or constant of that name, comments included; with `<!-- size PATH NAME -->`
a line follows that says how large the function is. `--check` fails where a block is stale.
"""

import re
from pathlib import Path

from lexer import COMMENTS, Token, tokens
from structure import ITEM_WORDS, functions, item_end, matching

QUOTE = re.compile(r"(<!-- quote (\S+) (\S+) -->\n```\w*\n).*?(\n```\n)", re.DOTALL)
SIZE = re.compile(r"(<!-- size (\S+) (\S+) -->\n)[^\n]*(\n)")


def head_of(every: list[Token], line: int) -> int:
    """The first line of the item whose word is on `line`: its comments and attributes come before.

    They are the lines right above that begin with a comment or an attribute.
    """
    first_tokens = {}
    for token in reversed(every):
        first_tokens[token.line] = token
    while True:
        above = first_tokens.get(line - 1)
        if above is None or not (above.kind in COMMENTS or above.text == "#"):
            return line
        line -= 1


def quoted(text: str, name: str) -> str:
    """The item of this name in a Rust file, as it is written, but moved to the left."""
    every = list(tokens(text))
    code = [token for token in every if token.kind not in COMMENTS]
    pairs = matching(code)
    for index, token in enumerate(code[:-1]):
        if token.text in ITEM_WORDS and code[index + 1].text == name:
            last = code[item_end(code, pairs, index)].line
            lines = text.splitlines()[head_of(every, token.line) - 1 : last]
            indent = len(lines[0]) - len(lines[0].lstrip())
            return "\n".join(line[indent:] if line.strip() else line for line in lines)
    raise SystemExit(f"nothing is called {name}")


def size(text: str, name: str) -> str:
    """How large the function of this name is, for a page."""
    code = [token for token in tokens(text) if token.kind not in COMMENTS]
    for _, function in functions(code, matching(code)):
        if function.name == name:
            return f"{function.lines} lines, {function.tokens} tokens."
    raise SystemExit(f"no function is called {name}")


def refreshed(root: Path, page: str) -> str:
    """A page with all its quotes and sizes as the source has them now."""

    def source(match: re.Match[str]) -> str:
        return (root / match.group(2)).read_text()

    page = QUOTE.sub(
        lambda found: found.group(1) + quoted(source(found), found.group(3)) + found.group(4), page
    )
    return SIZE.sub(
        lambda found: found.group(1) + size(source(found), found.group(3)) + found.group(4), page
    )
