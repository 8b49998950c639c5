"""The headings of documents in Markdown and reStructuredText, for build.py.

Written apart from the program's own reading of headings, so that an error of one shows.
"""

import re

MARKED = re.compile(r"^(#{1,5}) +(.+?)(\s*#*)?(\s*\{.*\})?$")
FENCE = re.compile(r"^\s*(```+|~~~+)")
UNDERLINE = re.compile(r"^([=\-~^\"'`#*+:.])\1{2,}\s*$")


def headings(text: str, path: str) -> list[tuple[int, str]]:
    """(line, words) of each heading; lines are counted from 0."""
    lines = text.split("\n")
    found = []
    fence = ""
    for at, line in enumerate(lines):
        if path.endswith(".md"):
            opened = FENCE.match(line)
            if opened and not fence:
                fence = opened[1]
            elif opened and set(line.strip()) == {fence[0]} and opened[1].startswith(fence):
                fence = ""
            match = MARKED.match(line)
            if match and not fence:
                found.append((at, match[2]))
                continue
        below = lines[at + 1] if at + 1 < len(lines) else ""
        is_words = line.strip() and not line.startswith((" ", "=", "-", "|"))
        fits = len(below.strip()) >= len(line.strip()) - 1
        if not fence and is_words and fits and UNDERLINE.match(below):
            found.append((at, line.strip()))
    return found
