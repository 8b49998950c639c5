"""Functions and the first sentence of their documentation, in Python and Rust, for build.py.

`strip` takes the documentation of all functions and types out of a text and gives the functions
with their places in what remains. Nothing is run: Python is parsed, Rust is read line by line.
"""

import ast
import functools
import os
import re
from dataclasses import dataclass

HERE = os.path.dirname(os.path.abspath(__file__))
STOP_WORDS = os.path.join(HERE, "..", "..", "server", "ask", "src", "documents", "stop_words.txt")
LANGUAGES = {".py": "python", ".rs": "rust"}
TEST = re.compile(r"(^|/)(tests?|testing|benches|examples)/|(^|/)(test_|conftest)|_tests?\.")
FUNCTION = re.compile(
    r"^(\s*)(pub(\([^)]*\))? )?(default )?(const |async |unsafe |extern \"C\" )*fn (\w+)"
)
FEWEST_WORDS = 3  # content words of a question
LONGEST = 200  # characters of a question


@dataclass(frozen=True)
class Function:
    """Its documentation's first sentence, its first line and the line after its last."""

    sentence: str
    first: int
    end: int


def language_of(path: str) -> str | None:
    return LANGUAGES.get(os.path.splitext(path)[1])


def is_test(path: str) -> bool:
    return TEST.search(path) is not None


def strip(text: str, language: str) -> tuple[str, list[Function]]:
    return strip_python(text) if language == "python" else strip_rust(text)


def strip_python(text: str) -> tuple[str, list[Function]]:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return text, []
    lines = text.split("\n")
    documented = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            documentation = ast.get_docstring(node)
            if documentation:
                documented.append((node, documentation))
    cut: set[int] = set()
    for node, _ in documented:
        string = node.body[0]
        last = string.end_lineno or string.lineno
        is_separate = lines[string.lineno - 1].strip().startswith(('"', "'", "r", "R", "u", "b"))
        if not is_separate or node.lineno == string.lineno:
            continue
        if len(node.body) == 1:
            lines[last - 1] = " " * string.col_offset + "..."
            last -= 1
        cut.update(range(string.lineno - 1, last))
    functions = []
    moved = moves(len(lines), cut)
    for node, documentation in documented:
        end = node.end_lineno or node.lineno
        if not isinstance(node, ast.ClassDef) and not node.name.startswith("__"):
            first, after = moved[node.lineno - 1], moved[min(end, len(lines))]
            functions.append(Function(sentence_of(documentation), first, max(after, first + 1)))
    return "\n".join(line for at, line in enumerate(lines) if at not in cut), functions


def strip_rust(text: str) -> tuple[str, list[Function]]:
    lines = text.split("\n")
    found: list[tuple[str, int, int]] = []
    for at, line in enumerate(lines):
        match = FUNCTION.match(line)
        if not match:
            continue
        above = at - 1
        while above >= 0 and lines[above].strip().startswith(("#[", ")]")):
            above -= 1
        last = above
        while above >= 0 and lines[above].strip().startswith("///"):
            above -= 1
        if above == last:
            continue
        said = [one.strip()[3:].removeprefix(" ") for one in lines[above + 1 : last + 1]]
        found.append((sentence_of("\n".join(said)), at, end_of(lines, at, match[1])))
    cut = {at for at, line in enumerate(lines) if line.strip().startswith("///")}
    moved = moves(len(lines), cut)
    functions = [Function(said, moved[first], moved[end]) for said, first, end in found]
    return "\n".join(line for at, line in enumerate(lines) if at not in cut), functions


def end_of(lines: list[str], first: int, indent: str) -> int:
    """The line after a function: its brace is below its start."""
    for at in range(first, min(first + 400, len(lines))):
        line = lines[at].rstrip()
        if line.startswith(indent + "}") or (line.endswith((";", "}")) and at == first):
            return at + 1
        if line.endswith(";") and line.startswith((indent + ")", indent + "where")):
            return at + 1
    return first + 1


def moves(count: int, cut: set[int]) -> list[int]:
    """The new number of each line, and of the end."""
    moved, at = [], 0
    for line in range(count + 1):
        moved.append(at)
        at += line not in cut
    return moved


def sentence_of(documentation: str) -> str:
    """The first sentence, as plain words."""
    said = re.split(r"\n\s*\n|\n\s*[:@>*#-]", documentation.strip())[0]
    said = re.sub(r"\[([^\]]*)\](\([^)]*\)|\[[^\]]*\])?", r"\1", said)
    said = re.sub(r":[a-zA-Z:]+:`~?([^`]*)`", r"\1", said)
    said = re.sub(r"[`*]", "", said)
    said = re.sub(r"\s+", " ", said).strip()
    return re.split(r"(?<=[.!?])\s", said)[0].rstrip(".: ")


def is_question(sentence: str) -> bool:
    """Whether a sentence says enough to be looked for."""
    return len(sentence) <= LONGEST and len(content_words(sentence)) >= FEWEST_WORDS


def content_words(sentence: str) -> set[str]:
    words = {word.lower() for word in re.findall(r"[^\W_]+", sentence)}
    return {word for word in words if word not in stop_words() and len(word) > 1}


@functools.cache
def stop_words() -> frozenset[str]:
    with open(STOP_WORDS, encoding="utf-8") as file:
        return frozenset(file.read().split())
