"""What passed between the editor of a scenario and the server, read from the files that
../protocol/recorder.py writes.

world.py asks it for the last suggestion, so that a scenario knows exactly what the editor was given
and what its text must become.
"""

import json

ASKED = ("textDocument/inlineCompletion", "textDocument/completion")
UNITS = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}


def within(line, column, encoding):
    """The index in a line of a column that is counted in units of an encoding."""
    name, size = UNITS[encoding]
    return len(line.encode(name)[: size * column].decode(name))


def replaced(text, span, new, encoding):
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

    def __init__(self, item, position, encoding, seconds) -> None:
        self.seconds = seconds
        edit = item.get("textEdit")
        self.text = edit["newText"] if edit else item["insertText"]
        self.range = (
            edit["range"] if edit else item.get("range") or {"start": position, "end": position}
        )
        self.label, self.position, self.encoding = item.get("label"), position, encoding

    def asked_behind(self, text, end):
        """Whether it was asked for where the text before the cursor ends with `end`."""
        line = text.split("\n")[self.position["line"]]
        return line[: within(line, self.position["character"], self.encoding)].endswith(end)

    def applied(self, text):
        """The text with the suggestion in it."""
        return replaced(text, self.range, self.text, self.encoding)

    def added(self, text):
        """What it puts behind the cursor, which may stand behind a part of it."""
        line = text.split("\n")[self.range["start"]["line"]]
        start, cursor = (
            within(line, column, self.encoding)
            for column in (self.range["start"]["character"], self.position["character"])
        )
        return self.text[cursor - start :]


class Recording:
    """The messages of one scenario's folder, in order, newest server last."""

    def __init__(self, folder) -> None:
        self.folder = folder

    def messages(self):
        paths = sorted(self.folder.glob("*.jsonl"), key=lambda path: path.stat().st_mtime)
        for path in paths:
            for line in path.read_text(encoding="utf-8").splitlines():
                try:
                    yield path, json.loads(line)
                except ValueError:
                    return  # half written: the next look has it

    def latest(self):
        """(open requests for suggestions, answers so far, the newest of them as a Suggestion or
        None)."""
        answers, asked, found, encoding, changed = 0, {}, None, "utf-16", 0
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

    def document(self):
        """The text of the document that changed last, as the server must know it."""
        texts, last, encoding = {}, None, "utf-16"
        for _, line in self.messages():
            message = line.get("message", {})
            method, result = message.get("method"), message.get("result")
            if isinstance(result, dict) and "capabilities" in result:
                encoding = result["capabilities"].get("positionEncoding", "utf-16")
            if method in ("textDocument/didOpen", "textDocument/didChange"):
                last = message["params"]["textDocument"]["uri"]
                texts[last] = message["params"]["textDocument"].get("text", texts.get(last))
                for change in message["params"].get("contentChanges", []):
                    whole = "range" not in change
                    texts[last] = (
                        change["text"]
                        if whole
                        else replaced(texts[last], change["range"], change["text"], encoding)
                    )
        return texts[last]

    def sessions(self):
        return len(list(self.folder.glob("*.jsonl")))

    def opened(self, name):
        """Whether the newest server was told of an open file of this name."""
        newest = max(
            self.folder.glob("*.jsonl"), key=lambda path: path.stat().st_ctime, default=None
        )
        return any(
            path == newest
            and line.get("message", {}).get("method") == "textDocument/didOpen"
            and line["message"]["params"]["textDocument"]["uri"].endswith("/" + name)
            for path, line in self.messages()
        )

    def heard(self, method):
        """How often the editor sent a message of this method."""
        return sum(
            line["from"] == "editor" and line.get("message", {}).get("method") == method
            for _, line in self.messages()
        )
