"""Conditions of a WHERE clause with the words for them: "installed in 2021" and strftime('%Y',
installed_on) = '2021'.

`where(phrasing, table, prefix)` draws one for a random column; `both` sometimes joins two by AND or
OR. Every kind of column has its function in CONDITIONS, (phrasing, column, name in SQL) -> (words,
condition). Values are those of values.py.
"""

import calendar
import re
from collections.abc import Sequence

from .phrasing import Phrasing
from .schema import Column, Table
from .values import day, number_value, quoted, text_value

Condition = tuple[str, str]  # its words and its SQL
NUMBER_SIGNS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (">", ("more than", "above", "greater than", "over", ">")),
    ("<", ("less than", "below", "under", "smaller than", "<")),
    (">=", ("at least", "no less than", ">=", "of at least")),
    ("<=", ("at most", "no more than", "<=", "not above")),
)
WHOLE_NUMBER_SIGNS = (("=", ("exactly", "equal to", "of exactly")),)
QUARTERS = (
    ("first", "01-01", "03-31"),
    ("second", "04-01", "06-30"),
    ("third", "07-01", "09-30"),
    ("fourth", "10-01", "12-31"),
)
NULL = 0.6  # of the conditions on columns that allow it ask for NULL or its absence


def where(
    phrasing: Phrasing, table: Table, prefix: str = "", kinds: str = "nftcpirmdsby"
) -> Condition | None:
    """(words, condition) or None where no column is of the kinds."""
    columns = table.of(kinds)
    if not columns:
        return None
    column = phrasing.rng.choice(columns)
    find = absence if column.nullable and phrasing.chance(NULL) else CONDITIONS[column.kind]
    if column is table.label() and column.kind in "nf" and phrasing.chance(0.25):
        find = named
    return find(phrasing, column, prefix + column.name)


def both(
    phrasing: Phrasing, table: Table, prefix: str = "", second: float = 0.25
) -> Condition | None:
    """One condition or, about different columns, two."""
    one = where(phrasing, table, prefix)
    two = where(phrasing, table, prefix) if one and phrasing.chance(second) else None
    if not one or not two or columns_in(table, one[1]) & columns_in(table, two[1]):
        return one
    if phrasing.chance(0.8):
        return f"{one[0]} and {two[0]}", f"{one[1]} AND {two[1]}"
    return f"{one[0]} or {two[0]}", f"{one[1]} OR {two[1]}"


def columns_in(table: Table, condition: str) -> set[str]:
    bare = re.sub(r"'[^']*'", "", condition)
    return {column.name for column in table.columns if re.search(rf"\b{column.name}\b", bare)}


def clause(found: Condition | None) -> tuple[str, str]:
    """(words after a blank, WHERE clause) of a condition, empty for none."""
    return (f" {found[0]}", f" WHERE {found[1]}") if found else ("", "")


def condition_without(
    phrasing: Phrasing, table: Table, columns: Sequence[Column], share: float
) -> tuple[str, str]:
    """At most one condition, about none of the columns."""
    found = where(phrasing, table) if phrasing.chance(share) else None
    return clause(
        None
        if found and columns_in(table, found[1]) & {column.name for column in columns}
        else found
    )


# ---------------------------------------------------------------- one function for each kind
def absence(phrasing: Phrasing, column: Column, name: str) -> Condition:
    phrase, a = column.phrase, "" if column.phrase.endswith("s") else "a "
    if phrasing.chance(0.5):
        words = phrasing.pick(
            f"without {a}{phrase}",
            f"that have no {phrase}",
            f"where the {phrase} is missing",
            f"with no {phrase} set",
        )
        return words, f"{name} IS NULL"
    return phrasing.pick(
        f"that have {a}{phrase}", f"with {a}known {phrase}", f"where the {phrase} is set"
    ), f"{name} IS NOT NULL"


def named(phrasing: Phrasing, column: Column, name: str) -> Condition:
    value = text_value(phrasing, column)
    return phrasing.pick(
        f"named {value}", f"called '{value}'", f"named '{value}'"
    ), f"{name} = {quoted(value)}"


def flag(phrasing: Phrasing, column: Column, name: str) -> Condition:
    word = re.sub(r"^is ", "", column.base.replace("_", " "))
    if phrasing.chance(0.6):
        return phrasing.pick(
            f"that are {word}", f"which are {word}", f"where {column.phrase} is true"
        ), f"{name} = 1"
    return phrasing.pick(
        f"that are not {word}", f"which are not {word}", f"where {column.phrase} is false"
    ), f"{name} = 0"


def category(phrasing: Phrasing, column: Column, name: str) -> Condition:
    phrase, value, draw = column.phrase, text_value(phrasing, column), phrasing.rng.random()
    if draw < 0.62 or len(column.values) < 3:
        shown = phrasing.pick(value, value, f"'{value}'", f'"{value}"')
        words = phrasing.pick(
            f"with {phrase} {shown}",
            f"whose {phrase} is {shown}",
            f"where the {phrase} is {shown}",
            f"having {phrase} {shown}",
        )
        return words, f"{name} = {quoted(value)}"
    if draw < 0.76:
        words = phrasing.pick(
            f"whose {phrase} is not {value}",
            f"with a {phrase} other than {value}",
            f"where {phrase} differs from {value}",
        )
        return words, f"{name} <> {quoted(value)}"
    one, two = phrasing.rng.sample(column.values, 2)
    listed = f"({quoted(one)}, {quoted(two)})"
    if draw < 0.93:
        words = phrasing.pick(
            f"whose {phrase} is {one} or {two}",
            f"with {phrase} in {one}, {two}",
            f"with {phrase} either {one} or {two}",
        )
        return words, f"{name} IN {listed}"
    return phrasing.pick(
        f"whose {phrase} is neither {one} nor {two}", f"with {phrase} not in {one}, {two}"
    ), f"{name} NOT IN {listed}"


def text(phrasing: Phrasing, column: Column, name: str) -> Condition:
    phrase, value, draw = column.phrase, text_value(phrasing, column), phrasing.rng.random()
    if draw < 0.4:
        words = phrasing.pick(
            f"whose {phrase} is '{value}'",
            f"with {phrase} {value}",
            f"where {phrase} equals '{value}'",
        )
        return words, f"{name} = {quoted(value)}"
    if draw < 0.65:
        part = phrasing.pick(value.split()[0], value[:3].strip(), value.split()[-1])
        words = phrasing.pick(
            f"whose {phrase} contains '{part}'",
            f"with '{part}' in the {phrase}",
            f'where the {phrase} includes "{part}"',
        )
        return words, f"{name} LIKE {quoted('%' + part + '%')}"
    if draw < 0.87:
        part = value[: phrasing.rng.randint(1, 3)].strip()
        return phrasing.pick(
            f"whose {phrase} starts with '{part}'", f"with a {phrase} beginning with {part}"
        ), f"{name} LIKE {quoted(part + '%')}"
    part = phrasing.pick(value.split()[-1], value[-3:].strip())
    return phrasing.pick(
        f"whose {phrase} ends with '{part}'", f"with a {phrase} ending in '{part}'"
    ), f"{name} LIKE {quoted('%' + part)}"


def number(phrasing: Phrasing, column: Column, name: str) -> Condition:
    phrase, value = column.phrase, number_value(phrasing, column)
    low, high = sorted((value, number_value(phrasing, column)))
    if low < high and phrasing.chance(0.2):
        words = phrasing.pick(
            f"with {phrase} between {low} and {high}",
            f"whose {phrase} is between {low} and {high}",
            f"with a {phrase} from {low} to {high}",
        )
        return words, f"{name} BETWEEN {low} AND {high}"
    signs = NUMBER_SIGNS + (WHOLE_NUMBER_SIGNS if column.kind == "i" else ())
    sign, spellings = phrasing.rng.choice(signs)
    word = phrasing.rng.choice(spellings)
    wording = phrasing.pick(
        f"with {phrase} {word} {value}",
        f"whose {phrase} is {word} {value}",
        f"where the {phrase} is {word} {value}",
    )
    return wording, f"{name} {sign} {value}"


def year(phrasing: Phrasing, column: Column, name: str) -> Condition:
    value = phrasing.rng.randint(1950, 2024)
    word, sign = phrasing.pick(("after", ">"), ("before", "<"), ("in", "="), ("since", ">="))
    plain = (
        f"with {column.phrase} {value}" if word == "in" else f"with {column.phrase} {word} {value}"
    )
    verb = column.base.split("_")[0]
    return phrasing.pick(
        f"{verb} {word} {value}", plain
    ) if verb != "since" else plain, f"{name} {sign} {value}"


def moment(column: Column) -> str:
    """The words before a date: "installed" for installed_on, "with a due date" becomes "with
    due date"."""
    found = re.fullmatch(r"(\w+?)_(on|at)", column.base)
    return (
        found[1].replace("_", " ")
        if found and found[1] not in ("due", "starts", "last_seen", "expires")
        else f"with {column.phrase}"
    )


def date(phrasing: Phrasing, column: Column, name: str) -> Condition:
    verb, value, span = (
        moment(column),
        day(phrasing),
        f"date({name})" if column.kind == "s" else name,
    )
    a, b = sorted((value, day(phrasing)))
    in_year = phrasing.rng.randint(2015, 2025)
    kind = phrasing.rng.choices(
        ("after", "before", "since", "year", "month", "quarter", "last", "between"),
        (16, 16, 8, 18, 12, 12, 8, 10),
    )[0]
    if kind == "after":
        return f"{verb} after {value}", f"{span} > {quoted(value)}"
    if kind == "before":
        return f"{verb} before {value}", f"{name} < {quoted(value)}"
    if kind == "since":
        return phrasing.pick(
            f"{verb} on or after {value}", f"{verb} since {value}", f"{verb} from {value} on"
        ), f"{name} >= {quoted(value)}"
    if kind == "year":
        words = phrasing.pick(
            f"{verb} in {in_year}", f"{verb} during {in_year}", f"{verb} in the year {in_year}"
        )
        return words, f"strftime('%Y', {name}) = '{in_year}'"
    if kind == "month":
        month = phrasing.rng.randint(1, 12)
        words = phrasing.pick(
            f"{verb} in {calendar.month_name[month]} {in_year}", f"{verb} in {in_year}-{month:02d}"
        )
        return words, f"strftime('%Y-%m', {name}) = '{in_year}-{month:02d}'"
    if kind == "quarter":
        number_of = phrasing.rng.randint(1, 4)
        ordinal, first, last = QUARTERS[number_of - 1]
        words = phrasing.pick(
            f"Q{number_of} {in_year}",
            f"the {ordinal} quarter of {in_year}",
            f"quarter {number_of} of {in_year}",
        )
        return f"{verb} in {words}", f"{span} BETWEEN '{in_year}-{first}' AND '{in_year}-{last}'"
    if kind == "last":
        days = phrasing.pick(7, 14, 30, 60, 90, 365)
        return phrasing.pick(
            f"{verb} in the last {days} days", f"{verb} within the past {days} days"
        ), f"{name} >= date('now', '-{days} days')"
    return f"{verb} between {a} and {b}", f"{span} BETWEEN '{a}' AND '{b}'"


CONDITIONS = {
    "b": flag,
    "c": category,
    "n": text,
    "f": text,
    "t": text,
    "p": text,
    "i": number,
    "r": number,
    "m": number,
    "y": year,
    "d": date,
    "s": date,
}
