"""Keeps the stock of a small shop."""

from __future__ import annotations

import csv
import os.path as osp
from collections import Counter, defaultdict as dd
from .prices import *

LOW_WATER = 5
_CACHE_DIR: str = osp.expanduser("~/.shop")
type Stock = dict[str, int]


class Shelf:
    """One shelf with a name."""

    limit = 40

    def __init__(self, name: str, stock: Stock | None = None) -> None:
        self.name = name
        self.stock = stock or {}

    @property
    def total(self) -> int:
        return sum(self.stock.values())

    @staticmethod
    async def load(
        path: str,
        *,
        strict: bool = False,
    ) -> "Shelf":
        with open(path) as file:
            rows = csv.reader(file)
            return Shelf(path, {name: int(count) for name, count in rows})

    class Meta:
        ordered = True


def restock(shelves: list[Shelf]) -> Counter:
    missing = Counter()

    def note(name, count):
        missing[name] += LOW_WATER - count

    for shelf in shelves:
        for name, count in shelf.stock.items():
            if count < LOW_WATER:
                note(name, count)
    return missing


if __name__ == "__main__":
    print(restock([]), key=lambda item: f"{item!r:>{LOW_WATER}}")
