"""Operators on calls and attributes: swapped arguments, a sibling of the right method, a wrong
attribute, a lost call or await."""

import re
from itertools import pairwise

from tree_sitter import Node

from .core import KINDS, QUIET_CALL, Edits, Function, Place, callee, operator

PAIRS = """startswith endswith, startsWith endsWith, starts_with ends_with, HasPrefix HasSuffix,
TrimLeft TrimRight, TrimPrefix TrimSuffix, lower upper, toLowerCase toUpperCase,
to_lowercase to_uppercase, ToLower ToUpper, push unshift, pop shift, floor ceil, Floor Ceil,
min max, Min Max, any all, some every, keys values, lstrip rstrip, trim_start trim_end,
is_some is_none, is_ok is_err, indexOf lastIndexOf, strchr strrchr, split rsplit, first last,
front back, push_back push_front, pop_back pop_front, lower_bound upper_bound, add remove,
addAll removeAll, insert remove, containsKey containsValue, Lock Unlock, RLock Lock, lock unlock,
Index LastIndex, encode decode, minimum maximum, argmin argmax, zeros ones, before after,
isBefore isAfter, Before After, union intersection, sin cos, rows cols, getKey getValue,
width height, start end, left right"""
ONE_WAY = "hasNext next, isPresent isEmpty, update add, filter map, find filter, discard add"
PYTHON_PAIRS = """append extend, find rfind, index rindex, read readline, items keys, items values,
pop remove, islower isupper, partition rpartition"""
PYTHON_ONE_WAY = "isdigit isalpha, setdefault get, readlines readline"
COMMUTES = re.compile(
    r"(^|[._:])(max|min|zip|gcd|lcm|add|mul|union|intersection|equals?|eq|are_?equal|isEqual|hypot|isclose|concat|merge|"
    r"and_?|or_?|xor|all|any|combine|chain|hash|swap|set_of|of|asList|list|tuple|hash_combine)$",
    re.I,
)
BUILT_IN = ("isinstance", "issubclass", "getattr", "hasattr", "range", "super")
SWAPPED = (
    {"identifier", "subscript", "subscript_expression", "index_expression"}
    | KINDS["attribute"]
    | KINDS["call"] - {"new_expression", "object_creation_expression"}
)


def siblings(*lists: tuple[str, bool]) -> dict[str, list[str]]:
    """{name: names it is taken for}, from lists of (pairs, both ways?)."""
    found: dict[str, list[str]] = {}
    for pairs, both in lists:
        for one, two in map(str.split, pairs.split(",")):
            found.setdefault(one, []).append(two)
            if both:
                found.setdefault(two, []).append(one)
    return found


COMMON = siblings((PAIRS, True), (ONE_WAY, False))
SIBLINGS = {
    "python": siblings(
        (PAIRS, True), (ONE_WAY, False), (PYTHON_PAIRS, True), (PYTHON_ONE_WAY, False)
    ),
    "cpp": siblings((PAIRS + ", begin end", True), (ONE_WAY, False)),
}
FREE = ("min", "max", "any", "all", "strchr", "strrchr")  # also without a dot before


@operator("swap_args", 1.0, "arguments")
def swapped_arguments(function: Function, place: Place) -> Edits:
    """`f(a, b)` becomes `f(b, a)`."""
    called = callee(place.around.node) if place.around.of("call") else None
    name = function.slice(called) if called is not None else ""
    if (
        not name
        or place.quiet
        or COMMUTES.search(name)
        or QUIET_CALL.search(name)
        or name in BUILT_IN
    ):
        return
    found = place.node.named_children
    for one, two in pairwise(found):
        alike = one.type == two.type or function.rng.random() < 0.3
        if {one.type, two.type} <= SWAPPED and alike and function.slice(one) != function.slice(two):
            yield function.swap(one, two)


@operator("api_swap", 1.6, "attribute", "call")
def sibling_of_the_method(function: Function, place: Place) -> Edits:
    """`startswith` becomes `endswith`."""
    if place.quiet:
        return
    name = name_after_dot(place)
    if name is None and place.type in ("call", "call_expression"):
        called = place.node.child_by_field_name("function")
        name = (
            called
            if called is not None and called.type == "identifier" and function.slice(called) in FREE
            else None
        )
    others = (
        SIBLINGS.get(function.language, COMMON).get(function.slice(name))
        if name is not None
        else None
    )
    if others:
        yield function.replace_node(name, function.rng.choice(others))


@operator("wrong_attr", 0.55, "attribute", "call")
def wrong_attribute(function: Function, place: Place) -> Edits:
    """`self.width` becomes `self.height`: something that the file says of the same name, most often
    with a word in common."""
    name, base = name_after_dot(place), base_of(place)
    if place.quiet or name is None or base is None or base.end_point.row != name.start_point.row:
        return
    called, text = (
        place.of("call") or place.around.of("call") and place.field == "function",
        function.slice(name),
    )
    owner = function.slice(base)
    if (
        len(owner) > 24
        or "(" in owner
        or len(text) < 2
        or called
        and text in SIBLINGS.get(function.language, COMMON)
    ):
        return
    others = [
        other
        for other in function.source.dotted.get((owner, called), ())
        if other != text and same_style(other, text)
    ]
    near = [other for other in others if words(other) & words(text)]
    if near or others and function.rng.random() < 0.35:
        yield function.replace_node(name, function.rng.choice(near or others))


@operator("missing_call", 1.2, "call")
def missing_call(function: Function, place: Place) -> Edits:
    """`queue.empty()` becomes `queue.empty`."""
    inside = place.node.child_by_field_name("arguments")
    called = place.node.child_by_field_name("function")
    if (
        place.quiet
        or not (function.python or function.script)
        or inside is None
        or called is None
        or called.type not in KINDS["attribute"]
    ):
        return
    ignored = place.around.type == "expression_statement" and function.rng.random() < 0.8
    if not inside.named_children and inside.type in KINDS["arguments"] and not ignored:
        yield function.replace_node(inside, "")


@operator("missing_await", 3.0, "await")
def missing_await(function: Function, place: Place) -> Edits:
    """`await f()` becomes `f()`."""
    inner = place.node.named_children[0] if place.node.named_children else None
    if inner is None:
        return
    if function.language == "rust":
        yield function.replace(inner.end_byte, place.node.end_byte, "")
    else:
        yield function.replace(place.node.start_byte, inner.start_byte, "")


def name_after_dot(place: Place) -> Node | None:
    """The node of `name` in `base.name`, or in a call of Java; None where nothing has a dot."""
    if place.of("attribute"):
        fields: tuple[str, ...] = ("attribute", "property", "field", "name")
    elif place.type == "method_invocation" and place.node.child_by_field_name("object") is not None:
        fields = ("name",)
    else:
        return None
    return next(
        (found for field in fields if (found := place.node.child_by_field_name(field))), None
    )


def base_of(place: Place) -> Node | None:
    return next(
        (
            found
            for field in ("object", "value", "argument", "operand")
            if (found := place.node.child_by_field_name(field))
        ),
        None,
    )


def same_style(one: str, two: str) -> bool:
    return (
        one.isupper() == two.isupper()
        and one[0].isupper() == two[0].isupper()
        and (one[0] == "_") == (two[0] == "_")
    )


def words(name: str) -> set[str]:
    """The words of a name: {"max", "width"} of maxWidth and MAX_WIDTH."""
    return {
        word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name) if len(word) > 1
    }
