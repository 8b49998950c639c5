"""How questions are worded: verbs, counts, lists of columns, orders, and small variations at the
end.

One `Phrasing` words all questions about one schema; its `rng` is the only source of randomness. It
knows words and columns, but no kinds of questions.
"""

import random
import re
from collections.abc import Iterable, Sequence
from typing import TypeVar

from .schema import Column, Table

RESERVED = {
    "as",
    "is",
    "in",
    "on",
    "or",
    "by",
    "to",
    "if",
    "no",
    "of",
    "do",
    "at",
    "end",
    "set",
    "all",
}
ORDERS = {  # kinds of columns -> (words downwards, words upwards)
    "nft": (
        (" in reverse alphabetical order of {}", " sorted by {} descending"),
        (" in alphabetical order of {}", " sorted by {}", ", ordered by {}"),
    ),
    "ds": (
        (", newest {} first", ", most recent {} first", " sorted by {} from newest to oldest"),
        (", oldest {} first", " in order of {}", " sorted by {}"),
    ),
    "irmy": (
        (" sorted by {} from high to low", " in descending order of {}", ", highest {} first"),
        (" sorted by {}", " in ascending order of {}", ", lowest {} first"),
    ),
}
AGGREGATES = {
    "AVG": ("average", "mean", "average"),
    "MAX": ("highest", "maximum", "largest"),
    "MIN": ("lowest", "minimum", "smallest"),
    "SUM": ("total", "sum of the", "total"),
}
Choice = TypeVar("Choice")
NUMERIC = "irm"


class Phrasing:
    """Draws words for the questions about one schema."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng

    def pick(self, *choices: Choice) -> Choice:
        return self.rng.choice(choices)

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def ask(self, what: str) -> str:
        several = " and " in what.split(" of ")[0] or what.startswith("the distinct")
        return (
            self.pick(
                "List",
                "Show",
                "Show me",
                "Give me",
                "Get",
                "Find",
                "Return",
                "What are" if several else "List",
                "I need",
                "Fetch",
                "Display",
                "",
            )
            + " "
            + what
        )

    def count(self, what: str) -> str:
        return self.pick(
            f"How many {what} are there",
            f"Count the {what}",
            f"Number of {what}",
            f"How many {what}",
            f"What is the number of {what}",
            f"Count {what}",
        )

    def columns(self, table: Table) -> list[Column]:
        """One to three columns to show, the label more often than not among them."""
        shown = [
            column for column in table.columns if column.kind != "b" or self.chance(0.15)
        ] or table.columns
        found = self.rng.sample(
            shown, min(self.rng.choices((1, 2, 3), (0.4, 0.4, 0.2))[0], len(shown))
        )
        label = table.label()
        if label and label not in found and self.chance(0.6):
            found[0] = label
        return found

    def column_list(self, columns: Iterable[Column]) -> str:
        return listed([column.phrase for column in columns])

    def aliases(self, *tables: Table) -> list[str]:
        found: list[str] = []
        for table in tables:
            words = table.base.split("_")
            alias = words[0][0] if len(words) == 1 else "".join(word[0] for word in words)
            while alias in found or alias in RESERVED:
                longer = table.base.replace("_", "")[: len(alias) + 1]
                alias = longer if longer not in found and longer != alias else alias + "2"
            found.append(alias)
        return found

    def aggregate(self, column: Column) -> tuple[str, str]:
        """(function, words)"""
        function = self.rng.choice(sorted(AGGREGATES))
        return function, f"{self.pick(*AGGREGATES[function])} {column.phrase}"

    def order(self, table: Table, prefix: str = "") -> tuple[str, str] | None:
        """(words, ORDER BY clause), or None where no column orders."""
        columns = table.of("irmdsynft", nullable=False)
        if not columns:
            return None
        column, down = self.rng.choice(columns), self.chance(0.5)
        words = next(words for kinds, words in ORDERS.items() if column.kind in kinds)[
            0 if down else 1
        ]
        return self.pick(*words).format(column.phrase), f" ORDER BY {prefix}{column.name}" + (
            " DESC" if down else ""
        )

    def finish(self, question: str) -> str:
        """Articles, a capital letter, an end mark, or the lack of these; now and then a word of
        politeness."""
        text = re.sub(r"\s+", " ", question).strip().replace(" ,", ",").replace("of of ", "of ")
        text = re.sub(r"\ba (?=[aeio]\w+)", "an ", text)
        text = text[0].upper() + text[1:]
        asks = text.startswith(("What", "Which", "How"))
        if "?" in text[:-1]:
            return text + "."
        text += self.pick("?", "?", "?", "") if asks else self.pick(".", ".", "", "")
        if self.chance(0.12):
            return text[0].lower() + text[1:].rstrip(".?")
        if self.chance(0.04) and not asks:
            command = text.split()[0] in (
                "List",
                "Show",
                "Give",
                "Get",
                "Find",
                "Return",
                "Fetch",
                "Display",
                "Count",
                "Compute",
            )
            return (
                (self.pick("Please ", "Can you ") if command else "Query: ")
                + text[0].lower()
                + text[1:].rstrip(".")
            )
        return text


def listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1]
