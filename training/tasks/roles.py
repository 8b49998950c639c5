"""What kinds of nodes are, as grammars/<id>/roles.scm says it: the tables that the server looks at
code with serve the tasks too.

Only patterns over whole nodes are read, `(kind) @role` and `[(kind) (other)] @role`, with what the
first line `; inherits: id` brings in; what depends on children is of no use here.
"""

import functools
import os
import re

GRAMMARS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "grammars")
PATTERN = re.compile(r"^(\[[^\[\]]*\]|\(\w+\))((?:\s*@[\w.]+)+)", re.M)
INHERITS = re.compile(r"; inherits: (\w+)\n")


@functools.cache
def roles(language: str) -> dict[str, frozenset[str]]:
    """role -> kinds of nodes of one language"""
    with open(os.path.join(GRAMMARS, language, "roles.scm"), encoding="utf-8") as file:
        text = file.read()
    inherits = INHERITS.match(text)
    found: dict[str, set[str]] = {}
    if inherits:
        found = {role: set(kinds) for role, kinds in roles(inherits[1]).items()}
    for nodes, captures in PATTERN.findall(text):
        for role in re.findall(r"@([\w.]+)", captures):
            found.setdefault(role, set()).update(re.findall(r"\((\w+)\)", nodes))
    return {role: frozenset(kinds) for role, kinds in found.items()}


def kinds(languages: tuple[str, ...], *names: str) -> set[str]:
    """The kinds of nodes that have any of these roles in any of these languages."""
    empty: frozenset[str] = frozenset()
    return {kind for name in languages for role in names for kind in roles(name).get(role, empty)}
