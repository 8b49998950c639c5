"""Builds the cases for `nigh eval sql`: fetches the packages of packages.toml, has `nigh schema`
read their schemas, joins the questions, writes tuning.jsonl and test.jsonl.

  build.py --into DIR [--nigh PROGRAM] [--skip-missing]

DIR then holds the archives under archives/, what was read of each schema under packages/, and the
two sets, a case a line: id, schema (CREATE statements of SQLite), question, sql (the known query),
db_id, dialect, split, language, columns (any, or left out), source. The same list and the same
program give the same files. Packages are other people's code: DIR stays on the machine it was
built on, and nothing of it is committed.
"""

import argparse
import json
import os
import sqlite3
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import sources
from sources import Schema, archives

Row = dict[str, Any]  # a line of questions.jsonl or of a set

QUESTIONS = os.path.join(sources.HERE, "questions.jsonl")
FIELDS = {"schema", "split", "language", "question", "sql"}
LANGUAGES = ("en", "zh")
NIGH = os.path.join(sources.HERE, "..", "..", "target", "release", "nigh")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument(
        "--into", required=True, metavar="DIR", help="where packages and sets are written"
    )
    parser.add_argument(
        "--nigh", default=NIGH, metavar="PROGRAM", help="the program (default: the release build)"
    )
    parser.add_argument(
        "--skip-missing", action="store_true", help="build from the packages that could be fetched"
    )
    options = parser.parse_args(arguments)
    schemas = sources.read_list()
    questions = read_questions(schemas)
    folder = os.path.join(options.into, "archives")
    schemas = fetched(schemas, folder, options.skip_missing)
    rows = [row for schema in schemas for row in cases(schema, questions, folder, options)]
    for split in archives.SPLITS:
        own = [row for row in rows if row["split"] == split]
        write(os.path.join(options.into, f"{split}.jsonl"), own)
        names = len({row["db_id"] for row in own})
        print(f"{split}: {len(own)} cases, {names} schemas; {counts(own, 'language')}")


def fetched(schemas: list[Schema], folder: str, may_miss: bool) -> list[Schema]:
    """The schemas of which all packages are there. Raises ValueError if not all are, and none may
    miss."""
    packages = sources.packages_of(schemas)
    try:
        archives.fetch(packages, folder)
    except ValueError as error:
        if not may_miss:
            raise
        print(error, file=sys.stderr)
    there = {package for package in packages if archives.find(package, folder)}
    return [s for s in schemas if all(source.package in there for source in s.sources)]


def read_questions(schemas: list[Schema], path: str = QUESTIONS) -> list[Row]:
    """All questions. Raises ValueError on a line that cannot be right."""
    splits = {schema.name: schema.split for schema in schemas}
    rows = []
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            row = json.loads(line)
            missing = FIELDS - set(row)
            if missing:
                raise ValueError(f"line {number}: no {', '.join(sorted(missing))}")
            if splits.get(row["schema"]) != row["split"]:
                raise ValueError(
                    f"line {number}: packages.toml has no schema {row['schema']} in {row['split']}"
                )
            if row["language"] not in LANGUAGES or row.get("columns", "any") != "any":
                raise ValueError(
                    f"line {number}: language must be one of {LANGUAGES}, columns any or left out"
                )
            rows.append(row)
    return rows


def cases(
    schema: Schema, questions: list[Row], folder: str, options: argparse.Namespace
) -> list[Row]:
    """The cases of a schema. Raises ValueError if SQLite does not accept a known query."""
    statements = sources.statements(schema, folder, options.into, options.nigh)
    own = [row for row in questions if row["schema"] == schema.name]
    check(schema.name, statements, [row["sql"] for row in own])
    packages = ", ".join(f"{s.package.name} {s.package.version}" for s in schema.sources)
    print(f"{schema.split:7} {schema.name}: {len(own)} cases", file=sys.stderr)
    rows = []
    for number, row in enumerate(own, 1):
        fixed = {
            "id": f"packages/{schema.name}/{number:02}",
            "db_id": schema.name,
            "dialect": "sqlite",
            "source": packages,
        }
        rows.append({**row, **fixed, "schema": statements})
    return rows


def check(name: str, statements: str, queries: Iterable[str]) -> None:
    """Raises ValueError if SQLite does not accept a schema, or a query of it."""
    base = sqlite3.connect(":memory:")
    try:
        base.executescript(statements)
    except sqlite3.Error as error:
        raise ValueError(f"{name}: SQLite refuses the schema: {error}") from None
    for query in queries:
        try:
            base.execute(f"EXPLAIN {query}")
        except sqlite3.Error as error:
            raise ValueError(f"{name}: SQLite refuses a query: {error}: {query}") from None


def write(path: str, rows: Iterable[Row]) -> None:
    """Whole or not at all: a reader never sees half a set."""
    with open(path + ".part", "w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    os.replace(path + ".part", path)


def counts(rows: list[Row], field: str) -> str:
    found = Counter(row[field] for row in rows)
    return ", ".join(f"{name} {count}" for name, count in sorted(found.items()))


if __name__ == "__main__":
    try:
        main()
    except ValueError as error:
        sys.exit(f"build.py: {error}")
