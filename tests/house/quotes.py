"""Keeps code that a page quotes equal to the source.

A page says `<!-- quote PATH NAME -->` on a line and a fenced block follows. `--write` fills it with
the function, type or constant of that name, comments included, or else with the call in a list that
has that name as an argument in quotes. Of a file of cases, NAME is the number of the case. Between
`<!-- size PATH NAME -->` and `<!-- end -->` it writes the lines of the function and the tokens of
its body. PATH is the end of a path, so that a file may move. `--check` fails where any of this is
stale.
"""

import re
import textwrap
from pathlib import Path

from crates import tracked
from lexer import COMMENTS, Token, tokens
from structure import ITEM_WORDS, functions, item_end, matching

QUOTE = re.compile(r"(<!-- quote (\S+) (\S+) -->\n```\w*\n).*?(\n```\n)", re.DOTALL)
SIZE = re.compile(r"(<!-- size (\S+) (\S+) -->)[^\n]*?(<!-- end -->)")


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
            return textwrap.dedent("\n".join(lines))
    return row(text, code, pairs, name)


def row(text: str, code: list[Token], pairs: dict[int, int], name: str) -> str:
    """The smallest call that has the name as an argument in quotes, with what is called."""
    for index, token in enumerate(code):
        if token.text != f'"{name}"':
            continue
        around = [start for start, end in pairs.items() if start < index < end]
        start = max(around)
        first, last = code[start - 1].line, code[pairs[start]].line
        return textwrap.dedent("\n".join(text.splitlines()[first - 1 : last]))
    raise SystemExit(f"nothing is called {name}")


def case(text: str, number: int) -> str:
    """The case with this number, counted from 1, of a file in which each begins with `== `."""
    return "== " + re.split("^== ", text, flags=re.MULTILINE)[number].rstrip("\n")


def size(text: str, name: str) -> str:
    """How large the function of this name is, for a page."""
    code = [token for token in tokens(text) if token.kind not in COMMENTS]
    for _, function in functions(code, matching(code)):
        if function.name == name:
            return f"{function.lines} / {function.tokens}"
    raise SystemExit(f"no function is called {name}")


def refreshed(root: Path, page: str) -> str:
    """A page with all its quotes and sizes as the source has them now."""
    files = tracked(root) if QUOTE.search(page) or SIZE.search(page) else []

    def source(match: re.Match[str]) -> str:
        wanted = Path(match.group(2)).parts
        found = [path for path in files if path.parts[-len(wanted) :] == wanted]
        if len(found) != 1:
            raise SystemExit(f"{len(found)} files are called {match.group(2)}: {found}")
        return (root / found[0]).read_text()

    def quote(match: re.Match[str]) -> str:
        name, text = match.group(3), source(match)
        found = case(text, int(name)) if name.isdigit() else quoted(text, name)
        return match.group(1) + found + match.group(4)

    page = QUOTE.sub(quote, page)
    return SIZE.sub(
        lambda found: found.group(1) + size(source(found), found.group(3)) + found.group(4), page
    )
