"""Questions about linked tables: joins with conditions, counts and aggregates on either side, rows
without partners, two joins. The kinds are announced as registry.py says. `child` points to
`parent`."""

from .conditions import both, quoted, text_value, where
from .one_table import clause
from .registry import question
from .schema import plural
from .voice import NUMERIC

PRODUCTS = (("quantity", "unit_price"), ("seats_sold", "ticket_price"), ("quantity", "price"))
EXTREMES = ("highest", "lowest", "maximum", "minimum", "largest", "smallest")


def on(child, a, parent, b) -> str:
    return f"{a}.{child.keys[parent.base]} = {b}.{parent.id}"


def joined(child, a, parent, b) -> str:
    return f"FROM {child.name} AS {a} JOIN {parent.name} AS {b} ON {on(child, a, parent, b)}"


def link(schema, voice):
    """(child, parent, alias of one, alias of the other), or None where no tables are linked."""
    if not schema.links:
        return None
    child, parent = voice.rng.choice(schema.links)
    return child, parent, *voice.aliases(child, parent)


@question("join_list", 14)
def list_with_parent(schema, voice):
    if not (found := link(schema, voice)):
        return None
    child, parent, a, b = found
    label, columns = parent.label(), voice.columns(child)
    shown = ", ".join(f"{a}.{column.name}" for column in columns)
    if label and voice.chance(0.55):
        words, condition = clause(where(voice, child, a + ".") if voice.chance(0.5) else None)
        order = voice.order(child, a + ".") if voice.chance(0.3) else None
        many = voice.pick(f"all {child.many}", child.many, f"each {child.word}")
        tail = voice.pick(
            f" together with the {parent.word} {label.phrase}",
            f", along with the {label.phrase} of their {parent.word}",
            f" and the {label.phrase} of the {parent.word}",
        )
        order_words, order_by = order or ("", "")
        return voice.ask(
            f"the {voice.said(columns)} of {many}{words}{tail}{order_words}"
        ), f"SELECT {shown}, {b}.{label.name} {joined(child, a, parent, b)}{condition}{order_by}"
    condition = both(voice, parent, b + ".", second=0.1)
    if not condition:
        return None
    which = f"{parent.many} {condition[0]}"
    if label and voice.chance(0.4):
        value = text_value(voice, label)
        which = voice.pick(
            f"{parent.word} {value}", f"the {parent.word} '{value}'", f'{parent.word} "{value}"'
        )
        condition = which, f"{b}.{label.name} = {quoted(value)}"
    order_words, order_by = (voice.order(child, a + ".") if voice.chance(0.25) else None) or (
        "",
        "",
    )
    return voice.ask(
        f"the {voice.said(columns)} of {child.many} {voice.pick('of', 'belonging to', 'for')} {which}{order_words}"
    ), f"SELECT {shown} {joined(child, a, parent, b)} WHERE {condition[1]}{order_by}"


@question("join_agg", 10)
def aggregate_of_children(schema, voice):
    if not (found := link(schema, voice)):
        return None
    child, parent, a, b = found
    numbers, condition = child.of(NUMERIC), both(voice, parent, b + ".", second=0.1)
    if not condition:
        return None
    tail = f"{joined(child, a, parent, b)} WHERE {condition[1]}"
    if numbers and voice.chance(0.5):
        number = voice.rng.choice(numbers)
        function, word = voice.aggregate(number)
        lead, of = (
            voice.pick("What is the ", "Compute the ", "Show the ", ""),
            voice.pick("of", "for", "belonging to"),
        )
        return (
            f"{lead}{word} of {child.many} {of} {parent.many} {condition[0]}",
            f"SELECT {function}({a}.{number.name}) {tail}",
        )
    return voice.count(
        f"{child.many} belonging to {parent.many} {condition[0]}"
    ), f"SELECT COUNT(*) {tail}"


def measure(child, a, voice):
    """(lead, words, expression): a number of rows or an aggregate over one column of the child."""
    numbers = child.of(NUMERIC)
    if not numbers or voice.chance(0.5):
        return voice.pick("How many ", "Number of ", "Count the ", "Count "), child.many, "COUNT(*)"
    number = voice.rng.choice(numbers)
    function, word = voice.aggregate(number)
    return (
        voice.pick("Show the ", "What is the ", "Get the ", ""),
        f"{word} of {child.many}",
        f"{function}({a}.{number.name})",
    )


@question("join_group", 9)
def per_parent(schema, voice):
    if not (found := link(schema, voice)):
        return None
    child, parent, a, b = found
    label = parent.label() or next(iter(parent.of("c", nullable=False)), None)
    if not label:
        return None
    by_row = label.kind in "nftp"  # names may repeat, so rows are told apart by their key
    group = f"GROUP BY {b}.{parent.id if by_row else label.name}"
    who = parent.word if by_row else f"{parent.word} {label.phrase}"
    each = voice.pick(f" per {who}", f" for each {who}", f" of every {who}", f" by {who}")
    link_on = on(child, a, parent, b)
    if by_row and voice.chance(0.25):
        words = voice.pick(
            ", including those without any",
            f", also {parent.many} with none",
            ", with zero where there are none",
        )
        return (
            voice.pick("How many ", "Number of ", "Count the ", "Count ")
            + child.many
            + each
            + words,
            f"SELECT {b}.{label.name}, COUNT({a}.{child.id}) FROM {parent.name} AS {b} LEFT JOIN {child.name} AS {a} ON {link_on} {group}",
        )
    lead, what, value = measure(child, a, voice)
    also = (
        voice.pick(f", with the {parent.word} {label.phrase}", f", showing the {label.phrase}", "")
        if by_row
        else ""
    )
    tail, order = "", ""
    if voice.chance(0.3):
        tail, order = (
            voice.pick(", highest first", ", sorted from most to least", ", in descending order"),
            f" ORDER BY {value} DESC",
        )
    return (
        lead + what + each + also + tail,
        f"SELECT {b}.{label.name}, {value} FROM {parent.name} AS {b} JOIN {child.name} AS {a} ON {link_on} {group}{order}",
    )


@question("join_top", 5)
def parents_with_most(schema, voice):
    """The parents with the most children, or the highest aggregate of them; those without any count
    as zero where few are asked for."""
    if not (found := link(schema, voice)) or not (label := found[1].label()):
        return None
    child, parent, a, b = found
    n, up = voice.pick(1, 3, 5, 10), voice.chance(0.8)
    _, words, value = measure(child, a, voice)
    best = f"the {'highest' if up else 'lowest'} {words}"
    if value == "COUNT(*)":
        best = (
            voice.pick(f"the most {child.many}", f"the largest number of {child.many}")
            if up
            else f"the fewest {child.many}"
        )
        value = value if up else f"COUNT({a}.{child.id})"
    elif words.split()[0] in EXTREMES:
        return None
    some, many = ("", parent.word) if n == 1 else (f"{n} ", parent.many)
    what = voice.pick(
        f"Which {some}{many} {'has' if n == 1 else 'have'} {best}",
        f"{many} with {best}"
        + (f", top {n}" if n > 1 and up else f", {n} of them" if n > 1 else ""),
        f"Find the {some}{many} with {best}",
    )
    kind = "JOIN" if up or "COUNT" not in value else "LEFT JOIN"
    return (
        what,
        f"SELECT {b}.{label.name} FROM {parent.name} AS {b} {kind} {child.name} AS {a} ON {on(child, a, parent, b)} "
        f"GROUP BY {b}.{parent.id} ORDER BY {value}{' DESC' if up else ''} LIMIT {n}",
    )


@question("join_having", 4)
def parents_with_count(schema, voice):
    if not (found := link(schema, voice)) or not (label := found[1].label()):
        return None
    child, parent, a, b = found
    n, (sign, word) = (
        voice.pick(2, 3, 5, 10),
        voice.pick((">", "more than"), (">=", "at least"), ("<", "fewer than")),
    )
    what = voice.pick(
        f"Which {parent.many} have {word} {n} {child.many}",
        f"{plural(label.phrase)} of {parent.many} with {word} {n} {child.many}",
        f"Find {parent.many} having {word} {n} {child.many}",
    )
    kind, counted = ("LEFT JOIN", f"COUNT({a}.{child.id})") if sign == "<" else ("JOIN", "COUNT(*)")
    return (
        what,
        f"SELECT {b}.{label.name} FROM {parent.name} AS {b} {kind} {child.name} AS {a} ON {on(child, a, parent, b)} "
        f"GROUP BY {b}.{parent.id} HAVING {counted} {sign} {n}",
    )


@question("missing", 4)
def without_partner(schema, voice):
    if not (found := link(schema, voice)) or not (label := found[1].label()):
        return None
    child, parent, _, _ = found
    words, condition = clause(where(voice, child) if voice.chance(0.4) else None)
    one = f"SELECT {label.name} FROM {parent.name} WHERE {parent.id}"
    inner = f"(SELECT {child.keys[parent.base]} FROM {child.name}{condition})"
    if voice.chance(0.2):
        return voice.ask(
            f"the {label.phrase} of {parent.many} that have at least one {child.word}{words}"
        ), f"{one} IN {inner}"
    none = voice.pick(
        f"without any {child.many}", f"that have no {child.many}", f"with no {child.word}"
    )
    return voice.ask(f"the {label.phrase} of {parent.many} {none}{words}"), f"{one} NOT IN {inner}"


@question("two_joins", 9)
def over_two_links(schema, voice):
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
    if chains and (not forks or voice.chance(0.6)):
        return chain(voice, *voice.rng.choice(chains))
    return fork(voice, *voice.rng.choice(forks)) if forks else None


def chain(voice, child, parent, grand):
    a, b, c = voice.aliases(child, parent, grand)
    tables = f"{joined(child, a, parent, b)} JOIN {grand.name} AS {c} ON {on(parent, b, grand, c)}"
    label = grand.label()
    if label and voice.chance(0.5):
        lead, what, value = measure(child, a, voice)
        group = f"{c}.{grand.id if label.kind in 'nftp' else label.name}"
        return lead + what + voice.pick(
            f" per {grand.word}", f" for each {grand.word}", f" by {grand.word}"
        ), f"SELECT {c}.{label.name}, {value} {tables} GROUP BY {group}"
    found = where(voice, grand, c + ".")
    if not found:
        return None
    columns = voice.columns(child)
    return voice.ask(
        f"the {voice.said(columns)} of {child.many} {voice.pick('of', 'for')} {grand.many} {found[0]}"
    ), "SELECT " + ", ".join(
        f"{a}.{column.name}" for column in columns
    ) + f" {tables} WHERE {found[1]}"


def fork(voice, child, one, two):
    a, b, c = voice.aliases(child, one, two)
    tables = f"{joined(child, a, one, b)} JOIN {two.name} AS {c} ON {on(child, a, two, c)}"
    label, other = one.label(), two.label()
    if not label or not other:
        return None
    if voice.chance(0.5):
        value = text_value(voice, other)
        some, of = voice.pick("a", "at least one"), voice.pick("with", "for")
        return voice.ask(
            f"the {label.phrase} of {one.many} that have {some} {child.word} {of} {two.word} '{value}'"
        ), f"SELECT DISTINCT {b}.{label.name} {tables} WHERE {c}.{other.name} = {quoted(value)}"
    words, condition = clause(where(voice, child, a + "."))
    what = f"the {one.word} {label.phrase} and {two.word} {other.phrase} of {voice.pick('all ', 'the ', '')}{child.many}{words}"
    return voice.ask(what), f"SELECT {b}.{label.name}, {c}.{other.name} {tables}{condition}"


@question("product", 5)
def product(schema, voice):
    found = [
        (table, [column for name in pair for column in table.columns if column.base == name])
        for table in schema.tables
        for pair in PRODUCTS
    ]
    found = [(table, columns) for table, columns in found if len(columns) == 2]
    if not found:
        return None
    table, (count, price) = voice.rng.choice(found)
    parents = [parent for parent in table.parents.values() if parent.label()]
    if parents and voice.chance(0.6):
        parent = voice.rng.choice(parents)
        a, b = voice.aliases(table, parent)
        what = voice.pick(
            "Total revenue", "Sum of the line amounts", f"Total {count.phrase} times {price.phrase}"
        )
        return (
            f"{what} per {parent.word}",
            f"SELECT {b}.{parent.label().name}, SUM({a}.{count.name} * {a}.{price.name}) {joined(table, a, parent, b)} GROUP BY {b}.{parent.id}",
        )
    what = voice.pick(
        "What is the total revenue of", "Total value of", "Compute the overall amount of"
    )
    return f"{what} all {table.many}", f"SELECT SUM({count.name} * {price.name}) FROM {table.name}"
