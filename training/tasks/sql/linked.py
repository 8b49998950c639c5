"""Questions about linked tables: joins with conditions, counts and aggregates on either side, rows
without partners, two joins. The kinds are registered as registry.py says. `child` points to
`parent`."""

from .conditions import both, clause, where
from .phrasing import NUMERIC, Phrasing
from .registry import Answer, question
from .schema import Schema, Table, plural
from .values import quoted, text_value

PRODUCTS = (("quantity", "unit_price"), ("seats_sold", "ticket_price"), ("quantity", "price"))
EXTREMES = ("highest", "lowest", "maximum", "minimum", "largest", "smallest")


def on(child: Table, a: str, parent: Table, b: str) -> str:
    return f"{a}.{child.keys[parent.base]} = {b}.{parent.id}"


def joined(child: Table, a: str, parent: Table, b: str) -> str:
    return f"FROM {child.name} AS {a} JOIN {parent.name} AS {b} ON {on(child, a, parent, b)}"


def link(schema: Schema, phrasing: Phrasing) -> tuple[Table, Table, str, str] | None:
    """(child, parent, alias of one, alias of the other), or None where no tables are linked."""
    if not schema.links:
        return None
    child, parent = phrasing.rng.choice(schema.links)
    a, b = phrasing.aliases(child, parent)
    return child, parent, a, b


@question("join_list", 14)
def list_with_parent(schema: Schema, phrasing: Phrasing) -> Answer | None:
    if not (found := link(schema, phrasing)):
        return None
    child, parent, a, b = found
    label, columns = parent.label(), phrasing.columns(child)
    shown = ", ".join(f"{a}.{column.name}" for column in columns)
    if label and phrasing.chance(0.55):
        words, condition = clause(where(phrasing, child, a + ".") if phrasing.chance(0.5) else None)
        order = phrasing.order(child, a + ".") if phrasing.chance(0.3) else None
        many = phrasing.pick(f"all {child.many}", child.many, f"each {child.word}")
        tail = phrasing.pick(
            f" together with the {parent.word} {label.phrase}",
            f", along with the {label.phrase} of their {parent.word}",
            f" and the {label.phrase} of the {parent.word}",
        )
        order_words, order_by = order or ("", "")
        return phrasing.ask(
            f"the {phrasing.column_list(columns)} of {many}{words}{tail}{order_words}"
        ), f"SELECT {shown}, {b}.{label.name} {joined(child, a, parent, b)}{condition}{order_by}"
    about = both(phrasing, parent, b + ".", second=0.1)
    if not about:
        return None
    which, condition = f"{parent.many} {about[0]}", about[1]
    if label and phrasing.chance(0.4):
        value = text_value(phrasing, label)
        which = phrasing.pick(
            f"{parent.word} {value}", f"the {parent.word} '{value}'", f'{parent.word} "{value}"'
        )
        condition = f"{b}.{label.name} = {quoted(value)}"
    order = phrasing.order(child, a + ".") if phrasing.chance(0.25) else None
    order_words, order_by = order or ("", "")
    of = phrasing.pick("of", "belonging to", "for")
    return phrasing.ask(
        f"the {phrasing.column_list(columns)} of {child.many} {of} {which}{order_words}"
    ), f"SELECT {shown} {joined(child, a, parent, b)} WHERE {condition}{order_by}"


@question("join_agg", 10)
def aggregate_of_children(schema: Schema, phrasing: Phrasing) -> Answer | None:
    if not (found := link(schema, phrasing)):
        return None
    child, parent, a, b = found
    numbers, condition = child.of(NUMERIC), both(phrasing, parent, b + ".", second=0.1)
    if not condition:
        return None
    tail = f"{joined(child, a, parent, b)} WHERE {condition[1]}"
    if numbers and phrasing.chance(0.5):
        number = phrasing.rng.choice(numbers)
        function, word = phrasing.aggregate(number)
        lead, of = (
            phrasing.pick("What is the ", "Compute the ", "Show the ", ""),
            phrasing.pick("of", "for", "belonging to"),
        )
        return (
            f"{lead}{word} of {child.many} {of} {parent.many} {condition[0]}",
            f"SELECT {function}({a}.{number.name}) {tail}",
        )
    return phrasing.count(
        f"{child.many} belonging to {parent.many} {condition[0]}"
    ), f"SELECT COUNT(*) {tail}"


def measure(child: Table, a: str, phrasing: Phrasing) -> tuple[str, str, str]:
    """(lead, words, expression): a number of rows or an aggregate over one column of the child."""
    numbers = child.of(NUMERIC)
    if not numbers or phrasing.chance(0.5):
        return (
            phrasing.pick("How many ", "Number of ", "Count the ", "Count "),
            child.many,
            "COUNT(*)",
        )
    number = phrasing.rng.choice(numbers)
    function, word = phrasing.aggregate(number)
    return (
        phrasing.pick("Show the ", "What is the ", "Get the ", ""),
        f"{word} of {child.many}",
        f"{function}({a}.{number.name})",
    )


@question("join_group", 9)
def per_parent(schema: Schema, phrasing: Phrasing) -> Answer | None:
    if not (found := link(schema, phrasing)):
        return None
    child, parent, a, b = found
    label = parent.label() or next(iter(parent.of("c", nullable=False)), None)
    if not label:
        return None
    by_row = label.kind in "nftp"  # names may repeat, so rows are distinguished by their key
    group = f"GROUP BY {b}.{parent.id if by_row else label.name}"
    who = parent.word if by_row else f"{parent.word} {label.phrase}"
    each = phrasing.pick(f" per {who}", f" for each {who}", f" of every {who}", f" by {who}")
    link_on = on(child, a, parent, b)
    if by_row and phrasing.chance(0.25):
        words = phrasing.pick(
            ", including those without any",
            f", also {parent.many} with none",
            ", with zero where there are none",
        )
        return (
            phrasing.pick("How many ", "Number of ", "Count the ", "Count ")
            + child.many
            + each
            + words,
            f"SELECT {b}.{label.name}, COUNT({a}.{child.id}) FROM {parent.name} AS {b} LEFT JOIN "
            f"{child.name} AS {a} ON {link_on} {group}",
        )
    lead, what, value = measure(child, a, phrasing)
    also = (
        phrasing.pick(
            f", with the {parent.word} {label.phrase}", f", showing the {label.phrase}", ""
        )
        if by_row
        else ""
    )
    tail, order = "", ""
    if phrasing.chance(0.3):
        tail, order = (
            phrasing.pick(
                ", highest first", ", sorted from most to least", ", in descending order"
            ),
            f" ORDER BY {value} DESC",
        )
    return (
        lead + what + each + also + tail,
        f"SELECT {b}.{label.name}, {value} FROM {parent.name} AS {b} JOIN {child.name} AS {a} ON "
        f"{link_on} {group}{order}",
    )


@question("join_top", 5)
def parents_with_most(schema: Schema, phrasing: Phrasing) -> Answer | None:
    """The parents with the most children, or the highest aggregate over these; parents without any
    count as zero where few are asked for."""
    if not (found := link(schema, phrasing)) or not (label := found[1].label()):
        return None
    child, parent, a, b = found
    n, up = phrasing.pick(1, 3, 5, 10), phrasing.chance(0.8)
    _, words, value = measure(child, a, phrasing)
    best = f"the {'highest' if up else 'lowest'} {words}"
    if value == "COUNT(*)":
        best = (
            phrasing.pick(f"the most {child.many}", f"the largest number of {child.many}")
            if up
            else f"the fewest {child.many}"
        )
        value = value if up else f"COUNT({a}.{child.id})"
    elif words.split()[0] in EXTREMES:
        return None
    some, many = ("", parent.word) if n == 1 else (f"{n} ", parent.many)
    what = phrasing.pick(
        f"Which {some}{many} {'has' if n == 1 else 'have'} {best}",
        f"{many} with {best}"
        + (f", top {n}" if n > 1 and up else f", {n} of them" if n > 1 else ""),
        f"Find the {some}{many} with {best}",
    )
    kind = "JOIN" if up or "COUNT" not in value else "LEFT JOIN"
    return (
        what,
        f"SELECT {b}.{label.name} FROM {parent.name} AS {b} {kind} {child.name} AS {a} ON "
        f"{on(child, a, parent, b)} "
        f"GROUP BY {b}.{parent.id} ORDER BY {value}{' DESC' if up else ''} LIMIT {n}",
    )


@question("join_having", 4)
def parents_with_count(schema: Schema, phrasing: Phrasing) -> Answer | None:
    if not (found := link(schema, phrasing)) or not (label := found[1].label()):
        return None
    child, parent, a, b = found
    n, (sign, word) = (
        phrasing.pick(2, 3, 5, 10),
        phrasing.pick((">", "more than"), (">=", "at least"), ("<", "fewer than")),
    )
    what = phrasing.pick(
        f"Which {parent.many} have {word} {n} {child.many}",
        f"{plural(label.phrase)} of {parent.many} with {word} {n} {child.many}",
        f"Find {parent.many} having {word} {n} {child.many}",
    )
    kind, counted = ("LEFT JOIN", f"COUNT({a}.{child.id})") if sign == "<" else ("JOIN", "COUNT(*)")
    return (
        what,
        f"SELECT {b}.{label.name} FROM {parent.name} AS {b} {kind} {child.name} AS {a} ON "
        f"{on(child, a, parent, b)} "
        f"GROUP BY {b}.{parent.id} HAVING {counted} {sign} {n}",
    )


@question("missing", 4)
def without_partner(schema: Schema, phrasing: Phrasing) -> Answer | None:
    if not (found := link(schema, phrasing)) or not (label := found[1].label()):
        return None
    child, parent, _, _ = found
    words, condition = clause(where(phrasing, child) if phrasing.chance(0.4) else None)
    one = f"SELECT {label.name} FROM {parent.name} WHERE {parent.id}"
    inner = f"(SELECT {child.keys[parent.base]} FROM {child.name}{condition})"
    if phrasing.chance(0.2):
        return phrasing.ask(
            f"the {label.phrase} of {parent.many} that have at least one {child.word}{words}"
        ), f"{one} IN {inner}"
    none = phrasing.pick(
        f"without any {child.many}", f"that have no {child.many}", f"with no {child.word}"
    )
    return phrasing.ask(
        f"the {label.phrase} of {parent.many} {none}{words}"
    ), f"{one} NOT IN {inner}"


@question("two_joins", 9)
def over_two_links(schema: Schema, phrasing: Phrasing) -> Answer | None:
    """child -> parent -> grandparent, or child -> parent and child -> other parent."""
    chains = [
        (child, parent, grand)
        for child, parent in schema.links
        for again, grand in schema.links
        if parent is again
    ]
    forks = [
        (child, one, two)
        for child, one in schema.links
        for again, two in schema.links
        if child is again and one is not two
    ]
    if chains and (not forks or phrasing.chance(0.6)):
        return chain(phrasing, *phrasing.rng.choice(chains))
    return fork(phrasing, *phrasing.rng.choice(forks)) if forks else None


def chain(phrasing: Phrasing, child: Table, parent: Table, grand: Table) -> Answer | None:
    a, b, c = phrasing.aliases(child, parent, grand)
    tables = f"{joined(child, a, parent, b)} JOIN {grand.name} AS {c} ON {on(parent, b, grand, c)}"
    label = grand.label()
    if label and phrasing.chance(0.5):
        lead, what, value = measure(child, a, phrasing)
        group = f"{c}.{grand.id if label.kind in 'nftp' else label.name}"
        return lead + what + phrasing.pick(
            f" per {grand.word}", f" for each {grand.word}", f" by {grand.word}"
        ), f"SELECT {c}.{label.name}, {value} {tables} GROUP BY {group}"
    found = where(phrasing, grand, c + ".")
    if not found:
        return None
    columns = phrasing.columns(child)
    of = phrasing.pick("of", "for")
    return phrasing.ask(
        f"the {phrasing.column_list(columns)} of {child.many} {of} {grand.many} {found[0]}"
    ), "SELECT " + ", ".join(
        f"{a}.{column.name}" for column in columns
    ) + f" {tables} WHERE {found[1]}"


def fork(phrasing: Phrasing, child: Table, one: Table, two: Table) -> Answer | None:
    a, b, c = phrasing.aliases(child, one, two)
    tables = f"{joined(child, a, one, b)} JOIN {two.name} AS {c} ON {on(child, a, two, c)}"
    label, other = one.label(), two.label()
    if not label or not other:
        return None
    if phrasing.chance(0.5):
        value = text_value(phrasing, other)
        some, of = phrasing.pick("a", "at least one"), phrasing.pick("with", "for")
        return phrasing.ask(
            f"the {label.phrase} of {one.many} that have {some} {child.word} {of} {two.word} "
            f"'{value}'"
        ), f"SELECT DISTINCT {b}.{label.name} {tables} WHERE {c}.{other.name} = {quoted(value)}"
    words, condition = clause(where(phrasing, child, a + "."))
    both_labels = f"{one.word} {label.phrase} and {two.word} {other.phrase}"
    what = f"the {both_labels} of {phrasing.pick('all ', 'the ', '')}{child.many}{words}"
    return phrasing.ask(what), f"SELECT {b}.{label.name}, {c}.{other.name} {tables}{condition}"


@question("product", 5)
def product(schema: Schema, phrasing: Phrasing) -> Answer | None:
    found = [
        (table, [column for name in pair for column in table.columns if column.base == name])
        for table in schema.tables
        for pair in PRODUCTS
    ]
    found = [(table, columns) for table, columns in found if len(columns) == 2]
    if not found:
        return None
    table, (count, price) = phrasing.rng.choice(found)
    parents = [(parent, label) for parent in table.parents.values() if (label := parent.label())]
    if parents and phrasing.chance(0.6):
        parent, label = phrasing.rng.choice(parents)
        a, b = phrasing.aliases(table, parent)
        what = phrasing.pick(
            "Total revenue", "Sum of the line amounts", f"Total {count.phrase} times {price.phrase}"
        )
        return (
            f"{what} per {parent.word}",
            f"SELECT {b}.{label.name}, SUM({a}.{count.name} * {a}.{price.name}) "
            f"{joined(table, a, parent, b)} GROUP BY {b}.{parent.id}",
        )
    what = phrasing.pick(
        "What is the total revenue of", "Total value of", "Compute the overall amount of"
    )
    return f"{what} all {table.many}", f"SELECT SUM({count.name} * {price.name}) FROM {table.name}"
