"""The packages the corpus is made of: what is allowed, how it is fetched, what it says about its
licence.

`corpus.py` calls `read_list`, `fetch` and `open_package`; a package comes back as its licence
statement, the sha256 of its archive and its files as (path, bytes). Only the ordinary clients fetch
(pip, npm, cargo, apt-get), so their own settings for mirrors and proxies hold, and no host is named
here. To add a package: a line in packages.toml with the exact version and the licence as the
package's own metadata words it; where the two differ, the build stops and says what the metadata
holds.
"""

import email.message
import json
import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

import debian
from debian import Release, sha256_of
from licences import is_permissive

# Where a file is in two packages, it is taken from the earlier origin.
ORIGINS = ("pypi", "npm", "crates", "debian")
WHEEL_TARGET = [
    "--only-binary=:all:",
    "--python-version",
    "3.11",
    "--implementation",
    "cp",
    "--platform",
    "any",
    "--platform",
    "manylinux2014_x86_64",
    "--platform",
    "manylinux_2_27_x86_64",
    "--platform",
    "manylinux_2_28_x86_64",
]


@dataclass(frozen=True)
class Package:
    """One line of packages.toml; `origin` is one of ORIGINS."""

    origin: str
    name: str
    version: str
    licence: str
    languages: tuple[str, ...]
    validation: bool

    @property
    def key(self) -> str:
        return f"{self.origin}/{self.name}"


def read_list(path: str) -> list[Package]:
    """The allow-list in its own order. Raises ValueError on a licence that is not permissive."""
    with open(path, "rb") as file:
        data = tomllib.load(file)
    held = set(data["validation"])
    packages = []
    for origin in ORIGINS:
        for name, (version, licence, *languages) in data.get(origin, {}).items():
            if not is_permissive(licence):
                raise ValueError(
                    f"{origin}/{name}: the licence {licence!r} is not among the permissive ones"
                )
            packages.append(
                Package(
                    origin, name, version, licence, tuple(languages), f"{origin}/{name}" in held
                )
            )
    unknown = held - {package.key for package in packages}
    if unknown:
        raise ValueError(f"held out for validation, but not listed: {', '.join(sorted(unknown))}")
    return packages


# ---------------------------------------------------------------- fetching
def fetch(packages: list[Package], folder: str) -> None:
    """Download what is not in `folder` yet; the clients' own output goes to stderr."""
    for origin, get in zip(
        ORIGINS, (fetch_wheels, fetch_npm, fetch_crates, debian.fetch), strict=True
    ):
        target = os.path.join(folder, origin)
        os.makedirs(target, exist_ok=True)
        missing = [p for p in packages if p.origin == origin and not find_archive(p, folder)]
        if missing:
            print(f"fetching {len(missing)} packages from {origin}", file=sys.stderr)
            get(
                missing if origin != "crates" else [p for p in packages if p.origin == origin],
                target,
            )


def fetch_wheels(packages: list[Package], target: str) -> None:
    wanted = [f"{p.name}=={p.version}" for p in packages]
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "download",
            "-q",
            "--disable-pip-version-check",
            "--no-deps",
            "-d",
            target,
            *WHEEL_TARGET,
            *wanted,
        ],
        check=True,
        stdout=sys.stderr,
    )


def fetch_npm(packages: list[Package], target: str) -> None:
    wanted = [f"{p.name}@{p.version}" for p in packages]
    subprocess.run(
        ["npm", "pack", "--silent", "--pack-destination", target, *wanted],
        check=True,
        stdout=sys.stderr,
    )


def fetch_crates(packages: list[Package], target: str) -> None:
    """`cargo vendor` of a crate that depends on all packages; what else it brings is not read."""
    lines = [
        "[package]",
        'name = "corpus"',
        'version = "0.0.0"',
        'edition = "2021"',
        "[lib]",
        'path = "lib.rs"',
        "[workspace]",
        "[dependencies]",
        *(f'{p.name} = {{ version = "={p.version}", default-features = false }}' for p in packages),
    ]
    with open(os.path.join(target, "Cargo.toml"), "w") as file:
        file.write("\n".join(lines) + "\n")
    open(os.path.join(target, "lib.rs"), "w").close()
    subprocess.run(
        ["cargo", "vendor", "--quiet", "--versioned-dirs", "vendor"],
        cwd=target,
        check=True,
        stdout=subprocess.DEVNULL,
    )


def find_archive(package: Release, folder: str) -> str | None:
    """The path of the fetched wheel, tarball or crate folder, or None."""
    folder = os.path.join(folder, package.origin)
    if package.origin == "debian":
        return debian.find(package, folder)
    if package.origin == "crates":
        path = os.path.join(folder, "vendor", f"{package.name}-{package.version}")
        return path if os.path.isdir(path) else None
    if package.origin == "npm":
        path = os.path.join(
            folder, package.name.lstrip("@").replace("/", "-") + f"-{package.version}.tgz"
        )
        return path if os.path.exists(path) else None
    for name in sorted(os.listdir(folder)):
        parts = name.split("-")
        if (
            name.endswith(".whl")
            and plain(parts[0]) == plain(package.name)
            and parts[1] == package.version
        ):
            return os.path.join(folder, name)
    return None


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


# ---------------------------------------------------------------- reading
@dataclass
class Opened:
    """A fetched package: the licence its metadata states, the archive's sha256, and its (path,
    bytes) in path order."""

    licence: str
    sha256: str
    files: list[tuple[str, bytes]]


def open_package(package: Package, folder: str, wanted: Callable[[str], bool]) -> Opened:
    """Reads the files whose path `wanted` accepts. Raises ValueError if the stated licence is not
    the listed one."""
    path = find_archive(package, folder)
    if path is None:
        raise ValueError(f"{package.key} {package.version} is not in {folder}: fetch it first")
    opened = dict(zip(ORIGINS, (open_wheel, open_npm, open_crate, open_source), strict=True))[
        package.origin
    ](package, path, wanted)
    if opened.licence != package.licence:
        raise ValueError(
            f"{package.key}: the list says {package.licence!r}, the package says {opened.licence!r}"
        )
    opened.files.sort()
    return opened


def open_wheel(package: Package, path: str, wanted: Callable[[str], bool]) -> Opened:
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        metadata = next(n for n in names if n.endswith(".dist-info/METADATA") and n.count("/") == 1)
        licence = wheel_licence(email.message_from_bytes(archive.read(metadata)))
        files = [(name, archive.read(name)) for name in names if wanted(name)]
    return Opened(licence, sha256_of(path), files)


def wheel_licence(metadata: email.message.Message) -> str:
    """License-Expression, else the licence classifiers, else a License field of one line."""
    field = str(metadata.get("License-Expression") or "").strip()
    classifiers = sorted(
        {
            str(c).split("::")[-1].strip()
            for c in metadata.get_all("Classifier", [])
            if str(c).startswith("License ::")
        }
    )
    classifiers = [c for c in classifiers if c not in ("OSI Approved", "Freely Distributable")]
    licence = str(metadata.get("License") or "").strip()
    return field or " AND ".join(classifiers) or (licence if "\n" not in licence else "")


def open_npm(package: Package, path: str, wanted: Callable[[str], bool]) -> Opened:
    with tarfile.open(path) as archive:
        members = {
            m.name.split("/", 1)[1]: m for m in archive.getmembers() if m.isfile() and "/" in m.name
        }
        licence = json.loads(debian.content(archive, members["package.json"])).get("license", "")
        files = [
            (f"{package.name}/{name}", debian.content(archive, m))
            for name, m in members.items()
            if wanted(name)
        ]
    return Opened(licence if isinstance(licence, str) else "", sha256_of(path), files)


def open_crate(package: Package, path: str, wanted: Callable[[str], bool]) -> Opened:
    with open(os.path.join(path, "Cargo.toml"), "rb") as file:
        licence = tomllib.load(file)["package"].get("license", "")
    with open(os.path.join(path, ".cargo-checksum.json")) as file:
        checksum = json.load(file)["package"]
    files = []
    for folder, folders, names in os.walk(path):
        folders.sort()
        for name in sorted(names):
            relative = os.path.relpath(os.path.join(folder, name), path)
            if wanted(relative):
                with open(os.path.join(folder, name), "rb") as file:
                    files.append((f"{package.name}/{relative}", file.read()))
    return Opened(licence, checksum, files)


def open_source(package: Package, path: str, wanted: Callable[[str], bool]) -> Opened:
    return Opened(*debian.read(package, path, wanted))
