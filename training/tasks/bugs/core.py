"""What bug operators work on: a function walked once, its places in the tree, and edits of at most
one line.

An operator is one function in one of the files of this folder, registered by `@operator(name,
weight, *kinds)`. It is called with the `Function` and each `Place` whose node is of one of the
kinds (a row of KINDS) and yields edits: what `replace` and `delete` of the function return (None if
the edit is not one line, or changes nothing), or an `Edit` of its own. Operators look only at trees
and text; windows, tokens and whether the result still parses are up to repair.py.
"""

import random
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from tree_sitter import Node, TreeCursor

from ..roles import kinds
from ..source import FUNCTIONS, GRAMMARS, Source

if TYPE_CHECKING:
    from .scopes import Names

LONGEST = 180  # characters of a line
QUIET_CALL = re.compile(
    r"(log|print|debug|warn|error|fmt|format|assert|panic|trace|fail|expect|exception|info|doc|bail|ensure|raise|"
    r"message|describe|CHECK)",
    re.I,
)
LANGUAGES = tuple(GRAMMARS)


def of_roles(*names: str) -> set[str]:
    """The kinds of nodes with these roles in the languages of the tasks."""
    return kinds(LANGUAGES, *names)


LOOPS = of_roles("loop")
KINDS = {
    "binary": of_roles("binary", "logical", "comparison"),
    "assignment": of_roles("assignment", "assignment.compound"),
    "update": of_roles("update"),
    "number": of_roles("number"),
    "boolean": of_roles("boolean"),
    "null": of_roles("null", "undefined") | {"nil"},
    "string": of_roles("string", "string.raw", "string.template", "string.concatenated")
    | {"char_literal"},
    "branch": of_roles("if", "if.else_if", "loop.while", "ternary"),
    "ternary": of_roles("ternary"),
    "call": of_roles("call", "new"),
    "arguments": of_roles("arguments"),
    "attribute": of_roles("member"),
    "subscript": of_roles("index", "slice", "slice.expression"),
    "return": of_roles("return") | {"return_expression"},
    "jump": of_roles("break", "continue") | {"break_expression", "continue_expression"},
    "statement": {"expression_statement", "assignment_statement", "inc_statement", "dec_statement"},
    "declaration": {
        "local_variable_declaration",
        "declaration",
        "lexical_declaration",
        "let_declaration",
    },
    "await": of_roles("await"),
    "identifier": of_roles("identifier"),
    "block": of_roles("block") | {"statement_list"},
    "loop": LOOPS,
    "switch": {
        "switch_statement",
        "switch_expression",
        "expression_switch_statement",
        "type_switch_statement",
        "select_statement",
        "match_expression",
    },
    "throw": of_roles("throw") | {"throw_expression"},
    "function": {kind for kinds in FUNCTIONS.values() for kind in kinds}
    | {"lambda", "lambda_expression", "closure_expression", "func_literal"},
}
SCOPES = KINDS["block"] - {"statement_list"} | LOOPS | KINDS["function"] | {"match_arm"}
SKIPPED = KINDS["string"] | {  # nothing in them is worth a bug
    "comment",
    "line_comment",
    "block_comment",
    "regex",
    "type",
    "type_annotation",
    "type_arguments",
    "type_parameters",
    "generic_type",
    "template_argument_list",
    "template_parameter_list",
    "type_identifier",
    "primitive_type",
    "decorator",
    "attribute_item",
    "annotation",
    "marker_annotation",
    "token_tree",
    "macro_definition",
    "import_statement",
    "import_from_statement",
    "preproc_if",
    "preproc_ifdef",
    "preproc_def",
    "preproc_function_def",
    "jsx_element",
    "jsx_self_closing_element",
    "field_initializer_list",
    "where_clause",
    "assert_statement",
    "ERROR",
}
NOT_WALKED = {"type", "return_type", "parameters"}  # fields


class Edit(NamedTuple):
    """The lines `old` (one or none) at `row` become `new` (one or none)."""

    row: int
    old: tuple[str, ...]
    new: tuple[str, ...]


class Operator(NamedTuple):
    name: str
    weight: float
    kinds: tuple[str, ...]
    find: "Find"


OPERATORS: list[Operator] = []


Edits = Iterator[Edit | None]
Find = Callable[["Function", "Place"], Edits]


def operator(name: str, weight: float, *kinds: str) -> Callable[[Find], Find]:
    """Adds a function (function, place) -> edits to the list; several functions may share a name,
    each with its own kinds."""

    def add(find: Find) -> Find:
        OPERATORS.append(Operator(name, weight, kinds, find))
        return find

    return add


class Place:
    """A named node on the way down from the function, and what surrounds it."""

    __slots__ = ("node", "type", "parent", "field", "loops", "switches", "quiet", "scope_end")

    def __init__(self, node: Node, parent: "Place | None", field: str) -> None:
        self.node, self.type, self.parent, self.field = node, node.type, parent, field
        self.loops: int = parent.loops if parent else 0
        self.switches: int = parent.switches if parent else 0
        self.quiet: bool = parent.quiet if parent else False
        opens = not parent or self.type in SCOPES
        self.scope_end: int = node.end_byte if opens else self.around.scope_end

    @property
    def around(self) -> "Place":
        """The parent, of a place that is not the function itself."""
        assert self.parent is not None
        return self.parent

    def of(self, *kinds: str) -> bool:
        return any(self.type in KINDS[kind] for kind in kinds)

    def enter(self, source: Source) -> None:
        """What holds for the children: how many loops and switches they are in, and whether only
        a person reads the outcome."""
        if self.type in LOOPS:
            self.loops, self.switches = self.loops + 1, 0
        elif self.of("switch"):
            self.switches += 1
        elif self.of("function") and self.parent:
            self.loops = self.switches = 0
        elif self.of("throw"):
            self.quiet = True
        elif self.of("call") and not self.quiet:
            called = callee(self.node)
            self.quiet = called is not None and bool(
                QUIET_CALL.search(source.slice(called.start_byte, called.end_byte)[-40:])
            )


def callee(node: Node) -> Node | None:
    """What a call calls: a name, an attribute or a type."""
    return next(
        (
            found
            for field in ("function", "name", "constructor", "type")
            if (found := node.child_by_field_name(field))
        ),
        None,
    )


class Function:
    """One function node of a source. `names` is filled by scopes.py when an operator first asks for
    it."""

    def __init__(self, source: Source, node: Node, rng: random.Random) -> None:
        self.source, self.node, self.rng, self.language = source, node, rng, source.language
        self.python, self.script = (
            self.language == "python",
            self.language in ("javascript", "typescript"),
        )
        self.text = source.slice(node.start_byte, node.end_byte)
        self.lines = source.lines
        self.places: list[Place] = []
        self.walk(node.walk(), None, 0)
        self.names: Names | None = None

    def walk(self, cursor: TreeCursor, parent: Place | None, depth: int) -> None:
        node, field = cursor.node, cursor.field_name
        if (
            not node.is_named
            or node.type in SKIPPED
            and node.type not in KINDS["string"]
            or node.start_byte == node.end_byte
            or depth > 150
        ):
            return
        place = Place(node, parent, field or "")
        self.places.append(place)
        if node.type in SKIPPED or not cursor.goto_first_child():
            return
        before = place.loops, place.switches, place.quiet
        place.enter(self.source)
        while True:
            if cursor.field_name not in NOT_WALKED or place.of("call"):
                self.walk(cursor, place, depth + 1)
            if not cursor.goto_next_sibling():
                break
        cursor.goto_parent()
        place.loops, place.switches, place.quiet = before

    def of(self, *kinds: str) -> Iterator[Place]:
        return (place for place in self.places if place.of(*kinds))

    def slice(self, node: Node) -> str:
        return self.source.slice(node.start_byte, node.end_byte)

    def sign(self, place: Place) -> tuple[Node | None, str]:
        """The operator's node of a binary expression or assignment: (node, text), (None, "") where
        there is none or more than one."""
        node = place.node.child_by_field_name("operator")
        if place.type == "comparison_operator":
            node = place.node.children[1] if place.node.child_count == 3 else None
        return (node, self.slice(node)) if node else (None, "")

    def replace(self, start: int, end: int, new: str) -> Edit | None:
        """Bytes start..end become `new`: an edit of one line, None where it would change more, or
        nothing."""
        source = self.source.bytes
        line_start, line_end = source.rfind(b"\n", 0, start) + 1, source.find(b"\n", end)
        line_end = len(source) if line_end < 0 else line_end
        row = self.node.start_point.row + source.count(b"\n", self.node.start_byte, line_start)
        if (
            b"\n" in source[start:end]
            or line_end - line_start > LONGEST
            or start < self.node.start_byte
        ):
            return None
        old, bad = (
            self.lines[row],
            (source[line_start:start] + new.encode() + source[end:line_end]).decode(
                "utf-8", "replace"
            ),
        )
        return (
            Edit(row, (old,), (bad,))
            if bad.strip() and "".join(bad.split()) != "".join(old.split())
            else None
        )

    def replace_node(self, node: Node, new: str) -> Edit | None:
        return self.replace(node.start_byte, node.end_byte, new)

    def swap(self, one: Node, two: Node) -> Edit | None:
        """Two nodes change places, the text between them stays."""
        between = self.source.slice(one.end_byte, two.start_byte)
        return self.replace(
            one.start_byte, two.end_byte, self.slice(two) + between + self.slice(one)
        )

    def delete(self, node: Node) -> Edit | None:
        """A statement that fills its line goes; None for the first line and below a blank one,
        where no line can be named."""
        row = node.start_point.row
        fills_line = re.split(r"//|  #", self.lines[row])[0].strip().rstrip(";") == self.slice(
            node
        ).strip().rstrip(";")
        if (
            row != node.end_point.row
            or not fills_line
            or row <= self.node.start_point.row
            or not self.lines[row - 1].strip()
        ):
            return None
        return Edit(row, (self.lines[row],), ())
