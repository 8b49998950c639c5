"""Types for minutes while documents come and go. Standard library only, Linux.

  soak.py PATH-OF-nigh [--minutes N]

Types a file of this repository at 12 keys a second, asks after each key, and opens and closes 200
other documents on the way. Prints one JSON object: memory and threads at the start, at half time
and at the end, answers, and whether the server's text is the one that was typed. Exit status 1
where memory grows by more than 5 MB in the second half, a thread is lost, or the texts differ.
"""

import argparse
import glob
import json
import os
import statistics
import sys
import time
from typing import Any

from measure import LANGUAGES, TYPED, Server

RATE, DOCUMENTS, GROWTH = 12, 200, 5
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")


class Soaked(Server):
    """A server that reports the text it holds."""

    ARGUMENTS = ["serve", "--debug-requests"]

    def threads(self) -> int:
        return len(os.listdir(f"/proc/{self.process.pid}/task"))

    def text(self) -> str:
        return self.request("debug/text", {"textDocument": {"uri": self.uri}})["result"]


def others() -> list[tuple[str, str, str]]:
    """Files to open and close: uri, language and text."""
    found = []
    for path in sorted(glob.glob(os.path.join(ROOT, "server", "**", "*.rs"), recursive=True))[
        :DOCUMENTS
    ]:
        with open(path) as file:
            found.append(("file://" + os.path.abspath(path), LANGUAGES[".rs"], file.read()))
    return found


def visit(server: Server, uri: str, language: str, text: str) -> None:
    """Opens a document, asks in it, and closes it."""
    identifier = {"uri": uri}
    server.notify(
        "textDocument/didOpen",
        {"textDocument": {**identifier, "languageId": language, "version": 0, "text": text}},
    )
    server.request(
        "textDocument/inlineCompletion",
        {
            "textDocument": identifier,
            "position": {"line": text.count("\n") // 2, "character": 0},
            "context": {"triggerKind": 2},
        },
    )
    server.notify("textDocument/didClose", {"textDocument": identifier})


def soak(program: str, minutes: float) -> dict[str, Any]:
    with open(TYPED) as file:
        source = file.read()
    server = Soaked(program, os.path.abspath(ROOT))
    server.read_workspace()
    server.open("", "/typed.py")
    documents, keys = others(), int(minutes * 60 * RATE)
    every = max(keys // (len(documents) or 1), 1)
    line = column = 0
    typed: list[str] = []
    times: list[float] = []
    marks: list[tuple[float, int]] = []
    for number in range(keys):
        due = time.perf_counter() + 1 / RATE
        if number in (keys // 20, keys // 2):
            marks.append((server.megabytes(), server.threads()))
        key = source[number % len(source)]
        line, column = server.type(number + 1, line, column, key)
        typed.append(key)
        times.append(server.complete(line, column)[1])
        if number % every == 0 and documents:
            visit(server, *documents[number // every % len(documents)])
        time.sleep(max(0, due - time.perf_counter()))
    time.sleep(5)
    marks.append((server.megabytes(), server.threads()))
    equal = server.text() == "".join(typed)
    server.end()
    return {
        "keys": keys,
        "documents": min(len(documents), keys // every + 1),
        "text_equal": equal,
        "p50_ms": round(1000 * statistics.median(times), 1),
        "max_ms": round(1000 * max(times)),
        "memory_mb": [round(memory) for memory, _ in marks],
        "threads": [threads for _, threads in marks],
        "growth_second_half_mb": round(marks[2][0] - marks[1][0], 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("program")
    parser.add_argument("--minutes", type=float, default=10)
    options = parser.parse_args()
    measured = soak(options.program, options.minutes)
    print(json.dumps(measured))
    right = (
        measured["text_equal"]
        and measured["growth_second_half_mb"] <= GROWTH
        and measured["threads"][2] >= measured["threads"][1]
    )
    sys.exit(0 if right else 1)


if __name__ == "__main__":
    main()
