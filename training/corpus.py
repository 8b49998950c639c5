"""Build the corpus: packages.toml in, one JSON line per kept file out, and manifest.json with what
it was made of.

  python corpus.py --work work [--exclude-shingles FILE ...] [--exclude-cases FILE ...]
                   [--exclude-packages FILE]

Reads packages.toml, fetches what is missing, filters, and writes work/corpus.jsonl: {package, path,
language, validation, text}. The tracked files are manifest.json (version, licence, sha256, bytes by
language of each package) and removed.json (files that touch an evaluation text). Files named in
removed.json stay out in every build, so that the corpus can be built again without the evaluation
texts; with --exclude-* the list grows. Every package is filtered on its own into work/parts, two or
more at a time; a part whose package, filters and exclusions have not changed is not made again.
Joining the parts finds the near copies.
"""

import argparse
import base64
import hashlib
import json
import multiprocessing
import os
import sys
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, BinaryIO

import numpy as np

from deduplication import NearCopies, Shingles, line_pairs
from filters import clean, language_of, may_hold
from packages import Package, fetch, open_package, read_list
from records import Document, ManifestEntry

HERE = os.path.dirname(os.path.abspath(__file__))
WHOLE, PACKAGE_BYTES = 2_000_000, 25_000_000
MANIFEST, REMOVED = os.path.join(HERE, "manifest.json"), os.path.join(HERE, "removed.json")
Manifest = dict[str, ManifestEntry]
# A package, the folder of the archives, the path of its part, paths that removed.json names.
PartTask = tuple[Package, str, str, frozenset[str]]
excluded = Shingles()  # the workers inherit it


def room_for(size: int) -> int:
    """How much of a package's `size` bytes may enter: all of a small one, then less and less: code
    of many authors teaches more than one's."""
    return size if size <= WHOLE else min(int((WHOLE * size) ** 0.5), PACKAGE_BYTES)


# ---------------------------------------------------------------- one package
def make_part(task: PartTask) -> tuple[Package, str]:
    """(package, path of its part); the part's first line says what was opened and dropped, then
    comes a line per kept file."""
    package, archives, path, removed = task
    if os.path.exists(path):
        return package, path
    opened = open_package(package, archives, lambda name: may_hold(name, package.languages))
    gone, lines = [], []
    dropped = Counter[str]()
    room = room_for(sum(len(data) for _, data in opened.files))
    # In the order of a hash: files from every folder, whatever their first letter.
    for name, data in sorted(opened.files, key=lambda file: zlib.crc32(file[0].encode())):
        if room < len(data):
            dropped["package is full"] += len(data)
            continue
        text, reason = clean(data)
        if text is not None and (name in removed or excluded.touches(text)):
            gone.append(name)
            text, reason = None, "touches an evaluation"
        if text is None:
            dropped[reason] += len(data)
            continue
        room -= len(data)
        lines.append((name, part_line(package, name, text)))
    summary = {"sha256": opened.sha256, "removed": sorted(gone), "dropped": dropped}
    with open(path + ".tmp", "w", encoding="utf-8") as file:
        file.writelines([json.dumps(summary) + "\n", *(line for _, line in sorted(lines))])
    os.replace(path + ".tmp", path)
    return package, path


def part_line(package: Package, name: str, text: str) -> str:
    """Language, size and pairs of lines, which joining the parts asks for, and the finished line of
    the corpus; tabs between."""
    language = language_of(name, text)
    document: Document = {
        "package": package.key,
        "path": name,
        "language": language,
        "validation": package.validation,
        "text": text,
    }
    pairs = base64.b64encode(line_pairs(text).tobytes()).decode()
    return f"{language}\t{len(text.encode())}\t{pairs}\t{json.dumps(document)}\n"


def part_path(folder: str, package: Package, removed: Iterable[str], rules: str) -> str:
    """A name that changes with all that decides what is in the part: `rules` is what holds for
    every package."""
    state = hashlib.sha256(repr((rules, package, sorted(removed))).encode()).hexdigest()
    return os.path.join(folder, f"{package.key.replace('/', '-')}-{state[:16]}.part")


def fingerprint() -> str:
    """A digest of the programs that make a part, and of the evaluation texts."""
    state = hashlib.sha256(excluded.hashes.tobytes())
    for name in (
        "corpus.py",
        "debian.py",
        "filters.py",
        "deduplication.py",
        "licences.py",
        "packages.py",
    ):
        with open(os.path.join(HERE, name), "rb") as file:
            state.update(file.read())
    return state.hexdigest()


# ---------------------------------------------------------------- all packages
def build(
    packages: list[Package], work: str, removed: Iterable[str]
) -> tuple[Manifest, list[str], Counter[str]]:
    """Write work/corpus.jsonl; returns (manifest, removed paths, bytes dropped by reason)."""
    manifest: Manifest = {}
    gone, dropped, copies = set(removed), Counter[str](), NearCopies()
    folder, out = os.path.join(work, "parts"), os.path.join(work, "corpus.jsonl")
    os.makedirs(folder, exist_ok=True)
    tasks, rules = [], fingerprint()
    for package in packages:
        own = frozenset(
            path.split(":", 1)[1] for path in removed if path.startswith(package.key + ":")
        )
        tasks.append(
            (package, os.path.join(work, "archives"), part_path(folder, package, own, rules), own)
        )
    with (
        multiprocessing.get_context("fork").Pool(os.cpu_count()) as pool,
        open(out + ".tmp", "wb") as file,
    ):
        for package, path in pool.imap(make_part, tasks):
            sizes, summary, copied = join_part(path, copies, file)
            manifest[package.key] = {
                "version": package.version,
                "origin": package.origin,
                "licence": package.licence,
                "sha256": summary["sha256"],
                "validation": package.validation,
                "bytes": dict(sorted(sizes.items())),
            }
            gone.update(f"{package.key}:{name}" for name in summary["removed"])
            dropped.update(summary["dropped"])
            dropped["near copy"] += copied
    os.replace(out + ".tmp", out)
    return manifest, sorted(gone), dropped


def join_part(
    path: str, copies: NearCopies, file: BinaryIO
) -> tuple[Counter[str], dict[str, Any], int]:
    """Write the files of a part that are no near copies; returns (bytes by language, the part's
    summary, bytes of near copies)."""
    sizes, copied = Counter[str](), 0
    with open(path, "rb") as part:
        summary = json.loads(part.readline())
        for line in part:
            language, size, pairs, document = line.split(b"\t", 3)
            if copies.is_copy(np.frombuffer(base64.b64decode(pairs), np.uint32)):
                copied += int(size)
            else:
                sizes[language.decode()] += int(size)
                file.write(document)
    return sizes, summary, copied


def check_hashes(manifest: Manifest, previous: Manifest) -> None:
    """A package that changed under the same version is worth a stop."""
    for key, entry in manifest.items():
        before = previous.get(key)
        if before and before["version"] == entry["version"] and before["sha256"] != entry["sha256"]:
            raise SystemExit(
                f"{key} {entry['version']}: sha256 is {entry['sha256']}, "
                f"manifest.json has {before['sha256']}"
            )


def read_json(path: str, default: Any) -> Any:
    if not os.path.exists(path):
        return default
    with open(path) as file:
        return json.load(file)


def write_json(path: str, value: Any) -> None:
    with open(path, "w") as file:
        json.dump(value, file, indent=1)
        file.write("\n")


def without_excluded(packages: list[Package], path: str) -> list[Package]:
    """Leave out what is named after a repository in `path` (lines owner/name): name, @owner/name,
    golang-github-owner-name; owner/* is all."""
    with open(path) as file:
        repositories = [
            line.strip().lower().split("/")
            for line in file
            if "/" in line and not line.startswith("#")
        ]
    names = {name for _, name in repositories} | {
        f"@{owner}/{name}" for owner, name in repositories
    }
    owners = {owner for owner, name in repositories if name == "*"}
    ends = tuple("-" + "-".join(repository) for repository in repositories)
    return [
        package
        for package in packages
        if not (
            (name := package.name.lower()) in names
            or name.endswith(ends)
            or owners & set(name.lstrip("@").replace("-", "/").split("/"))
        )
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    global excluded
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--list", default=os.path.join(HERE, "packages.toml"))
    parser.add_argument("--work", default=os.path.join(HERE, "work"))
    parser.add_argument("--exclude-shingles", nargs="*", default=[], metavar="FILE")
    parser.add_argument("--exclude-cases", nargs="*", default=[], metavar="FILE")
    parser.add_argument("--exclude-packages", metavar="FILE")
    options = parser.parse_args(arguments)
    packages = read_list(options.list)
    if options.exclude_packages:
        packages = without_excluded(packages, options.exclude_packages)
    fetch(packages, os.path.join(options.work, "archives"))
    excluded = Shingles(options.exclude_shingles, options.exclude_cases)
    manifest, gone, dropped = build(packages, options.work, read_json(REMOVED, []))
    check_hashes(manifest, read_json(MANIFEST, {}))
    write_json(MANIFEST, manifest)
    write_json(REMOVED, gone)
    total = Counter[str]()
    for entry in manifest.values():
        total.update(entry["bytes"])
    print(
        json.dumps(
            {
                "megabytes": {k: round(v / 1e6, 1) for k, v in total.items()},
                "removed": len(gone),
                "dropped_megabytes": {k: round(v / 1e6, 1) for k, v in dropped.most_common()},
            }
        ),
        file=sys.stderr,
    )


if __name__ == "__main__":
    main()
