"""Bugs as people plant them: `edits(source, function, rng)` gives every (operator name, Edit) that
one function allows.

A file per group of operators; importing it is what adds them. WEIGHTS says how often an operator is
chosen where it applies: rare ones have a high weight, so that in the end none is missing and none
fills the data.
"""

import random
from collections import defaultdict

from tree_sitter import Node

from ..source import Source
from . import calls, expressions, names, statements  # noqa: F401  (importing registers their operators)
from .core import KINDS, LONGEST, OPERATORS, Edit, Function, Operator

WEIGHTS = {operator.name: operator.weight for operator in OPERATORS}
BY_TYPE: dict[str, list[Operator]] = defaultdict(list)
for _operator in OPERATORS:
    for _type in sorted({kind for name in _operator.kinds for kind in KINDS[name]}):
        BY_TYPE[_type].append(_operator)


def edits(source: Source, node: Node, rng: random.Random) -> list[tuple[str, Edit]]:
    function = Function(source, node, rng)
    found: list[tuple[str, Edit]] = []
    for place in function.places:
        for operator in BY_TYPE.get(place.type, ()):
            if place.parent or operator.kinds == ("function",):
                found += (
                    (operator.name, edit)
                    for edit in operator.find(function, place)
                    if edit and fits(function, edit)
                )
    return found


def fits(function: Function, edit: Edit) -> bool:
    """Inside the function and not too long; the head's own line may be changed, but nothing is
    inserted before it."""
    first, last = function.node.start_point.row, function.node.end_point.row
    inside = first < edit.row <= last or edit.row == first and bool(edit.new and edit.old)
    return inside and max(map(len, edit.old + edit.new)) < LONGEST
