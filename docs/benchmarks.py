"""Writes docs/benchmarks.md from the files that hold the measurements: benchmarks.py [--check].

tests/bench/measured.toml has numbers with their command and machine; models/results.jsonl has every
version of the embedded model on public sets (models/results.py appends to it). With --check nothing
is written, and the exit status is 1 if the page is stale. To show another number: a row in
measured.toml, or a line in ROWS. Standard library only.
"""

import json
import pathlib
import sys
import tomllib
from collections.abc import Sequence
from typing import Any

ROOT = pathlib.Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "benchmarks.md"
ROWS = (  # what, set, field of its result
    ("HumanEval, single line: exact and shown", "infill_humaneval_single_line", "exact"),
    ("most likely candidate exact", "infill_humaneval_single_line", "exact_likeliest"),
    ("text of the model exact", "infill_humaneval_single_line", "exact_said"),
    ("pass@1", "infill_humaneval_single_line", "pass_at_1"),
    ("shown", "infill_humaneval_single_line", "coverage"),
    ("exact, of those shown", "infill_humaneval_single_line", "precision_shown"),
    ("median time, ms", "infill_humaneval_single_line", "p50_ms"),
    ("HumanEval, several lines: exact and shown", "infill_humaneval_multi_line", "exact"),
    ("most likely candidate exact", "infill_humaneval_multi_line", "exact_likeliest"),
    ("HumanEval, random span: exact and shown", "infill_humaneval_random_span_light", "exact"),
    ("pass@1", "infill_humaneval_random_span_light", "pass_at_1"),
    ("SAFIM, API calls: exact and shown", "infill_safim_api", "exact"),
    ("SAFIM, control flow", "infill_safim_control", "exact"),
    ("SAFIM, blocks", "infill_safim_block", "exact"),
    ("HumanEvalFix, Python: first fix correct", "repair_humanevalfix_python", "top1"),
    ("one of three correct", "repair_humanevalfix_python", "top3"),
    ("false alarms", "repair_humanevalfix_python", "false_alarms"),
    ("HumanEvalFix, six languages: first fix correct", "repair_humanevalfix", "top1"),
    ("QuixBugs: first fix correct", "repair_quixbugs", "top1"),
    ("GREAT, misused variables: correct name", "detect_great_varmisuse", "repair_accuracy"),
    ("F1", "detect_great_varmisuse", "f1"),
)
HEAD = """# Benchmarks

<!-- Written by docs/benchmarks.py from tests/bench/measured.toml and models/results.jsonl. -->

Every number has the command that measures it. [Evaluation](evaluation.md) explains the measures.
"""
VERSIONS = """
## Versions of the embedded model

Public sets through the whole server: prompt, stop rules, filters, gate. Numbers are per cent unless
the row says otherwise; an empty cell was not measured. Exact means that the first line was shown
(balanced) and equals the reference. `models/results.jsonl` has all numbers, with the time and the
sha256 of the model.

    python3 models/results.py VERSION --nigh target/release/nigh --cases DIR

"""


def table(rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; the first row is its head."""
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([lines[0], "|---" * len(rows[0]) + "|", *lines[1:]]) + "\n"


def code(command: str) -> str:
    """A command as code, unless it is described in words or quotes its code itself."""
    is_program = command.split()[0].rstrip(",") == "nigh" or ".py" in command or ".sh" in command
    return f"`{command}`" if is_program and "`" not in command else command


def section(entry: dict[str, Any], machines: dict[str, str]) -> str:
    rows = [[row["what"], row["value"], code(row["command"])] for row in entry["rows"]]
    parts = [
        f"\n## {entry['title']}\n",
        f"{entry['text'].strip()}\n" if "text" in entry else "",
        f"Machine: {machines[entry['machine']]}.\n",
        table([["what", "measured", "with"], *rows]),
        f"{entry['after'].strip()}\n" if "after" in entry else "",
    ]
    return "\n".join(part for part in parts if part)


def versions() -> str:
    """One column per version of the model."""
    with open(ROOT / "models" / "results.jsonl") as file:
        entries = [json.loads(line) for line in file]
    notes: dict[str, str] = {}
    results: dict[tuple[str, str], dict[str, Any]] = {}
    for entry in entries:
        notes[entry["version"]] = f"{entry['note']} ({entry['bytes'] / 1e6:.1f} MB)"
        results[entry["version"], entry["set"]] = entry["result"]
    rows = [["set and measure", *(f"version {version}" for version in notes)]]
    for what, name, field in ROWS:
        cells = [results.get((version, name), {}).get(field) for version in notes]
        rows.append([what, *("" if cell is None else f"{cell:.1f}" for cell in cells)])
    legend = "".join(f"- Version {version}: {note}.\n" for version, note in notes.items())
    return VERSIONS + table(rows) + "\n" + legend


def page() -> str:
    with open(ROOT / "tests" / "bench" / "measured.toml", "rb") as file:
        measured = tomllib.load(file)
    machines = measured["machines"]
    return HEAD + "".join(section(entry, machines) for entry in measured["section"]) + versions()


def main() -> None:
    new = page()
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(new, encoding="utf-8")
    elif new != PAGE.read_text(encoding="utf-8"):
        sys.exit("docs/benchmarks.md is stale: run python3 docs/benchmarks.py")


if __name__ == "__main__":
    main()
