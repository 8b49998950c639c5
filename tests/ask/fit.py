"""Fits the two models of `server/ask/src/documents/sure.rs` and prints its constants.

  fit.py OUTCOMES...

OUTCOMES are files of `measure --outcomes` over tuning cases: never fit on test. The first model
says whether the best passage answers the question: right first hits against all else, questions
whose places were cut out above all. The second separates own questions from those of another
project.
Logistic regression by gradient descent with a small penalty; the same outcomes give the same
numbers.
"""

import json
import math
import sys
from collections.abc import Sequence
from typing import Any

Row = dict[str, Any]
Example = tuple[list[float], float, float]  # features, 0 or 1, weight

STEPS = 1_000
RATE = 2.0
PENALTY = 0.002
# What a feature may only speak for, or against; a few cases must not turn that round.
SIGNS = {
    "coverage": 1, "covered": 1, "missing": -1, "ideal": 1,
    "gap": 1, "name": 1, "rarest": 1, "neighbours": 1,
}  # fmt: skip
# What separates projects rather than answers.
UNUSED = ("words", "question")
CLAIMED = 0.07  # of the questions whose places were cut out, on tuning
KEPT = 0.97  # of the own questions


def main(paths: Sequence[str]) -> None:
    names, rows = read(paths)
    answered = [
        (row["features"], float(row["setting"] == "own" and row["rank"] == 1), weight(row))
        for row in rows
    ]
    about = [
        (row["features"], float(row["setting"] == "own"), 1.0)
        for row in rows
        if row["setting"] != "cut"
    ]
    for title, examples in (("ANSWERED", answered), ("ABOUT", about)):
        constant, slopes = fit(examples, [SIGNS.get(name, 0) for name in names])
        said = ", ".join(f"{slope:.3f}" for slope in slopes)
        print(f"const {title}: Model = Model({constant:.3f}, [{said}]);")
        for row in rows:
            row[title] = probability(constant, slopes, row["features"])
    # The threshold is chosen where claims matter: questions about documents.
    cut = [row for row in rows if row["setting"] == "cut" and row["kind"] != "docstring"]
    own = [row for row in rows if row["setting"] == "own"]
    answer = quantile([row["ANSWERED"] for row in cut], 1 - CLAIMED)
    related = quantile([row["ABOUT"] for row in own], 1 - KEPT)
    print(f"const ANSWER: f32 = {answer:.3f};\nconst RELATED: f32 = {related:.3f};")
    report(rows, answer, related)
    print("features:", ", ".join(names))


def weight(row: Row) -> float:
    return 0.5 if row["setting"] == "own" and row["rank"] not in (None, 1) else 1.0


def read(paths: Sequence[str]) -> tuple[list[str], list[Row]]:
    names: list[str] = []
    rows: list[Row] = []
    for path in paths:
        with open(path, encoding="utf-8") as file:
            names = json.loads(file.readline())
            rows += [json.loads(line) for line in file]
    for row in rows:
        for at, name in enumerate(names):
            row["features"][at] *= name not in UNUSED
    return names, rows


def fit(examples: list[Example], signs: list[int]) -> tuple[float, list[float]]:
    """Gradient descent, each class with the same weight in all."""
    ones = sum(weight for _, is_one, weight in examples if is_one)
    zeros = sum(weight for _, is_one, weight in examples if not is_one)
    balanced = [
        (features, is_one, weight / (ones if is_one else zeros) / 2)
        for features, is_one, weight in examples
    ]
    constant, slopes = 0.0, [0.0] * len(examples[0][0])
    for _ in range(STEPS):
        step, steps = 0.0, [PENALTY * slope for slope in slopes]
        for features, is_one, share in balanced:
            error = share * (probability(constant, slopes, features) - is_one)
            step += error
            for at, value in enumerate(features):
                steps[at] += error * value
        constant -= RATE * step
        moved = [slope - RATE * part for slope, part in zip(slopes, steps, strict=True)]
        slopes = [
            0.0 if slope * sign < 0 else slope for slope, sign in zip(moved, signs, strict=True)
        ]
    return constant, slopes


def probability(constant: float, slopes: list[float], features: list[float]) -> float:
    products = zip(slopes, features, strict=True)
    total = constant + sum(slope * value for slope, value in products)
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


def quantile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def report(rows: list[Row], answer: float, related: float) -> None:
    for kind in sorted({row["kind"] for row in rows}):
        for setting in ("own", "foreign", "cut"):
            group = [row for row in rows if row["kind"] == kind and row["setting"] == setting]
            claimed = sum(row["ANSWERED"] >= answer and row["ABOUT"] >= related for row in group)
            shown = sum(row["ABOUT"] >= related for row in group)
            count = max(len(group), 1)
            print(f"{kind} {setting}: {claimed / count:.3f} claimed, {shown / count:.3f} shown")


if __name__ == "__main__":
    main(sys.argv[1:])
