"""Drives a real editor in a terminal through the scenarios, and checks what a user would see and
keep.

    drive.py --editor FOLDER --root PREFIX --server PATH-OF-nigh [--times N] [--only NAME]
             [--jobs N] [--way NAME]

FOLDER is the editor's (../emacs, ../helix): its editor.py has the class `Editor` and `LACKS`: ways
to set it up -> what each lacks. PREFIX is where the editor lies. Called by the run.sh of each
through ../protocol/checked.sh, so --server is a program that records. Every scenario runs in an
editor of its own; what was on the screen is left in target/<name>/shots.
"""

import argparse
import concurrent.futures
import importlib
import pathlib
import statistics
import subprocess
import sys
import time

import scenarios  # noqa: F401 - each scenario adds itself to SCENARIOS
from context import SCENARIOS, Scenario, ScenarioContext
from recording import Recording
from terminal import TerminalEditor
from watching import Failed

TARGET = pathlib.Path(__file__).resolve().parents[3] / "target"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--editor", required=True, type=pathlib.Path)
    parser.add_argument(
        "--root", required=True, type=lambda path: pathlib.Path(path).resolve(strict=True)
    )
    parser.add_argument(
        "--server", required=True, type=lambda path: pathlib.Path(path).resolve(strict=True)
    )
    parser.add_argument("--times", type=int, default=1)
    parser.add_argument("--only", default="", help="only the scenarios with this in their name")
    parser.add_argument("--way", default="", help="only this way of setting the editor up")
    parser.add_argument("--jobs", type=int, default=2, help="scenarios at once")
    return parser.parse_args()


# Scenario, the editor's class, way, options, round.
Task = tuple[Scenario, type[TerminalEditor], str, argparse.Namespace, int]


def attempt(task: Task) -> tuple[str, bool, list[float]]:
    """Runs one (scenario, editor's class, way, options, round); returns (report line, passed, times
    to suggestions)."""
    scenario, kind, way, options, turn = task
    name = f"{scenario.name} ({way})"
    recorded = options.server.parents[1] / "messages" / f"{way}-{scenario.name}-{turn}"
    context, started = ScenarioContext(Recording(recorded)), time.monotonic()
    shots = TARGET / options.editor.name / "shots"
    try:
        with kind(way, options, shots, {"NIGH_MESSAGES": str(recorded)}) as editor:
            scenario.run(editor, context)
            if editor.running():
                editor.shoot(f"{way}-{scenario.name}")
                editor.check("complaints of the editor", editor.complaints(), [])
    except (Failed, OSError, subprocess.CalledProcessError) as error:
        return f"FAIL  {name}: {type(error).__name__}: {error}", False, context.waited
    return f"ok    {time.monotonic() - started:5.1f} s  {name}", True, context.waited


def main() -> None:
    options = arguments()
    sys.path.insert(0, str(options.editor))
    module = importlib.import_module("editor")
    tasks = []
    for way in (way for way in module.LACKS if options.way in way):
        for scenario in (one for one in SCENARIOS if options.only in one.name):
            lacking = [name for name in scenario.needs if name in module.LACKS[way]]
            if lacking:
                print(f"left out: {scenario.name} ({way}), as it has no {', '.join(lacking)}")
            else:
                tasks.append((scenario, module.Editor, way, options))
    failed, started = 0, time.monotonic()
    waits: list[float] = []
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for turn in range(1, options.times + 1):
            for line, passed, waited in pool.map(attempt, [(*task, turn) for task in tasks]):
                print(line, flush=True)
                failed += not passed
                waits += waited
            print(
                f"round {turn} of {options.times}: {failed} failed so far, "
                f"{time.monotonic() - started:.0f} s",
                flush=True,
            )
    if waits:
        print(
            "from the editor's last change to the answer: median "
            f"{1000 * statistics.median(waits):.0f} ms, "
            f"slowest {1000 * max(waits):.0f} ms, {len(waits)} times"
        )
    sys.exit(1 if failed or not tasks else 0)


main()
