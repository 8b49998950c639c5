"""Measure a model through the whole server and keep the numbers: results.jsonl has all of them, RESULTS.md one row a version.

  python3 models/results.py VERSION --nigh target/release/nigh --cases DIR [--model FILE.gguf] [--note TEXT] [--only NAME ...]

DIR holds the evaluation sets as files infill_*.jsonl, repair_*.jsonl, detect_*.jsonl; each goes through the `nigh eval` command of its
kind, with --run-tests where its cases have a Python test (with --all-tests also where programs in several languages are to be compiled
and run, which takes an hour). A set measured again under the same version replaces the older numbers. Without
--cases RESULTS.md is only written again. To show another number: a line in COLUMNS.
"""

import argparse
import glob
import hashlib
import json
import os
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
KEPT, TABLE = os.path.join(HERE, "results.jsonl"), os.path.join(HERE, "RESULTS.md")
COLUMNS = (  # heading, set, field
    ("single line, exact", "infill_humaneval_single_line", "exact"),
    ("the likeliest, shown or not", "infill_humaneval_single_line", "exact_likeliest"),
    ("what the model says", "infill_humaneval_single_line", "exact_said"),
    ("pass@1", "infill_humaneval_single_line", "pass_at_1"),
    ("shown", "infill_humaneval_single_line", "coverage"),
    ("right of those", "infill_humaneval_single_line", "precision_shown"),
    ("several lines, exact", "infill_humaneval_multi_line", "exact"),
    ("the likeliest, shown or not", "infill_humaneval_multi_line", "exact_likeliest"),
    ("random span, exact", "infill_humaneval_random_span_light", "exact"),
    ("pass@1", "infill_humaneval_random_span_light", "pass_at_1"),
    ("SAFIM api", "infill_safim_api", "exact"),
    ("control", "infill_safim_control", "exact"),
    ("block", "infill_safim_block", "exact"),
    ("HumanEvalFix Python top 1", "repair_humanevalfix_python", "top1"),
    ("top 3", "repair_humanevalfix_python", "top3"),
    ("false alarms", "repair_humanevalfix_python", "false_alarms"),
    ("HumanEvalFix top 1", "repair_humanevalfix", "top1"),
    ("QuixBugs top 1", "repair_quixbugs", "top1"),
    ("GREAT right name", "detect_great_varmisuse", "repair_accuracy"),
    ("F1", "detect_great_varmisuse", "f1"),
    ("p50 ms", "infill_humaneval_single_line", "p50_ms"),
)
HEAD = """# Results

Every version of the embedded model through the whole server (prompt, stop rules, filters), in per cent unless said otherwise; an empty cell was not
measured. The first line of an answer counts as exact where it is shown (`completion.show` balanced) and equals the reference's; two columns count the likeliest candidate everywhere. `results.jsonl` has all numbers, with the machine's
time and the sha256 of the file. Written by one command; the sets are public ones, half of their problems each:

    python3 models/results.py VERSION --nigh target/release/nigh --cases DIR

"""


def kind_of(path, all_tests):
    """The `nigh eval` arguments for a set, or None for what is no set of ours."""
    name = os.path.basename(path)
    if name.startswith("infill_"):
        with open(path) as file:
            tests = json.loads(file.readline()).get("tests")
        tested = tests and (all_tests or isinstance(tests, str))
        return ["infill", path, *(["--run-tests"] if tested else [])]
    return next(
        ([kind, path] for kind in ("repair", "detect") if name.startswith(kind + "_")), None
    )


def sets(folder, all_tests):
    """(name, arguments of `nigh eval`) for each set in the folder; of programs in six languages those in Python also alone."""
    for path in sorted(glob.glob(os.path.join(folder, "*.jsonl"))):
        name, arguments = os.path.basename(path)[:-6], kind_of(path, all_tests)
        if arguments:
            yield name, arguments
        if name == "repair_humanevalfix":
            yield name + "_python", [*arguments, "--language", "python"]


def measure(nigh, arguments, model):
    """The last line of the command's output as an object; seconds it took. Its own messages go to stderr."""
    began = time.monotonic()
    command = [nigh, "eval", *arguments, *(["--model", model] if model else [])]
    result = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if result.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {result.returncode}")
    return json.loads(result.stdout.strip().splitlines()[-1]), round(time.monotonic() - began)


def read_kept():
    if not os.path.exists(KEPT):
        return []
    with open(KEPT) as file:
        return [json.loads(line) for line in file]


def write(entries):
    with open(KEPT, "w") as file:
        file.writelines(json.dumps(entry) + "\n" for entry in entries)
    versions = {}
    for entry in entries:
        versions.setdefault(entry["version"], {"note": entry["note"], "bytes": entry["bytes"]})[
            entry["set"]
        ] = entry["result"]
    rows = [["version", "MB", *(heading for heading, _, _ in COLUMNS), "what it is"]]
    for version, sets in versions.items():
        cells = [sets.get(name, {}).get(field) for _, name, field in COLUMNS]
        rows.append(
            [
                version,
                f"{sets['bytes'] / 1e6:.1f}",
                *("" if cell is None else f"{cell:.1f}" for cell in cells),
                sets["note"],
            ]
        )
    rows.insert(1, ["---"] * len(rows[0]))
    with open(TABLE, "w") as file:
        file.write(HEAD + "".join("| " + " | ".join(row) + " |\n" for row in rows))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("version", nargs="?")
    parser.add_argument("--nigh", default="nigh")
    parser.add_argument("--cases", metavar="DIR")
    parser.add_argument("--model", help="default: the embedded one")
    parser.add_argument("--note", default="")
    parser.add_argument("--all-tests", action="store_true")
    parser.add_argument(
        "--only", nargs="*", help="sets, by the names of their files without .jsonl"
    )
    options = parser.parse_args()
    entries = read_kept()
    if options.cases:
        if not options.version:
            parser.error("name the version that is measured")
        file_of_model = options.model or os.path.join(HERE, "nigh.gguf")
        with open(file_of_model, "rb") as file:
            about = {
                "version": options.version,
                "note": options.note,
                "bytes": os.path.getsize(file_of_model),
                "sha256": hashlib.file_digest(file, "sha256").hexdigest(),
            }
        for name, arguments in sets(options.cases, options.all_tests):
            if options.only and name not in options.only:
                continue
            result, seconds = measure(options.nigh, arguments, options.model)
            print(name, json.dumps(result), file=sys.stderr, flush=True)
            entries = [
                entry
                for entry in entries
                if (entry["version"], entry["set"]) != (options.version, name)
            ]
            entries.append({**about, "set": name, "result": result, "seconds": seconds})
            write(entries)
    write(entries)


if __name__ == "__main__":
    main()
