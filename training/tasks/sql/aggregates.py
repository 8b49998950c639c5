"""Questions about one table: lists, counts, aggregates, groups, distinct values. The kinds are
registered as registry.py says."""

from .conditions import both, clause, condition_without
from .phrasing import NUMERIC, Phrasing, listed
from .registry import Answer, question
from .schema import Schema, plural
from .values import number_value


@question("list", 12)
def rows(schema: Schema, phrasing: Phrasing) -> Answer | None:
    table = phrasing.rng.choice(schema.tables)
    columns = phrasing.columns(table)
    shown, of = (
        ", ".join(column.name for column in columns),
        f"the {phrasing.column_list(columns)} of",
    )
    if phrasing.chance(0.15):
        shown, of = "*", "all columns of" if phrasing.chance(0.3) else ""
    who = phrasing.pick("all ", "", "the ", "every ") if of else "all "
    words, condition = clause(both(phrasing, table) if phrasing.chance(0.85) else None)
    what, statement = (
        f"{of} {who}{table.word if who == 'every ' else table.many}{words}",
        f"SELECT {shown} FROM {table.name}{condition}",
    )
    order = phrasing.order(table)
    if order and phrasing.chance(0.4):
        what, statement = what + order[0], statement + order[1]
        if phrasing.chance(0.3):
            n = phrasing.pick(3, 5, 10, 20)
            what += phrasing.pick(
                f", first {n} only", f", limit {n}", f" and keep {n} rows", f", at most {n} rows"
            )
            statement += f" LIMIT {n}"
    return phrasing.ask(what.strip()), statement


@question("count", 6)
def count(schema: Schema, phrasing: Phrasing) -> Answer | None:
    table = phrasing.rng.choice(schema.tables)
    words, condition = clause(both(phrasing, table) if phrasing.chance(0.9) else None)
    return phrasing.count(table.many + words), f"SELECT COUNT(*) FROM {table.name}{condition}"


@question("aggregate", 6)
def aggregate(schema: Schema, phrasing: Phrasing) -> Answer | None:
    table = phrasing.rng.choice(schema.tables)
    columns = table.of(NUMERIC)
    if not columns:
        return None
    chosen = phrasing.rng.sample(columns, min(len(columns), 2 if phrasing.chance(0.2) else 1))
    found = [(*phrasing.aggregate(column), column) for column in chosen]
    if len(chosen) == 1 and phrasing.chance(0.15):
        three = ("MIN", "minimum"), ("MAX", "maximum"), ("AVG", "average")
        found = [(function, f"{word} {chosen[0].phrase}", chosen[0]) for function, word in three]
    words, condition = clause(both(phrasing, table) if phrasing.chance(0.7) else None)
    terms = listed([word for _, word, _ in found])
    shown = ", ".join(f"{function}({column.name})" for function, _, column in found)
    lead = phrasing.pick(
        f"What {'is' if len(found) == 1 else 'are'} the {terms} of",
        f"Compute the {terms} of",
        f"{terms} of",
        f"Find the {terms} over",
        f"Give the {terms} for",
    )
    return (
        f"{lead}{phrasing.pick(' all ', ' ', ' the ')}{table.many}{words}",
        f"SELECT {shown} FROM {table.name}{condition}",
    )


@question("group", 8)
def group(schema: Schema, phrasing: Phrasing) -> Answer | None:
    table = phrasing.rng.choice(schema.tables)
    groups, numbers = table.of("cb", nullable=False) + table.of("y"), table.of(NUMERIC)
    if not groups:
        return None
    column = phrasing.rng.choice(groups)
    words, condition = condition_without(phrasing, table, [column], 0.3)
    phrase = column.phrase
    each = phrasing.pick(
        f"for each {phrase}",
        f"per {phrase}",
        f"by {phrase}",
        f"grouped by {phrase}",
        f"in each {phrase}",
    )
    if numbers and phrasing.chance(0.5):
        number = phrasing.rng.choice(numbers)
        function, word = phrasing.aggregate(number)
        what, value = f"{word} of {table.many}{words} {each}", f"{function}({number.name})"
        lead = phrasing.pick("What is the ", "Show the ", "Get the ", "", "Report the ")
    else:
        what, value = f"{table.many}{words} {each}", "COUNT(*)"
        lead = phrasing.pick("How many ", "Count the ", "Number of ", "Count ")
    start = f"SELECT {column.name}, {value} FROM {table.name}{condition} GROUP BY {column.name}"
    if phrasing.chance(0.3):
        n, (sign, word) = (
            phrasing.pick(2, 3, 5, 10, 20),
            phrasing.pick((">", "more than"), (">=", "at least"), ("<", "fewer than")),
        )
        tail = phrasing.pick(
            f", but only where there are {word} {n} {table.many}",
            f", keeping groups with {word} {n} {table.many}",
            f", only for values with {word} {n} rows",
        )
        return lead + what + tail, f"{start} HAVING COUNT(*) {sign} {n}"
    if phrasing.chance(0.35):
        down = phrasing.chance(0.75)
        tail = (
            phrasing.pick(", highest first", ", sorted from high to low", ", largest value on top")
            if down
            else phrasing.pick(", lowest first", ", sorted ascending by the value")
        )
        return lead + what + tail, f"{start} ORDER BY {value}" + (" DESC" if down else "")
    return lead + what, start


@question("having", 3)
def having(schema: Schema, phrasing: Phrasing) -> Answer | None:
    table = phrasing.rng.choice(schema.tables)
    groups, numbers = table.of("c", nullable=False), table.of(NUMERIC)
    if not groups:
        return None
    column, n = phrasing.rng.choice(groups), phrasing.pick(1, 2, 3, 5, 10, 25)
    single = phrasing.chance(0.33)
    which = (
        f"List every {column.phrase} that"
        if single
        else phrasing.pick(f"Which {plural(column.phrase)}", f"{plural(column.phrase)} that")
    )
    start = f"SELECT {column.name} FROM {table.name} GROUP BY {column.name} HAVING"
    if numbers and phrasing.chance(0.5):
        number = phrasing.rng.choice(numbers)
        function, word = phrasing.pick(
            ("AVG", "an average"), ("SUM", "a total"), ("MAX", "a maximum")
        )
        value = number_value(phrasing, number)
        over = phrasing.pick("the ", "all ", "") + table.many
        return (
            f"{which} {'has' if single else 'have'} {word} {number.phrase} above {value} over "
            f"{over}",
            f"{start} {function}({number.name}) > {value}",
        )
    often = (
        f"{phrasing.pick('for', 'in')} more than {n} {table.many}"
        if n > 1
        else f"more than once among {table.many}"
    )
    return f"{which} {'occurs' if single else 'occur'} {often}", f"{start} COUNT(*) > {n}"


@question("distinct", 4)
def distinct(schema: Schema, phrasing: Phrasing) -> Answer | None:
    table = phrasing.rng.choice(schema.tables)
    columns = table.of("cyp")
    if not columns:
        return None
    column = phrasing.rng.choice(columns)
    words, condition = condition_without(phrasing, table, [column], 0.4)
    many, of = plural(column.phrase), f"of {table.many}{words}"
    if phrasing.chance(0.4):
        question_text = phrasing.pick(
            f"How many different {many} do {table.many}{words} have",
            f"Count the distinct {many} {of}",
            f"Number of unique {many} among {table.many}{words}",
        )
        return question_text, f"SELECT COUNT(DISTINCT {column.name}) FROM {table.name}{condition}"
    ordered = phrasing.chance(0.3)
    what = phrasing.pick(
        f"the distinct {many} {of}",
        f"all different {many} {of}",
        f"every unique {column.phrase} {of}",
    )
    return phrasing.ask(what) + (
        ", sorted" if ordered else ""
    ), f"SELECT DISTINCT {column.name} FROM {table.name}{condition}" + (
        f" ORDER BY {column.name}" if ordered else ""
    )
