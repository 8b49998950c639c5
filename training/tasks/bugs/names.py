"""Operators on names: one variable for another, the index of the other loop, and a copied line that
was not changed everywhere."""

import random
import re

from .calls import words
from .core import QUIET_CALL, Edit, Edits, Function, Place, operator
from .scopes import Names, Use, Variable

WEAK = {
    "argument",
    "return_statement",
    "assignment",
    "pair",
    "keyword_argument",
}  # roles that anything can have
TOKEN = re.compile(r"[A-Za-z_]\w*|\d+|[^\s\w]")
NOT_CODE = re.compile(r"\s*([#/*\"'@]|import\b|from\b|use\b|package\b|\#include)")


@operator("var_misuse", 1.6, "function")
def misuse(function: Function, place: Place) -> Edits:
    """A variable in the place of another that can be used there, of the same type or role, or with
    a word in common."""
    if place.parent:
        return
    names = names_of(function)
    for use in names.uses:
        here = names.visible(use.name, use.place.node.start_byte)
        others = replacements(names, use, here) if here and not use.name.isupper() else []
        if others:
            near = [other for other in others if words(other) & words(use.name)]
            yield function.replace_node(
                use.place.node,
                function.rng.choice(near if near and function.rng.random() < 0.5 else others),
            )


@operator("wrong_index", 8.0, "function")
def wrong_index(function: Function, place: Place) -> Edits:
    """`a[i]` becomes `a[j]` where both are loop variables."""
    if place.parent:
        return
    names = names_of(function)
    for use in names.uses:
        at = use.place.node.start_byte
        loops = sorted(
            name for name in names.variables if (found := names.visible(name, at)) and found.loop
        )
        if use.role == "index" and use.name in loops and len(loops) > 1:
            yield function.replace_node(
                use.place.node, function.rng.choice([name for name in loops if name != use.name])
            )


@operator("twin", 1.4, "function")
def twin(function: Function, place: Place) -> Edits:
    """The second of two alike lines keeps a word of the first: `a.x = b.x`, `a.y = b.y` becomes
    `a.y = b.x`."""
    body = place.node.child_by_field_name("body")
    if place.parent or body is None:
        return
    for row in range(body.start_point.row, place.node.end_point.row):
        for below in (row + 1, row + 2):
            one, two = function.lines[row], function.lines[min(below, len(function.lines) - 1)]
            if (
                below <= place.node.end_point.row
                and len(two.strip()) >= 8
                and not NOT_CODE.match(two)
                and not QUIET_CALL.search(two)
            ):
                bad = copied(one, two, function.rng)
                if bad and bad.strip() != one.strip():
                    yield Edit(below, (two,), (bad,))


def names_of(function: Function) -> Names:
    if function.names is None:
        function.names = Names(function)
    return function.names


def replacements(names: Names, use: Use, here: Variable) -> list[str]:
    """The variables that could be meant by mistake; letters are mostly taken for letters."""
    found = []
    for other in names.variables:
        there = names.visible(other, use.place.node.start_byte)
        odd = (len(other) == 1) != (len(use.name) == 1) and names.function.rng.random() < 0.7
        if other == use.name or other.isupper() or not there or odd:
            continue
        if here.type and there.type:
            alike = bare(here.type) == bare(there.type)
        else:
            strong = (names.roles[use.name] & names.roles[other]) - WEAK
            alike = bool(
                strong and use.role in names.roles[other] | WEAK or words(other) & words(use.name)
            )
        if alike:
            found.append(other)
    return found


def bare(text: str) -> str:
    return re.sub(r"\W|mut|const", "", text) + "*" * text.count("*")


def copied(one: str, two: str, rng: random.Random) -> str | None:
    """`two` with one word of `one`, where both lines differ in two to four words that are the
    same change; else None."""
    first, second = list(TOKEN.finditer(one)), list(TOKEN.finditer(two))
    if len(first) != len(second) or len(first) < 5:
        return None
    differ = [i for i, (a, b) in enumerate(zip(first, second, strict=True)) if a[0] != b[0]]
    if not 2 <= len(differ) <= 4 or any(
        not re.match(r"\w", first[i][0]) or first[i][0].isdigit() != second[i][0].isdigit()
        for i in differ
    ):
        return None
    if len({first[i][0] for i in differ}) > 2:
        return None
    at = differ[-1] if rng.random() < 0.7 else rng.choice(differ[1:])
    return two[: second[at].start()] + first[at][0] + two[second[at].end() :]
