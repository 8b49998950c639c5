"""The baseline: what copying reaches without a model.

  floor.py SET.jsonl [--match N]

The snapshots are expected next to the set. For each case, the longest end of the prefix (up to 64
characters) that also occurs earlier in the file, after the cursor, or in another file of the
package is looked up, and what followed it there up to the end of its line is the completion; where
the same length is found in several places, the nearest before the cursor wins, then the file's
rest, then the others. Matches under --match characters show nothing. Measures are those of `nigh
eval` (server/cli/src/commands/eval/score.rs): only the first line counts. A model has to beat this.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterable

import build
from build import Row
from filters import EXTENSIONS

Result = tuple[Row, int, str]  # the case, length of the match, completion
CONTEXT, SHORTEST = 64, 8  # characters
STEPS = (8, 12, 16, 24, 32, 40, 48, 64)


def longest(context: str, text: str, stop: int | None = None) -> int:
    """How much of the context's end is in `text[:stop]`, in characters; a shorter end is
    wherever a longer one does."""
    low, high = 0, len(context)
    while low < high:
        middle = (low + high + 1) // 2
        if text.find(context[-middle:], 0, stop) >= 0:
            low = middle
        else:
            high = middle - 1
    return low


def copied(prefix: str, suffix: str, others: str) -> tuple[int, str]:
    """(length of the match, what followed it). `others` is the text of the package's other
    files."""
    context, best = prefix[-CONTEXT:], (0, "")
    sources: list[tuple[str, int | None, bool]] = [
        (prefix, len(prefix) - 1, True),
        (suffix, None, False),
        (others, None, False),
    ]
    for text, stop, last in sources:
        length = longest(context, text, stop)
        if length > best[0]:
            at = (text.rfind if last else text.find)(context[-length:], 0, stop) + length
            end = text.find("\n", at)
            best = length, text[at : end if end >= 0 else None]
    return best


def score(reference: str, completion: str) -> tuple[bool, bool, int, int]:
    """(exact, shown, characters saved, characters there were) of the first lines."""
    right, answer = reference.split("\n")[0].rstrip(), completion.split("\n")[0].rstrip()
    head = len(os.path.commonprefix([right, answer]))
    shown, exact = bool(answer.strip()), right == answer
    accepted = shown and (exact or (head >= 4 and 2 * head >= len(answer)))
    return exact, shown, max(2 * head - len(answer) - 1, -1) if accepted else 0, len(right)


class Packages:
    """The joined source texts of a snapshot, without one file. Only the last snapshot is kept."""

    def __init__(self, folder: str) -> None:
        self.folder, self.name = folder, ""
        self.files: dict[str, str] = {}

    def without(self, snapshot: str, path: str) -> str:
        if snapshot != self.name:
            root = os.path.join(self.folder, snapshot)
            if not os.path.isdir(root):
                raise ValueError(
                    f"{root} does not exist: the snapshots that build.py unpacked belong next to "
                    "the set"
                )
            self.name = snapshot
            self.files = {
                name: data.decode("utf-8", "replace")
                for name, data in build.files_of(root)
                if name.rsplit(".", 1)[-1].lower() in EXTENSIONS
            }
        return "\n".join(text for name, text in self.files.items() if name != path)


def complete(rows: Iterable[Row], folder: str) -> list[Result]:
    """[(case, length of the match, completion)]. An auto-closed bracket is the editor's: the
    completion ends before it."""
    packages = Packages(folder)
    results = []
    for row in rows:
        length, text = copied(
            row["prefix"], row["suffix"], packages.without(row["snapshot"], row["path"])
        )
        closed = row["suffix"].split("\n", 1)[0].rstrip()
        if closed and text.rstrip().endswith(closed):
            text = text.rstrip()[: -len(closed)]
        results.append((row, length, text))
    return results


def measures(results: list[Result], shortest: int) -> tuple[float, float, float, float]:
    """(exact in percent of all, keystrokes saved in percent, coverage, precision) when matches
    under `shortest` show nothing."""
    scores = [
        score(row["reference"], text if length >= shortest else "") for row, length, text in results
    ]
    shown = [exact for exact, was_shown, _, _ in scores if was_shown]

    def percent(part: float, whole: float) -> float:
        return 100 * part / whole if whole else 0.0

    return (
        percent(sum(exact and was_shown for exact, was_shown, _, _ in scores), len(scores)),
        percent(sum(saved for _, _, saved, _ in scores), sum(length for *_, length in scores)),
        percent(len(shown), len(scores)),
        percent(sum(shown), len(shown)),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("set", metavar="SET.jsonl")
    parser.add_argument(
        "--match",
        type=int,
        default=SHORTEST,
        metavar="N",
        help=f"shortest match that counts (default {SHORTEST})",
    )
    options = parser.parse_args()
    with open(options.set, encoding="utf-8") as file:
        results = complete(map(json.loads, file), os.path.dirname(os.path.abspath(options.set)))
    print(f"{'match of':>16}  exact %  saved %  coverage %  precision %   ({len(results)} cases)")
    for step in STEPS:
        print(f"{step:>13}+    " + "  ".join(f"{value:7.1f}" for value in measures(results, step)))
    for field in ("language", "kind"):
        for value in sorted({row[field] for row, _, _ in results}):
            part = [result for result in results if result[0][field] == value]
            print(
                f"{value:>16}  "
                + "  ".join(f"{value:7.1f}" for value in measures(part, options.match))
                + f"   ({len(part)})"
            )


if __name__ == "__main__":
    try:
        main()
    except (ValueError, OSError, KeyError) as error:
        sys.exit(f"floor.py: {error!r}" if isinstance(error, KeyError) else f"floor.py: {error}")
