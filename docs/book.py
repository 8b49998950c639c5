"""Builds the book of all pages and checks its links: book.py MDBOOK OUT_FOLDER.

MDBOOK is the program. The pages lie in many folders of the repository, and mdBook wants them in
one, so this copies the pages that docs/SUMMARY.md lists, and the pictures they show, to
OUT_FOLDER/src, in the same folders. A link to a file that is not part of the book becomes plain
text there. The exit status is 1 if a link leads nowhere, or a heading that a link names is missing.
The book is OUT_FOLDER/book. Standard library only.
"""

import html.parser
import os
import pathlib
import re
import shutil
import subprocess
import sys
import urllib.parse
from collections.abc import Collection, Iterator

ROOT = pathlib.Path(__file__).resolve().parents[1]
LINK = re.compile(r"(?P<image>!?)\[(?P<text>[^\]]*)\]\((?P<target>[^)\s]+)\)")


def listed() -> list[str]:
    """The pages of the summary, relative to the root."""
    summary = (ROOT / "docs" / "SUMMARY.md").read_text(encoding="utf-8")
    paths = [match["target"] for match in LINK.finditer(summary)]
    return [os.path.normpath(os.path.join("docs", path)) for path in paths]


def as_index(path: str) -> str:
    """A path in the book: the page of a folder is its index there."""
    return re.sub(r"README\.md\b", "index.md", path)


def rewritten(page: str, text: str, pages: Collection[str], out: pathlib.Path) -> str:
    """The text of a page for the book; copies its pictures. Stops at a link that leads nowhere."""

    def replace(match: re.Match[str]) -> str:
        target = match["target"].partition("#")[0]
        if not target or ":" in target:
            return match[0]
        path = os.path.normpath(os.path.join(os.path.dirname(page), target))
        if not (ROOT / path).exists():
            sys.exit(f"{page}: {target} does not exist")
        if match["image"]:
            copy = out / path
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / path, copy)
            return match[0]
        if os.path.join(path, "README.md") in pages:
            return f"[{match['text']}]({target.rstrip('/')}/index.md)"
        return as_index(match[0]) if path in pages else match["text"]

    return LINK.sub(replace, text)


def gather(out: pathlib.Path) -> None:
    """Writes the source of the book."""
    pages = listed()
    for page in pages:
        text = (ROOT / page).read_text(encoding="utf-8")
        copy = out / as_index(page)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(rewritten(page, text, pages, out), encoding="utf-8")

    def from_root(match: re.Match[str]) -> str:
        path = os.path.normpath(os.path.join("docs", match["target"]))
        return f"[{match['text']}]({as_index(path)})"

    summary = (ROOT / "docs" / "SUMMARY.md").read_text(encoding="utf-8")
    (out / "SUMMARY.md").write_text(LINK.sub(from_root, summary), encoding="utf-8")


class Page(html.parser.HTMLParser):
    """The links and the ids of a page of the book."""

    def __init__(self, path: pathlib.Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value for name, value in attrs if value}
        if "id" in values:
            self.ids.add(values["id"])
        link = values.get({"a": "href", "img": "src"}.get(tag, ""))
        if link:
            self.links.append(link)


def broken(book: pathlib.Path) -> Iterator[str]:
    """What is wrong with the links of the built book, one line each."""
    pages = {path: Page(path) for path in book.rglob("*.html") if path.name != "toc.html"}
    for path, page in pages.items():
        for link in page.links:
            parts = urllib.parse.urlsplit(link)
            if parts.scheme or parts.netloc or path.name == "404.html":
                continue
            target = path
            if parts.path:
                target = pathlib.Path(
                    os.path.normpath(path.parent / urllib.parse.unquote(parts.path))
                )
            if not target.exists():
                yield f"{path.relative_to(book)}: {link} leads nowhere"
            elif parts.fragment and target in pages and parts.fragment not in pages[target].ids:
                yield f"{path.relative_to(book)}: {link} names no heading"


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit("usage: book.py MDBOOK OUT_FOLDER")
    mdbook, out = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
    shutil.rmtree(out, ignore_errors=True)
    (out / "src").mkdir(parents=True)
    gather(out / "src")
    shutil.copyfile(ROOT / "docs" / "book.toml", out / "book.toml")
    subprocess.run([mdbook, "build", str(out)], check=True)
    wrong = sorted(set(broken(out / "book")))
    if wrong:
        sys.exit("\n".join(wrong))
    print(f"the book: {out / 'book' / 'index.html'}")


if __name__ == "__main__":
    main()
