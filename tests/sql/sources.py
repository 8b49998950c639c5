"""The schemas that questions are asked of: read from packages.toml, their packages unpacked, and
printed by `nigh schema` as SQLite's CREATE statements.

build.py calls `read_list` and `statements`. Packages are fetched and verified by archives.py of
tests/repositories, only by the ordinary clients. Nothing here knows a question.
"""

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "repositories"))

import archives as archives  # noqa: E402
from archives import Package  # noqa: E402

LIST = os.path.join(HERE, "packages.toml")
# Tables that only tests make are not the package's.
LEFT_OUT = re.compile(r"(^|/)(tests?|testing)/")
# What may hold a schema; all else of a package is not written.
READ = re.compile(r"\.(py|sql|rb|prisma|rs|ts|js|go|java)$")


@dataclass(frozen=True)
class Source:
    """The folders of a package that are read."""

    package: Package
    folders: tuple[str, ...]


@dataclass(frozen=True)
class Schema:
    """One line of [schemas]."""

    name: str
    split: str
    sources: tuple[Source, ...]


def read_list(path: str = LIST) -> list[Schema]:
    """All schemas, in the list's order. Raises ValueError on what cannot be right, naming the
    line."""
    with open(path, "rb") as file:
        data = tomllib.load(file)
    packages = {name: package_of(name, fields) for name, fields in data["packages"].items()}
    schemas = []
    for name, fields in data["schemas"].items():
        unknown = set(fields["sources"]) - set(packages)
        if unknown:
            raise ValueError(f"{name}: no package {', '.join(sorted(unknown))} in [packages]")
        if fields["split"] not in archives.SPLITS:
            raise ValueError(f"{name}: split must be one of {archives.SPLITS}")
        sources = tuple(
            Source(packages[package], tuple(folders))
            for package, folders in fields["sources"].items()
        )
        schemas.append(Schema(name, fields["split"], sources))
    return schemas


def package_of(name: str, fields: dict[str, Any]) -> Package:
    if fields.get("origin") not in archives.FETCHERS:
        raise ValueError(f"{name}: origin must be one of {', '.join(archives.FETCHERS)}")
    try:
        return Package(name=name, language="sql", split="", **fields)
    except TypeError as error:
        raise ValueError(f"{name}: {str(error).split('__init__() ')[-1]}") from None


def packages_of(schemas: list[Schema]) -> list[Package]:
    """All packages that schemas are read from, each once."""
    return list(dict.fromkeys(source.package for schema in schemas for source in schema.sources))


def files(source: Source, folder: str) -> Iterator[tuple[str, bytes]]:
    """(path, bytes) of the files of a source. Raises ValueError on a wrong sha256, or on a folder
    that the package does not have."""
    path = archives.find(source.package, folder)
    if path is None:
        raise ValueError(f"{source.package.name} is not in {folder}: fetch it first")
    archives.verify(source.package, path)
    wanting = set(source.folders)
    for name, data in archives.members(path):
        within = next((part for part in source.folders if name.startswith(f"{part}/")), None)
        if within is None or LEFT_OUT.search(name) or not READ.search(name):
            continue
        wanting.discard(within)
        yield name, data
    if wanting:
        raise ValueError(f"{source.package.name} has nothing in {', '.join(sorted(wanting))}")


def unpack(schema: Schema, folder: str, target: str) -> list[str]:
    """Writes the files of a schema below `target`, a folder for each package, unless they are
    there. Returns the folders that are to be read, relative to `target`."""
    paths = []
    for source in schema.sources:
        root = source.package.snapshot
        for name, data in files(source, folder):
            place = os.path.join(target, root, name)
            os.makedirs(os.path.dirname(place), exist_ok=True)
            with open(place, "wb") as file:
                file.write(data)
        paths += [os.path.join(root, part) for part in source.folders]
    return paths


def statements(schema: Schema, folder: str, into: str, nigh: str) -> str:
    """The CREATE statements of a schema. Raises ValueError if nigh finds no table or fails."""
    target = os.path.join(into, "packages", schema.name)
    paths = unpack(schema, folder, target)
    command = [os.path.abspath(nigh), "schema", "--quiet", "--dialect", "sqlite", *paths]
    try:
        run = subprocess.run(command, cwd=target, capture_output=True, text=True)
    except FileNotFoundError:
        raise ValueError(f"{nigh} is not there: build nigh, or name it with --nigh") from None
    if run.returncode != 0:
        reason = run.stderr.strip() or f"exit status {run.returncode}"
        raise ValueError(f"{schema.name}: nigh schema: {reason}")
    return run.stdout
