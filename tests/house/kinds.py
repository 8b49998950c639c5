"""Finds the names of syntax nodes in Rust code: they belong in `grammars/`, as data.

The names come from the `node-types.json` of each grammar that Cargo has fetched.
"""

import json
import os
import re
import tomllib
from pathlib import Path

from structure import Source

# A name of one word, such as "string", can be anything; it counts only in files that ask nodes
# for their kinds.
ASKS_FOR_KINDS = re.compile(r"\bkind\(|\bkind_id\b|\bchild_by_field_name\b|\bkind_is\b")
# Settings and formats that happen to be spelled as a node of one language is.
NOT_KINDS = {"source_file", "attribute_value"}


def node_types(root: Path) -> list[Path]:
    """The `node-types.json` files of the grammars in `Cargo.lock`, where Cargo unpacks packages."""
    home = Path(os.environ.get("CARGO_HOME", Path.home() / ".cargo"))
    packages = tomllib.loads((root / "Cargo.lock").read_text())["package"]
    grammars = [package for package in packages if package["name"].startswith("tree-sitter-")]
    found: list[Path] = []
    for package in grammars:
        folder = f"{package['name']}-{package['version']}"
        found += (home / "registry/src").glob(f"*/{folder}/**/node-types.json")
    if grammars and not found:
        raise SystemExit("no grammars found: run `cargo fetch` first")
    return sorted(found)


def node_kinds(root: Path) -> set[str]:
    """All names of named nodes, in all grammars."""
    kinds = set()
    for path in node_types(root):
        for node in json.loads(path.read_text()):
            if node["named"]:
                kinds.add(node["type"])
    return kinds - NOT_KINDS


def kinds_in(source: Source, text: str, kinds: set[str]) -> list[tuple[str, int]]:
    """The literals of a file that are names of nodes, with their lines."""
    asks = ASKS_FOR_KINDS.search(text) is not None
    found = []
    for token in source.strings:
        name = token.text.strip('"')
        if name in kinds and ("_" in name or asks):
            found.append((name, token.line))
    return found
