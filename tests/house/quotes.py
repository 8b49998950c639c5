"""Keeps code that a page quotes equal to the source.

A page says `<!-- quote PATH NAME -->` on a line and a fenced block follows. `--write` fills it with
the function, type or constant of that name, comments included, or else with the call in a list that
has that name as an argument in quotes. Of a file of cases, NAME is the number of the case. Between
`<!-- size PATH NAME -->` and `<!-- end -->` it writes the lines of the function and the tokens of
its body. PATH is the end of a path, or a folder of which one file has the name, so that
files may move. `--check` fails where any of this is stale.
"""

import re
import textwrap
from collections.abc import Callable
from functools import partial
from pathlib import Path

from crates import is_test, tracked
from lexer import COMMENTS, Token, tokens
from structure import ITEM_WORDS, functions, item_end, matching

QUOTE = re.compile(r"(<!-- quote (\S+) (\S+) -->\n```\w*\n)(?:(?!```).*\n)*(```\n)")
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


def quoted(text: str, name: str) -> str | None:
    """The item of this name in a Rust file, or else the row, as it is written."""
    every = list(tokens(text))
    code = [token for token in every if token.kind not in COMMENTS]
    pairs = matching(code)
    for index, token in enumerate(code[:-1]):
        if token.text in ITEM_WORDS and code[index + 1].text == name:
            last = code[item_end(code, pairs, index)].line
            lines = text.splitlines()[head_of(every, token.line) - 1 : last]
            return textwrap.dedent("\n".join(lines))
    return row(text, code, pairs, name)


def row(text: str, code: list[Token], pairs: dict[int, int], name: str) -> str | None:
    """The smallest call that has the name as an argument in quotes, with what is called."""
    for index, token in enumerate(code):
        if token.text != f'"{name}"':
            continue
        around = [start for start, end in pairs.items() if start < index < end]
        start = max(around)
        first, last = code[start - 1].line, code[pairs[start]].line
        return textwrap.dedent("\n".join(text.splitlines()[first - 1 : last]))
    return None


def case(text: str, number: int) -> str:
    """The case with this number, counted from 1, of a file in which each begins with `== `."""
    return "== " + re.split("^== ", text, flags=re.MULTILINE)[number].rstrip("\n")


def size(text: str, name: str) -> str | None:
    """How large the function of this name is, for a page."""
    code = [token for token in tokens(text) if token.kind not in COMMENTS]
    for _, function in functions(code, matching(code)):
        if function.name == name:
            return f"{function.lines} / {function.tokens}"
    return None


def found_in(root: Path, files: list[Path], place: str, take: Callable[[str], str | None]) -> str:
    """What `take` finds in the one file at a place, a file or folder by the end of its path."""
    wanted = Path(place).parts
    length = len(wanted)
    results = []
    for path in files:
        is_file = path.parts[-length:] == wanted
        folders = path.parent.parts
        starts = range(len(folders) - length + 1)
        is_inside = any(folders[start : start + length] == wanted for start in starts)
        if is_file or (is_inside and path.suffix == ".rs" and not is_test(path)):
            results.append(take((root / path).read_text()))
    found = [result for result in results if result is not None]
    if len(found) != 1:
        raise SystemExit(f"{place} has {len(found)} things of that name, not one")
    return found[0]


def refreshed(root: Path, page: str) -> str:
    """A page with all its quotes and sizes as the source has them now."""
    files = tracked(root) if QUOTE.search(page) or SIZE.search(page) else []

    def quote(match: re.Match[str]) -> str:
        name = match.group(3)
        take = partial(case, number=int(name)) if name.isdigit() else partial(quoted, name=name)
        found = found_in(root, files, match.group(2), take)
        return match.group(1) + found + "\n" + match.group(4)

    def measure(match: re.Match[str]) -> str:
        take = partial(size, name=match.group(3))
        return match.group(1) + found_in(root, files, match.group(2), take) + match.group(4)

    return SIZE.sub(measure, QUOTE.sub(quote, page))
