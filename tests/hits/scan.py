"""What the patterns find in real packages: one line of JSON per finding, and how many files and
lines were searched.

  scan.py NIGH --archives DIR --into FINDINGS [--origin ORIGIN ...] [--package NAME ...]
          [--every N] [--most LINES]

The packages are those of training/packages.toml, each pinned to a
version and checked by its sha256; what is not in DIR yet is fetched into it by pip, npm, cargo and
apt-get. Each package is unpacked into a temporary folder, searched by `nigh diagnose`, and
removed again; nothing of it is kept but the line of a finding. table.py reads FINDINGS and the
verdicts in judged.tsv. Tests and examples of a package count; vendored and minified code does not.
"""

import argparse
import glob
import json
import os
import re
import subprocess
import sys
import tempfile
import tomllib
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "training"))

from filters import EXTENSIONS, LANGUAGES  # noqa: E402
from packages import ORIGINS, Package, fetch, find_archive, open_package, read_list  # noqa: E402

LIST = os.path.join(HERE, "..", "..", "training", "packages.toml")
GRAMMARS = os.path.join(HERE, "..", "..", "grammars")
Finding = dict[str, Any]  # as `nigh diagnose --json` prints it
LEFT_OUT = re.compile(
    r"(^|/)(node_modules|testdata|[_-]?vendor(ed)?|godeps|(third|3rd)[_-]?party|_?deps|external|dist|cjs|esm|umd|bundles?|"
    r"[^/]*\.dist-info)/|\.min\.|\.d\.[cm]?ts$|\.bundle\.",
    re.I,
)
LARGEST = 300_000  # bytes of a file; more is data
LONGEST = 600  # characters of a line; more was written by a program
BATCH = 500  # files in one call of nigh


def languages_of_patterns() -> set[str]:
    """The languages whose facts list patterns, or that resemble such a language."""
    found = set()
    for path in glob.glob(os.path.join(GRAMMARS, "*", "language.toml")):
        with open(path, "rb") as file:
            facts = tomllib.load(file)
        if facts.get("bugs") or facts.get("resembles"):
            found.add(os.path.basename(os.path.dirname(path)))
    return found


SEARCHED = languages_of_patterns()


def is_searched(path: str) -> bool:
    """Whether a file is looked through: written by hand, in a language that patterns know."""
    language = EXTENSIONS.get(path.rsplit(".", 1)[-1].lower())
    return language in SEARCHED and not LEFT_OUT.search(path)


def wanted(package: Package, path: str) -> bool:
    """Whether a file of a package is looked through: one in a language that the package is listed
    with."""
    extension = path.rsplit(".", 1)[-1].lower()
    return is_searched(path) and any(
        extension in LANGUAGES[language].split()
        for language in package.languages
        if language in SEARCHED
    )


def texts(files: Iterable[tuple[str, bytes]], most: int) -> Iterator[tuple[str, str]]:
    """(path, text) of source files, in an order that has nothing to do with their names, until
    `most` lines are full."""
    lines = 0
    for path, data in sorted(files, key=lambda file: zlib.crc32(file[0].encode())):
        if len(data) > LARGEST or lines > most:
            continue
        try:
            text = data.decode()
        except UnicodeDecodeError:
            continue
        if max(map(len, text.split("\n"))) <= LONGEST:
            lines += text.count("\n")
            yield path, text


def diagnose(program: str, folder: str, paths: Sequence[str]) -> Iterator[Finding]:
    """The bugs that nigh finds in files below `folder`, as it prints them. Raises ValueError where
    it fails as a whole."""
    for start in range(0, len(paths), BATCH):
        command = [program, "diagnose", "--all", "--json", *paths[start : start + BATCH]]
        ran = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        if ran.returncode not in (0, 1, 2) or ran.returncode == 2 and not ran.stderr:
            raise ValueError(f"{program} ended with {ran.returncode}: {ran.stderr.strip()[-500:]}")
        yield from map(json.loads, ran.stdout.splitlines())


def scan(
    program: str, package: Package, archives: str, most: int
) -> tuple[int, int, list[dict[str, Any]]]:
    """(files, lines, findings) of one package."""
    files = open_package(package, archives, lambda path: wanted(package, path)).files
    with tempfile.TemporaryDirectory() as folder:
        paths, lines = [], 0
        for path, text in texts(files, most):
            place = os.path.join(folder, path)
            os.makedirs(os.path.dirname(place), exist_ok=True)
            with open(place, "w", encoding="utf-8", newline="") as file:
                file.write(text)
            paths.append("./" + path)
            lines += text.count("\n")
        found = [
            {
                "package": package.key,
                "path": bug["file"].removeprefix("./"),
                "line": bug["line"],
                "code": bug["code"],
                "message": bug["message"],
                "fix": bug["fix"],
                "text": bug["text"].strip(),
            }
            for bug in diagnose(program, folder, paths)
        ]
    return len(paths), lines, found


def chosen(origins: Sequence[str], every: int, names: Sequence[str] | None) -> list[Package]:
    """The named packages, or every so many of each origin that are written in a language that is
    searched. Raises ValueError on an unknown name."""
    listed = [package for package in read_list(LIST) if set(package.languages) & set(SEARCHED)]
    if names:
        unknown = set(names) - {package.key for package in listed}
        if unknown:
            raise ValueError(f"not in training/packages.toml: {', '.join(sorted(unknown))}")
        return [package for package in listed if package.key in names]
    return [
        package
        for origin in origins
        for package in [other for other in listed if other.origin == origin][::every]
    ]


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
        "--origin",
        choices=ORIGINS,
        action="append",
        help="only packages from there; may be given more than once",
    )
    parser.add_argument(
        "--package",
        metavar="ORIGIN/NAME",
        action="append",
        help="only this one; may be given more than once",
    )
    parser.add_argument(
        "--every",
        type=int,
        default=1,
        metavar="N",
        help="only every Nth package of an origin, to be done sooner",
    )
    parser.add_argument(
        "--most", type=int, default=40_000, metavar="LINES", help="of a package (default 40,000)"
    )
    parser.add_argument(
        "--offline", action="store_true", help="fetch nothing: look through what is there"
    )
    options = parser.parse_args()
    program = os.path.abspath(options.program)
    packages = chosen(options.origin or ORIGINS, options.every, options.package)
    if not options.offline:
        fetch(packages, options.archives)
    packages = [package for package in packages if find_archive(package, options.archives)]
    with open(options.into, "w", encoding="utf-8") as file:
        for package in packages:
            files, lines, found = scan(program, package, options.archives, options.most)
            print(
                f"{package.key}: {files} files, {lines} lines, {len(found)} findings",
                file=sys.stderr,
                flush=True,
            )
            file.write(
                json.dumps(
                    {
                        "package": package.key,
                        "version": package.version,
                        "files": files,
                        "lines": lines,
                    }
                )
                + "\n"
            )
            file.writelines(json.dumps(one, ensure_ascii=False) + "\n" for one in found)
            file.flush()


if __name__ == "__main__":
    try:
        main()
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        sys.exit(f"scan.py: {error}")
