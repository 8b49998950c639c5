"""A language server whose suggestions are known in advance, for the tests in real editors.

An editor starts it in place of `nigh serve`. What it suggests depends on how the line before the
cursor ends (`RULES`), so a test can ask for a late answer, an empty one, two answers (where invoked
explicitly), one that replaces text after the cursor, or the server's death. It answers
`nigh/status` with what it has seen.
"""

import json
import os
import sys
import threading
from typing import Any

# Line before the cursor ends with -> (delay in seconds, insertTexts, bytes before and after the
# cursor that the range covers). None for the texts: the answer is null.
Rule = tuple[float, list[str] | None, int, int]
RULES: dict[str, Rule] = {
    "return a ": (0, ["+ b + 100"], 0, 0),
    "def add(a, b):": (0, ["\n    return a + b"], 0, 0),
    "slow ": (0.7, ["late text"], 0, 0),
    "null ": (0, None, 0, 0),
    "two ": (0, ["first one", "second one"], 0, 0),
    "call(": (0, ["left, right)"], 0, 1),
    "pair ": (0, ["(left, right)"], 0, 0),
    "value = ret": (0, ["return_code + 1"], 3, 0),
    "words ": (0, ["alpha.beta(gamma)\n    delta = 1\n    omega"], 0, 0),
    "crlf ": (0, ["one\r\n    two"], 0, 0),
}

MODEL = {"name": "stand-in", "parameters": 0, "device": "no device"}

documents: dict[str, str] = {}
timers: dict[Any, threading.Timer] = {}
seen = {"requests": 0, "cancelled": 0, "documents": 0, "folders": 0}
writing = threading.Lock()


def send(message: dict[str, Any]) -> None:
    data = json.dumps({"jsonrpc": "2.0", **message}).encode()
    with writing:
        sys.stdout.buffer.write(b"Content-Length: %d\r\n\r\n" % len(data) + data)
        sys.stdout.buffer.flush()


def units(text: str) -> int:
    """How many UTF-16 code units a text has."""
    return len(text.encode("utf-16-le")) // 2


def suggest(identifier: Any, params: dict[str, Any]) -> None:
    position = params["position"]
    line = documents[params["textDocument"]["uri"]].split("\n")[position["line"]]
    before = line.encode("utf-16-le")[: 2 * position["character"]].decode("utf-16-le")
    if before.endswith("die "):
        os._exit(3)
    delay, texts, left, right = next(
        (rule for end, rule in RULES.items() if before.endswith(end)), (0, [], 0, 0)
    )
    if texts and params["context"]["triggerKind"] == 2:
        texts = texts[:1]
    span = {
        "start": {**position, "character": position["character"] - left},
        "end": {**position, "character": position["character"] + right},
    }
    result = (
        None
        if texts is None
        else {"items": [{"insertText": text, "range": span} for text in texts]}
    )

    def answer() -> None:
        timers.pop(identifier, None)
        send({"id": identifier, "result": result})

    timers[identifier] = threading.Timer(delay, answer)
    if delay:
        timers[identifier].start()
    else:
        answer()


def cancel(identifier: Any) -> None:
    timer = timers.pop(identifier, None)
    if timer:
        timer.cancel()
        seen["cancelled"] += 1
        send({"id": identifier, "error": {"code": -32800, "message": "cancelled"}})


def receive(message: dict[str, Any]) -> None:
    method, identifier = message.get("method"), message.get("id")
    params: Any = message.get("params")
    if method == "initialize":
        send(
            {
                "id": identifier,
                "result": {
                    "serverInfo": {"name": "stand-in"},
                    "capabilities": {
                        "textDocumentSync": 1,
                        "inlineCompletionProvider": True,
                        "workspace": {
                            "workspaceFolders": {"supported": True, "changeNotifications": True}
                        },
                    },
                },
            }
        )
    elif method == "textDocument/inlineCompletion":
        seen["requests"] += 1
        suggest(identifier, params)
    elif method == "$/cancelRequest":
        cancel(params["id"])
    elif method == "textDocument/didOpen":
        documents[params["textDocument"]["uri"]] = params["textDocument"]["text"]
        seen["documents"] = len(documents)
    elif method == "textDocument/didChange":
        documents[params["textDocument"]["uri"]] = params["contentChanges"][-1]["text"]
    elif method == "workspace/didChangeWorkspaceFolders":
        seen["folders"] += len(params["event"]["added"])
    elif method == "nigh/status":
        send({"id": identifier, "result": {"state": "ready", "model": MODEL, "seen": seen}})
    elif method == "shutdown":
        send({"id": identifier, "result": None})
    elif method == "exit":
        os._exit(0)
    elif identifier is not None and method:
        send({"id": identifier, "error": {"code": -32601, "message": f"no method {method}"}})


def main() -> None:
    if "--version" in sys.argv:
        print("stand-in 1")
        return
    while True:
        length = 0
        while (line := sys.stdin.buffer.readline()) not in (b"\r\n", b""):
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        if not line:
            os._exit(1)
        receive(json.loads(sys.stdin.buffer.read(length)))


main()
