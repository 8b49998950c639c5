"""Finds cycles: files of one crate that use one another, directly or by way of further files.

An arrow goes from a file to the file that defines what it names, found by the paths in the code
(`crate::`, `super::`, `self::` and children). Re-exports are followed and are no arrows themselves.
"""

from pathlib import Path

from structure import Source

Module = tuple[str, ...]
# How many re-exports in a row are followed.
MAX_REEXPORTS = 8


def module_of(path: Path) -> Module:
    """The module of a file, by its path below `src/`; `lib.rs` and `main.rs` are the root."""
    parts = (*path.parent.parts, path.stem)
    if path.stem == "mod":
        return parts[:-1]
    return () if parts in {("lib",), ("main",)} else parts


class Modules:
    """The modules of one crate and what each names."""

    def __init__(self, sources: dict[Path, Source]) -> None:
        """`sources`: what each file holds, by its path below `src/`."""
        self.files = {module_of(path): path for path in sources if path != Path("main.rs")}
        self.sources = {module: sources[path] for module, path in self.files.items()}

    def absolute(self, module: Module, path: str) -> Module:
        """A path as it is written in `module`, from the root of the crate."""
        parts = path.split("::")
        if parts[0] == "crate":
            return tuple(parts[1:])
        if parts[0] == "self":
            parts = parts[1:]
        while parts and parts[0] == "super":
            module, parts = module[:-1], parts[1:]
        return (*module, *parts)

    def target(self, path: Module, depth: int = 0) -> Module:
        """The module that defines what an absolute path names."""
        module = path
        while module and module not in self.files:
            module = module[:-1]
        rest = path[len(module) :]
        if not rest or depth > MAX_REEXPORTS:
            return module
        source = self.sources.get(module, Source())
        for written in source.paths + source.reexports:
            if written.split("::")[-1] == rest[0]:
                further = self.absolute(module, written)
                if further != path and self.is_local(module, written):
                    return self.target((*further, *rest[1:]), depth + 1)
        return module

    def is_local(self, module: Module, written: str) -> bool:
        """Whether a written path leads into this crate rather than into another."""
        first = written.split("::")[0]
        return first in {"crate", "super", "self"} or (*module, first) in self.files

    def arrows(self) -> dict[Path, set[Path]]:
        """Which files each file uses."""
        found: dict[Path, set[Path]] = {}
        for module, path in self.files.items():
            written = (text for text in self.sources[module].paths if self.is_local(module, text))
            targets = {self.target(self.absolute(module, text)) for text in written}
            used = {self.files[target] for target in targets if target in self.files}
            found[path] = used - {path}
        return found


def reachable(arrows: dict[Path, set[Path]], start: Path) -> set[Path]:
    """All files that can be reached along arrows from `start`, itself only by a cycle."""
    seen: set[Path] = set()
    waiting = [start]
    while waiting:
        for following in arrows.get(waiting.pop(), set()) - seen:
            seen.add(following)
            waiting.append(following)
    return seen


def cycles(arrows: dict[Path, set[Path]]) -> list[list[Path]]:
    """The groups of files that reach one another, the largest first."""
    ways = {path: reachable(arrows, path) for path in arrows}
    groups = {
        tuple(sorted(other for other in ways[path] if path in ways[other]))
        for path in arrows
        if path in ways[path]
    }
    return sorted((list(group) for group in groups), key=lambda group: (-len(group), group))
