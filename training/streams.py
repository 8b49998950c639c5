"""Packed rows for the trainer, in a fixed order, from one or several places at once.

A `Stream` goes through the files NAME*.rows of a folder one after the other and starts again after
the last; files that are written while training runs join in when their turn comes. A `Mixture`
draws each batch from several streams in given shares. Both say where they are (`place`), and go on
from there exactly. They know nothing of models.
"""

import glob
import os
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluate import read_context, read_rows


class Stream:
    """Rows of one folder; `place` is [number of the file, next row in it]."""

    def __init__(self, folder: str, name: str, place: Sequence[int] = (0, 0)) -> None:
        self.folder, self.name, self.context = folder, name, read_context(folder)
        self.place = list(place)
        self.opened: tuple[int, NDArray[np.uint16]] | None = None  # number of the file, its rows
        if not self.files():
            raise FileNotFoundError(
                f"no {name}*.rows in {folder}: write them with rows.py or tasks first"
            )

    def files(self) -> list[str]:
        return sorted(glob.glob(os.path.join(self.folder, f"{self.name}*.rows")))

    def take(self, count: int) -> NDArray[np.uint16]:
        """uint16 [count, context + 1]"""
        parts = []
        while count:
            rows = self.open(self.place[0])
            part = rows[self.place[1] : self.place[1] + count]
            parts.append(part)
            count -= len(part)
            self.place[1] += len(part)
            if self.place[1] >= len(rows):
                self.place = [self.place[0] + 1, 0]
        return np.concatenate(parts)

    def open(self, number: int) -> NDArray[np.uint16]:
        if self.opened and self.opened[0] == number:
            return self.opened[1]
        files = self.files()
        if number >= len(files):
            self.place, number = [0, 0], 0
        rows = read_rows(files[number], self.context)
        self.opened = number, rows
        return rows


class Mixture:
    """Batches from several streams of one folder's rows. `parts`: [(stream, share)], shares summing
    to one."""

    def __init__(self, parts: Sequence[tuple[Stream, float]]) -> None:
        self.parts, self.drawn = parts, 0
        self.name = os.path.basename(parts[0][0].folder)
        self.context = parts[0][0].context
        if any(stream.context != self.context for stream, _ in parts):
            raise ValueError(
                "rows of different lengths cannot be mixed: pack them with the same --context"
            )

    def take(self, count: int) -> NDArray[np.uint16]:
        """Rows of each stream so that the shares hold over all batches, not within each."""
        before, self.drawn = self.drawn, self.drawn + count
        edges, total = [0], 0.0
        for _, share in self.parts[:-1]:
            total += share
            edges.append(int(self.drawn * total) - int(before * total))
        edges.append(count)
        counts = [high - low for low, high in pairwise(edges)]
        return np.concatenate(
            [stream.take(n) for (stream, _), n in zip(self.parts, counts, strict=True) if n]
        )

    @property
    def place(self) -> list[Any]:
        return [self.drawn, *(stream.place for stream, _ in self.parts)]

    @place.setter
    def place(self, place: list[Any]) -> None:
        self.drawn = place[0]
        for (stream, _), own in zip(self.parts, place[1:], strict=True):
            stream.place = list(own)


def open_plateau(folder: str) -> Mixture:
    return Mixture([(Stream(os.path.join(folder, "rows"), "train"), 1.0)])


def open_decay(folder: str, task_share: float) -> Mixture | None:
    """The rows of the decay, `rows-decay`: longer ones of the corpus, and a share of task data.
    None where there are none."""
    place = os.path.join(folder, "rows-decay")
    if not os.path.exists(os.path.join(place, "rows.json")):
        return None
    if not glob.glob(os.path.join(place, "task*.rows")):
        return Mixture([(Stream(place, "train"), 1.0)])
    return Mixture(
        [(Stream(place, "task"), task_share), (Stream(place, "train"), 1.0 - task_share)]
    )
