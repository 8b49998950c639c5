"""Measures a model through the whole server and keeps the numbers in results.jsonl.

  python3 models/results.py VERSION --nigh target/release/nigh --cases DIR
      [--model FILE.gguf] [--note TEXT] [--all-tests] [--only NAME ...]

DIR holds the evaluation sets as files infill_*.jsonl, repair_*.jsonl, detect_*.jsonl. Each goes
through the `nigh eval` command of its kind, with --run-tests if its cases have a Python test. With
--all-tests programs in several languages are compiled and run too, which takes an hour. A set
measured again under the same version replaces the older numbers. docs/benchmarks.md is written
again afterwards; without --cases only that is done.
"""

import argparse
import glob
import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

HERE = os.path.dirname(os.path.abspath(__file__))
KEPT = os.path.join(HERE, "results.jsonl")
Entry = dict[str, Any]  # a line of results.jsonl
PAGE = os.path.join(HERE, "..", "docs", "benchmarks.py")


def kind_of(path: str, all_tests: bool) -> list[str] | None:
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


def sets(folder: str, all_tests: bool) -> Iterator[tuple[str, list[str]]]:
    """(name, arguments of `nigh eval`) for each set; programs in Python also as its own."""
    for path in sorted(glob.glob(os.path.join(folder, "*.jsonl"))):
        name, arguments = os.path.basename(path)[:-6], kind_of(path, all_tests)
        if arguments:
            yield name, arguments
        if arguments and name == "repair_humanevalfix":
            yield name + "_python", [*arguments, "--language", "python"]


def measure(nigh: str, arguments: Sequence[str], model: str | None) -> tuple[dict[str, Any], int]:
    """The last line of the command's output as an object, and the seconds it took."""
    began = time.monotonic()
    command = [nigh, "eval", *arguments, *(["--model", model] if model else [])]
    result = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if result.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {result.returncode}")
    return json.loads(result.stdout.strip().splitlines()[-1]), round(time.monotonic() - began)


def read_kept() -> list[Entry]:
    if not os.path.exists(KEPT):
        return []
    with open(KEPT) as file:
        return [json.loads(line) for line in file]


def write(entries: Iterable[Entry]) -> None:
    with open(KEPT, "w") as file:
        file.writelines(json.dumps(entry) + "\n" for entry in entries)
    subprocess.run([sys.executable, PAGE], check=True)


def main() -> None:
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
