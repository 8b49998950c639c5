"""The messages between the editor of a scenario and the server, read from the files that
../protocol/recorder.py writes.

context.py asks it for the last suggestion, so that a scenario knows exactly what the editor was
given and what its text must become.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ASKED = ("textDocument/inlineCompletion", "textDocument/completion")
UNITS = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}


def within(line: str, column: int, encoding: str) -> int:
    """The index in a line of a column that is counted in units of an encoding."""
    name, size = UNITS[encoding]
    return len(line.encode(name)[: size * column].decode(name))


def replaced(text: str, span: dict[str, Any], new: str, encoding: str) -> str:
    """The text with another text in place of a range of the protocol."""
    lines = text.split("\n")
    start, end = span["start"], span["end"]
    before = lines[start["line"]][: within(lines[start["line"]], start["character"], encoding)]
    after = (
        lines[end["line"]][within(lines[end["line"]], end["character"], encoding) :]
        if end["line"] < len(lines)
        else ""
    )
    return "\n".join(lines[: start["line"]] + [before + new + after] + lines[end["line"] + 1 :])


class Suggestion:
    """What the server suggested: `text` in place of `range` of a document; `encoding` counts the
    range's columns, `seconds` from the editor's last change to the answer."""

    def __init__(
        self, item: dict[str, Any], position: dict[str, int], encoding: str, seconds: float
    ) -> None:
        self.seconds = seconds
        edit = item.get("textEdit")
        self.text = edit["newText"] if edit else item["insertText"]
        self.range = (
            edit["range"] if edit else item.get("range") or {"start": position, "end": position}
        )
        self.label: str = item.get("label", "")
        self.position, self.encoding = position, encoding

    def asked_after(self, text: str, end: str) -> bool:
        """Whether it was asked for where the text before the cursor ends with `end`."""
        line = text.split("\n")[self.position["line"]]
        return line[: within(line, self.position["character"], self.encoding)].endswith(end)

    def applied(self, text: str) -> str:
        """The text with the suggestion in it."""
        return replaced(text, self.range, self.text, self.encoding)

    def added(self, text: str) -> str:
        """What it adds after the cursor, which may already be after a part of it."""
        line = text.split("\n")[self.range["start"]["line"]]
        start, cursor = (
            within(line, column, self.encoding)
            for column in (self.range["start"]["character"], self.position["character"])
        )
        return self.text[cursor - start :]


class Recording:
    """The messages of one scenario's folder, in order, newest server last."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def messages(self) -> Iterator[tuple[Path, dict[str, Any]]]:
        paths = sorted(self.folder.glob("*.jsonl"), key=lambda path: path.stat().st_mtime)
        for path in paths:
            for line in path.read_text(encoding="utf-8").splitlines():
                try:
                    yield path, json.loads(line)
                except ValueError:
                    return  # half written: the next look has it

    def latest(self) -> tuple[int, int, Suggestion | None]:
        """(open requests for suggestions, answers so far, the newest as a Suggestion or None)."""
        answers, encoding, changed = 0, "utf-16", 0.0
        asked: dict[tuple[Path, Any], dict[str, int]] = {}
        found: Suggestion | None = None
        for path, line in self.messages():
            message = line.get("message", {})
            if line["from"] == "editor" and message.get("method") in ASKED:
                asked[path, message["id"]] = message["params"]["position"]
            elif message.get("method") == "textDocument/didChange":
                changed = line["at"]
            elif line["from"] == "server" and "method" not in message:
                result = message.get("result")
                if isinstance(result, dict) and "capabilities" in result:
                    encoding = result["capabilities"].get("positionEncoding", "utf-16")
                position = asked.pop((path, message.get("id")), None)
                if position is not None:
                    answers += 1
                    items = result if isinstance(result, list) else (result or {}).get("items", [])
                    found = (
                        Suggestion(items[0], position, encoding, line["at"] - changed)
                        if items
                        else None
                    )
        return len(asked), answers, found

    def document(self) -> str:
        """The text of the document that changed last, as the server must know it."""
        texts: dict[str, str] = {}
        last, encoding = "", "utf-16"
        for _, line in self.messages():
            message = line.get("message", {})
            method, result = message.get("method"), message.get("result")
            if isinstance(result, dict) and "capabilities" in result:
                encoding = result["capabilities"].get("positionEncoding", "utf-16")
            if method in ("textDocument/didOpen", "textDocument/didChange"):
                last = message["params"]["textDocument"]["uri"]
                texts[last] = message["params"]["textDocument"].get("text", texts.get(last, ""))
                for change in message["params"].get("contentChanges", []):
                    whole = "range" not in change
                    texts[last] = (
                        change["text"]
                        if whole
                        else replaced(texts[last], change["range"], change["text"], encoding)
                    )
        return texts[last]

    def sessions(self) -> int:
        return len(list(self.folder.glob("*.jsonl")))

    def opened(self, name: str) -> bool:
        """Whether the newest server was notified of an open file of this name."""
        newest = max(
            self.folder.glob("*.jsonl"), key=lambda path: path.stat().st_ctime, default=None
        )
        return any(
            path == newest
            and line.get("message", {}).get("method") == "textDocument/didOpen"
            and line["message"]["params"]["textDocument"]["uri"].endswith("/" + name)
            for path, line in self.messages()
        )

    def heard(self, method: str) -> int:
        """How often the editor sent a message of this method."""
        return sum(
            line["from"] == "editor" and line.get("message", {}).get("method") == method
            for _, line in self.messages()
        )
