"""The packages that cases are built from: read from packages.toml, fetched, verified and unpacked.

build.py, renames.py and seen.py call `read_list`, `fetch` and `unpack`. Only the ordinary clients
fetch (pip, npm, cargo, apt-get), so their own settings for mirrors and proxies hold, and no host is
named here. An archive whose sha256 is not the listed one is refused. Nothing here knows languages,
positions or cases. To add a package: a line in packages.toml; `archives.py` as a command prints the
sha256.
"""

import glob
import hashlib
import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "training"))

from licences import is_permissive  # noqa: E402

Fetcher = Callable[["Package", str], None]

LIST = os.path.join(HERE, "packages.toml")
SPLITS = ("tuning", "test")
# The families: typescript includes JavaScript, c includes C++.
LANGUAGES = ("python", "typescript", "rust", "go", "java", "c")
LARGEST = 1_000_000  # bytes of a file; more is data
# Of every archive: what is not the package's own source, or a second form of it.
LEFT_OUT = re.compile(
    r"(^|/)(\.git|node_modules|vendor(ed)?|third[_-]?party|_?deps|external|dist|cjs|esm|umd|__pycache__|[^/]*\.dist-info)/|\.min\.|\.map$",
    re.I,
)


@dataclass(frozen=True)
class Package:
    """One line of packages.toml. `folder` is the part of the archive that is taken; `before` is an
    earlier (version, sha256), or None."""

    origin: str
    name: str
    version: str
    licence: str
    language: str
    split: str
    sha256: str
    folder: str = ""
    before: tuple[str, str] | None = None

    @property
    def snapshot(self) -> str:
        return f"{self.name.lstrip('@').replace('/', '-')}-{self.version}"

    def earlier(self) -> "Package":
        """The package as it was at `before`. Its folder need not be named: it is the same."""
        if self.before is None:
            raise ValueError(f"{self.name}: packages.toml names no earlier version")
        version, sha256 = self.before
        return Package(
            self.origin,
            self.name,
            version,
            self.licence,
            self.language,
            self.split,
            sha256,
            self.folder,
        )


def read_list(path: str = LIST) -> list[Package]:
    """All packages, in the list's order. Raises ValueError on what cannot be right, naming the
    line."""
    with open(path, "rb") as file:
        data = tomllib.load(file)
    packages = []
    for origin in FETCHERS:
        for name, fields in data.get(origin, {}).items():
            try:
                package = Package(
                    origin,
                    name,
                    **{**fields, "before": tuple(fields["before"]) if "before" in fields else None},
                )
            except TypeError as error:
                raise ValueError(
                    f"{origin}/{name}: {str(error).split('__init__() ')[-1]}"
                ) from None
            if not is_permissive(package.licence):
                raise ValueError(
                    f"{origin}/{name}: the licence {package.licence!r} is not on the list of "
                    "permissive ones"
                )
            if package.split not in SPLITS or package.language not in LANGUAGES:
                raise ValueError(
                    f"{origin}/{name}: split must be one of {SPLITS}, language one of {LANGUAGES}"
                )
            packages.append(package)
    unknown = set(data) - set(FETCHERS)
    if unknown:
        raise ValueError(
            f"no such origin: {', '.join(sorted(unknown))}; there are {', '.join(FETCHERS)}"
        )
    return packages


# ---------------------------------------------------------------- fetching
def fetch(packages: Iterable[Package], folder: str) -> None:
    """Brings what is missing into `folder`. Raises ValueError that names every package that could
    not be had."""
    for origin, get in FETCHERS.items():
        os.makedirs(os.path.join(folder, origin), exist_ok=True)
        for package in packages:
            if package.origin == origin and not find(package, folder):
                print(f"fetching {origin}/{package.name} {package.version}", file=sys.stderr)
                try:
                    get(package, os.path.join(folder, origin))
                except ValueError as error:
                    # No such client here: the others may still bring theirs.
                    print(error, file=sys.stderr)
    missing = [f"{p.origin}/{p.name} {p.version}" for p in packages if not find(p, folder)]
    if missing:
        raise ValueError(
            f"could not be fetched: {', '.join(missing)}: see what the client said above, or build "
            "without them (--skip-missing)"
        )


def fetch_wheel(package: Package, target: str) -> None:
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "-q",
        "--disable-pip-version-check",
        "--no-deps",
        "--only-binary=:all:",
        # Packages are read, never run, so they may need a newer Python.
        "--ignore-requires-python",
    ]
    run([*command, "-d", target, f"{package.name}=={package.version}"])


def fetch_npm(package: Package, target: str) -> None:
    run(
        [
            "npm",
            "pack",
            "--silent",
            "--pack-destination",
            target,
            f"{package.name}@{package.version}",
        ]
    )


def fetch_crate(package: Package, target: str) -> None:
    """`cargo info` brings one crate without what it depends on into cargo's own cache; a link to it
    is kept."""
    run(["cargo", "info", "--quiet", f"{package.name}@{package.version}"], cwd=target)
    home = os.environ.get("CARGO_HOME") or os.path.expanduser("~/.cargo")
    name = f"{package.name}-{package.version}.crate"
    for found in glob.glob(os.path.join(home, "registry", "cache", "*", name)):
        if not os.path.exists(os.path.join(target, name)):
            os.symlink(found, os.path.join(target, name))


def fetch_debian(package: Package, target: str) -> None:
    """Only the upstream tarball counts. What else belongs to the source package may be missing on a
    mirror; apt-get then fails, harmlessly. Where a suite has gone on to another revision of the
    same upstream version, that one brings the same tarball."""
    options = newer_debian(target)
    listed = subprocess.run(
        ["apt-cache", *options, "madison", package.name], capture_output=True, text=True
    ).stdout
    for version in [package.version, *revisions(package, listed)]:
        if not find(package, os.path.dirname(target)):
            run(
                [
                    "apt-get",
                    *options,
                    "source",
                    "-qq",
                    "--download-only",
                    "--only-source",
                    f"{package.name}={version}",
                ],
                cwd=target,
            )


def revisions(package: Package, listed: str) -> list[str]:
    """The versions of a package in what `apt-cache madison` lists that have its upstream version,
    without its own."""

    def upstream(version: str) -> str:
        return version.rpartition("-")[0]

    rows = [[field.strip() for field in line.split("|")] for line in listed.splitlines()]
    versions = {
        row[1]
        for row in rows
        if len(row) == 3
        and row[0] == package.name
        and upstream(row[1]) == upstream(package.version)
    }
    return sorted(versions - {package.version})


def newer_debian(target: str, suites: Sequence[str] = ("trixie", "forky")) -> list[str]:
    """The options under which apt asks suites (those of packages.toml) at the host's own mirror,
    with lists and state in `target`/apt."""
    folder = os.path.join(target, "apt")
    options = ["-oDir::Etc::sourceparts=-", "-oAPT::Sandbox::User=root"]
    settings = {
        "Dir::Etc::sourcelist": "sources.list",
        "Dir::State::lists": "lists",
        "Dir::Cache": "cache",
    }
    options += [
        f"-o{key}={os.path.abspath(os.path.join(folder, name))}" for key, name in settings.items()
    ]
    if os.path.exists(os.path.join(folder, "sources.list")):
        return options
    for name in ("lists/partial", "cache"):
        os.makedirs(os.path.join(folder, name), exist_ok=True)
    with open("/etc/os-release") as file:
        match = re.search(r"^VERSION_CODENAME=(\w+)", file.read(), re.M)
        release = match[1] if match else ""
    command = [
        "apt-get",
        "indextargets",
        "--format",
        "$(RELEASE) $(COMPONENT) $(REPO_URI)",
        "Created-By: Packages",
    ]
    targets = [
        line.split()
        for line in subprocess.run(command, capture_output=True, text=True).stdout.splitlines()
    ]
    mirror = next(
        (uri for name, component, uri in targets if name == release and component == "main"), None
    )
    if mirror is None:
        raise ValueError(
            f"apt names no mirror for {release} main: the [debian] packages need Debian with "
            "/etc/apt set up"
        )
    with open(os.path.join(folder, "sources.list"), "w") as file:
        file.write("".join(f"deb-src {mirror} {suite} main\n" for suite in suites))
    run(["apt-get", *options, "update", "-qq"])
    return options


def run(command: Sequence[str], cwd: str | None = None) -> None:
    """What the client says goes to stderr; whether it brought the archive is asked of the folder,
    by `find`."""
    try:
        subprocess.run(command, cwd=cwd, stdout=sys.stderr)
    except FileNotFoundError:
        raise ValueError(
            f"{command[0]} is not installed, and packages of packages.toml need it"
        ) from None


FETCHERS: dict[str, Fetcher] = {
    "pypi": fetch_wheel,
    "npm": fetch_npm,
    "crates": fetch_crate,
    "debian": fetch_debian,
}


def find(package: Package, folder: str) -> str | None:
    """The path of the fetched archive, or None."""
    plain = package.name.lstrip("@").replace("/", "-")
    upstream = re.sub(r"^\d+:", "", package.version).rpartition("-")[0]
    pattern = {
        "pypi": f"{re.sub(r'[-_.]+', '_', package.name)}-{package.version}-*.whl",
        "npm": f"{plain}-{package.version}.tgz",
        "crates": f"{plain}-{package.version}.crate",
        "debian": f"{plain}_{upstream}.orig.tar.*z*",
    }[package.origin]
    found = [
        path
        for path in sorted(glob.glob(os.path.join(folder, package.origin, pattern)))
        if not path.endswith(".asc")
    ]
    return found[0] if found else None


# ---------------------------------------------------------------- unpacking
def unpack(package: Package, folder: str, target: str) -> str:
    """Writes the package's own files into `target`/<snapshot>, unless they are there. Returns that
    path. Raises ValueError on a wrong sha256."""
    path = find(package, folder)
    if path is None:
        raise ValueError(
            f"{package.origin}/{package.name} {package.version} is not in {folder}: fetch it first"
        )
    verify(package, path)
    root = os.path.join(target, package.snapshot)
    if os.path.exists(root):
        return root
    part = f"{package.folder.strip('/')}/" if package.folder else ""
    for name, data in members(path):
        if name.startswith(part) and not LEFT_OUT.search(name[len(part) :]):
            place = os.path.join(root + ".part", name)
            os.makedirs(os.path.dirname(place), exist_ok=True)
            with open(place, "wb") as file:
                file.write(data)
    if not os.path.exists(root + ".part"):
        raise ValueError(
            f"{package.origin}/{package.name}: nothing in the archive under {package.folder!r}"
        )
    os.rename(root + ".part", root)
    return root


def verify(package: Package, path: str) -> None:
    found = sha256_of(path)
    if found != package.sha256:
        raise ValueError(
            f"{os.path.basename(path)}: sha256 is {found}, packages.toml says {package.sha256}: "
            "delete it and fetch again, "
            "or find out who changed it"
        )


def members(path: str) -> Iterator[tuple[str, bytes]]:
    """(path inside, bytes) of every regular file. The one folder that a tarball has at its top is
    left off."""
    if path.endswith(".whl"):
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                if not info.is_dir() and info.file_size <= LARGEST and safe(info.filename):
                    yield info.filename, archive.read(info)
        return
    with tarfile.open(path, "r|*") as archive:
        for member in archive:
            name = member.name.removeprefix("./").partition("/")[2]
            if member.isfile() and member.size <= LARGEST and safe(name):
                file = archive.extractfile(member)
                if file is not None:
                    yield name, file.read()


def safe(name: str) -> bool:
    return bool(name) and not name.startswith("/") and ".." not in name.split("/")


def sha256_of(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    for archive_path in sys.argv[1:]:
        print(sha256_of(archive_path), os.path.basename(archive_path))
