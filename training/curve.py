"""The learning curve of a run: loss against tokens, and what it would be after more tokens.

  python curve.py work/run/log.jsonl [--bins 12]

Reads the trainer's log. Prints the mean losses (nats a token; the missing middle, the rest) of bins
that each hold the same number of tokens more than the one before, and a power law with a floor,
loss = floor + scale * tokens ** -power, fitted to them, with its values for 10, 100 and 1,000
million tokens. A law fitted to a short run says little of a long one: the range over fits that
leave out one bin each is printed next to each value.
"""

import argparse
import json
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Law = tuple[float, float, float]  # floor, scale, power
AHEAD = (10e6, 100e6, 1000e6)
POWERS = np.linspace(0.05, 1.0, 96)


def read(path: str) -> tuple[NDArray[np.float64], ...]:
    """Arrays: tokens seen, loss of the missing middle, loss of the rest; one entry a step."""
    with open(path, encoding="utf-8") as file:
        steps = [line for line in map(json.loads, file) if "middle" in line]
    return tuple(
        np.array([step[name] for step in steps], float) for name in ("tokens", "middle", "rest")
    )


def binned(
    tokens: NDArray[np.float64], losses: NDArray[np.float64], bins: int
) -> tuple[NDArray[np.float64], ...]:
    """(tokens, loss) at the middle of each bin; bins grow towards the end as the curve flattens."""
    edges = tokens[-1] * (np.arange(bins + 1) / bins) ** 2
    places = np.digitize(tokens, edges[1:-1])
    kept = [places == place for place in range(bins) if (places == place).any()]
    return (
        np.array([tokens[one].mean() for one in kept]),
        np.array([losses[one].mean() for one in kept]),
        np.array([one.sum() for one in kept], float),
    )


def fit(
    tokens: NDArray[np.float64], losses: NDArray[np.float64], weights: NDArray[np.float64]
) -> Law:
    """(floor, scale, power) of the best law whose floor and scale are not negative."""
    best, least_error = (0.0, 0.0, 0.0), np.inf
    for power in POWERS:
        terms = np.stack([np.ones_like(tokens), (tokens / 1e6) ** -power], 1)
        root = np.sqrt(weights)
        (floor, scale), *_ = np.linalg.lstsq(terms * root[:, None], losses * root, rcond=None)
        if floor < 0:
            floor, scale = (
                0.0,
                (terms[:, 1] * losses * weights).sum() / (terms[:, 1] ** 2 * weights).sum(),
            )
        error = (weights * (terms @ [floor, scale] - losses) ** 2).sum()
        if error < least_error:
            best, least_error = (floor, scale, power), error
    return best


def value(law: Law, tokens: float) -> float:
    floor, scale, power = law
    return floor + scale * (tokens / 1e6) ** -power


def report(name: str, tokens: NDArray[np.float64], losses: NDArray[np.float64], bins: int) -> None:
    places, means, weights = binned(tokens, losses, bins)
    print(
        f"{name}:",
        ", ".join(
            f"{place / 1e6:.2f} M {mean:.3f}" for place, mean in zip(places, means, strict=True)
        ),
    )
    places, means, weights = places[1:], means[1:], weights[1:]  # the warm-up
    if len(places) < 5:
        print("  too short for a law")
        return
    law = fit(places, means, weights)
    others = [
        fit(*(np.delete(part, left_out) for part in (places, means, weights)))
        for left_out in range(len(places))
    ]
    print("  law: {:.3f} + {:.3f} * (M tokens) ** -{:.2f}".format(*law))
    for ahead in AHEAD:
        values = [value(other, ahead) for other in others]
        print(
            f"  {ahead / 1e6:.0f} M: {value(law, ahead):.3f} "
            f"({min(values):.3f} to {max(values):.3f})"
        )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("log")
    parser.add_argument("--bins", type=int, default=12)
    options = parser.parse_args(arguments)
    tokens, middle, rest = read(options.log)
    report("missing middle", tokens, middle, options.bins)
    report("rest", tokens, rest, options.bins)


if __name__ == "__main__":
    main()
