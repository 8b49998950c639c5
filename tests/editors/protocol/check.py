"""Checks recorded messages against the Language Server Protocol 3.18: shapes (model.py) and what
was announced (rules.py).

    check.py [--editor NAME] FOLDER...     FOLDER: what recorder.py left

checked.sh calls it after the scenarios of an editor. It counts the messages, and lists what is
wrong, each kind once with how often and from whom. What editors are known to do wrong is listed in
known_flaws.txt and forgiven; a flaw of the server never is. nigh's own messages are those whose
method begins with `nigh/`: only their JSON-RPC envelope is checked. Exit status 1 when something is
wrong.
"""

import argparse
import collections
import fnmatch
import json
import pathlib
import re
import sys
from collections.abc import Callable, Iterable
from typing import Any

from lsprotocol import types as lsp

import rules
from model import problems

KNOWN = pathlib.Path(__file__).with_name("known_flaws.txt")
# Seconds after which the server owes an answer when the recording ends; a busy machine needs some.
ANSWER_TIMEOUT = 15
OTHER = {"editor": "server", "server": "editor"}
DIRECTIONS = {"editor": ("clientToServer", "both"), "server": ("serverToClient", "both")}


class Conversation:
    """One recording, read message by message; `found` collects (sender, method, sentence)."""

    def __init__(self) -> None:
        self.session, self.now = rules.Session(), 0.0
        self.pending: dict[tuple[str, Any], tuple[str, float]] = {}
        self.found: list[tuple[str, str, str]] = []
        self.counts = collections.Counter[str]()

    def say(self, sender: str, method: str, sentences: Iterable[str]) -> None:
        self.found += [
            (sender, method, re.sub(r"\[\d+\]", "[]", sentence)) for sentence in sentences
        ]

    def read(self, line: dict[str, Any]) -> None:
        sender, self.now = line["from"], line["at"]
        if sender == "recorder":
            self.session.arguments = line["arguments"]
            return
        self.counts[sender] += 1
        message = line.get("message")
        if "broken" in line:
            self.say(sender, "", [f"no message: {line['broken']!r:.80}"])
        elif not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
            self.say(sender, "", [f"no JSON-RPC 2.0 object: {message!r:.80}"])
        elif "method" in message:
            self.call(sender, message)
        else:
            self.answer(sender, message)

    def call(self, sender: str, message: dict[str, Any]) -> None:
        """A request or a notification."""
        method, params = message["method"], message.get("params")
        if "id" in message:
            if (sender, message["id"]) in self.pending:
                self.say(sender, method, [f"id {message['id']} is in use"])
            self.pending[sender, message["id"]] = method, self.now
        if method.startswith("nigh/"):
            return
        if method not in lsp.METHOD_TO_TYPES:
            self.say(sender, method, ["the protocol has no such message"])
            return
        if lsp.message_direction(method) not in DIRECTIONS[sender]:
            self.say(sender, method, [f"is not for the {sender} to send"])
        shape = problems(message, lsp.METHOD_TO_TYPES[method][0], "message")
        self.say(sender, method, shape)
        self.obey(
            bool(shape), lambda: self.rules(sender, method, params, "id" in message), sender, method
        )

    def obey(self, flawed: bool, rule: Callable[[], list[str]], sender: str, method: str) -> None:
        """What the rules say; they may not be able to read a message that has the wrong shape."""
        try:
            self.say(sender, method, rule())
        except (KeyError, TypeError, AttributeError):
            if not flawed:
                raise

    def rules(self, sender: str, method: str, params: Any, is_request: bool) -> list[str]:
        if sender == "server":
            return rules.from_server(self.session, method, params)
        asked = rules.asked_by_editor(self.session, method, params) if is_request else []
        return asked + rules.from_editor(self.session, method, params)

    def answer(self, sender: str, message: dict[str, Any]) -> None:
        method, _ = self.pending.pop((OTHER[sender], message.get("id")), ("", 0.0))
        if not method:
            self.say(sender, "", [f"an answer to nothing that was asked: {message!r:.80}"])
        elif "error" in message:
            self.say(sender, method, problems(message, lsp.ResponseErrorMessage, "message"))
        elif "result" not in message:
            self.say(sender, method, ["an answer without result or error"])
        elif method in lsp.METHOD_TO_TYPES:
            shape = problems(message, lsp.METHOD_TO_TYPES[method][1], "message")
            self.say(sender, method, shape)
            if sender == "server":
                self.obey(
                    bool(shape),
                    lambda: rules.answer(self.session, method, message["result"]),
                    sender,
                    method,
                )

    def end(self) -> None:
        """What was asked long before the end and never answered."""
        for (sender, _), (method, asked) in self.pending.items():
            if self.now - asked > ANSWER_TIMEOUT:
                self.say(OTHER[sender], method, ["was never answered"])


def known_flaws(editor: str) -> list[str]:
    """The patterns that are forgiven: `editor: method: sentence`, where * matches anything."""
    lines = [line.strip() for line in KNOWN.read_text(encoding="utf-8").splitlines()]
    rules = [line.split(": ", 1) for line in lines if line and not line.startswith("#")]
    return [pattern for name, pattern in rules if name in (editor, "any")]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folders", nargs="+", type=pathlib.Path)
    parser.add_argument("--editor", default="any")
    options = parser.parse_args()
    kinds = collections.Counter[tuple[str, str, str]]()
    counts, sessions = collections.Counter[str](), 0
    for path in sorted(path for folder in options.folders for path in folder.rglob("*.jsonl")):
        conversation = Conversation()
        for line in path.read_text(encoding="utf-8").splitlines():
            conversation.read(json.loads(line))
        conversation.end()
        kinds.update(conversation.found)
        counts.update(conversation.counts)
        sessions += 1
    flaws = known_flaws(options.editor)
    forgiven = {
        kind
        for kind in kinds
        if kind[0] == "editor"
        and any(
            fnmatch.fnmatchcase(f"{kind[1]}: {kind[2]}", re.sub(r"\[", "[[]", flaw))
            for flaw in flaws
        )
    }
    for kind, times in kinds.most_common():
        sender, method, sentence = kind
        print(
            f"{'known ' if kind in forgiven else 'WRONG '} {times:4} times, from the {sender}: "
            f"{method}: {sentence}"
        )
    wrong = len(kinds) - len(forgiven)
    print(
        f"protocol: {sessions} sessions, {counts['editor']} messages of the editor and "
        f"{counts['server']} of the server, "
        f"{wrong} kinds of flaws, {len(forgiven)} known ones of the editor"
    )
    sys.exit(1 if wrong or not sessions else 0)


if __name__ == "__main__":
    main()
