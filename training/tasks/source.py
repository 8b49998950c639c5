"""A source file as the tasks see it: text, lines, tree, functions, and whether a change of whole
lines keeps it whole.

repair.py and describe.py make a `Source` of each document of the corpus; bugs/ reads it. A language
is one entry in GRAMMARS (module and function that give the tree-sitter grammar) and one in
FUNCTIONS (node types). Rows and columns count from 0.
"""

import functools
import hashlib
import importlib
import itertools
import re
import textwrap
from collections import defaultdict
from collections.abc import Collection, Sequence

from tree_sitter import Language, Node, Parser, Query, QueryCursor

from records import Document

GRAMMARS = {
    "python": ("tree_sitter_python", "language"),
    "javascript": ("tree_sitter_javascript", "language"),
    "typescript": ("tree_sitter_typescript", "language_typescript"),
    "tsx": ("tree_sitter_typescript", "language_tsx"),
    "rust": ("tree_sitter_rust", "language"),
    "go": ("tree_sitter_go", "language"),
    "java": ("tree_sitter_java", "language"),
    "c": ("tree_sitter_c", "language"),
    "cpp": ("tree_sitter_cpp", "language"),
}
SCRIPT_FUNCTIONS = (
    "function_declaration",
    "method_definition",
    "arrow_function",
    "function_expression",
)
FUNCTIONS = {
    "python": ("function_definition",),
    "javascript": SCRIPT_FUNCTIONS,
    "typescript": SCRIPT_FUNCTIONS,
    "tsx": SCRIPT_FUNCTIONS,
    "rust": ("function_item",),
    "go": ("function_declaration", "method_declaration"),
    "java": ("method_declaration", "constructor_declaration"),
    "c": ("function_definition",),
    "cpp": ("function_definition",),
}
AROUND = (
    "decorated_definition",
    "export_statement",
    "template_declaration",
    "variable_declarator",
    "lexical_declaration",
)
BETWEEN = ("attribute_item", "decorator")
DOTTED = re.compile(
    r"(?:\b|(?<=\.))((?:self\.|this\.)?[A-Za-z_]\w*)(?:\.|->)([A-Za-z_]\w+)(\s*\()?"
)
HEAD_ROWS = 14  # of comments above a function that are shown with it


@functools.cache
def grammar(name: str) -> tuple[Parser, Query]:
    """(parser, query for functions)"""
    module, function = GRAMMARS[name]
    language = Language(getattr(importlib.import_module(module), function)())
    return Parser(language), Query(
        language, "[" + " ".join(f"({kind})" for kind in FUNCTIONS[name]) + "] @function"
    )


class Source:
    """`document` is one of the corpus. Offsets are bytes; `lines` hold text without newlines."""

    def __init__(self, document: Document) -> None:
        self.path, self.language, self.text = (
            document["path"],
            document["language"],
            document["text"],
        )
        self.parser, self.query = grammar(
            "tsx" if self.language == "typescript" and self.path.endswith("x") else self.language
        )
        self.bytes, self.lines = self.text.encode(), self.text.split("\n")
        self.tree = self.parser.parse(self.bytes)
        self.root = self.tree.root_node

    def functions(self) -> list[Node]:
        """Nodes without errors inside, outer ones before inner ones."""
        found = QueryCursor(self.query).captures(self.root).get("function", [])
        return [
            node for node in sorted(found, key=lambda node: node.start_byte) if not node.has_error
        ]

    def slice(self, start: int, end: int) -> str:
        return self.bytes[start:end].decode("utf-8", "replace")

    @functools.cached_property
    def line_offsets(self) -> list[int]:
        return [0, *itertools.accumulate(len(line.encode()) + 1 for line in self.lines)]

    @functools.cached_property
    def dotted(self) -> dict[tuple[str, bool], dict[str, None]]:
        """(name, called) -> what follows its dot anywhere in the file, in order: {("self",
        True): {"read": None, ...}}"""
        found: dict[tuple[str, bool], dict[str, None]] = defaultdict(dict)
        for match in DOTTED.finditer(self.text):
            found[match[1], bool(match[3])][match[2]] = None
        return found

    def survives(self, function: Node, row: int, old: Sequence[str], new: Sequence[str]) -> bool:
        """Whether the file stays whole when the lines `old` at `row` become `new`: no new error,
        the function as long as it must be."""
        start, tree = self.line_offsets[row], self.tree.copy()
        end, new_bytes = (
            self.line_offsets[row + len(old)],
            "".join(line + "\n" for line in new).encode(),
        )
        tree.edit(
            start, end, start + len(new_bytes), (row, 0), (row + len(old), 0), (row + len(new), 0)
        )
        changed = self.bytes[:start] + new_bytes + self.bytes[end:]
        root = self.parser.parse(changed, tree).root_node
        if root.has_error and not self.root.has_error:
            return False
        node = root.descendant_for_byte_range(function.start_byte, function.start_byte + 1)
        while node is not None and node.type != function.type:
            node = node.parent
        if node is None or node.has_error or node.start_byte != function.start_byte:
            return False
        if node.end_byte - function.end_byte != len(changed) - len(self.bytes):
            return False
        return self.language != "python" or compiles(
            " " * node.start_point.column + changed[node.start_byte : node.end_byte].decode()
        )


def compiles(text: str) -> bool:
    try:
        compile(textwrap.dedent(text), "function", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return True


def outermost(function: Node, around: Collection[str] = AROUND) -> Node:
    """The function with its decorators, its export, its template head."""
    node = function
    while (
        node.parent is not None
        and node.parent.type in around
        and node.parent.start_point.row >= function.start_point.row - 6
    ):
        node = node.parent
    return node


def head_row(function: Node) -> int:
    """First row of a function with its decorators and the comments directly above it."""
    node = outermost(function)
    row, above = node.start_point.row, node.prev_sibling
    while above is not None and ("comment" in above.type or above.type in BETWEEN):
        if last_row(above) < row - 1 or row - above.start_point.row >= HEAD_ROWS:
            break
        row, above = min(row, above.start_point.row), above.prev_sibling
    return row


def last_row(node: Node) -> int:
    """A node that ends with its newline (line comments of Rust) ends in the row before."""
    return node.end_point.row - (node.end_point.column == 0)


def key_of(text: str) -> str:
    """Identifies a piece of code whatever its white space, against copies of one function in
    several packages."""
    return hashlib.blake2b(re.sub(r"\s+", "", text).encode(), digest_size=8).hexdigest()
