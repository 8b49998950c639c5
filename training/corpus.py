"""Build the corpus: packages.toml in, one JSON line per kept file out, and manifest.json with what it was made of.

  python corpus.py --work work [--exclude-shingles FILE ...] [--exclude-cases FILE ...] [--exclude-packages FILE]

Reads packages.toml, fetches what is missing, filters, and writes work/corpus.jsonl: {package, path, language, validation, text}.
The tracked files are manifest.json (version, licence, sha256, bytes by language of each package) and removed.json (files that
touch an evaluation text). Files named in removed.json stay out in every build, so that the corpus can be built again without
the evaluation texts; with --exclude-* the list grows.
"""
import argparse
import json
import multiprocessing
import os
import sys
from collections import Counter

from filters import Duplicates, Shingles, clean, language_of
from packages import fetch, open_package, read_list

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGE_BYTES = 3_000_000  # a package may fill this much: many hands teach more than one
MANIFEST, REMOVED = os.path.join(HERE, "manifest.json"), os.path.join(HERE, "removed.json")
excluded = Shingles()  # the workers inherit it


def read_package(task):
    """(package, opened without its files, kept files, removed paths, bytes dropped by reason)"""
    package, archives, removed = task
    opened = open_package(package, archives, lambda path: language_of(path) in package.languages)
    kept, newly_removed, dropped, room = [], [], Counter(), PACKAGE_BYTES
    for path, data in spread(opened.files):
        if room < len(data):
            dropped["package is full"] += len(data)
            continue
        text, reason = clean(data)
        if text is not None and (f"{package.key}:{path}" in removed or excluded.touches(text)):
            newly_removed.append(f"{package.key}:{path}")
            text, reason = None, "touches an evaluation"
        if text is None:
            dropped[reason] += len(data)
            continue
        room -= len(data)
        kept.append((path, text))
    opened.files = []
    return package, opened, sorted(kept), newly_removed, dropped


def spread(files):
    """The same files in an order that takes from every folder: large packages are not cut off at a letter."""
    return sorted(files, key=lambda file: hash_of(file[0]))


def hash_of(path):
    return sum((i + 1) * ord(letter) * 2654435761 for i, letter in enumerate(path)) % 2**32


def build(packages, archives, out, removed):
    """Write `out`; returns (manifest, removed paths, bytes dropped by reason)."""
    manifest, gone, dropped, duplicates = {}, set(removed), Counter(), Duplicates()
    tasks = [(package, archives, removed) for package in packages]
    with multiprocessing.get_context("fork").Pool(os.cpu_count()) as pool, open(out + ".tmp", "w") as file:
        for package, opened, kept, removed_here, lost in pool.imap(read_package, tasks):
            size = Counter()
            for path, text in kept:
                if duplicates.is_copy(text):
                    dropped["near copy"] += len(text.encode())
                    continue
                size[language_of(path)] += len(text.encode())
                file.write(json.dumps({"package": package.key, "path": path, "language": language_of(path),
                                       "validation": package.validation, "text": text}) + "\n")
            manifest[package.key] = {"version": package.version, "licence": package.licence, "sha256": opened.sha256,
                                     "validation": package.validation, "bytes": dict(sorted(size.items()))}
            gone.update(removed_here)
            dropped.update(lost)
    os.replace(out + ".tmp", out)
    return manifest, sorted(gone), dropped


def check_hashes(manifest, previous):
    """A package that changed under the same version is worth a stop."""
    for key, entry in manifest.items():
        before = previous.get(key)
        if before and before["version"] == entry["version"] and before["sha256"] != entry["sha256"]:
            raise SystemExit(f"{key} {entry['version']}: sha256 is {entry['sha256']}, manifest.json has {before['sha256']}")


def read_json(path, default):
    if not os.path.exists(path):
        return default
    with open(path) as file:
        return json.load(file)


def write_json(path, value):
    with open(path, "w") as file:
        json.dump(value, file, indent=1)
        file.write("\n")


def without_excluded(packages, path):
    """Leave out packages whose name is that of a repository in `path` (lines owner/name)."""
    with open(path) as file:
        names = {line.strip().split("/")[-1].lower() for line in file if "/" in line and not line.startswith("#")}
    return [package for package in packages if package.name.split("/")[-1].lower() not in names]


def main(arguments=None):
    global excluded
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", default=os.path.join(HERE, "packages.toml"))
    parser.add_argument("--work", default=os.path.join(HERE, "work"))
    parser.add_argument("--exclude-shingles", nargs="*", default=[], metavar="FILE")
    parser.add_argument("--exclude-cases", nargs="*", default=[], metavar="FILE")
    parser.add_argument("--exclude-packages", metavar="FILE")
    options = parser.parse_args(arguments)
    packages = read_list(options.list)
    if options.exclude_packages:
        packages = without_excluded(packages, options.exclude_packages)
    archives = os.path.join(options.work, "archives")
    fetch(packages, archives)
    excluded = Shingles(options.exclude_shingles, options.exclude_cases)
    removed = read_json(REMOVED, [])
    manifest, gone, dropped = build(packages, archives, os.path.join(options.work, "corpus.jsonl"), frozenset(removed))
    check_hashes(manifest, read_json(MANIFEST, {}))
    write_json(MANIFEST, manifest)
    write_json(REMOVED, gone)
    total = Counter()
    for entry in manifest.values():
        total.update(entry["bytes"])
    print(json.dumps({"megabytes": {k: round(v / 1e6, 1) for k, v in total.items()}, "removed": len(gone),
                      "dropped_megabytes": {k: round(v / 1e6, 1) for k, v in dropped.most_common()}}), file=sys.stderr)


if __name__ == "__main__":
    main()
