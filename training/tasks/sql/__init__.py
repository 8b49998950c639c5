"""Questions to SQLite over made-up schemas: `documents(encode, rng, domains, limit)` gives those of
one schema.

Every statement is prepared by sqlite3 with its schema before it counts; one that fails is an error
of a template and stops the build. All SQL has one style (one line, upper-case keywords, aliases
only in joins), so that a small model need not learn several. Kinds of questions are in
aggregates.py, comparisons.py and linked.py, domains in domains.txt.
"""

import contextlib
import random
import sqlite3
from collections.abc import Iterator

from tokenizer import Encode

from .. import formats
from ..source import key_of
from . import aggregates, comparisons, linked  # noqa: F401  (importing registers their questions)
from .phrasing import Phrasing
from .registry import QUESTIONS
from .schema import Domain, Schema

LIMIT = 700  # tokens


def documents(
    encode: Encode, rng: random.Random, domains: list[Domain], limit: int = LIMIT
) -> Iterator[tuple[formats.Document, str]]:
    """(document, its text) for one or two questions to a schema."""
    schema, phrasing = Schema(rng, domains), Phrasing(rng)
    ddl = schema.ddl()
    with contextlib.closing(sqlite3.connect(":memory:")) as database:
        database.executescript(ddl)
        for name in rng.choices(
            list(QUESTIONS), [weight for weight, _ in QUESTIONS.values()], k=rng.choice((1, 1, 2))
        ):
            found = QUESTIONS[name][1](schema, phrasing)
            if not found:
                continue
            question, statement = phrasing.finish(found[0]), found[1] + ";"
            prepare(database, statement, name)
            ids = formats.sql(encode, ddl, question, statement)
            if len(ids) <= limit:
                yield (
                    formats.Document("sql", "sql", name, key_of(question + statement), ids),
                    f"{ddl}\n{question}\n{statement}",
                )


def prepare(database: sqlite3.Connection, statement: str, name: str) -> None:
    try:
        database.execute(statement)
    except sqlite3.Error as error:
        raise ValueError(
            f"question kind {name} wrote SQL that does not run ({error}): {statement}"
        ) from error
