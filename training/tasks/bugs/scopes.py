"""Which variables a function declares, from where to where they can be used, and in what roles its
names appear.

names.py asks `Names(function)` when it looks for a variable that could take another's place. It is
an approximation from the kinds of nodes only: no types are inferred, no other file is read. A
language's way to declare is one row of DECLARES.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from tree_sitter import Node

from .core import KINDS, LOOPS, SKIPPED, Function, Place

# node type -> the field that holds the declared names; loops declare in a field, too
DECLARES = {
    "assignment": "left",
    "variable_declarator": "name",
    "let_declaration": "pattern",
    "short_var_declaration": "left",
    "var_spec": "name",
    "declaration": "declarator",
}
LOOP_DECLARES = {
    "for_statement": "left",
    "for_in_statement": "left",
    "for_expression": "pattern",
    "enhanced_for_statement": "name",
    "for_range_loop": "declarator",
    "range_clause": "left",
}
NEVER = {"self", "cls", "this", "super", "mut", "_"}
FIRST_ONLY = {
    "array_declarator",
    "init_declarator",
    "typed_parameter",
    "default_parameter",
    "typed_default_parameter",
    "assignment_pattern",
}
CLOSED = (
    SKIPPED | KINDS["attribute"] | KINDS["subscript"] | KINDS["call"] | {"qualified_identifier"}
)
NOT_USES = {
    "name",
    "pattern",
    "declarator",
    "attribute",
    "property",
    "field",
    "label",
    "function",
    "type",
    "macro",
}  # fields
NOT_USED_IN = {
    "parameters",
    "formal_parameters",
    "parameter",
    "lambda_parameters",
    "tuple_struct_pattern",
    "scoped_identifier",
    "qualified_identifier",
}
VALUE_ONLY = {"keyword_argument", "pair", "field_initializer"}
ROLES = {
    "return_statement",
    "assignment",
    "pair",
    "keyword_argument",
    "parenthesized_expression",
    "if_statement",
    "for_statement",
    "unary_expression",
    "assignment_expression",
    "variable_declarator",
    "init_declarator",
    "reference_expression",
    "for_expression",
    "pointer_expression",
    "field_initializer",
    "list",
    "tuple",
    "range_expression",
    "return_expression",
    "expression_list",
}


class Variable(NamedTuple):
    start: int  # usable from here
    end: int
    type: str  # as written, "" where it is not
    loop: bool  # counts or walks a loop


class Use(NamedTuple):
    place: Place
    name: str
    role: str  # base, index, dot, number, string, binary, argument, or the parent's type


class Names:
    """The variables of a function by name, the uses of names, and the roles that each appears
    in."""

    def __init__(self, function: Function) -> None:
        self.function = function
        self.variables: dict[str, list[Variable]] = defaultdict(list)
        self.uses: list[Use] = []
        self.roles: dict[str, set[str]] = defaultdict(set)
        self.parameters()
        for place in function.places:
            self.declare(place)
            if place.type == "identifier":
                self.use(place)

    def visible(self, name: str, at: int) -> Variable | None:
        """The variable of that name that can be used at a byte, or None."""
        return next(
            (found for found in self.variables.get(name, ()) if found.start <= at < found.end), None
        )

    def bind(
        self, names: Iterable[str], start: int, end: int, kind: str = "", loop: bool = False
    ) -> None:
        for name in names:
            if name not in NEVER and not name.startswith("__"):
                self.variables[name].append(Variable(start, end, kind, loop))

    def identifiers(self, node: Node | None, depth: int = 0) -> list[str]:
        """The names that a pattern or declarator binds."""
        if node is None or depth > 4:
            return []
        if node.type in ("identifier", "shorthand_property_identifier_pattern"):
            return [self.function.slice(node)]
        if node.type in CLOSED:
            return []
        inner = node.named_children[:1] if node.type in FIRST_ONLY else node.named_children
        return [name for child in inner for name in self.identifiers(child, depth + 1)]

    def parameters(self) -> None:
        node = self.function.node
        found = node.child_by_field_name("parameters") or node.child_by_field_name("parameter")
        # C: pointers and references are around the declarator of the function.
        while found is None and node is not None:
            node = node.child_by_field_name("declarator")
            found = node.child_by_field_name("parameters") if node is not None else None
        if found is None:
            return
        for child in found.named_children if found.type != "identifier" else [found]:
            fields = ("name", "pattern", "declarator")
            declared = [
                name for field in fields for name in child.children_by_field_name(field)
            ] or [child]
            written = self.function.slice(declared[0])
            star = written[: len(written) - len(written.lstrip("*&"))]
            for name in declared:
                self.bind(
                    self.identifiers(name),
                    self.function.node.start_byte,
                    self.function.node.end_byte,
                    self.type_of(child, star),
                )

    def type_of(self, node: Node, suffix: str = "") -> str:
        found = node.child_by_field_name("type")
        return self.function.slice(found) + suffix if found is not None else ""

    def declare(self, place: Place) -> None:
        node, end = place.node, place.scope_end
        if place.type in LOOP_DECLARES:
            bound = self.identifiers(node.child_by_field_name(LOOP_DECLARES[place.type]))
            body = node.child_by_field_name("body")
            self.bind(
                bound,
                body.start_byte if body is not None else node.end_byte,
                end,
                self.type_of(node),
                loop=True,
            )
        if (
            place.type not in DECLARES
            or place.type == "declaration"
            and self.function.language not in ("c", "cpp")
        ):
            return
        of_loop = any(
            part.parent
            and part.parent.type in LOOPS | {"for_clause"}
            and part.field in ("initializer", "init")
            for part in (place, place.around)
        )
        if place.type == "assignment":
            end = self.function.node.end_byte  # Python: to the end of the function
        if place.type == "declaration":
            for declarator in node.children_by_field_name("declarator"):
                if declarator.type != "function_declarator":
                    self.bind(
                        self.identifiers(declarator),
                        node.end_byte,
                        end,
                        self.type_of(node, stars(declarator)),
                        of_loop,
                    )
            return
        kind = self.type_of(node) or (
            self.type_of(node.parent)
            if place.type == "variable_declarator" and self.function.language == "java"
            else ""
        )
        self.bind(
            self.identifiers(node.child_by_field_name(DECLARES[place.type])),
            node.end_byte,
            end,
            kind,
            of_loop,
        )

    def use(self, place: Place) -> None:
        around, name = place.around, self.function.slice(place.node)
        if (
            place.field in NOT_USES
            or around.type in NOT_USED_IN
            or around.type in VALUE_ONLY
            and place.field != "value"
        ):
            return
        if place.field == "left" and not around.of("binary"):
            return
        if around.type == "expression_list" and (
            around.parent is None or not around.parent.of("return")
        ):
            return
        role = role_of(place)
        self.roles[name].add(role)
        if not place.quiet and (
            role in ROLES
            or role in ("base", "index", "dot", "number", "string", "binary", "argument")
        ):
            self.uses.append(Use(place, name, role))


def stars(declarator: Node) -> str:
    """Pointers and arrays are part of a type of C, wherever they are written."""
    inner = (
        declarator.child_by_field_name("declarator")
        if declarator.type == "init_declarator"
        else declarator
    )
    return (
        {"pointer_declarator": "*", "array_declarator": "[]"}.get(inner.type, "")
        if inner is not None
        else ""
    )


def role_of(place: Place) -> str:
    around = place.around
    if around.of("subscript"):
        return (
            "base"
            if place.node.start_byte == around.node.start_byte and around.type != "slice"
            else "index"
        )
    if around.of("attribute") or around.type == "method_invocation":
        return "dot"
    if around.of("binary"):
        kinds = {child.type for child in around.node.children}
        return (
            "number"
            if kinds & KINDS["number"]
            else "string"
            if kinds & KINDS["string"]
            else "binary"
        )
    return "argument" if around.of("arguments") else around.type
