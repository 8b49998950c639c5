"""The learning curve of a run: loss against tokens, and what it would be after more of them.

  python curve.py work/run/log.jsonl [--bins 12]

Reads the trainer's log. Prints the mean losses (nats a token; the missing middle, the rest) of bins
that each hold the same number of tokens more than the one before, and a power law with a floor,
loss = floor + scale * tokens ** -power, fitted to them, with its values for 10, 100 and 1,000
million tokens. A law fitted to a short run says little of a long one: the range over fits that
leave out one bin each is printed beside each value.
"""

import argparse
import json

import numpy

AHEAD = (10e6, 100e6, 1000e6)
POWERS = numpy.linspace(0.05, 1.0, 96)


def read(path):
    """Arrays: tokens seen, loss of the missing middle, loss of the rest; one entry a step."""
    with open(path, encoding="utf-8") as file:
        steps = [line for line in map(json.loads, file) if "middle" in line]
    return (
        numpy.array([step[name] for step in steps], float) for name in ("tokens", "middle", "rest")
    )


def binned(tokens, losses, bins):
    """(tokens, loss) at the middle of each bin; bins grow towards the end as the curve flattens."""
    edges = tokens[-1] * (numpy.arange(bins + 1) / bins) ** 2
    places = numpy.digitize(tokens, edges[1:-1])
    kept = [places == place for place in range(bins) if (places == place).any()]
    return (
        numpy.array([tokens[one].mean() for one in kept]),
        numpy.array([losses[one].mean() for one in kept]),
        numpy.array([one.sum() for one in kept], float),
    )


def fit(tokens, losses, weights):
    """(floor, scale, power) of the best law whose floor and scale are not negative."""
    best = None
    for power in POWERS:
        terms = numpy.stack([numpy.ones_like(tokens), (tokens / 1e6) ** -power], 1)
        root = numpy.sqrt(weights)
        (floor, scale), *_ = numpy.linalg.lstsq(terms * root[:, None], losses * root, rcond=None)
        if floor < 0:
            floor, scale = (
                0.0,
                (terms[:, 1] * losses * weights).sum() / (terms[:, 1] ** 2 * weights).sum(),
            )
        error = (weights * (terms @ [floor, scale] - losses) ** 2).sum()
        if best is None or error < best[0]:
            best = error, (floor, scale, power)
    return best[1]


def value(law, tokens):
    floor, scale, power = law
    return floor + scale * (tokens / 1e6) ** -power


def report(name, tokens, losses, bins) -> None:
    places, means, weights = binned(tokens, losses, bins)
    print(
        f"{name}:",
        ", ".join(f"{place / 1e6:.2f} M {mean:.3f}" for place, mean in zip(places, means)),
    )
    places, means, weights = places[1:], means[1:], weights[1:]  # the warm-up
    if len(places) < 5:
        print("  too short for a law")
        return
    law = fit(places, means, weights)
    others = [
        fit(*(numpy.delete(values, left_out) for values in (places, means, weights)))
        for left_out in range(len(places))
    ]
    print("  law: {:.3f} + {:.3f} * (M tokens) ** -{:.2f}".format(*law))
    for ahead in AHEAD:
        range_ = [value(other, ahead) for other in others]
        print(
            f"  {ahead / 1e6:.0f} M: {value(law, ahead):.3f} "
            f"({min(range_):.3f} to {max(range_):.3f})"
        )


def main(arguments=None) -> None:
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
