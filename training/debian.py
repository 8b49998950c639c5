"""Debian source packages as an origin of the corpus: fetched by apt-get, read straight from their
tarballs, licensed by debian/copyright.

packages.py calls `fetch`, `find` and `read`. The sources are those that the host's own apt
configuration names, asked for their source packages too; list and state are in a folder of ours,
so the host stays as it is. A package is pinned by version; its .dsc holds the sha256 of every
tarball, which `read` checks, and debian/copyright says, often file by file, under what licence it
is: a file under another licence than a permissive one is not given out. Nothing here knows
languages or texts. Formats: deb-src-control(5), and DEP-5 for debian/copyright
(https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/).
"""

import fnmatch
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

from licences import is_permissive

if TYPE_CHECKING:
    from packages import Package

Files = list[tuple[str, bytes]]  # (path inside, content)
LARGEST = 600_000  # bytes of a file; more is data
TARGETS = ["--format", "deb-src $(REPO_URI) $(RELEASE) $(COMPONENT)", "Created-By: Packages"]
PHRASES = {  # of licence texts, where debian/copyright is prose
    "Apache-2.0": r"Apache License,?\s+Version 2",
    "Expat": r"Permission is hereby granted, free of charge",
    "BSL-1.0": r"Boost Software License",
    "BSD": r"Redistribution and use in source and binary forms",
    "PostgreSQL": r"PostgreSQL License",
    "ISC": r"Permission to use, copy, modify,? and(/or)? distribute",
    "Zlib": r"This software is provided 'as-is'",
    "copyleft": r"\bA?L?GPL\b|General\s+Public\s+Licen[sc]e|Mozilla\s+Public|Eclipse\s+Public|"
    r"\bCDDL\b",
}


class Release(Protocol):
    """What names a version of a package, here and in the lists of evaluations."""

    @property
    def origin(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...


# ---------------------------------------------------------------- fetching
def fetch(packages: "Sequence[Package]", target: str) -> None:
    """Download the named versions into `target`. Raises ValueError that names every package whose
    version is not offered."""
    apt = own_apt(os.path.abspath(target))
    offered = versions(apt, [package.name for package in packages])
    if not offered:
        raise ValueError(
            "apt knows no source package of the list: is this Debian 12, and do its sources have a "
            "deb-src part?"
        )
    lacking = [
        f"{p.name} {p.version} (there is {', '.join(offered[p.name]) or 'none'})"
        for p in packages
        if p.version not in offered[p.name]
    ]
    if lacking:
        raise ValueError(
            f"debian: not offered here: {'; '.join(lacking)}: put a version that is into "
            "packages.toml"
        )
    for start in range(0, len(packages), 40):
        wanted = [f"{package.name}={package.version}" for package in packages[start : start + 40]]
        subprocess.run(
            ["apt-get", *apt, "source", "-qq", "--download-only", "--only-source", *wanted],
            cwd=target,
            stdout=sys.stderr,
        )
    failed = [
        f"{package.name} {package.version}" for package in packages if not find(package, target)
    ]
    if failed:
        raise ValueError(
            f"debian: apt-get could not fetch {', '.join(failed)}: try again, or leave them out of "
            "packages.toml"
        )


def own_apt(target: str) -> list[str]:
    """The options under which apt uses sources and state of ours in `target`/apt, brought up to
    date."""
    if not shutil.which("apt-get"):
        raise ValueError(
            "the [debian] packages need apt-get: build on Debian 12, or take that part out of "
            "packages.toml"
        )
    folder = os.path.join(target, "apt")
    for name in ("lists/partial", "cache"):
        os.makedirs(os.path.join(folder, name), exist_ok=True)
    lines = subprocess.run(
        ["apt-get", "indextargets", *TARGETS], capture_output=True, text=True
    ).stdout
    if not lines.strip():
        raise ValueError(
            "apt names no package sources here (apt-get indextargets is empty): set up /etc/apt "
            "first"
        )
    with open(os.path.join(folder, "sources.list"), "w") as file:
        file.write(
            "".join(dict.fromkeys(lines.splitlines(keepends=True)))
        )  # in the host's order: the first that has a version gives it
    settings = {
        "Dir::Etc::sourcelist": "sources.list",
        "Dir::State::lists": "lists",
        "Dir::Cache": "cache",
    }
    options = [f"-o{key}={os.path.join(folder, name)}" for key, name in settings.items()]
    options += ["-oDir::Etc::sourceparts=-", "-oAPT::Sandbox::User=root"]
    subprocess.run(
        ["apt-get", *options, "update", "-qq"], stdout=sys.stderr
    )  # what is not to be had shows in `versions`
    return options


def versions(apt: list[str], names: Iterable[str]) -> dict[str, list[str]]:
    """{name: the versions of that source package}"""
    shown = subprocess.run(
        ["apt-cache", *apt, "showsrc", "--only-source", *names], capture_output=True, text=True
    ).stdout
    found = defaultdict(list)
    for name, version in re.findall(r"^Package: (\S+)\n(?:.+\n)*?Version: (\S+)$", shown, re.M):
        found[name].append(version)
    return found


def find(package: Release, target: str) -> str | None:
    """The path of the package's .dsc when all that it names is there, else None."""
    path = os.path.join(target, f"{package.name}_{package.version.split(':', 1)[-1]}.dsc")
    if os.path.exists(path) and all(
        os.path.exists(os.path.join(target, name)) for name in checksums(path)
    ):
        return path
    return None


# ---------------------------------------------------------------- reading
def read(package: "Package", path: str, wanted: Callable[[str], bool]) -> tuple[str, str, Files]:
    """(licence as debian/copyright states it, sha256 of the .dsc, [(path, bytes)] of files under
    permissive licences)"""
    folder = os.path.dirname(path)
    archives = checksums(path)
    for name, stated in archives.items():
        found = sha256_of(os.path.join(folder, name))
        if found != stated:
            raise ValueError(
                f"{name}: sha256 is {found}, {os.path.basename(path)} says {stated}: delete the "
                "file and fetch again"
            )
    tarballs = [name for name in archives if ".tar." in name and not name.endswith(".asc")]
    copyright_holders = [name for name in tarballs if ".debian.tar." in name] or tarballs
    text = read_copyright(os.path.join(folder, copyright_holders[0]), package)
    statement = Copyright(text)
    files = []
    for name in sorted(set(tarballs) - {name for name in tarballs if ".debian.tar." in name}):
        component = re.search(r"\.orig-(.+)\.tar\.", name)
        files += read_tarball(
            os.path.join(folder, name), component[1] + "/" if component else "", wanted
        )
    files = [(f"{package.name}/{name}", data) for name, data in files if statement.permits(name)]
    return statement.licence, sha256_of(path), files


def checksums(path: str) -> dict[str, str]:
    """{file name: sha256} of a .dsc"""
    with open(path, encoding="utf-8") as file:
        part = re.search(r"^Checksums-Sha256:[ \t]*\n((?: .+\n)+)", file.read(), re.M)
    if not part:
        raise ValueError(f"{path} names no sha256: delete it and fetch again")
    return {name: sha256 for sha256, _, name in map(str.split, part[1].splitlines())}


def read_tarball(path: str, prefix: str, wanted: Callable[[str], bool]) -> Files:
    """[(path inside, bytes)] of the regular files that `wanted` accepts; a single folder at the top
    is left off, as dpkg-source does."""
    tops, files = set(), []
    with tarfile.open(path, "r|*") as archive:
        for member in archive:
            name = member.name.removeprefix("./")
            if name and name != "." and not name.startswith("pax_global_header"):
                tops.add(name.split("/", 1)[0] if "/" in name or member.isdir() else "")
            if member.isfile() and member.size <= LARGEST and wanted(name):
                files.append((name, content(archive, member)))
    single = len(tops) == 1 and "" not in tops
    return [(prefix + (name.split("/", 1)[1] if single else name), data) for name, data in files]


def content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    """The bytes of a regular file in a tarball."""
    file = archive.extractfile(member)
    if file is None:
        raise ValueError(f"{archive.name!r}: {member.name} is not a regular file")
    return file.read()


def read_copyright(path: str, package: "Package") -> str:
    with tarfile.open(path, "r|*") as archive:
        for member in archive:
            if re.fullmatch(r"(?:[^/]+/)*debian/copyright", member.name) and member.isfile():
                return content(archive, member).decode("utf-8", "replace")
    raise ValueError(
        f"debian/{package.name}: {os.path.basename(path)} holds no debian/copyright: leave the "
        "package out"
    )


class Copyright:
    """What debian/copyright says: `licence` of the package (`Files: *`), and whether it `permits` a
    path."""

    def __init__(self, text: str) -> None:
        self.rules = []
        if re.search(
            r"^Format(-Specification)?:.*(copyright-format|dep5)", text[:2000], re.M | re.I
        ):
            for paragraph in re.split(r"\n(?:[ \t]*\n)+", text):
                files, licence = field(paragraph, "Files"), field(paragraph, "License")
                if files and licence:
                    patterns = "|".join(
                        fnmatch.translate(pattern.removeprefix("./")) for pattern in files.split()
                    )
                    self.rules.append((files, re.compile(patterns), licence.split("\n")[0].strip()))
        named = [licence for files, _, licence in self.rules if "*" in files.split()]
        self.licence = named[0] if named else "" if self.rules else licence_of_prose(text)

    def permits(self, path: str) -> bool:
        """The last paragraph that names the path decides; files of a package without paragraphs are
        under its one licence."""
        licence = next(
            (licence for _, pattern, licence in reversed(self.rules) if pattern.match(path)),
            self.licence,
        )
        return is_permissive(licence)


def field(paragraph: str, name: str) -> str:
    """The value of a field with its continuation lines, or an empty string."""
    match = re.search(rf"^{name}:((?:.*)(?:\n[ \t].*)*)", paragraph, re.M | re.I)
    return match[1].strip() if match else ""


def licence_of_prose(text: str) -> str:
    """The licences whose words are in the text, joined by "and"; "copyleft" is one of the parts
    where such a licence is named."""
    return " and ".join(name for name, words in PHRASES.items() if re.search(words, text))


def sha256_of(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
