"""Questions to SQLite over made-up schemas: `documents(encode, rng, domains, limit)` gives those of
one schema.

Every statement is prepared by sqlite3 with its schema before it counts; one that fails is an error
of a template and stops the build. The SQL is in one hand (one line, upper-case keywords, aliases
only in joins), so that a small model spends nothing on taste. Kinds of questions stand in
one_table.py and linked.py, domains in domains.txt.
"""

import contextlib
import sqlite3

from .. import formats
from ..source import key_of
from . import linked, one_table  # noqa: F401  (they announce their questions)
from .registry import QUESTIONS
from .schema import Schema, read_domains, split  # noqa: F401
from .voice import Voice

LIMIT = 700  # tokens


def documents(encode, rng, domains, limit=LIMIT):
    """(document, its text) for one or two questions to a schema."""
    schema, voice = Schema(rng, domains), Voice(rng)
    ddl = schema.ddl()
    with contextlib.closing(sqlite3.connect(":memory:")) as database:
        database.executescript(ddl)
        for name in rng.choices(
            list(QUESTIONS), [weight for weight, _ in QUESTIONS.values()], k=rng.choice((1, 1, 2))
        ):
            found = QUESTIONS[name][1](schema, voice)
            if not found:
                continue
            question, statement = voice.finish(found[0]), found[1] + ";"
            prepare(database, statement, name)
            ids = formats.sql(encode, ddl, question, statement)
            if len(ids) <= limit:
                yield (
                    formats.Document("sql", "sql", name, key_of(question + statement), ids),
                    f"{ddl}\n{question}\n{statement}",
                )


def prepare(database, statement, name) -> None:
    try:
        database.execute(statement)
    except sqlite3.Error as error:
        raise ValueError(
            f"question kind {name} wrote SQL that does not run ({error}): {statement}"
        ) from error
