"""Questions about one table that compare its rows: tops, averages, dates, sets, durations. The
kinds are registered as registry.py says."""

import re

from .conditions import columns_in, condition_without, moment, where
from .phrasing import NUMERIC, Phrasing
from .registry import Answer, question
from .schema import Schema

# The words for the last and the first of a column's kind.
SUPERLATIVES = {
    "d": ("most recent", "earliest"),
    "s": ("latest", "oldest"),
    "y": ("latest", "earliest"),
}
UNITS = {
    "year": "strftime('%Y', {})",
    "month": "strftime('%Y-%m', {})",
    "quarter": "(CAST(strftime('%m', {}) AS INTEGER) + 2) / 3",
    "weekday": "strftime('%w', {})",
}
BEGINNING = re.compile(
    "started|opened|loaned|shipped|created|accepted|launched|departed|check_in|issued|joined|sown"
)
ENDING = re.compile(
    "finished|resolved|returned|picked|solved|delivered|ended|arrived|due|churned|check_out|closed|"
    "expires|retired"
)


@question("top", 8)
def top(schema: Schema, phrasing: Phrasing) -> Answer | None:
    table = phrasing.rng.choice(schema.tables)
    columns, label = table.of(NUMERIC + "yds", nullable=False), table.label()
    columns = [column for column in columns if column is not label]
    if not columns or not label:
        return None
    column, n, up = (
        phrasing.rng.choice(columns),
        phrasing.pick(1, 1, 2, 3, 5, 10),
        phrasing.chance(0.65),
    )
    most = SUPERLATIVES.get(
        column.kind,
        (phrasing.pick("highest", "largest", "greatest"), phrasing.pick("lowest", "smallest")),
    )[0 if up else 1]
    words, condition = condition_without(phrasing, table, [column, label], 0.3)
    too = phrasing.chance(0.3)
    shown, terms = (
        label.name + (f", {column.name}" if too else ""),
        label.phrase + (f" and {column.phrase}" if too else ""),
    )
    if n == 1 and phrasing.chance(0.4):
        extreme = f"{'MAX' if up else 'MIN'}({column.name})"
        best = f"{column.name} = (SELECT {extreme} FROM {table.name}{condition})"
        what = phrasing.pick(
            f"{terms} of every {table.word}{words} that has the {most} {column.phrase}",
            f"Which {table.many}{words} have the {most} {column.phrase}? Give the {terms}",
            f"Find the {terms} of the {table.many}{words} whose {column.phrase} is the {most}, "
            "including ties",
        )
        return what, f"SELECT {shown} FROM {table.name} WHERE {best}" + condition.replace(
            " WHERE ", " AND ", 1
        )
    statement = (
        f"SELECT {shown} FROM {table.name}{condition} "
        f"ORDER BY {column.name}{' DESC' if up else ''} LIMIT {n}"
    )
    if n == 1:
        is_are = "are" if too else "is"
        return phrasing.pick(
            f"What {is_are} the {terms} of the {table.word}{words} with the {most} {column.phrase}",
            f"{table.word}{words} with the {most} {column.phrase}: show {terms}",
            f"Give the {terms} of the one {table.word}{words} with the {most} {column.phrase}",
        ), statement
    return phrasing.pick(
        f"{'Top' if up else 'Bottom'} {n} {table.many}{words} by {column.phrase}: {terms}",
        f"Show the {terms} of the {n} {table.many}{words} with the {most} {column.phrase}",
        f"List the {terms} of the {n} {table.many}{words} having the {most} {column.phrase}",
    ), statement


@question("above_average", 2)
def above_average(schema: Schema, phrasing: Phrasing) -> Answer | None:
    table = phrasing.rng.choice(schema.tables)
    columns, label = table.of(NUMERIC), table.label()
    if not columns or not label:
        return None
    column, up = phrasing.rng.choice(columns), phrasing.chance(0.6)
    word, sign = ("above", ">") if up else ("below", "<")
    what = phrasing.pick(
        f"{table.many} with {column.phrase} {word} average",
        f"{table.many} whose {column.phrase} is {word} the average {column.phrase}",
        f"each {table.word} with {'more' if up else 'less'} {column.phrase} than the average",
    )
    return (
        phrasing.ask(f"the {label.phrase} of {what}"),
        f"SELECT {label.name} FROM {table.name} WHERE {column.name} {sign} (SELECT "
        f"AVG({column.name}) FROM {table.name})",
    )


@question("date_group", 7)
def by_date(schema: Schema, phrasing: Phrasing) -> Answer | None:
    table = phrasing.rng.choice(schema.tables)
    dates, numbers = table.of("ds", nullable=False), table.of(NUMERIC)
    if not dates:
        return None
    column, unit = (
        phrasing.rng.choice(dates),
        phrasing.pick("year", "quarter", "month", "month", "quarter", "weekday"),
    )
    year = phrasing.rng.randint(2015, 2025) if unit != "year" and phrasing.chance(0.6) else None
    verb, value = moment(column), "COUNT(*)"
    what = phrasing.pick(
        f"How many {table.many} were {verb}",
        f"Count the {table.many} {verb}",
        f"Number of {table.many} {verb}",
    )
    if verb.startswith("with"):
        what = phrasing.pick(
            f"How many {table.many} are there by {column.phrase}",
            f"Count the {table.many} by {column.phrase}",
        )
    if numbers and phrasing.chance(0.45):
        number = phrasing.rng.choice(numbers)
        function, word = phrasing.aggregate(number)
        value, what = (
            f"{function}({number.name})",
            phrasing.pick("Show the ", "What is the ", "")
            + f"{word} of {table.many} by {column.phrase}",
        )
    what += phrasing.pick(
        f" per {unit}", f" in each {unit}", f" for every {unit}", f", grouped by {unit}"
    )
    what += phrasing.pick(f" of {year}", f" in {year}") if year else ""
    key = UNITS[unit].format(column.name).replace("'%Y-%m'", "'%m'" if year else "'%Y-%m'")
    if unit == "quarter" and not year:
        return (
            what + " and year",
            f"SELECT strftime('%Y', {column.name}) AS year, {key} AS quarter, {value} FROM "
            f"{table.name} "
            "GROUP BY year, quarter ORDER BY year, quarter",
        )
    alias = unit + ("_no" if unit in {known.name for known in table.columns} else "")
    condition = f" WHERE strftime('%Y', {column.name}) = '{year}'" if year else ""
    return (
        what,
        f"SELECT {key} AS {alias}, {value} FROM {table.name}{condition} GROUP BY {alias} ORDER BY "
        f"{alias}",
    )


@question("top_per_group", 2)
def top_per_group(schema: Schema, phrasing: Phrasing) -> Answer | None:
    table = phrasing.rng.choice(schema.tables)
    groups, numbers, label = (
        table.of("c", nullable=False),
        table.of(NUMERIC, nullable=False),
        table.label(),
    )
    if not groups or not numbers or not label or label in groups:
        return None
    column, number, n, up = (
        phrasing.rng.choice(groups),
        phrasing.rng.choice(numbers),
        phrasing.pick(1, 2, 3, 5),
        phrasing.chance(0.8),
    )
    some = table.many if n > 1 else table.word
    what = phrasing.pick(
        f"{'Top' if up else 'Bottom'} {n} {some} by {number.phrase} in each {column.phrase}",
        f"For every {column.phrase}, the {n} {some} with the {'highest' if up else 'lowest'} "
        f"{number.phrase}",
    )
    shown = f"{column.name}, {label.name}, {number.name}"
    return (
        what,
        f"SELECT {shown} FROM (SELECT {shown}, ROW_NUMBER() OVER (PARTITION BY {column.name} ORDER "
        f"BY {number.name}"
        f"{' DESC' if up else ''}) AS rn FROM {table.name}) WHERE rn <= {n}",
    )


@question("set", 1.2)
def sets(schema: Schema, phrasing: Phrasing) -> Answer | None:
    table = phrasing.rng.choice(schema.tables)
    label, one, two = table.label(), where(phrasing, table), where(phrasing, table)
    if not label or not one or not two or columns_in(table, one[1]) & columns_in(table, two[1]):
        return None
    sign, word, tail = phrasing.pick(
        ("UNION", "or", ", as one list without repeats"),
        ("INTERSECT", "and also", ""),
        ("EXCEPT", "but not those", ""),
    )
    return (
        phrasing.ask(f"the {label.phrase} of {table.many} {one[0]} {word} {two[0]}") + tail,
        f"SELECT {label.name} FROM {table.name} WHERE {one[1]} {sign} SELECT {label.name} FROM "
        f"{table.name} WHERE {two[1]}",
    )


@question("share", 1.5)
def share(schema: Schema, phrasing: Phrasing) -> Answer | None:
    table = phrasing.rng.choice(schema.tables)
    found = where(phrasing, table, kinds="cb")
    if not found:
        return None
    what = phrasing.pick(
        f"What percentage of {table.many} are those {found[0]}",
        f"Percentage of {table.many} {found[0]}",
        f"Share of {table.many} {found[0]} in percent",
    )
    return (
        what,
        f"SELECT 100.0 * SUM(CASE WHEN {found[1]} THEN 1 ELSE 0 END) / COUNT(*) FROM {table.name}",
    )


@question("duration", 5)
def duration(schema: Schema, phrasing: Phrasing) -> Answer | None:
    table = phrasing.rng.choice(schema.tables)
    dates = table.of("ds")
    pairs = [
        (a, b) for a in dates for b in dates if BEGINNING.match(a.base) and ENDING.match(b.base)
    ]
    if not pairs:
        return None
    start, end = phrasing.rng.choice(pairs)
    days = f"julianday({end.name}) - julianday({start.name})"
    if phrasing.chance(0.5):
        what = phrasing.pick("What is the average number of days", "Average days")
        return (
            f"{what} between {start.phrase} and {end.phrase} of {table.many}",
            f"SELECT AVG({days}) FROM {table.name}",
        )
    label, n = table.label(), phrasing.pick(3, 7, 14, 30)
    took = f"{table.many} that took more than {n} days from {start.phrase} to {end.phrase}"
    return phrasing.ask(
        (f"the {label.phrase} of " if label else "all ") + took
    ), f"SELECT {label.name if label else '*'} FROM {table.name} WHERE {days} > {n}"
