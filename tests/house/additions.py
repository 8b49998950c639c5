"""What one addition touches: the files that name an example of each kind, from `additions.toml`.

A name counts as a word or string of Rust code outside of tests, and anywhere but in comments in the
other files that a program reads. Texts for people and recorded results are not counted.
"""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from crates import is_example, is_test, tracked
from lexer import COMMENTS, tokens
from structure import outside_tests

LIST = Path(__file__).parent / "additions.toml"
# The files that a program reads: code, and what is written for it by hand.
READ_BY_PROGRAMS = {
    ".rs",
    ".py",
    ".scm",
    ".toml",
    ".ts",
    ".mjs",
    ".lua",
    ".vim",
    ".el",
    ".sh",
    ".json",
}
# What is recorded rather than written, and lists of packages to learn from.
NOT_WRITTEN = {
    "manifest.json",
    "removed.json",
    "package-lock.json",
    "packages.toml",
    "pairs.toml",
    "additions.toml",
}
# Programs that measure, compare with others or test, rather than being the product.
NOT_THE_PRODUCT = ("tests/", "training/tests/", "training/trainer/")


@dataclass(frozen=True, slots=True)
class Addition:
    """One kind of addition, its example, and the files that name the example."""

    what: str
    example: str
    own: list[str]
    touched: list[str]
    most: int


def words_of(path: Path, text: str) -> str:
    """The part of a file in which names count."""
    if path.suffix == ".rs":
        code = [token for token in tokens(text) if token.kind not in COMMENTS]
        return "\n".join(token.text for token in outside_tests(code))
    marks = ('"',) if path.suffix == ".vim" else ("#", "//", ";", "--")
    return "\n".join(line for line in text.splitlines() if not line.lstrip().startswith(marks))


def is_counted(path: Path) -> bool:
    """Whether the file is one that an addition would have to change."""
    if path.suffix not in READ_BY_PROGRAMS or path.name in NOT_WRITTEN:
        return False
    return not (is_test(path) or is_example(path) or path.as_posix().startswith(NOT_THE_PRODUCT))


def additions(root: Path) -> list[Addition]:
    """Looks for each example of the list."""
    rows = tomllib.loads(LIST.read_text())["addition"]
    files = tracked(root)
    texts = {}
    for path in filter(is_counted, files):
        texts[path] = words_of(path, (root / path).read_text())
    found = []
    for row in rows:
        own = {path for pattern in row["own"] for path in files if matches(path, pattern)}
        name = re.compile(rf"(?<![\w-])(?:{'|'.join(row['names'])})(?![\w-])")
        touched = [str(path) for path, text in texts.items() if name.search(text)]
        found.append(
            Addition(
                row["what"],
                row["example"],
                sorted(map(str, own)),
                sorted(set(touched) - set(map(str, own))),
                row["most"],
            )
        )
    return found


def matches(path: Path, pattern: str) -> bool:
    """Whether a path fits a pattern; `*` is one folder or name, `**` any number of both."""
    regex = re.escape(pattern).replace(r"\*\*/", "(?:.*/)?").replace(r"\*\*", ".*")
    return re.fullmatch(regex.replace(r"\*", "[^/]*"), path.as_posix()) is not None
