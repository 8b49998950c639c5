"""A short look before a long run: which micro-batch fits, whether the model compiles, how fast it
then trains.

  python smoke.py --folder work/run --weights work/base --steps 12 [--peak-tflops 989]

Takes real steps on the real rows, of the plateau and of the decay, and keeps no weights. Prints
tokens a second, model-FLOP utilisation and memory as JSON lines and writes the arguments for
train.py that worked into work/run/train/choice.args. Compiled kernels stay in the compiler's cache,
so the run itself begins sooner. --steps is per row length; other options are those of train.py.
"""

import argparse
import gc
import os
import sys
import time
from collections.abc import Iterator, Sequence

import torch

from train import Trainer, parse

LARGEST = 64  # rows; more gain nothing


def attempts(options: argparse.Namespace, ranks: int) -> Iterator[tuple[int, bool]]:
    """Micro-batches to try, largest first, each compiled and, should the compiler fail, as it
    is."""
    micro = options.micro or min(LARGEST, max(1, options.batch // ranks))
    while micro >= 1:
        for compiled in (True, False) if options.compile else (False,):
            yield micro, compiled
        micro //= 2


def measure(trainer: Trainer, steps: int) -> tuple[float, list[float]]:
    """Seconds a step (the median) and the loss, with rows of the present length; the first steps
    only warm up."""
    times, losses = [], []
    for step in range(steps + 3):
        began = time.monotonic()
        rows = trainer.source.take(trainer.rows_a_step())
        loss, _ = trainer.train_step(rows, min(1.0, (step + 1) / steps))
        if trainer.device.type == "cuda":
            torch.cuda.synchronize()
        times.append(time.monotonic() - began)
        losses.append(loss)
    return sorted(times[3:])[steps // 2], losses


def report(
    trainer: Trainer, seconds: float, losses: Sequence[float], compiled: bool, micro: int
) -> None:
    context = trainer.source.context
    rate = trainer.rows_a_step() * context / seconds
    values = {
        "event": "smoke",
        "context": context,
        "micro": micro,
        "compiled": compiled,
        "tokens_per_second": round(rate),
        "tflops": round(trainer.teraflops(rate), 3),
        **trainer.utilisation(rate),
        "first_loss": round(losses[0], 3),
        "last_loss": round(losses[-1], 3),
    }
    if trainer.device.type == "cuda":
        values["memory_gib"] = round(torch.cuda.max_memory_allocated() / 2**30, 1)
    trainer.log(**values)


def look(options: argparse.Namespace, micro: int, compiled: bool) -> None:
    """One attempt; raises what PyTorch raises."""
    options.micro, options.compile = micro, compiled
    trainer = Trainer(options)
    for decaying in (False, True) if trainer.decay else (False,):
        trainer.decaying = decaying
        seconds, losses = measure(trainer, options.steps)
        report(trainer, seconds, losses, compiled, micro)
    with open(trainer.path("choice.args"), "w") as file:
        file.write(f"--micro {micro}" + ("" if compiled else " --no-compile"))


def main(arguments: Sequence[str] | None = None) -> None:
    options = parse(arguments)
    for micro, compiled in attempts(options, int(os.environ.get("WORLD_SIZE", 1))):
        try:
            return look(options, micro, compiled)
        except torch.OutOfMemoryError:
            print(f"micro-batch {micro} does not fit", file=sys.stderr, flush=True)
        except (RuntimeError, torch._dynamo.exc.TorchDynamoException) as error:
            if not compiled:
                raise
            message = f"not compiled: {type(error).__name__}: {str(error)[:300]}"
            print(message, file=sys.stderr, flush=True)
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
    raise SystemExit("no micro-batch fits: choose a smaller shape or --batch")


if __name__ == "__main__":
    main()
