"""The list of question kinds.

A kind is one function (schema, phrasing) -> (question, statement), or None where the schema has
nothing to ask that way. It is in aggregates.py, comparisons.py or linked.py and is registered by
`@question(name, weight)`: the weight is how often it is drawn relative to the others. The statement
has no semicolon; the question gets its end mark and capital letter later (phrasing.py).
"""

from collections.abc import Callable

from .phrasing import Phrasing
from .schema import Schema

Answer = tuple[str, str]  # question and statement
Find = Callable[[Schema, Phrasing], Answer | None]

QUESTIONS: dict[str, tuple[float, Find]] = {}  # name -> (weight, function)


def question(name: str, weight: float) -> Callable[[Find], Find]:
    def add(find: Find) -> Find:
        QUESTIONS[name] = weight, find
        return find

    return add
