"""Fit the gate: trees and thresholds of models/gate.txt, from completions in repositories that no
evaluation uses.

  nigh eval infill tuning.jsonl --repositories DIR --candidates --out tuned.jsonl
  nigh eval infill tuning.jsonl --candidates --out lone.jsonl
  python gate.py tuned.jsonl --lone lone.jsonl --test tested.jsonl --out ../models/gate.txt

Each line of the input is a case with its candidates, their features and whether each would have
been taken ("accepted", as server/cli/src/commands/eval/score.rs defines it). Boosted trees
(LightGBM) are fitted to all candidates, those of a case weighing one together. The thresholds are
the lowest at which, in a cross-validation by repository, at least as many of the shown completions
are taken as the name promises (TARGETS). Prints the curves of that cross-validation, with workspace
and without, and what the fitted gate reaches on outcomes from other packages (--test).
"""

import argparse
import json
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import lightgbm
import numpy
import numpy as np
from numpy.typing import NDArray

from records import Candidate

Cases = list[tuple[str, list[Candidate]]]  # (repository, candidates)
Prediction = tuple[float, Candidate | None]  # (probability, what would be shown)
Point = tuple[float, float, float, float]  # probability, coverage, precision, exact of all
TARGETS = {"show.quiet": 0.85, "show.balanced": 0.76, "show.eager": 0.45}
FOLDS, HALF = 8, 0.3
TREES = 400
SETTINGS = {
    "objective": "cross_entropy",
    "num_leaves": 7,
    "learning_rate": 0.05,
    "min_data_in_leaf": 20,
    "feature_fraction": 0.5,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "lambda_l2": 1.0,
    "seed": 1,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "verbose": -1,
}
HEAD = """\
# How likely a completion is to be taken: boosted trees, and the least likelihood that is shown.
# Written by training/gate.py from {candidates} candidates of {cases} places in \
{repositories} repositories.
"""


def read(paths: Iterable[str]) -> Cases:
    """Cases [(repository, candidates)]; a case without candidates counts for the coverage."""
    cases = []
    for path in paths:
        with open(path, encoding="utf-8") as file:
            for line in file:
                case = json.loads(line)
                cases.append((str(case["id"]).rpartition("/")[0], case.get("candidates", [])))
    return cases


def names_of(cases: Cases) -> list[str]:
    return sorted(
        {
            name
            for _, candidates in cases
            for candidate in candidates
            for name in candidate["features"]
        }
    )


def target(candidate: Candidate) -> float:
    """1 where the whole line is right, less where a user would accept it and fix the rest: of 0.6
    and 0.3 the latter had 1 % more exact lines and 1 % fewer accepted suggestions."""
    return 1.0 if candidate["exact"] else HALF if candidate["accepted"] else 0.0


def matrix(candidates: Sequence[Candidate], names: Sequence[str]) -> NDArray[np.float32]:
    return numpy.array(
        [[candidate["features"].get(name, 0.0) for name in names] for candidate in candidates],
        dtype=numpy.float32,
    )


def fit(cases: Cases, names: Sequence[str]) -> lightgbm.Booster:
    """The trees for the features `names`."""
    rows = [(candidate, 1 / len(candidates)) for _, candidates in cases for candidate in candidates]
    data = lightgbm.Dataset(
        matrix([candidate for candidate, _ in rows], names),
        [target(candidate) for candidate, _ in rows],
        weight=[weight for _, weight in rows],
        feature_name=list(names),
    )
    return lightgbm.train(SETTINGS, data, TREES)


def best(candidates: Sequence[Candidate], chances: Iterable[float]) -> Prediction:
    """What would be shown first: the most probable whole candidate, else the most probable cut
    one."""
    return max(
        zip(chances, candidates, strict=True), key=lambda pair: (not pair[1]["cut"], pair[0])
    )


def predict(cases: Cases, names: Sequence[str], trees: lightgbm.Booster) -> list[Prediction]:
    """What would be shown in every case, in their order."""
    asked = [candidates for _, candidates in cases if candidates]
    chances = iter(
        trees.predict(matrix([one for candidates in asked for one in candidates], names)).tolist()
        if asked
        else []
    )
    return [
        best(candidates, [next(chances) for _ in candidates]) if candidates else (0.0, None)
        for _, candidates in cases
    ]


def cross_validate(
    cases: Cases, names: Sequence[str], others: Cases | None = None
) -> list[Prediction]:
    """The prediction for every case by trees fitted without its repository, best first; `others`
    are training data of every fold."""
    folds = defaultdict(set)
    for number, repository in enumerate(sorted({repository for repository, _ in cases})):
        folds[number % FOLDS].add(repository)
    result = []
    for left_out in folds.values():
        trees = fit([case for case in [*cases, *(others or [])] if case[0] not in left_out], names)
        result += predict([case for case in cases if case[0] in left_out], names, trees)
    return sorted(result, key=lambda pair: -pair[0])


def format_tree(node: dict[str, Any], names: Sequence[str]) -> str:
    """A tree in the gate file's form: each split before its branches, less-than first. LightGBM's
    own splits are less-or-equal."""
    if "leaf_value" in node:
        return f"{node['leaf_value']:.4g}"
    below = numpy.nextafter(numpy.float32(node["threshold"]), numpy.float32(math.inf))
    branches = " ".join(format_tree(node[side], names) for side in ("left_child", "right_child"))
    return f"{names[node['split_feature']]}<{below:.9g} {branches}"


def curve(shown: Sequence[Prediction]) -> list[Point]:
    """[(probability, coverage, precision, exact of all)] after each case, most probable first."""
    points, taken, exact = [], 0, 0
    for number, (chance, candidate) in enumerate(shown, 1):
        if candidate is None:
            break
        taken, exact = taken + candidate["accepted"], exact + candidate["exact"]
        points.append((chance, number / len(shown), taken / number, exact / len(shown)))
    return points


def threshold(points: list[Point], precision: float) -> float:
    """The lowest probability down to which the precision holds."""
    return min(
        (chance for chance, coverage, held, _ in points if held >= precision and coverage > 0.02),
        default=0.95,
    )


def print_curve(title: str, points: list[Point], cases: int) -> None:
    print(title)
    for share in range(1, 21):
        at = points[min(len(points), max(1, cases * share // 20)) - 1]
        print(
            f"coverage {100 * at[1]:5.1f} %  precision {100 * at[2]:5.1f} %  "
            f"exact of all {100 * at[3]:5.1f} %  from {at[0]:.3f}"
        )


def ablate(cases: Cases, names: Sequence[str], trees: lightgbm.Booster, least: float) -> None:
    """Prints what is left when only candidates of some kinds are kept; their numbers stay those
    that they had among all."""
    all_kinds = ("copied", "adapted", "said", "named")
    for kinds in (
        all_kinds,
        *((kind,) for kind in all_kinds),
        *(tuple(other for other in all_kinds if other != kind) for kind in all_kinds),
    ):
        kept = [
            (
                repository,
                [one for one in candidates if any(one["features"].get(kind) for kind in kinds)],
            )
            for repository, candidates in cases
        ]
        found = predict(kept, names, trees)
        exact = sum(one["exact"] for _, one in found if one)
        shown = [one for chance, one in found if one and chance >= least]
        taken = sum(one["accepted"] for one in shown) / max(len(shown), 1)
        harm = sum(one["harm"] for one in shown) / max(len(shown), 1)
        print(
            f"{' or '.join(kinds):34}  all shown: exact {100 * exact / len(cases):5.1f} %   "
            f"balanced: shown {100 * len(shown) / len(cases):5.1f} %, "
            f"of these taken {100 * taken:5.1f} %, harm {100 * harm:5.1f} %"
        )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("outcomes", nargs="+")
    parser.add_argument(
        "--lone",
        nargs="*",
        default=[],
        help="outcomes without a workspace: learnt from, but no part of the thresholds",
    )
    parser.add_argument(
        "--test", nargs="*", default=[], help="outcomes that nothing is learnt from, for a curve"
    )
    parser.add_argument("--out", required=True)
    options = parser.parse_args(arguments)
    cases, lone = read(options.outcomes), read(options.lone)
    names = names_of(cases + lone)
    points = curve(cross_validate(cases, names, lone))
    print_curve("with workspace", points, len(cases))
    if lone:
        print_curve("without", curve(cross_validate(lone, names, cases)), len(lone))
    fitted = fit(cases + lone, names)
    if options.test:
        tested = read(options.test)
        print_curve(
            "on the test packages",
            curve(sorted(predict(tested, names, fitted), key=lambda pair: -pair[0])),
            len(tested),
        )
        ablate(tested, names, fitted, threshold(points, TARGETS["show.balanced"]))
    trees = fitted.dump_model()["tree_info"]
    with open(options.out, "w", encoding="utf-8") as file:
        file.write(
            HEAD.format(
                candidates=sum(len(candidates) for _, candidates in cases + lone),
                cases=len(cases + lone),
                repositories=len({repository for repository, _ in cases}),
            )
        )
        for name, precision in TARGETS.items():
            file.write(
                f"{name} {threshold(points, precision):.4f}  "
                f"# {100 * precision:.0f} % of what is shown is taken\n"
            )
        for tree in trees:
            file.write(f"tree {format_tree(tree['tree_structure'], names)}\n")


if __name__ == "__main__":
    main()
