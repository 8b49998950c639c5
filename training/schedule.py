"""When the learning rate rises, stays and falls, over a horizon that may be moved while training
runs.

`train.py` asks `Clock.now()` once a step: all processes get the first one's answer, so they leave
together. The horizon is seconds of training or a number of steps. Warm-up, plateau, decay to zero:
arXiv 2405.18392.
"""

import argparse
import time
from typing import Protocol

import torch
import torch.distributed as dist


class Timed(Protocol):
    """What the clock needs to know of the trainer."""

    options: argparse.Namespace
    step: int
    device: torch.device
    ranks: int


class Schedule:
    """Warm-up, plateau and linear decay over a horizon in seconds or steps, as a factor of the
    learning rate."""

    def __init__(self, total: float, warmup: float, decay: float) -> None:
        self.share, self.warmup = decay, warmup * total
        self.total, self.decay_start = total, total * (1 - decay)

    def factor(self, at: float) -> float:
        if at >= self.decay_start:
            return max(0.0, (self.total - at) / max(self.total - self.decay_start, 1e-9))
        return min(1.0, (at + 1e-9) / max(self.warmup, 1e-9))

    def move(self, total: float, at: float) -> None:
        """End at `total` instead. A decay that has begun goes on from the factor it has reached."""
        factor = self.factor(at)
        if at < self.decay_start or factor <= 0:
            self.decay_start = max(at, total * (1 - self.share))
        else:
            self.decay_start = total - (total - at) / factor
        self.total = total


class Clock:
    """Seconds of training (over all resumes) or steps; and where a file `until`, a Unix time, moves
    the end to."""

    def __init__(self, trainer: Timed, until_file: str) -> None:
        self.trainer, self.until_file = trainer, until_file
        self.last_until: float | None = None
        self.before, self.began = 0.0, time.monotonic()

    def elapsed(self) -> float:
        return self.before + time.monotonic() - self.began

    def now(self) -> tuple[float, float | None]:
        """(where in the horizon we are, a new end of the horizon or None); the first process
        decides for all."""
        if self.trainer.options.steps:
            return float(self.trainer.step), None
        elapsed = self.elapsed()
        values = torch.tensor(
            [elapsed, self.moved(elapsed)], dtype=torch.float64, device=self.trainer.device
        )
        if self.trainer.ranks > 1:
            dist.broadcast(values, 0)
        at, end = values.tolist()
        return at, end or None

    def moved(self, elapsed: float) -> float:
        """The new end in seconds of training if the file has changed, else 0."""
        try:
            with open(self.until_file) as file:
                until = float(file.read())
        except (FileNotFoundError, ValueError):
            return 0.0
        if until == self.last_until:
            return 0.0
        self.last_until = until
        return max(elapsed + 1.0, elapsed + until - time.time())
