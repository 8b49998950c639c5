"""Measures the tree: python3 tests/house [--root FOLDER] [--json | --write | --check | --tighten].

Without a flag it prints `docs/house.md` as it would be now. `--json` prints only the numbers.
`--write` writes `docs/house.md` and `docs/crates.svg`, and fills in what other pages quote.
`--check` fails where a limit of `limits.toml` or `additions.toml` is broken, where the drawing does
not fit the crates, or where a quote is stale. `--tighten` lowers the limits to what there is now.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

from additions import Addition, additions
from crates import crates
from drawing import drawing
from figures import Measured, measure, shared_names, table
from limits import broken, limits, tighten
from quotes import refreshed
from report import Row, page

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
DRAWING = Path("docs/crates.svg")
PAGE = Path("docs/house.md")


def all_figures(measured: list[Measured]) -> dict[str, Row]:
    """The rows of all crates; that of the whole tree also has the names used twice."""
    rows = table(measured)
    shares = [row["share_percent"] for name, row in rows.items() if name != "all"]
    rows["all"]["share_percent"] = max(shares)
    rows["all"]["shared_public_names"] = len(shared_names(measured, public=True))
    rows["all"]["shared_names"] = len(shared_names(measured, public=False))
    return rows


def stale(root: Path) -> list[str]:
    """What `--write` would write differently."""
    drawn = root / DRAWING
    fits = drawn.is_file() and drawn.read_text() == drawing(crates(root))
    wrong = [] if fits else [DRAWING]
    for path in (root / "docs").glob("*.md"):
        if refreshed(root, path.read_text()) != path.read_text():
            wrong.append(path.relative_to(root))
    return [f"{path} is stale: python3 tests/house --write" for path in wrong]


def commit(root: Path) -> str:
    """The commit that is checked out, shortened."""
    command = ["git", "rev-parse", "--short", "HEAD"]
    return subprocess.run(command, cwd=root, capture_output=True, text=True).stdout.strip()


def whole_page(measured: list[Measured], found: list[Addition]) -> str:
    """`docs/house.md`."""
    groups = [[str(path) for path in group] for crate in measured for group in crate.cycles]
    groups.sort(key=lambda group: -len(group))
    names = shared_names(measured, public=False)
    before = json.loads((HERE / "before.json").read_text())
    peer = json.loads((HERE / "nil.json").read_text())
    ceilings, floors = limits()
    allowed = {key: f"<= {most}" for key, most in ceilings.items()}
    allowed |= {key: f">= {least}" for key, least in floors.items()}
    rows = all_figures(measured)
    return page(rows, groups, names, found, before, peer, allowed)


def main() -> None:
    """Reads the command line, measures, and prints, writes or checks."""
    parser = argparse.ArgumentParser(prog="python3 tests/house", description=__doc__)
    parser.add_argument("--root", type=Path, default=ROOT, help="the tree to measure")
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--json", action="store_true")
    action.add_argument("--write", action="store_true")
    action.add_argument("--check", action="store_true")
    action.add_argument("--tighten", action="store_true")
    chosen = parser.parse_args()
    root = chosen.root.resolve()
    measured, found = measure(root), additions(root)
    if chosen.json:
        touched = {addition.what: len(addition.touched) for addition in found}
        print(
            json.dumps(
                {"commit": commit(root), **all_figures(measured), "touched": touched}, indent=1
            )
        )
    elif chosen.write:
        (root / DRAWING).write_text(drawing(crates(root)))
        (root / PAGE).write_text(whole_page(measured, found))
        for path in (root / "docs").glob("*.md"):
            path.write_text(refreshed(root, path.read_text()))
    elif chosen.check:
        wrong = broken(all_figures(measured)["all"], found) + stale(root)
        sys.exit("\n".join(wrong) if wrong else None)
    elif chosen.tighten:
        tighten(all_figures(measured)["all"], found)
    else:
        print(whole_page(measured, found))


if __name__ == "__main__":
    main()
