"""Builds the cases for measuring answers: fetches the packages of packages.toml, writes their texts
without what the questions are made of, and joins the questions.

  build.py --into DIR [--skip-missing]

DIR then holds the archives under archives/, the projects under projects/, and two sets a kind, a
case a line: documents-tuning.jsonl, documents-test.jsonl, functions-tuning.jsonl and
functions-test.jsonl. A case has an id, the project, its kind, the language, the question, and the
places that answer it: path, first line and the line after the last, counted from 0. Packages are
other people's work: DIR stays on the machine it was built on, and nothing of it is committed.
"""

import argparse
import json
import os
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import functions
from sections import headings

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "repositories"))

import archives  # noqa: E402
from archives import Package  # noqa: E402

Row = dict[str, Any]

LIST = os.path.join(HERE, "packages.toml")
QUESTIONS = os.path.join(HERE, "questions.jsonl")
# What is in the place of a heading that was taken out.
BLANK_HEADING = "Entry"
MOST_FUNCTIONS = 60  # of a package


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--into", required=True, metavar="DIR", help="where all is written")
    parser.add_argument(
        "--skip-missing", action="store_true", help="build from the packages that could be fetched"
    )
    options = parser.parse_args(arguments)
    packages = archives.read_list(LIST)
    questions = read_questions(packages)
    folder = os.path.join(options.into, "archives")
    try:
        archives.fetch(packages, folder)
    except ValueError as error:
        if not options.skip_missing:
            raise
        print(error, file=sys.stderr)
    sets: dict[str, list[Row]] = defaultdict(list)
    for package in packages:
        path = archives.find(package, folder)
        if path is None:
            continue
        archives.verify(package, path)
        texts = read(package, path)
        own = questions.get(package.name, [])
        kind = "documents" if own else "functions"
        rows = document_cases(package, texts, own) if own else function_cases(package, texts)
        write_project(os.path.join(options.into, "projects", package.snapshot), texts)
        sets[f"{kind}-{package.split}"] += rows
        print(f"{kind} {package.split:7} {package.snapshot}: {len(rows)} cases", file=sys.stderr)
    for name, rows in sorted(sets.items()):
        write(os.path.join(options.into, f"{name}.jsonl"), rows)
        print(f"{name}: {len(rows)} cases")


def read_questions(packages: list[Package], path: str = QUESTIONS) -> dict[str, list[Row]]:
    """The questions of each package. Raises ValueError on a line that cannot be right."""
    known = {package.name for package in packages}
    found: dict[str, list[Row]] = defaultdict(list)
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            row = json.loads(line)
            if set(row) != {"package", "path", "heading", "kind", "question"}:
                raise ValueError(f"line {number}: fields are {', '.join(sorted(row))}")
            if row["package"] not in known:
                raise ValueError(f"line {number}: packages.toml has no {row['package']}")
            if row["kind"] not in ("heading", "paraphrase"):
                raise ValueError(f"line {number}: kind must be heading or paraphrase")
            found[row["package"]].append(row)
    return found


def read(package: Package, path: str) -> dict[str, str]:
    """The texts of a package, without those of others that it brings along."""
    texts = {}
    for name, data in archives.members(path):
        if archives.LEFT_OUT.search(name):
            continue
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            texts[name] = text.replace("\r\n", "\n")
    return texts


# ---------------------------------------------------------------- documents
def document_cases(package: Package, texts: dict[str, str], questions: list[Row]) -> list[Row]:
    """The cases of a package; takes the headings that are asked for out of its texts."""
    rows = []
    for number, question in enumerate(questions, 1):
        text = texts.get(question["path"])
        if text is None:
            raise ValueError(f"{package.name} has no {question['path']}")
        place = section(text, question["path"], question["heading"])
        if place is None:
            raise ValueError(
                f"{package.name}: {question['path']} has no heading {question['heading']!r}"
            )
        rows.append(
            {
                "id": f"{package.name}/{number:02}",
                "project": package.snapshot,
                "kind": question["kind"],
                "language": question["path"].rsplit(".", 1)[-1],
                "question": question["question"],
                "gold": [{"path": question["path"], "first": place[0], "end": place[1]}],
            }
        )
    for question in questions:
        if question["kind"] == "heading":
            texts[question["path"]] = blanked(texts[question["path"]], question["heading"])
    return rows


def section(text: str, path: str, heading: str) -> tuple[int, int] | None:
    """The lines of a section, up to the next heading of any level."""
    found = headings(text, path)
    for at, (line, name) in enumerate(found):
        if name == heading:
            end = found[at + 1][0] if at + 1 < len(found) else len(text.split("\n"))
            return line, end
    return None


def blanked(text: str, heading: str) -> str:
    """A text without the words of a heading, wherever they are on a line of their own."""
    lines = text.split("\n")
    for at, line in enumerate(lines):
        if line.strip().lstrip("#").strip() == heading:
            lines[at] = line.replace(heading, BLANK_HEADING)
    return "\n".join(lines)


# ---------------------------------------------------------------- functions
def function_cases(package: Package, texts: dict[str, str]) -> list[Row]:
    """A case for each of some functions: what its documentation says first. The documentation of
    all functions and types is taken out of the texts."""
    places: dict[str, list[Row]] = defaultdict(list)
    for path in sorted(texts):
        language = functions.language_of(path)
        if language is None:
            continue
        texts[path], found = functions.strip(texts[path], language)
        if functions.is_test(path):
            continue
        for function in found:
            gold = {"path": path, "first": function.first, "end": function.end}
            places[function.sentence].append({"gold": gold, "language": language})
    sentences = [one for one in sorted(places) if functions.is_question(one)]
    sentences = [one for one in sentences if len(places[one]) <= 3]
    rows = []
    for number, sentence in enumerate(spread(sentences, MOST_FUNCTIONS), 1):
        golds = places[sentence]
        rows.append(
            {
                "id": f"{package.name}/{number:02}",
                "project": package.snapshot,
                "kind": "docstring",
                "language": golds[0]["language"],
                "question": sentence,
                "gold": [one["gold"] for one in golds],
            }
        )
    return rows


def spread(items: list[str], most: int) -> list[str]:
    """At most so many items, evenly from the whole list: the same list gives the same ones."""
    if len(items) <= most:
        return items
    return [items[at * len(items) // most] for at in range(most)]


# ---------------------------------------------------------------- writing
def write_project(root: str, texts: dict[str, str]) -> None:
    for name, text in texts.items():
        place = os.path.join(root, name)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(place, "w", encoding="utf-8", newline="") as file:
            file.write(text)


def write(path: str, rows: Iterable[Row]) -> None:
    """Whole or not at all: a reader never sees half a set."""
    with open(path + ".part", "w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    os.replace(path + ".part", path)


if __name__ == "__main__":
    try:
        main()
    except ValueError as error:
        sys.exit(f"build.py: {error}")
