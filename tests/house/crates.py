"""Which crates the tree has, which files they hold, and which crate depends on which.

Everything is read from `Cargo.toml` files and file names, so it needs no build.
"""

import subprocess
import tomllib
from dataclasses import dataclass
from pathlib import Path

TEST_FOLDERS = {"tests", "benches"}
# Texts to be read by tests, and small programs to look at something: not counted.
EXAMPLE_FOLDERS = {"examples", "cases"}


@dataclass(frozen=True, slots=True)
class Crate:
    """A crate: its package's name and description, its folder, and our crates it depends on."""

    name: str
    description: str
    folder: Path
    depends_on: frozenset[str]


def tracked(root: Path) -> list[Path]:
    """The files git knows, or that are new and not ignored, relative to the root."""
    arguments = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(arguments, cwd=root, capture_output=True, text=True, check=True)
    paths = (Path(name) for name in listed.stdout.split("\0") if name)
    return sorted(path for path in paths if (root / path).is_file())


def crates(root: Path) -> list[Crate]:
    """All members of the workspace, those that depend on nothing first."""
    workspace = tomllib.loads((root / "Cargo.toml").read_text())["workspace"]
    folders = [folder for member in workspace["members"] for folder in root.glob(member)]
    manifests = {
        folder: tomllib.loads((folder / "Cargo.toml").read_text())
        for folder in folders
        if (folder / "Cargo.toml").is_file()
    }
    names = {manifest["package"]["name"] for manifest in manifests.values()}
    found = [
        Crate(
            manifest["package"]["name"],
            manifest["package"].get("description", ""),
            folder.relative_to(root),
            frozenset(names & set(manifest.get("dependencies", {}))),
        )
        for folder, manifest in manifests.items()
    ]
    depths = levels(found)
    return sorted(found, key=lambda crate: (depths[crate.name], crate.name))


def levels(found: list[Crate]) -> dict[str, int]:
    """For each crate the longest way down: 0 depends on nothing of ours."""
    depends_on = {crate.name: crate.depends_on for crate in found}
    depths: dict[str, int] = {}

    def depth(name: str) -> int:
        if name not in depths:
            depths[name] = 1 + max((depth(below) for below in depends_on[name]), default=-1)
        return depths[name]

    for name in depends_on:
        depth(name)
    return depths


def is_example(path: Path) -> bool:
    """Whether a file is text for tests to read, or an example program."""
    return bool(EXAMPLE_FOLDERS & set(path.parent.parts))


def is_case(path: Path) -> bool:
    """Whether a file holds cases of tests, given and expected, outside of the code: the counterpart
    of the texts that other projects write into their tests."""
    return "cases" in path.parent.parts or is_example(path) and path.parts[0] == "grammars"


def is_test(path: Path) -> bool:
    """Whether a file holds nothing but tests, by its place and name."""
    in_folder = bool(TEST_FOLDERS & set(path.parent.parts))
    return in_folder or path.stem == "tests" or path.stem.startswith("test_")
