"""Operators on statements: something is missing (a return, an update, a start value, a break),
comes too early, or is one too many."""

import re

from tree_sitter import Node

from .core import KINDS, Edit, Edits, Function, Place, operator

ENDS = ("return", "break", "continue", "raise", "throw")
STARTS = KINDS["number"] | {
    "array",
    "object",
    "true",
    "false",
    "null",
    "string",
    "new_expression",
    "nullptr",
}
UPDATES = KINDS["assignment"] | KINDS["update"]


def statements(node: Node) -> list[Node]:
    """The statements of a block, comments left out."""
    found = [child for child in node.named_children if "comment" not in child.type]
    return statements(found[0]) if len(found) == 1 and found[0].type == "statement_list" else found


@operator("missing_return", 0.8, "return")
def missing_return(function: Function, place: Place) -> Edits:
    """`return f(x)` becomes `f(x)`; a return that ends a branch goes."""
    node: Node = place.node
    host: Place | None = place.around
    if host and place.type == "return_expression" and host.type == "expression_statement":
        node, host = host.node, host.parent
    value = next(
        (child for child in place.node.named_children if "comment" not in child.type), None
    )
    loose = function.python or function.script
    if (
        loose
        and value is not None
        and value.type in ("call", "call_expression", "await", "await_expression")
    ):
        yield function.replace(place.node.start_byte, value.start_byte, "")
    elif host is not None and host.of("block") and len(statements(host.node)) >= 2:
        outer = host.parent.parent if host.type == "statement_list" and host.parent else host.parent
        if (
            loose or outer is not None and not outer.of("function")
        ):  # typed languages refuse a body without its return
            yield function.delete(node)


@operator("early_return", 6.0, "return")
def early_return(function: Function, place: Place) -> Edits:
    """The return below a loop slips into it."""
    before = place.node.prev_named_sibling
    line = function.lines[place.node.start_point.row]
    if (
        not function.python
        or place.around.type != "block"
        or before is None
        or before.type not in ("for_statement", "while_statement")
    ):
        return
    body = before.child_by_field_name("body")
    deeper = body.start_point.column - place.node.start_point.column
    is_one_line_return = (
        place.node.start_point.row == place.node.end_point.row
        and line.strip().startswith("return ")
    )
    if is_one_line_return and deeper > 0 and before.child_by_field_name("alternative") is None:
        yield Edit(place.node.start_point.row, (line,), (" " * deeper + line,))


@operator("missing_update", 2.0, "statement")
def missing_update(function: Function, place: Place) -> Edits:
    """`i += 1`, `self.x = x` or `count++` goes."""
    node = (
        place.node.named_children[0]
        if place.type == "expression_statement" and place.node.named_children
        else place.node
    )
    if (
        node.type not in UPDATES
        or not in_company(place)
        or function.python
        and node.type == "assignment"
        and not is_field(node)
    ):
        return
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    if left is None or right is None or missed(function, node, left, right):
        yield function.delete(place.node)


@operator("missing_init", 1.3, "statement", "declaration")
def missing_init(function: Function, place: Place) -> Edits:
    """`total = 0` goes; `int n = 0;` becomes `int n;`."""
    inner = place.node.named_children[0] if place.node.named_children else None
    if function.python:
        if (
            inner is not None
            and inner.type == "assignment"
            and not is_field(inner)
            and in_company(place)
        ):
            left, right = inner.child_by_field_name("left"), inner.child_by_field_name("right")
            if (
                left.type == "identifier"
                and right is not None
                and missed(function, inner, left, right)
            ):
                yield function.delete(place.node)
        return
    declared = [
        child
        for child in place.node.named_children
        if child.type in ("variable_declarator", "init_declarator")
    ]
    if not place.of("declaration") or len(declared) != 1 or not in_company(place):
        return
    name, value = (
        declared[0].child_by_field_name(field)
        for field in (("name", "value") if function.script else ("declarator", "value"))
    )
    if name is None or value is None or value.type not in STARTS or name.type != "identifier":
        return
    if function.script:
        yield function.delete(place.node)
    elif function.language in ("c", "cpp"):
        yield function.replace(name.end_byte, value.end_byte, "")


@operator("break_continue", 6.0, "jump")
def break_for_continue(function: Function, place: Place) -> Edits:
    """`break` becomes `continue`."""
    text = function.slice(place.node)
    if place.loops and not place.switches and not place.node.named_children:
        yield function.replace_node(
            place.node,
            text.replace("break", "continue")
            if "break" in text
            else text.replace("continue", "break"),
        )


@operator("missing_break", 6.0, "jump")
def missing_break(function: Function, place: Place) -> Edits:
    """The `break` that ends a case goes."""
    if (
        place.type == "break_statement"
        and place.switches
        and function.language in ("c", "cpp", "java", "javascript", "typescript")
    ):
        yield function.delete(place.node)


@operator("stray_break", 2.0, "loop")
def stray_break(function: Function, place: Place) -> Edits:
    """A `break` too many at the end of a loop's body."""
    body = place.node.child_by_field_name("body")
    inside = statements(body) if body is not None and body.type in KINDS["block"] else ()
    if (
        len(inside) < 2
        or inside[-1].type.startswith(ENDS)
        or place.type in ("do_statement", "loop_expression")
    ):
        return
    last = inside[-1]
    line, row = (
        function.lines[last.start_point.row],
        last.end_point.row + (1 if last.end_point.column else 0),
    )
    rest = function.lines[last.end_point.row].encode()[last.end_point.column :].strip()
    if rest or function.language == "rust" and not function.slice(last).endswith((";", "}")):
        return
    semicolon = (
        ""
        if function.python
        or function.language == "go"
        or function.script
        and ";" not in function.text
        else ";"
    )
    yield Edit(row, (), (line[: len(line) - len(line.lstrip())] + "break" + semicolon,))


def is_field(assignment: Node) -> bool:
    left = assignment.child_by_field_name("left")
    return left is not None and left.type in KINDS["attribute"] | KINDS["subscript"]


def in_company(place: Place) -> bool:
    """Whether other statements stay in the block when this one goes."""
    return place.around.of("block") and len(statements(place.around.node)) >= 2


def missed(function: Function, assignment: Node, left: Node, right: Node) -> bool:
    """Whether the lost assignment is felt in the rest of the function, and short enough to be
    written again."""
    name = re.findall(r"\w+", function.slice(left))
    word = re.compile(rf"\b{name[-1]}\b" if name else "$^")
    elsewhere = len(word.findall(function.text)) - len(word.findall(function.slice(assignment)))
    return len(function.slice(right)) <= 40 and elsewhere > 0
