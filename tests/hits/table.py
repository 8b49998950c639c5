"""A table of what scan.py found: per pattern how many hits there are, how many were judged by hand,
and how many of these are right.

  table.py FINDINGS ... [--unjudged]

Verdicts are in judged.tsv: package, path, line, code, `right` or `wrong`, and why, separated by
tabs. A hit is right where the message is true, a maintainer of the package would want to know of
it, and the fix does what was meant or at least no harm; anything less is wrong. --unjudged prints
the hits without a verdict instead, in a fixed random order, to take samples from.
"""

import argparse
import json
import os
import sys
import zlib
from collections import Counter
from collections.abc import Iterable
from typing import Any

JUDGED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "judged.tsv")
Key = tuple[str, ...]  # package, path, line, code
SAMPLE = 50  # hits of the sample whose precision is reported


def read(paths: Iterable[str]) -> tuple[int, int, list[dict[str, Any]]]:
    """(lines, files, hits) of files that scan.py wrote; a package that is in more than one
    counts where most of it was read."""
    packages: dict[str, tuple[int, int, list[dict[str, Any]]]] = {}
    for path in paths:
        with open(path, encoding="utf-8") as file:
            for row in map(json.loads, file):
                if "code" not in row:
                    hits: list[dict[str, Any]] = []
                    if row["lines"] > packages.get(row["package"], (-1, 0, hits))[0]:
                        packages[row["package"]] = (row["lines"], row["files"], hits)
                else:
                    hits.append(row)
    lines, files, hits_of_each = zip(*packages.values(), strict=True)
    return sum(lines), sum(files), [hit for some in hits_of_each for hit in some]


def key(hit: dict[str, Any]) -> Key:
    """What names a hit in judged.tsv."""
    return hit["package"], hit["path"], str(hit["line"]), hit["code"]


def read_verdicts() -> dict[Key, bool]:
    """{key: whether it is right}. Raises ValueError on a line that is no verdict."""
    verdicts = {}
    with open(JUDGED, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            *place, verdict, _ = line.rstrip("\n").split("\t")
            if verdict not in ("right", "wrong") or len(place) != 4:
                raise ValueError(
                    f"judged.tsv:{number}: not package, path, line, code, right or wrong, why"
                )
            verdicts[tuple(place)] = verdict == "right"
    return verdicts


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("findings", nargs="+", metavar="FINDINGS")
    parser.add_argument("--unjudged", action="store_true", help="print the hits without a verdict")
    options = parser.parse_args()
    lines, files, hits = read(options.findings)
    verdicts = read_verdicts()
    hits.sort(key=lambda hit: zlib.crc32("\t".join(key(hit)).encode()))
    if options.unjudged:
        for hit in hits:
            if key(hit) not in verdicts:
                print(*key(hit), hit["message"], hit["fix"], hit["text"], sep="\t")
        return
    judged = [hit for hit in hits if key(hit) in verdicts]
    right = Counter(hit["code"] for hit in judged if verdicts[key(hit)])
    judged_of, found = Counter(hit["code"] for hit in judged), Counter(hit["code"] for hit in hits)
    print("| pattern | hits | judged | right |\n|---|---|---|---|")
    for code in sorted(found, key=lambda code: (-found[code], code)):
        print(f"| `{code}` | {found[code]} | {judged_of[code]} | {right[code]} |")
    print(f"| all | {len(hits)} | {len(judged)} | {sum(right.values())} |\n")
    sample = [verdicts.get(key(hit)) for hit in hits[:SAMPLE]]
    print(
        f"{files:,} files, {lines:,} lines: a hit in {lines // max(len(hits), 1):,} lines; "
        f"{sum(1 for count in found if right[count])} patterns "
        f"with a right one; of a sample of {len(sample)}, {sample.count(True)} right, "
        f"{sample.count(False)} wrong, {sample.count(None)} not judged"
    )


if __name__ == "__main__":
    try:
        main()
    except (OSError, ValueError) as error:
        sys.exit(f"table.py: {error}")
