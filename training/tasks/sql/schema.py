"""A made-up database: one to four linked tables of one domain, some of their columns, one manner of
naming and of layout.

`Schema(rng, domains)` draws one; `ddl()` writes it as CREATE TABLE statements. Questions read its
tables, columns and links. Domains are data (domains.txt says in which form): to add one, add its
lines there.
"""

import os
import random
import re

# {table: (parents, column texts)}
Domain = dict[str, tuple[list[str], list[str]]]
DOMAINS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "domains.txt")
GENERAL = (
    "created_at:s",
    "updated_at:s?",
    "notes:t?",
    "is_active:b",
    "priority:i(1,5)",
    "remarks:t?",
    "archived:b",
    "score:r(0,100)",
    "source:c{import|manual|api}",
    "version:i(1,9)",
    "country:c{Norway|Spain|Kenya|Peru}",
    "discount:r(0,50)?",
    "position:i(1,99)",
)
COLUMN = re.compile(r"(\w+)(?:=([^:]+))?:(\w)(?:\{([^}]*)\}|\(([^)]*)\))?(\?)?")
TYPES = {
    "plain": {
        "i": "INTEGER",
        "r": "REAL",
        "m": "REAL",
        "d": "TEXT",
        "s": "TEXT",
        "b": "INTEGER",
        "y": "INTEGER",
    },
    "dates": {
        "i": "INTEGER",
        "r": "REAL",
        "m": "NUMERIC",
        "d": "DATE",
        "s": "DATETIME",
        "b": "BOOLEAN",
        "y": "INTEGER",
    },
    "sized": {
        "n": "VARCHAR(80)",
        "f": "VARCHAR(100)",
        "t": "VARCHAR(200)",
        "c": "VARCHAR(20)",
        "p": "VARCHAR(12)",
        "e": "VARCHAR(120)",
        "i": "INT",
        "r": "FLOAT",
        "m": "DECIMAL(10,2)",
        "d": "DATE",
        "s": "TIMESTAMP",
        "b": "BOOLEAN",
        "y": "INT",
    },
}
# The key's name in the table itself, and its ending in a table that points to it.
KEYS = {"id": ("id", "_id"), "long": ("{}_id", "_id"), "uid": ("uid", "_uid")}
VALIDATION = 12  # one domain in so many


def read_domains(path: str = DOMAINS) -> list[Domain]:
    """[{table: (parents, column texts)}], in the order of the file."""
    with open(path) as file:
        lines = "".join(line for line in file if not line.startswith("#"))
    domains = []
    for block in lines.strip().split("\n\n"):
        domain: Domain = {}
        for line in block.split("\n"):
            head, columns = line.split(" : ", 1)
            name, _, parents = head.partition(" > ")
            domain[name.strip()] = (
                [parent.strip() for parent in parents.split(",") if parent],
                re.split(r", (?=\w+[=:])", columns),
            )
        domains.append(domain)
    return domains


def split(domains: list[Domain]) -> tuple[list[Domain], list[Domain]]:
    """(domains to train on, domains held out)"""
    return [d for i, d in enumerate(domains) if i % VALIDATION != 5], [
        d for i, d in enumerate(domains) if i % VALIDATION == 5
    ]


def plural(word: str) -> str:
    if word.endswith(("species", "series")):
        return word
    if re.search(r"[^aeiou]y$", word):
        return word[:-1] + "ies"
    return word + ("es" if re.search(r"(s|x|ch|sh)$", word) else "s")


class Style:
    """How one schema names and lays out."""

    def __init__(self, rng: random.Random) -> None:
        self.case = rng.choices(("snake", "camel", "pascal"), (0.72, 0.18, 0.10))[0]
        self.plural, self.key = (
            rng.random() < 0.5,
            rng.choices(("id", "long", "uid"), (0.6, 0.36, 0.04))[0],
        )
        self.types, self.one_line = TYPES[rng.choice(sorted(TYPES))], rng.random() < 0.35
        self.references = rng.choice(("clause", "inline", "inline", "none"))
        self.not_null, self.prefix = rng.random() < 0.4, rng.choice(("",) * 12 + ("app_", "tbl_"))
        self.key_type = "TEXT" if self.key == "uid" else "INTEGER"

    def name(self, words: str, table: bool = False) -> str:
        if self.case == "snake":
            return (self.prefix if table else "") + words
        joined = "".join(word[:1].upper() + word[1:] for word in words.split("_"))
        return joined if self.case == "pascal" else joined[:1].lower() + joined[1:]


class Column:
    """`base` is its name in the domain, `name` that in the schema, `phrase` what a question calls
    it."""

    def __init__(self, text: str) -> None:
        match = COLUMN.fullmatch(text.strip())
        if match is None:
            raise ValueError(f"not a column of a domain: {text}")
        self.base, self.words, self.kind, values, limits, nullable = match.groups()
        self.values: list[str] = values.split("|") if values else []
        self.low, self.high = map(float, limits.split(",")) if limits else (0.0, 0.0)
        self.nullable = bool(nullable)

    def place(self, style: Style, rng: random.Random) -> None:
        self.name = style.name(self.base)
        phrase = self.words or re.sub(
            r"_(kg|hm3|mwh|ha|pct|cm|m|s|ml|km|kw)$", "", self.base
        ).replace("_", " ")
        self.phrase = re.sub(r" (on|at)$", " date" if self.kind == "d" else " time", phrase)
        if rng.random() < 0.08:
            self.phrase = self.name


class Table:
    def __init__(
        self, base: str, parents: list[str], columns: list[Column], style: Style, rng: random.Random
    ) -> None:
        self.base, self.parent_names, self.style = base, parents, style
        self.word, self.many = base.replace("_", " "), plural(base.replace("_", " "))
        self.name = style.name(plural(base) if style.plural else base, table=True)
        self.columns = columns
        for column in columns:
            column.place(style, rng)
        self.id = style.name(KEYS[style.key][0].format(base))
        # By the base name of the parent: its table, and the column that points to it.
        self.parents: dict[str, Table] = {}
        self.keys: dict[str, str] = {}

    def label(self) -> Column | None:
        """The column by which a person knows a row: a name, a title, a code; None where there is
        none."""
        for kind in "nftp":
            for column in self.of(kind, nullable=False):
                if kind != "t" or column.base in ("title", "label", "name", "headline", "subject"):
                    return column
        return next(
            (
                column
                for column in self.columns
                if column.base in ("name", "common_name") and column.kind == "c"
            ),
            None,
        )

    def of(self, kinds: str, nullable: bool | None = None) -> list[Column]:
        return [
            column
            for column in self.columns
            if column.kind in kinds and (nullable is None or column.nullable == nullable)
        ]

    def ddl(self) -> str:
        style, rows, clauses = self.style, [f"{self.id} {self.style.key_type} PRIMARY KEY"], []
        for parent, key in self.keys.items():
            target = f"REFERENCES {self.parents[parent].name}({self.parents[parent].id})"
            rows.append(
                f"{key} {style.key_type}" + (" " + target if style.references == "inline" else "")
            )
            if style.references == "clause":
                clauses.append(f"FOREIGN KEY ({key}) {target}")
        for column in self.columns:
            not_null = " NOT NULL" if style.not_null and not column.nullable else ""
            rows.append(f"{column.name} {style.types.get(column.kind, 'TEXT')}{not_null}")
        rows += clauses
        return (
            f"CREATE TABLE {self.name} ("
            + (", ".join(rows) if style.one_line else "\n  " + ",\n  ".join(rows) + "\n")
            + ");"
        )


class Schema:
    """`tables` are those that questions are about, `links` the pairs (child, parent) among them;
    the database may have others."""

    def __init__(self, rng: random.Random, domains: list[Domain]) -> None:
        self.style, domain = Style(rng), rng.choice(domains)
        names = linked_names(domain, rng.choices((1, 2, 3, 4), (0.2, 0.38, 0.3, 0.12))[0], rng)
        self.tables = [self.table(name, domain, rng) for name in names]
        others: list[Table] = []
        if rng.random() < 0.12 and len(domains) > 1:
            other = rng.choice([other for other in domains if other is not domain])
            name = rng.choice(sorted(other))
            others = [self.table(name, other, rng)] if name not in domain else []
        by_name = {table.base: table for table in self.tables + others}
        for table in by_name.values():
            for parent in table.parent_names:
                if parent in by_name:
                    table.parents[parent] = by_name[parent]
                    table.keys[parent] = self.style.name(parent + KEYS[self.style.key][1])
        self.links = [(table, parent) for table in self.tables for parent in table.parents.values()]
        self.order = rng.sample(list(by_name.values()), len(by_name))

    def table(self, name: str, domain: Domain, rng: random.Random) -> Table:
        """A table with most of its columns and up to two that any table could have."""
        parents, texts = domain[name]
        columns = [Column(text) for text in texts]
        if len(columns) > 3 and rng.random() < 0.5:
            columns.remove(rng.choice(columns[1:]))
        known = {column.base for column in columns}
        more = map(Column, rng.sample(GENERAL, rng.choices((0, 1, 2), (0.5, 0.35, 0.15))[0]))
        columns += [column for column in more if column.base not in known]
        return Table(
            name,
            parents,
            rng.sample(columns, len(columns)) if rng.random() < 0.25 else columns,
            self.style,
            rng,
        )

    def ddl(self) -> str:
        return "\n".join(table.ddl() for table in self.order)


def linked_names(domain: Domain, count: int, rng: random.Random) -> list[str]:
    """A table and up to count - 1 more, each linked to one before."""
    names = [rng.choice(sorted(domain))]
    while len(names) < count:
        near = [
            table
            for table in domain
            if table not in names
            and any(table in domain[name][0] or name in domain[table][0] for name in names)
        ]
        if not near:
            break
        names.append(rng.choice(near))
    return names
