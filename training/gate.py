"""Fit the gate: weights and thresholds of models/gate.txt from completions of repositories that nobody is judged by.

  nigh eval infill tuning.jsonl --repositories DIR --candidates --out tuned.jsonl
  nigh eval infill files.jsonl --candidates --out alone.jsonl
  python gate.py tuned.jsonl --lone alone.jsonl --out ../models/gate.txt

Each line of the input is a case with its candidates, their features and whether each would have been taken ("accepted", as
server/lsp/src/commands/eval/score.rs defines it). A logistic regression with an L2 penalty is fitted to all candidates, those of a case
weighing one together. The thresholds are the lowest at which, in a cross-validation by repository, at least as many of the shown
completions are taken as the name promises (TARGETS). Prints the curve of precision against coverage of that cross-validation.
"""
import argparse
import json
from collections import defaultdict

import torch

TARGETS = {"show.quiet": 0.75, "show.balanced": 0.65, "show.eager": 0.45}
PENALTY, FOLDS, WHOLE = 1e-5, 8, 0.6
HEAD = """# How likely a completion is to be taken: weights of a logistic regression, and the least likelihood that is shown.
# Written by training/gate.py from {candidates} candidates of {cases} places in {repositories} repositories.
"""


def read(paths):
    """Cases [(repository, candidates)]; a case without candidates counts for the coverage."""
    cases = []
    for path in paths:
        with open(path, encoding="utf-8") as file:
            for line in file:
                case = json.loads(line)
                cases.append((str(case["id"]).rpartition("/")[0], case.get("candidates", [])))
    return cases


def names_of(cases):
    return sorted({name for _, candidates in cases for candidate in candidates for name in candidate["features"]})


def target(candidate):
    """1 where the whole line is right, less where a user would take it and mend the rest."""
    return 1.0 if candidate["exact"] else WHOLE if candidate["accepted"] else 0.0


def matrix(candidates, names):
    return torch.tensor([[candidate["features"].get(name, 0.0) for name in names] for candidate in candidates])


def fit(cases, names):
    """The weights for the features `names`."""
    rows = [(candidate, 1 / len(candidates)) for _, candidates in cases for candidate in candidates]
    x, y = matrix([candidate for candidate, _ in rows], names), torch.tensor([target(candidate) for candidate, _ in rows])
    share = torch.tensor([weight for _, weight in rows])
    scale = x.abs().amax(0).clamp_min(1e-6)
    weights = torch.zeros(len(names), requires_grad=True)
    optimizer = torch.optim.LBFGS([weights], max_iter=500, line_search_fn="strong_wolfe", tolerance_grad=1e-7)

    def closure():
        optimizer.zero_grad()
        loss = torch.nn.functional.binary_cross_entropy_with_logits(x / scale @ weights, y, share, reduction="sum") / share.sum()
        (loss + PENALTY * weights.square().sum()).backward()
        return loss + PENALTY * weights.square().sum()

    optimizer.step(closure)
    return (weights / scale).detach()


def best(candidates, names, weights):
    """(probability, candidate) of what would be shown first: the likeliest whole candidate, else the likeliest head."""
    if not candidates:
        return 0.0, None
    chances = torch.sigmoid(matrix(candidates, names) @ weights).tolist()
    return max(zip(chances, candidates), key=lambda pair: (not pair[1]["cut"], pair[0]))


def foretold(cases, names):
    """[(probability, candidate or None)] of every case, by weights fitted without its repository."""
    folds = defaultdict(list)
    for number, repository in enumerate(sorted({repository for repository, _ in cases})):
        folds[number % FOLDS].append(repository)
    result = []
    for left_out in folds.values():
        weights = fit([case for case in cases if case[0] not in left_out], names)
        result += [best(candidates, names, weights) for repository, candidates in cases if repository in left_out]
    return sorted(result, key=lambda pair: -pair[0])


def curve(shown):
    """[(probability, coverage, precision, exact of all)] after each case, likeliest first."""
    points, taken, exact = [], 0, 0
    for number, (chance, candidate) in enumerate(shown, 1):
        if candidate is None:
            break
        taken, exact = taken + candidate["accepted"], exact + candidate["exact"]
        points.append((chance, number / len(shown), taken / number, exact / len(shown)))
    return points


def threshold(points, precision):
    """The lowest probability down to which the precision holds."""
    return min((chance for chance, coverage, held, _ in points if held >= precision and coverage > 0.02), default=0.95)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("outcomes", nargs="+")
    parser.add_argument("--lone", nargs="*", default=[], help="outcomes of cases without a workspace, which get weights of their own")
    parser.add_argument("--out", required=True)
    options = parser.parse_args()
    cases = read(options.outcomes)
    names = names_of(cases)
    points = curve(foretold(cases, names))
    for share in range(1, 21):
        at = points[min(len(points), max(1, len(cases) * share // 20)) - 1]
        print(f"coverage {100 * at[1]:5.1f} %  precision {100 * at[2]:5.1f} %  exact of all {100 * at[3]:5.1f} %  from {at[0]:.3f}")
    weights = fit(cases, names)
    lone = read(options.lone)
    lone_names = names_of(lone)
    lone_weights = fit(lone, lone_names).tolist() if lone else []
    counts = dict(candidates=sum(len(candidates) for _, candidates in cases), cases=len(cases), repositories=len({r for r, _ in cases}))
    with open(options.out, "w", encoding="utf-8") as file:
        file.write(HEAD.format(**counts))
        for name, weight in zip(names, weights.tolist()):
            file.write(f"{name} {weight:.4f}\n")
        for name, weight in zip(lone_names, lone_weights):
            file.write(f"lone.{name} {weight:.4f}\n")
        for name, precision in TARGETS.items():
            file.write(f"{name} {threshold(points, precision):.4f}  # {100 * precision:.0f} % of what is shown is taken\n")


if __name__ == "__main__":
    main()
