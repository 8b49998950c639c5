"""Compares the tables and columns that `nigh schema` finds with those of a database.

`compare.py NIGH BASE PATH...`: BASE is a file of SQLite that was made from the same sources, by the
framework itself or by SQLite (`compare.py --load BASE FILE.sql` makes one). It fetches nothing.
Prints what is missing and what is too much, and how many tables and columns agree.
"""

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

Names = dict[str, set[str]]


def of_base(path: str) -> Names:
    """The tables and views of a database, with their columns, in lower case."""
    base = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    tables = "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')"
    found: Names = {}
    for (name,) in base.execute(f"{tables} AND name NOT LIKE 'sqlite_%'").fetchall():
        # Hidden columns are those that a module of virtual tables adds.
        query = "SELECT name FROM pragma_table_xinfo(?) WHERE hidden != 1"
        found[name.lower()] = {column.lower() for (column,) in base.execute(query, (name,))}
    virtual = "SELECT name FROM sqlite_schema WHERE sql LIKE 'CREATE VIRTUAL TABLE%'"
    for (name,) in base.execute(virtual).fetchall():
        inner = [table for table in found if table.startswith(f"{name.lower()}_")]
        for table in inner:
            del found[table]
    return found


def of_nigh(program: str, paths: list[str]) -> Names:
    """What nigh finds in some paths."""
    run = subprocess.run([program, "schema", "--json", *paths], capture_output=True, text=True)
    tables = json.loads(run.stdout)["tables"]
    return {
        table["name"].lower(): {column["name"].lower() for column in table["columns"]}
        for table in tables
    }


def load(base: str, script: str) -> None:
    """Makes a database from a script."""
    sqlite3.connect(base).executescript(Path(script).read_text())


def compare(wanted: Names, found: Names) -> bool:
    """Prints the differences; whether all tables and columns of the database were found."""
    common = wanted.keys() & found.keys()
    missing = {table: sorted(wanted[table] - found[table]) for table in sorted(common)}
    extra = {table: sorted(found[table] - wanted[table]) for table in sorted(common)}
    for table in sorted(wanted.keys() - found.keys()):
        print(f"no table {table}: {sorted(wanted[table])}")
    for table in sorted(common):
        if missing[table] or extra[table]:
            print(f"{table}: missing {missing[table]}, too many {extra[table]}")
    right = sum(len(wanted[table] & found[table]) for table in common)
    columns = sum(len(names) for names in wanted.values())
    too_many = sum(len(names) for names in extra.values())
    print(
        f"{len(common)} of {len(wanted)} tables, {right} of {columns} columns, "
        f"{too_many} columns too many, {len(found) - len(common)} tables that the database lacks"
    )
    return len(common) == len(wanted) and right == columns


def main() -> int:
    """Runs the command line."""
    if sys.argv[1] == "--load":
        load(sys.argv[2], sys.argv[3])
        return 0
    program, base, *paths = sys.argv[1:]
    return 0 if compare(of_base(base), of_nigh(program, paths)) else 1


if __name__ == "__main__":
    sys.exit(main())
