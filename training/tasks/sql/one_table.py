"""Questions about one table: lists, counts, aggregates, groups, tops, dates. The kinds are
announced as registry.py says."""

import re

from .conditions import both, columns_in, moment, number_value, where
from .registry import question
from .schema import plural
from .voice import NUMERIC, listed

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
BEGINNINGS = (
    "started",
    "opened",
    "loaned",
    "shipped",
    "created",
    "accepted",
    "launched",
    "departed",
    "check_in",
    "issued",
    "joined",
    "sown",
)
ENDINGS = (
    "finished",
    "resolved",
    "returned",
    "picked",
    "solved",
    "delivered",
    "ended",
    "arrived",
    "due",
    "churned",
    "check_out",
    "closed",
    "expires",
    "retired",
)


def clause(found):
    """(words with a blank in front, WHERE clause) of a condition, empty for none."""
    return (f" {found[0]}", f" WHERE {found[1]}") if found else ("", "")


def condition_without(voice, table, columns, share):
    """At most one condition, about none of the columns."""
    found = where(voice, table) if voice.chance(share) else None
    return clause(
        None
        if found and columns_in(table, found[1]) & {column.name for column in columns}
        else found
    )


@question("list", 12)
def rows(schema, voice):
    table = voice.rng.choice(schema.tables)
    columns = voice.columns(table)
    shown, of = ", ".join(column.name for column in columns), f"the {voice.said(columns)} of"
    if voice.chance(0.15):
        shown, of = "*", "all columns of" if voice.chance(0.3) else ""
    who = voice.pick("all ", "", "the ", "every ") if of else "all "
    words, condition = clause(both(voice, table) if voice.chance(0.85) else None)
    what, statement = (
        f"{of} {who}{table.word if who == 'every ' else table.many}{words}",
        f"SELECT {shown} FROM {table.name}{condition}",
    )
    order = voice.order(table)
    if order and voice.chance(0.4):
        what, statement = what + order[0], statement + order[1]
        if voice.chance(0.3):
            n = voice.pick(3, 5, 10, 20)
            what += voice.pick(
                f", first {n} only", f", limit {n}", f" and keep {n} rows", f", at most {n} rows"
            )
            statement += f" LIMIT {n}"
    return voice.ask(what.strip()), statement


@question("count", 6)
def count(schema, voice):
    table = voice.rng.choice(schema.tables)
    words, condition = clause(both(voice, table) if voice.chance(0.9) else None)
    return voice.count(table.many + words), f"SELECT COUNT(*) FROM {table.name}{condition}"


@question("aggregate", 6)
def aggregate(schema, voice):
    table = voice.rng.choice(schema.tables)
    columns = table.of(NUMERIC)
    if not columns:
        return None
    chosen = voice.rng.sample(columns, min(len(columns), 2 if voice.chance(0.2) else 1))
    found = [(*voice.aggregate(column), column) for column in chosen]
    if len(chosen) == 1 and voice.chance(0.15):
        three = ("MIN", "minimum"), ("MAX", "maximum"), ("AVG", "average")
        found = [(function, f"{word} {chosen[0].phrase}", chosen[0]) for function, word in three]
    words, condition = clause(both(voice, table) if voice.chance(0.7) else None)
    said = listed([word for _, word, _ in found])
    shown = ", ".join(f"{function}({column.name})" for function, _, column in found)
    lead = voice.pick(
        f"What {'is' if len(found) == 1 else 'are'} the {said} of",
        f"Compute the {said} of",
        f"{said} of",
        f"Find the {said} over",
        f"Give the {said} for",
    )
    return (
        f"{lead}{voice.pick(' all ', ' ', ' the ')}{table.many}{words}",
        f"SELECT {shown} FROM {table.name}{condition}",
    )


@question("group", 8)
def group(schema, voice):
    table = voice.rng.choice(schema.tables)
    groups, numbers = table.of("cb", nullable=False) + table.of("y"), table.of(NUMERIC)
    if not groups:
        return None
    column = voice.rng.choice(groups)
    words, condition = condition_without(voice, table, [column], 0.3)
    phrase = column.phrase
    each = voice.pick(
        f"for each {phrase}",
        f"per {phrase}",
        f"by {phrase}",
        f"grouped by {phrase}",
        f"in each {phrase}",
    )
    if numbers and voice.chance(0.5):
        number = voice.rng.choice(numbers)
        function, word = voice.aggregate(number)
        what, value = f"{word} of {table.many}{words} {each}", f"{function}({number.name})"
        lead = voice.pick("What is the ", "Show the ", "Get the ", "", "Report the ")
    else:
        what, value = f"{table.many}{words} {each}", "COUNT(*)"
        lead = voice.pick("How many ", "Count the ", "Number of ", "Count ")
    start = f"SELECT {column.name}, {value} FROM {table.name}{condition} GROUP BY {column.name}"
    if voice.chance(0.3):
        n, (sign, word) = (
            voice.pick(2, 3, 5, 10, 20),
            voice.pick((">", "more than"), (">=", "at least"), ("<", "fewer than")),
        )
        tail = voice.pick(
            f", but only where there are {word} {n} {table.many}",
            f", keeping groups with {word} {n} {table.many}",
            f", only for values with {word} {n} rows",
        )
        return lead + what + tail, f"{start} HAVING COUNT(*) {sign} {n}"
    if voice.chance(0.35):
        down = voice.chance(0.75)
        tail = (
            voice.pick(", highest first", ", sorted from high to low", ", largest value on top")
            if down
            else voice.pick(", lowest first", ", sorted ascending by the value")
        )
        return lead + what + tail, f"{start} ORDER BY {value}" + (" DESC" if down else "")
    return lead + what, start


@question("having", 3)
def having(schema, voice):
    table = voice.rng.choice(schema.tables)
    groups, numbers = table.of("c", nullable=False), table.of(NUMERIC)
    if not groups:
        return None
    column, n = voice.rng.choice(groups), voice.pick(1, 2, 3, 5, 10, 25)
    single = voice.chance(0.33)
    which = (
        f"List every {column.phrase} that"
        if single
        else voice.pick(f"Which {plural(column.phrase)}", f"{plural(column.phrase)} that")
    )
    start = f"SELECT {column.name} FROM {table.name} GROUP BY {column.name} HAVING"
    if numbers and voice.chance(0.5):
        number = voice.rng.choice(numbers)
        function, word = voice.pick(("AVG", "an average"), ("SUM", "a total"), ("MAX", "a maximum"))
        value = number_value(voice, number)
        over = voice.pick("the ", "all ", "") + table.many
        return (
            f"{which} {'has' if single else 'have'} {word} {number.phrase} above {value} over {over}",
            f"{start} {function}({number.name}) > {value}",
        )
    often = (
        f"{voice.pick('for', 'in')} more than {n} {table.many}"
        if n > 1
        else f"more than once among {table.many}"
    )
    return f"{which} {'occurs' if single else 'occur'} {often}", f"{start} COUNT(*) > {n}"


@question("distinct", 4)
def distinct(schema, voice):
    table = voice.rng.choice(schema.tables)
    columns = table.of("cyp")
    if not columns:
        return None
    column = voice.rng.choice(columns)
    words, condition = condition_without(voice, table, [column], 0.4)
    many, of = plural(column.phrase), f"of {table.many}{words}"
    if voice.chance(0.4):
        question_text = voice.pick(
            f"How many different {many} do {table.many}{words} have",
            f"Count the distinct {many} {of}",
            f"Number of unique {many} among {table.many}{words}",
        )
        return question_text, f"SELECT COUNT(DISTINCT {column.name}) FROM {table.name}{condition}"
    ordered = voice.chance(0.3)
    what = voice.pick(
        f"the distinct {many} {of}",
        f"all different {many} {of}",
        f"every unique {column.phrase} {of}",
    )
    return voice.ask(what) + (
        ", sorted" if ordered else ""
    ), f"SELECT DISTINCT {column.name} FROM {table.name}{condition}" + (
        f" ORDER BY {column.name}" if ordered else ""
    )


@question("top", 8)
def top(schema, voice):
    table = voice.rng.choice(schema.tables)
    columns, label = table.of(NUMERIC + "yds", nullable=False), table.label()
    columns = [column for column in columns if column is not label]
    if not columns or not label:
        return None
    column, n, up = voice.rng.choice(columns), voice.pick(1, 1, 2, 3, 5, 10), voice.chance(0.65)
    most = SUPERLATIVES.get(
        column.kind,
        (voice.pick("highest", "largest", "greatest"), voice.pick("lowest", "smallest")),
    )[0 if up else 1]
    words, condition = condition_without(voice, table, [column, label], 0.3)
    too = voice.chance(0.3)
    shown, said = (
        label.name + (f", {column.name}" if too else ""),
        label.phrase + (f" and {column.phrase}" if too else ""),
    )
    if n == 1 and voice.chance(0.4):
        best = f"{column.name} = (SELECT {'MAX' if up else 'MIN'}({column.name}) FROM {table.name}{condition})"
        what = voice.pick(
            f"{said} of every {table.word}{words} that has the {most} {column.phrase}",
            f"Which {table.many}{words} have the {most} {column.phrase}? Give the {said}",
            f"Find the {said} of the {table.many}{words} whose {column.phrase} is the {most}, including ties",
        )
        return what, f"SELECT {shown} FROM {table.name} WHERE {best}" + condition.replace(
            " WHERE ", " AND ", 1
        )
    statement = f"SELECT {shown} FROM {table.name}{condition} ORDER BY {column.name}{' DESC' if up else ''} LIMIT {n}"
    if n == 1:
        is_are = "are" if too else "is"
        return voice.pick(
            f"What {is_are} the {said} of the {table.word}{words} with the {most} {column.phrase}",
            f"{table.word}{words} with the {most} {column.phrase}: show {said}",
            f"Give the {said} of the one {table.word}{words} with the {most} {column.phrase}",
        ), statement
    return voice.pick(
        f"{'Top' if up else 'Bottom'} {n} {table.many}{words} by {column.phrase}: {said}",
        f"Show the {said} of the {n} {table.many}{words} with the {most} {column.phrase}",
        f"List the {said} of the {n} {table.many}{words} having the {most} {column.phrase}",
    ), statement


@question("above_average", 2)
def above_average(schema, voice):
    table = voice.rng.choice(schema.tables)
    columns, label = table.of(NUMERIC), table.label()
    if not columns or not label:
        return None
    column, up = voice.rng.choice(columns), voice.chance(0.6)
    word, sign = ("above", ">") if up else ("below", "<")
    what = voice.pick(
        f"{table.many} with {column.phrase} {word} average",
        f"{table.many} whose {column.phrase} is {word} the average {column.phrase}",
        f"each {table.word} with {'more' if up else 'less'} {column.phrase} than the average",
    )
    return (
        voice.ask(f"the {label.phrase} of {what}"),
        f"SELECT {label.name} FROM {table.name} WHERE {column.name} {sign} (SELECT AVG({column.name}) FROM {table.name})",
    )


@question("date_group", 7)
def by_date(schema, voice):
    table = voice.rng.choice(schema.tables)
    dates, numbers = table.of("ds", nullable=False), table.of(NUMERIC)
    if not dates:
        return None
    column, unit = (
        voice.rng.choice(dates),
        voice.pick("year", "quarter", "month", "month", "quarter", "weekday"),
    )
    year = voice.rng.randint(2015, 2025) if unit != "year" and voice.chance(0.6) else None
    verb, value = moment(column), "COUNT(*)"
    what = voice.pick(
        f"How many {table.many} were {verb}",
        f"Count the {table.many} {verb}",
        f"Number of {table.many} {verb}",
    )
    if verb.startswith("with"):
        what = voice.pick(
            f"How many {table.many} are there by {column.phrase}",
            f"Count the {table.many} by {column.phrase}",
        )
    if numbers and voice.chance(0.45):
        number = voice.rng.choice(numbers)
        function, word = voice.aggregate(number)
        value, what = (
            f"{function}({number.name})",
            voice.pick("Show the ", "What is the ", "")
            + f"{word} of {table.many} by {column.phrase}",
        )
    what += voice.pick(
        f" per {unit}", f" in each {unit}", f" for every {unit}", f", grouped by {unit}"
    )
    what += voice.pick(f" of {year}", f" in {year}") if year else ""
    key = UNITS[unit].format(column.name).replace("'%Y-%m'", "'%m'" if year else "'%Y-%m'")
    if unit == "quarter" and not year:
        return (
            what + " and year",
            f"SELECT strftime('%Y', {column.name}) AS year, {key} AS quarter, {value} FROM {table.name} "
            "GROUP BY year, quarter ORDER BY year, quarter",
        )
    alias = unit + ("_no" if unit in {known.name for known in table.columns} else "")
    condition = f" WHERE strftime('%Y', {column.name}) = '{year}'" if year else ""
    return (
        what,
        f"SELECT {key} AS {alias}, {value} FROM {table.name}{condition} GROUP BY {alias} ORDER BY {alias}",
    )


@question("top_per_group", 2)
def top_per_group(schema, voice):
    table = voice.rng.choice(schema.tables)
    groups, numbers, label = (
        table.of("c", nullable=False),
        table.of(NUMERIC, nullable=False),
        table.label(),
    )
    if not groups or not numbers or not label or label in groups:
        return None
    column, number, n, up = (
        voice.rng.choice(groups),
        voice.rng.choice(numbers),
        voice.pick(1, 2, 3, 5),
        voice.chance(0.8),
    )
    some = table.many if n > 1 else table.word
    what = voice.pick(
        f"{'Top' if up else 'Bottom'} {n} {some} by {number.phrase} in each {column.phrase}",
        f"For every {column.phrase}, the {n} {some} with the {'highest' if up else 'lowest'} {number.phrase}",
    )
    shown = f"{column.name}, {label.name}, {number.name}"
    return (
        what,
        f"SELECT {shown} FROM (SELECT {shown}, ROW_NUMBER() OVER (PARTITION BY {column.name} ORDER BY {number.name}"
        f"{' DESC' if up else ''}) AS rn FROM {table.name}) WHERE rn <= {n}",
    )


@question("set", 1.2)
def sets(schema, voice):
    table = voice.rng.choice(schema.tables)
    label, one, two = table.label(), where(voice, table), where(voice, table)
    if not label or not one or not two or columns_in(table, one[1]) & columns_in(table, two[1]):
        return None
    sign, word, tail = voice.pick(
        ("UNION", "or", ", as one list without repeats"),
        ("INTERSECT", "and also", ""),
        ("EXCEPT", "but not those", ""),
    )
    return (
        voice.ask(f"the {label.phrase} of {table.many} {one[0]} {word} {two[0]}") + tail,
        f"SELECT {label.name} FROM {table.name} WHERE {one[1]} {sign} SELECT {label.name} FROM {table.name} WHERE {two[1]}",
    )


@question("share", 1.5)
def share(schema, voice):
    table = voice.rng.choice(schema.tables)
    found = where(voice, table, kinds="cb")
    if not found:
        return None
    what = voice.pick(
        f"What percentage of {table.many} are those {found[0]}",
        f"Percentage of {table.many} {found[0]}",
        f"Share of {table.many} {found[0]} in percent",
    )
    return (
        what,
        f"SELECT 100.0 * SUM(CASE WHEN {found[1]} THEN 1 ELSE 0 END) / COUNT(*) FROM {table.name}",
    )


@question("duration", 5)
def duration(schema, voice):
    table = voice.rng.choice(schema.tables)
    dates = table.of("ds")
    pairs = [
        (a, b)
        for a in dates
        for b in dates
        if re.match("|".join(BEGINNINGS), a.base) and re.match("|".join(ENDINGS), b.base)
    ]
    if not pairs:
        return None
    start, end = voice.rng.choice(pairs)
    days = f"julianday({end.name}) - julianday({start.name})"
    if voice.chance(0.5):
        what = voice.pick("What is the average number of days", "Average days")
        return (
            f"{what} between {start.phrase} and {end.phrase} of {table.many}",
            f"SELECT AVG({days}) FROM {table.name}",
        )
    label, n = table.label(), voice.pick(3, 7, 14, 30)
    took = f"{table.many} that took more than {n} days from {start.phrase} to {end.phrase}"
    return voice.ask(
        (f"the {label.phrase} of " if label else "all ") + took
    ), f"SELECT {label.name if label else '*'} FROM {table.name} WHERE {days} > {n}"
