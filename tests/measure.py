"""Measures the program for README's table. Standard library only, Linux.

  measure.py PATH-OF-nigh [--runs N] [--workspace DIR --files PATH ...]

Prints one JSON object: the size of the program, the time from its start to the first completion,
its memory then and while idle, and the latency of completions while a file of this repository is
typed at ten keys a second, or files of a workspace once it has been indexed. `flicker_percent` is
how often a key that agrees with the shown text makes it vanish or change; `shown_percent` how often
something is shown.
"""

import argparse
import json
import os
import statistics
import subprocess
import time
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

TYPED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "training", "model.py")

LANGUAGES = {
    ".py": "python",
    ".rs": "rust",
    ".js": "javascript",
    ".ts": "typescript",
    ".tsx": "typescriptreact",
    ".go": "go",
    ".java": "java",
    ".c": "c",
    ".h": "c",
    ".cpp": "cpp",
    ".hpp": "cpp",
}

# (seconds, the text shown, the next key)
Keystroke = tuple[float, str, str]
# So repetitive that any model continues it.
ALONG = (
    "".join(f"    values.append(compute_total(number_{n}, other_number_{n}))\n" for n in range(9))
    + "    values.append("
)


class Server:
    """A running `nigh serve` and the client's end of its pipes."""

    ARGUMENTS = ["serve"]

    def __init__(
        self, program: str, workspace: str | None = None, settings: dict[str, Any] | None = None
    ) -> None:
        self.began = time.perf_counter()
        self.process = subprocess.Popen(
            [program, *self.ARGUMENTS], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self.process.stdin and self.process.stdout
        self.stdin, self.stdout = self.process.stdin, self.process.stdout
        self.last, self.uri = 0, "file:///typed.py"
        folders = [{"uri": "file://" + workspace, "name": "measured"}] if workspace else None
        self.request(
            "initialize",
            {
                "processId": None,
                "rootUri": None,
                "workspaceFolders": folders,
                "initializationOptions": settings,
                "capabilities": {"textDocument": {"inlineCompletion": {}}},
            },
        )
        self.notify("initialized", {})

    def send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.stdin.flush()

    def notify(self, method: str, params: Any) -> None:
        self.send({"method": method, "params": params})

    def request(self, method: str, params: Any) -> dict[str, Any]:
        self.last += 1
        self.send({"id": self.last, "method": method, "params": params})
        while True:
            length = 0
            while line := self.stdout.readline().strip():
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            message = json.loads(self.stdout.read(length))
            if message.get("id") == self.last and "method" not in message:
                return message

    def open(self, text: str, path: str = "/typed.py") -> None:
        self.uri = "file://" + path
        language = LANGUAGES.get(os.path.splitext(path)[1], "")
        document = {"uri": self.uri, "languageId": language, "version": 0, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": document})

    def complete(self, line: int, column: int, invoked: bool = False) -> tuple[str, float]:
        """The text shown, empty for none, and the seconds it took."""
        began = time.perf_counter()
        answer = self.request(
            "textDocument/inlineCompletion",
            {
                "textDocument": {"uri": self.uri},
                "position": {"line": line, "character": column},
                "context": {"triggerKind": 1 if invoked else 2},
            },
        )
        if "error" in answer:
            raise SystemExit(f"measure.py: {answer['error']}")
        seconds = time.perf_counter() - began
        return "".join(item["insertText"] for item in answer["result"]["items"]), seconds

    def type(self, version: int, line: int, column: int, key: str) -> tuple[int, int]:
        """One key; gives the cursor's place afterwards."""
        place = {"line": line, "character": column}
        self.notify(
            "textDocument/didChange",
            {
                "textDocument": {"uri": self.uri, "version": version},
                "contentChanges": [{"range": {"start": place, "end": place}, "text": key}],
            },
        )
        return (line + 1, 0) if key == "\n" else (line, column + 1)

    def read_workspace(self) -> None:
        """Waits until the workspace has been read."""
        while self.request("nigh/status", {})["result"]["index"]["state"] != "ready":
            time.sleep(0.2)

    def megabytes(self) -> float:
        """Resident memory."""
        with open(f"/proc/{self.process.pid}/status") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmRSS")) / 1024

    def end(self) -> None:
        self.request("shutdown", None)
        self.notify("exit", None)
        self.process.wait()


def first_completion(program: str) -> tuple[float, float, float]:
    """Seconds from the start of the program to its first completion, and its memory idle before and
    after, in MB."""
    idle = Server(program)
    time.sleep(1)
    before = idle.megabytes()
    idle.end()
    server = Server(program)
    server.open("def add(a, b):\n    return ")
    server.complete(1, 11)
    seconds = time.perf_counter() - server.began
    after = server.megabytes()
    server.end()
    return seconds, before, after


def typing(
    program: str,
    keys: int,
    path: str,
    workspace: str | None = None,
    rate: float = 10,
    settings: dict[str, Any] | None = None,
) -> tuple[list[Keystroke], dict[str, Any]]:
    """[(seconds, what is shown, next key)] after each of `keys` keys in the middle of a file, typed
    at `rate` keys a second, and the server's counts. The text after them is in the file already, as
    in an edit."""
    with open(path) as file:
        text = file.read()
    server = Server(program, workspace, settings)
    start = len(text) // 2
    lines = text[:start].split("\n")
    line, column = len(lines) - 1, len(lines[-1])
    if workspace:
        server.read_workspace()
    server.open(
        text[:start] + text[start + keys :] if workspace else text[:start],
        os.path.abspath(path) if workspace else "/typed.py",
    )
    seen = []
    for number, key in enumerate(text[start : start + keys]):
        due = time.perf_counter() + 1 / rate
        line, column = server.type(number + 1, line, column, key)
        shown, seconds = server.complete(line, column)
        seen.append((seconds, shown, text[start + number + 1 : start + number + 2]))
        time.sleep(max(0, due - time.perf_counter()))
    status = server.request("nigh/status", {})["result"]["completions"]
    server.end()
    return seen, status


def flicker(seen: Sequence[Keystroke]) -> tuple[int, int]:
    """(keys that agreed with what was shown and left more of it to show, those after which it was
    not shown any more)"""
    agreed = lost = 0
    for (_, shown, key), (_, then, _) in pairwise(seen):
        if len(shown) > 1 and shown.startswith(key) and shown[1:].strip():
            agreed += 1
            lost += then != shown[1:]
    return agreed, lost


def typing_along(program: str) -> list[float]:
    """Seconds per completion while the shown text is typed, key by key: answered without the
    model."""
    server = Server(program)
    server.open(ALONG)
    lines = ALONG.split("\n")
    line, column = len(lines) - 1, len(lines[-1])
    shown, _ = server.complete(line, column, invoked=True)
    times = []
    for number, key in enumerate(shown[:-1]):
        line, column = server.type(number + 1, line, column, key)
        left, seconds = server.complete(line, column, invoked=True)
        if left == shown[number + 1 :]:
            times.append(seconds)
    server.end()
    return times


def percentile(times: Sequence[float], share: float) -> float:
    """Of seconds, in milliseconds."""
    return round(1000 * sorted(times)[int(share * (len(times) - 1))], 1)


def mean_cost(statuses: Sequence[dict[str, Any]]) -> dict[str, float]:
    """What an answer of the model cost: milliseconds and tokens."""
    answers = sum(status["shown"] + status["withheld"] for status in statuses)
    names = statuses[0]["cost"]
    return {
        name: round(sum(status["cost"][name] for status in statuses) / max(answers, 1), 2)
        for name in names
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("program")
    parser.add_argument("--runs", type=int, default=5, help="starts of the program")
    parser.add_argument("--keys", type=int, default=300, help="typed in each file")
    parser.add_argument("--workspace", metavar="DIR", help="type in files of this workspace")
    parser.add_argument(
        "--files", nargs="+", default=[TYPED], metavar="PATH", help="the files typed in"
    )
    parser.add_argument(
        "--rate",
        type=float,
        default=10,
        help="keys a second; 2.4 lets the work of a pause meet the next key",
    )
    parser.add_argument(
        "--settings", type=json.loads, metavar="JSON", help="settings of the server while typing"
    )
    options = parser.parse_args()
    workspace = options.workspace and os.path.realpath(options.workspace)
    starts = [first_completion(options.program) for _ in range(options.runs)]
    how = {"workspace": workspace, "rate": options.rate, "settings": options.settings}
    typed = [
        typing(options.program, options.keys, os.path.realpath(path), **how)
        for path in options.files
    ]
    times = [seconds for seen, _ in typed for seconds, _, _ in seen]
    flickers = [flicker(seen) for seen, _ in typed]
    agreed, lost = (sum(column) for column in zip(*flickers, strict=True))
    shown = sum(bool(text) for seen, _ in typed for _, text, _ in seen)
    counted = ("cachedTokens", "promptTokens", "reused", "asked")
    counts = {name: sum(status[name] for _, status in typed) for name in counted}
    along = typing_along(options.program)
    print(
        json.dumps(
            {
                "program_mb": round(os.path.getsize(options.program) / 1e6, 1),
                "start_to_first_completion_ms": round(
                    1000 * statistics.median(start[0] for start in starts)
                ),
                "idle_mb": round(statistics.median(start[1] for start in starts)),
                "after_first_completion_mb": round(statistics.median(start[2] for start in starts)),
                "typing_p50_ms": percentile(times, 0.5),
                "typing_p95_ms": percentile(times, 0.95),
                "typing_max_ms": percentile(times, 1.0),
                "typing_along_max_ms": round(1000 * max(along), 1) if along else None,
                "typing_along_keys": len(along),
                "shown_percent": round(100 * shown / len(times), 1),
                "agreeing_keys": agreed,
                "flicker_percent": round(100 * lost / max(agreed, 1), 1),
                "cached_prompt_tokens_percent": round(
                    100 * counts["cachedTokens"] / max(counts["promptTokens"], 1), 1
                ),
                "reused_answers": counts["reused"],
                "asked": counts["asked"],
                "mean": mean_cost([status for _, status in typed]),
            }
        )
    )


if __name__ == "__main__":
    main()
