"""Operators on expressions: comparisons, boolean and arithmetic signs, indices off by one,
constants, negation, swapped branches."""

import re

from tree_sitter import Node

from .core import KINDS, Edits, Function, Place, operator

COMPARED = {
    "<": ("<=", "<=", "<=", ">", ">="),
    "<=": ("<", "<", "<", ">=", ">"),
    ">": (">=", ">=", ">=", "<", "<="),
    ">=": (">", ">", ">", "<=", "<"),
    "==": ("!=",),
    "!=": ("==",),
    "===": ("!==",),
    "!==": ("===",),
    "is": ("is not",),
    "is not": ("is",),
    "in": ("not in",),
    "not in": ("in",),
}
BOOLEAN = {"and": "or", "or": "and", "&&": "||", "||": "&&"}
ARITHMETIC = {
    "+": ("-",),
    "-": ("+",),
    "*": ("/", "+"),
    "/": ("*",),
    "//": ("/", "*"),
    "%": ("/",),
    "<<": (">>",),
    ">>": ("<<",),
    "&": ("|",),
    "|": ("&",),
    "**": ("*",),
}
AUGMENTED = {
    "+=": ("-=", "="),
    "-=": ("+=",),
    "*=": ("+=", "/="),
    "|=": ("&=", "="),
    "&=": ("|=",),
    "<<=": (">>=",),
    ">>=": ("<<=",),
}
FLIPPED = {"True": "False", "False": "True", "true": "false", "false": "true"}
TEXTUAL = re.compile(
    r"[\"'`]|str(ing)?\b|String|name|path|prefix|suffix|text|msg|message|label|title|url|join|format|repr|chr\(|STR",
    re.I,
)
PLAIN = {"identifier"} | KINDS["attribute"] | {"call", "call_expression", "method_invocation"}
COUNTED_ELSEWHERE = {
    "enum_assignment",
    "enumerator",
    "field_declaration",
    "array_declarator",
    "enum_variant",
    "array_type",
    "case_statement",
}


@operator("compare_op", 1.5, "binary")
def comparison(function: Function, place: Place) -> Edits:
    """`<` becomes `<=`, `==` becomes `!=`, `in` becomes `not in`."""
    sign, text = function.sign(place)
    if text in COMPARED and not (text == "in" and function.script):
        strict = text[0] in "<>" and place.node.children[-1].type in (
            "float",
            "float_literal",
        )  # a limit that no value meets
        if not strict:
            yield function.replace_node(sign, function.rng.choice(COMPARED[text]))


@operator("bool_op", 1.5, "binary")
def boolean(function: Function, place: Place) -> Edits:
    """`and` becomes `or`."""
    sign, text = function.sign(place)
    if text in BOOLEAN:
        yield function.replace_node(sign, BOOLEAN[text])


@operator("arith_op", 2.0, "binary")
def arithmetic(function: Function, place: Place) -> Edits:
    """`+` becomes `-`, between what look like numbers."""
    sign, text = function.sign(place)
    if (
        text not in ARITHMETIC
        or place.quiet
        or {place.node.children[0].type, place.node.children[-1].type} & KINDS["string"]
    ):
        return
    whole = function.slice(place.node)
    if (
        text == "+"
        and TEXTUAL.search(whole)
        or text == "|"
        and (function.language == "typescript" or "None" in whole)
    ):
        return
    streamed = (
        text in ("<<", ">>")
        and function.language == "cpp"
        and place.node.children[-1].type not in KINDS["number"]
    )
    if not streamed:
        yield function.replace_node(sign, function.rng.choice(ARITHMETIC[text]))


@operator("arith_op", 2.0, "assignment")
def augmented(function: Function, place: Place) -> Edits:
    """`+=` becomes `-=` or `=`."""
    sign, text = function.sign(place)
    right = place.node.child_by_field_name("right")
    if (
        text not in AUGMENTED
        or place.quiet
        or right is None
        or right.type in KINDS["string"] | {"call", "list"}
        or TEXTUAL.search(function.slice(right))
    ):
        return
    yield function.replace_node(sign, function.rng.choice(AUGMENTED[text]))


@operator("arith_op", 2.0, "update")
def counted_down(function: Function, place: Place) -> Edits:
    """`++` becomes `--`."""
    text = function.slice(place.node)
    if "++" in text:
        yield function.replace_node(place.node, text.replace("++", "--"))


@operator("off_by_one", 3.0, "number")
def off_by_one(function: Function, place: Place) -> Edits:
    """An index, a bound of a slice or of a loop moves by one."""
    value = small_number(function, place)
    if value is None or not near_index(function, place):
        return
    negative = place.around.type in ("unary_operator", "unary_expression")
    yield function.replace_node(
        place.node,
        str(
            function.rng.choice([v for v in (value - 1, value + 1) if v >= (1 if negative else 0)])
        ),
    )


@operator("off_by_one", 3.0, "binary")
def lost_one(function: Function, place: Place) -> Edits:
    """`n - 1` becomes `n`."""
    sign, text = function.sign(place)
    left, right = place.node.children[0], place.node.children[-1]
    if (
        text in ("+", "-")
        and function.slice(right) == "1"
        and left.type in PLAIN
        and not place.quiet
    ):
        yield function.replace(left.end_byte, place.node.end_byte, "")


@operator("off_by_one", 3.0, "arguments")
def shifted_range(function: Function, place: Place) -> Edits:
    """`range(n)` becomes `range(n - 1)` or `range(1, n)`, `range(1, n)` becomes `range(n)`."""
    found = place.node.named_children
    if (
        not function.python
        or len(found) not in (1, 2)
        or not function.slice(place.around.node).startswith("range(")
    ):
        return
    last = function.slice(found[-1])
    if not re.search(r"[-+] ?1$", last):
        yield function.replace_node(found[-1], last + function.rng.choice((" - 1", " + 1")))
    if len(found) == 1:
        yield function.replace_node(found[0], "1, " + last)
    elif function.slice(found[0]) in ("1", "2"):
        yield function.replace(found[0].start_byte, found[1].start_byte, "")


@operator("wrong_const", 0.9, "number")
def wrong_number(function: Function, place: Place) -> Edits:
    """0, 1 and 2 become one of the others; larger constants cannot be guessed back."""
    value = small_number(function, place)
    if value is None or value > 2 or near_index(function, place):
        return
    first_operand = (
        place.around.of("binary") and place.node.start_byte == place.around.node.start_byte
    )
    if not first_operand and place.around.type not in (
        "parenthesized_expression",
        "tuple_expression",
    ):
        yield function.replace_node(
            place.node, str(function.rng.choice([v for v in (0, 1, 2) if v != value]))
        )


@operator("wrong_const", 0.9, "boolean", "null")
def wrong_truth(function: Function, place: Place) -> Edits:
    """True becomes False, a returned None becomes True or False."""
    text = function.slice(place.node)
    if text in FLIPPED and len(function.text) > 120:
        yield function.replace_node(place.node, FLIPPED[text])
    elif place.of("null") and place.around.of("return") and (function.python or function.script):
        yield function.replace_node(
            place.node,
            function.rng.choice(("True", "False") if function.python else ("true", "false")),
        )


@operator("negate_cond", 1.0, "branch")
def negated(function: Function, place: Place) -> Edits:
    """A condition, or one operand of it, gains or loses its `not`."""
    left = [condition(place.node)]
    while left:
        node = left.pop()
        if node is None:
            continue
        sign = node.child_by_field_name("operator")
        if sign is not None and function.slice(sign) in BOOLEAN:
            left += [node.children[0], node.children[-1]]
        elif (
            node.type == "not_operator"
            or node.type == "unary_expression"
            and re.match("![^!]", function.slice(node))
        ):
            yield function.replace_node(node, function.slice(node.named_children[-1]))
        elif node.type in PLAIN:
            yield function.replace_node(
                node, ("not " if function.python else "!") + function.slice(node)
            )


@operator("swap_branches", 3.0, "ternary")
def swapped_branches(function: Function, place: Place) -> Edits:
    """`a if c else b` becomes `b if c else a`."""
    found = place.node.named_children
    if len(found) == 3:
        one, two = (found[0], found[2]) if function.python else (found[1], found[2])
        if function.slice(one) != function.slice(two):
            yield function.swap(one, two)


def condition(node: Node) -> Node | None:
    found = node.child_by_field_name("condition")
    if node.type == "conditional_expression" and found is None and len(node.named_children) == 3:
        found = node.named_children[1]
    while (
        found is not None
        and found.type in ("parenthesized_expression", "condition_clause")
        and len(found.named_children) == 1
    ):
        found = found.named_children[0]
    return found


def small_number(function: Function, place: Place) -> int | None:
    text = function.slice(place.node)
    if (
        not text.isdigit()
        or len(text) > 2
        or place.quiet
        or place.around.type in COUNTED_ELSEWHERE
        or text != str(int(text))
    ):
        return None
    return int(text)


def near_index(function: Function, place: Place) -> bool:
    """Inside a subscript, a range, or a sum that is an argument or an index."""
    around, outer = place.around, place.around.parent
    if around.of("subscript") or around.type == "range_expression":
        return True
    if around.type in ("unary_operator", "unary_expression"):
        return outer is not None and outer.of("subscript")
    if around.of("arguments"):
        return outer is not None and function.slice(outer.node).startswith("range(")
    return (
        around.of("binary")
        and outer is not None
        and (
            outer.of("subscript", "arguments", "binary")
            or outer.type in ("range_expression", "for_clause", "for_statement")
        )
    )
