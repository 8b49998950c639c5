"""Drives a real Neovim with the plugin of this repository and checks what a user would see and
keep.

    drive.py --nvim PATH [--server PATH-OF-nigh] [--times N] [--only NAME]
             [--draw native|plugin|both] [--jobs N]

run.sh calls this. Every scenario runs in a Neovim of its own. Without --server the suggestions come
from ../stand_in.py, whose answers are known; with it they come from the model inside `nigh serve`,
so a scenario types one of several beginnings until something is suggested and then compares the
buffer and the file on disk with typed text + suggestion. To add a scenario: a function in one of
the files that are imported here.
"""

import argparse
import concurrent.futures
import pathlib
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable

import commands
import crowds
import known_answers
import scenarios
import speed
from context import SCENARIOS, Scenario, ScenarioContext
from editor import Editor
from nvim_rpc import Error
from watching import Failed, alive

SITUATIONS = (scenarios, commands, crowds, known_answers, speed)  # importing them fills the list
HERE = pathlib.Path(__file__).resolve().parent


def run(scenario: Scenario, options: argparse.Namespace, native: bool) -> tuple[float, list[float]]:
    """Runs one scenario; returns (seconds, times to suggestions) or raises what went wrong."""
    context = ScenarioContext(real=options.server is not None)
    command = (
        [options.server, "serve"]
        if context.real
        else [sys.executable, str(HERE.parent / "stand_in.py")]
    )
    started = time.monotonic()
    with Editor(options.nvim, command, native) as editor:
        scenario.run(editor, context)
        if alive(editor.pid):
            editor.check("errors in :messages", editor.complaints(), [])
    return time.monotonic() - started, context.waited


def can_draw(nvim: str) -> bool:
    """Whether this Neovim draws inline completions itself."""
    test = "lua io.write(tostring(vim.lsp.inline_completion ~= nil))"
    command = [nvim, "--headless", "-u", "NONE", "-c", test, "-c", "qa!"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout == "true"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--nvim", required=True)
    parser.add_argument("--server", type=lambda path: str(pathlib.Path(path).resolve(strict=True)))
    parser.add_argument("--times", type=int, default=1)
    parser.add_argument("--only", help="only the scenarios with this in their name")
    parser.add_argument("--draw", choices=("native", "plugin", "both"), default="both")
    parser.add_argument("--jobs", type=int, help="scenarios at once: 4, or 1 with a real server")
    options = parser.parse_args()
    if not can_draw(options.nvim):
        options.draw = "plugin"
    options.jobs = options.jobs or (1 if options.server else 4)
    return options


Task = tuple[Scenario, argparse.Namespace, bool]


def attempt(task: Task) -> tuple[str, bool, bool, list[float]]:
    """Runs one (scenario, options, native); returns (report line, passed, native, times to
    suggestions)."""
    scenario, options, native = task
    name = f"{scenario.name} ({'native' if native else 'plugin'})"
    try:
        seconds, waited = run(scenario, options, native)
    except (Failed, Error, OSError, EOFError, subprocess.CalledProcessError) as error:
        return f"FAIL  {name}: {type(error).__name__}: {error}", False, native, []
    return f"ok    {seconds:5.1f} s  {name}", True, native, waited


def report_waits(waits: Iterable[float], native: bool) -> None:
    times = sorted(1000 * value for value in waits)
    if times:
        print(
            f"last key to suggestion, drawn by {'Neovim' if native else 'the plugin'}: "
            f"median {statistics.median(times):.0f} ms, slowest {times[-1]:.0f} ms, {len(times)} "
            "times"
        )


def main() -> None:
    options = arguments()
    chosen = [
        one
        for one in SCENARIOS
        if (options.only or "") in one.name
        and not (one.needs_stand_in if options.server else one.needs_server)
    ]
    drawers = {"native": [True], "plugin": [False], "both": [True, False]}[options.draw]
    tasks = [(scenario, options, native) for native in drawers for scenario in chosen]
    failed, started = 0, time.monotonic()
    waits: dict[bool, list[float]] = {True: [], False: []}
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for round_number in range(1, options.times + 1):
            for line, passed, native, waited in pool.map(attempt, tasks):
                print(line, flush=True)
                failed += not passed
                waits[native] += waited
            print(
                f"round {round_number} of {options.times}: {failed} failed so far, "
                f"{time.monotonic() - started:.0f} s",
                flush=True,
            )
    for native in drawers:
        report_waits(waits[native], native)
    sys.exit(1 if failed or not tasks else 0)


main()
