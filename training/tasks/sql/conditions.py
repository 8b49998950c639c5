"""Conditions of a WHERE clause with the words for them: "installed in 2021" and strftime('%Y',
installed_on) = '2021'.

`where(voice, table, prefix)` draws one for a random column; `both` sometimes joins two by AND or
OR. Every kind of column has its function in CONDITIONS, (voice, column, name in SQL) -> (words,
condition). Values are made up here, from the ranges and lists of the domain.
"""

import calendar
import re

FIRST = [
    "Ana",
    "Bo",
    "Carla",
    "Dmitri",
    "Elif",
    "Femi",
    "Greta",
    "Hugo",
    "Ines",
    "Jonas",
    "Kaya",
    "Luis",
    "Mira",
    "Noor",
    "Otto",
    "Priya",
    "Quinn",
    "Rosa",
    "Sven",
    "Tariq",
    "Uma",
    "Vera",
    "Wei",
    "Yusuf",
    "Zoe",
]
LAST = [
    "Almeida",
    "Berg",
    "Castro",
    "Dubois",
    "Eriksen",
    "Farah",
    "Gomez",
    "Haddad",
    "Ito",
    "Jansen",
    "Kovacs",
    "Lindqvist",
    "Moreau",
    "Nakamura",
    "Okafor",
    "Petrov",
    "Quist",
    "Rossi",
    "Tanaka",
]
PLACE = [
    "Northgate",
    "Willowbrook",
    "Ashford",
    "Redhill",
    "Stonebridge",
    "Lakeview",
    "Millbank",
    "Foxglove",
    "Harborside",
    "Kingsway",
    "Larkfield",
    "Oakridge",
    "Pinewood",
    "Riverside",
    "Saltmarsh",
    "Thornbury",
    "Underhill",
    "Westfall",
    "Amber",
    "Cobalt",
    "Juniper",
    "Marigold",
    "Orion",
    "Polaris",
    "Sable",
    "Tamarind",
    "Vesper",
    "Zephyr",
]
TITLE = [
    "Silver Lining",
    "Blue Hour",
    "Second Draft",
    "Open Water",
    "Quiet Storm",
    "Red Door",
    "Long Road",
    "Hidden Valley",
    "First Light",
    "Paper Moon",
    "Iron Gate",
    "Slow Tide",
    "Winter Garden",
    "Night Shift",
    "Broken Compass",
    "Little Wing",
    "Green Line",
    "High Plains",
    "Stone Soup",
    "Copper Wire",
]
NUMBER_SIGNS = (
    (">", ("more than", "above", "greater than", "over", ">")),
    ("<", ("less than", "below", "under", "smaller than", "<")),
    (">=", ("at least", "no less than", ">=", "of at least")),
    ("<=", ("at most", "no more than", "<=", "not above")),
)
QUARTERS = (
    ("first", "01-01", "03-31"),
    ("second", "04-01", "06-30"),
    ("third", "07-01", "09-30"),
    ("fourth", "10-01", "12-31"),
)
NULL = 0.6  # of the conditions on columns that allow it ask for NULL or its absence


def where(voice, table, prefix="", kinds="nftcpirmdsby"):
    """(words, condition) or None where no column is of the kinds."""
    columns = table.of(kinds)
    if not columns:
        return None
    column = voice.rng.choice(columns)
    find = absence if column.nullable and voice.chance(NULL) else CONDITIONS[column.kind]
    if column is table.label() and column.kind in "nf" and voice.chance(0.25):
        find = named
    return find(voice, column, prefix + column.name)


def both(voice, table, prefix="", second=0.25):
    """One condition or, about different columns, two."""
    one = where(voice, table, prefix)
    two = where(voice, table, prefix) if one and voice.chance(second) else None
    if not two or columns_in(table, one[1]) & columns_in(table, two[1]):
        return one
    if voice.chance(0.8):
        return f"{one[0]} and {two[0]}", f"{one[1]} AND {two[1]}"
    return f"{one[0]} or {two[0]}", f"{one[1]} OR {two[1]}"


def columns_in(table, condition):
    bare = re.sub(r"'[^']*'", "", condition)
    return {column.name for column in table.columns if re.search(rf"\b{column.name}\b", bare)}


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


# ---------------------------------------------------------------- values
def text_value(voice, column):
    rng = voice.rng
    return {
        "n": lambda: rng.choice(PLACE),
        "f": lambda: f"{rng.choice(FIRST)} {rng.choice(LAST)}",
        "t": lambda: rng.choice(TITLE),
        "e": lambda: f"{rng.choice(FIRST).lower()}@example.org",
        "c": lambda: rng.choice(column.values),
        "p": lambda: f"{rng.choice('ABCDKRTX')}{rng.choice('ABCDKRTX')}-{rng.randint(10, 999)}",
    }[column.kind]()


def number_value(voice, column):
    """A number from the column's range, round where it is large."""
    value = voice.rng.uniform(column.low, column.high)
    if column.kind == "i" or column.high > 60:
        value = (
            round(value, -2) if value > 1000 else round(value, -1) if value > 100 else round(value)
        )
        return int(max(value, column.low))
    return round(value, 1) if voice.chance(0.6) else max(1, round(value))


def day(voice) -> str:
    return f"{voice.rng.randint(2015, 2025)}-{voice.rng.randint(1, 12):02d}-{voice.rng.randint(1, 28):02d}"


# ---------------------------------------------------------------- a function for each kind of column
def absence(voice, column, name):
    phrase, a = column.phrase, "" if column.phrase.endswith("s") else "a "
    if voice.chance(0.5):
        words = voice.pick(
            f"without {a}{phrase}",
            f"that have no {phrase}",
            f"where the {phrase} is missing",
            f"with no {phrase} set",
        )
        return words, f"{name} IS NULL"
    return voice.pick(
        f"that have {a}{phrase}", f"with {a}known {phrase}", f"where the {phrase} is set"
    ), f"{name} IS NOT NULL"


def named(voice, column, name):
    value = text_value(voice, column)
    return voice.pick(
        f"named {value}", f"called '{value}'", f"named '{value}'"
    ), f"{name} = {quoted(value)}"


def flag(voice, column, name):
    word = re.sub(r"^is ", "", column.base.replace("_", " "))
    if voice.chance(0.6):
        return voice.pick(
            f"that are {word}", f"which are {word}", f"where {column.phrase} is true"
        ), f"{name} = 1"
    return voice.pick(
        f"that are not {word}", f"which are not {word}", f"where {column.phrase} is false"
    ), f"{name} = 0"


def category(voice, column, name):
    phrase, value, draw = column.phrase, text_value(voice, column), voice.rng.random()
    if draw < 0.62 or len(column.values) < 3:
        shown = voice.pick(value, value, f"'{value}'", f'"{value}"')
        words = voice.pick(
            f"with {phrase} {shown}",
            f"whose {phrase} is {shown}",
            f"where the {phrase} is {shown}",
            f"having {phrase} {shown}",
        )
        return words, f"{name} = {quoted(value)}"
    if draw < 0.76:
        words = voice.pick(
            f"whose {phrase} is not {value}",
            f"with a {phrase} other than {value}",
            f"where {phrase} differs from {value}",
        )
        return words, f"{name} <> {quoted(value)}"
    one, two = voice.rng.sample(column.values, 2)
    listed = f"({quoted(one)}, {quoted(two)})"
    if draw < 0.93:
        words = voice.pick(
            f"whose {phrase} is {one} or {two}",
            f"with {phrase} in {one}, {two}",
            f"with {phrase} either {one} or {two}",
        )
        return words, f"{name} IN {listed}"
    return voice.pick(
        f"whose {phrase} is neither {one} nor {two}", f"with {phrase} not in {one}, {two}"
    ), f"{name} NOT IN {listed}"


def text(voice, column, name):
    phrase, value, draw = column.phrase, text_value(voice, column), voice.rng.random()
    if draw < 0.4:
        words = voice.pick(
            f"whose {phrase} is '{value}'",
            f"with {phrase} {value}",
            f"where {phrase} equals '{value}'",
        )
        return words, f"{name} = {quoted(value)}"
    if draw < 0.65:
        part = voice.pick(value.split()[0], value[:3].strip(), value.split()[-1])
        words = voice.pick(
            f"whose {phrase} contains '{part}'",
            f"with '{part}' in the {phrase}",
            f'where the {phrase} includes "{part}"',
        )
        return words, f"{name} LIKE {quoted('%' + part + '%')}"
    if draw < 0.87:
        part = value[: voice.rng.randint(1, 3)].strip()
        return voice.pick(
            f"whose {phrase} starts with '{part}'", f"with a {phrase} beginning with {part}"
        ), f"{name} LIKE {quoted(part + '%')}"
    part = voice.pick(value.split()[-1], value[-3:].strip())
    return voice.pick(
        f"whose {phrase} ends with '{part}'", f"with a {phrase} ending in '{part}'"
    ), f"{name} LIKE {quoted('%' + part)}"


def number(voice, column, name):
    phrase, value = column.phrase, number_value(voice, column)
    low, high = sorted((value, number_value(voice, column)))
    if low < high and voice.chance(0.2):
        words = voice.pick(
            f"with {phrase} between {low} and {high}",
            f"whose {phrase} is between {low} and {high}",
            f"with a {phrase} from {low} to {high}",
        )
        return words, f"{name} BETWEEN {low} AND {high}"
    signs = NUMBER_SIGNS + (
        (("=", ("exactly", "equal to", "of exactly")),) if column.kind == "i" else ()
    )
    sign, words = voice.rng.choice(signs)
    word = voice.rng.choice(words)
    said = voice.pick(
        f"with {phrase} {word} {value}",
        f"whose {phrase} is {word} {value}",
        f"where the {phrase} is {word} {value}",
    )
    return said, f"{name} {sign} {value}"


def year(voice, column, name):
    value = voice.rng.randint(1950, 2024)
    word, sign = voice.pick(("after", ">"), ("before", "<"), ("in", "="), ("since", ">="))
    plain = (
        f"with {column.phrase} {value}" if word == "in" else f"with {column.phrase} {word} {value}"
    )
    verb = column.base.split("_")[0]
    return voice.pick(
        f"{verb} {word} {value}", plain
    ) if verb != "since" else plain, f"{name} {sign} {value}"


def moment(column):
    """The words in front of a date: "installed" for installed_on, "with a due date" becomes "with
    due date"."""
    found = re.fullmatch(r"(\w+?)_(on|at)", column.base)
    return (
        found[1].replace("_", " ")
        if found and found[1] not in ("due", "starts", "last_seen", "expires")
        else f"with {column.phrase}"
    )


def date(voice, column, name):
    verb, value, span = moment(column), day(voice), f"date({name})" if column.kind == "s" else name
    a, b = sorted((value, day(voice)))
    in_year = voice.rng.randint(2015, 2025)
    kind = voice.rng.choices(
        ("after", "before", "since", "year", "month", "quarter", "last", "between"),
        (16, 16, 8, 18, 12, 12, 8, 10),
    )[0]
    if kind == "after":
        return f"{verb} after {value}", f"{span} > {quoted(value)}"
    if kind == "before":
        return f"{verb} before {value}", f"{name} < {quoted(value)}"
    if kind == "since":
        return voice.pick(
            f"{verb} on or after {value}", f"{verb} since {value}", f"{verb} from {value} on"
        ), f"{name} >= {quoted(value)}"
    if kind == "year":
        words = voice.pick(
            f"{verb} in {in_year}", f"{verb} during {in_year}", f"{verb} in the year {in_year}"
        )
        return words, f"strftime('%Y', {name}) = '{in_year}'"
    if kind == "month":
        month = voice.rng.randint(1, 12)
        words = voice.pick(
            f"{verb} in {calendar.month_name[month]} {in_year}", f"{verb} in {in_year}-{month:02d}"
        )
        return words, f"strftime('%Y-%m', {name}) = '{in_year}-{month:02d}'"
    if kind == "quarter":
        number_of = voice.rng.randint(1, 4)
        ordinal, first, last = QUARTERS[number_of - 1]
        words = voice.pick(
            f"Q{number_of} {in_year}",
            f"the {ordinal} quarter of {in_year}",
            f"quarter {number_of} of {in_year}",
        )
        return f"{verb} in {words}", f"{span} BETWEEN '{in_year}-{first}' AND '{in_year}-{last}'"
    if kind == "last":
        days = voice.pick(7, 14, 30, 60, 90, 365)
        return voice.pick(
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
