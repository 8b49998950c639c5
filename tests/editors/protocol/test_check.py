"""Tests that check.py finds what is wrong in a conversation, and nothing in a sound one: run by
checked.sh before it trusts it.

Each flawed case is the sound conversation with one message changed, so a check that stopped working
would be seen here.
"""

import copy
import unittest
from collections.abc import Callable
from typing import Any

from check import Conversation

URI = "file:///a.py"
SPOT = {"line": 0, "character": 1}
DOCUMENT = {"uri": URI, "languageId": "python", "version": 3, "text": "x"}
ANNOUNCED = {
    "textDocument": {"inlineCompletion": {}, "publishDiagnostics": {"versionSupport": True}}
}
SERVES = {"textDocumentSync": 1, "inlineCompletionProvider": True}
MARK = {"range": {"start": SPOT, "end": SPOT}, "message": "m", "severity": 4}

SOUND: list[tuple[str, dict[str, Any]]] = [
    (
        "editor",
        {
            "id": 1,
            "method": "initialize",
            "params": {"processId": None, "rootUri": None, "capabilities": ANNOUNCED},
        },
    ),
    ("server", {"id": 1, "result": {"capabilities": SERVES}}),
    ("editor", {"method": "initialized", "params": {}}),
    ("editor", {"method": "textDocument/didOpen", "params": {"textDocument": DOCUMENT}}),
    (
        "server",
        {
            "method": "textDocument/publishDiagnostics",
            "params": {"uri": URI, "version": 3, "diagnostics": [MARK]},
        },
    ),
    (
        "editor",
        {
            "id": 2,
            "method": "textDocument/inlineCompletion",
            "params": {
                "textDocument": {"uri": URI},
                "position": SPOT,
                "context": {"triggerKind": 2},
            },
        },
    ),
    (
        "server",
        {
            "id": 2,
            "result": {"items": [{"insertText": "y", "range": {"start": SPOT, "end": SPOT}}]},
        },
    ),
    ("editor", {"id": 3, "method": "nigh/status"}),
    ("server", {"id": 3, "result": {"anything": True}}),
    ("editor", {"id": 4, "method": "shutdown"}),
    ("server", {"id": 4, "result": None}),
    ("editor", {"method": "exit"}),
]


def flaws(messages: list[tuple[str, dict[str, Any]]]) -> list[str]:
    conversation = Conversation()
    for second, (sender, message) in enumerate(messages):
        conversation.read(
            {"at": 10 * second, "from": sender, "message": {"jsonrpc": "2.0", **message}}
        )
    conversation.end()
    return [sentence for _, _, sentence in conversation.found]


class Check(unittest.TestCase):
    def expect(self, index: int, change: Callable[[dict[str, Any]], Any], part: str) -> None:
        """After a change to one message of the sound conversation a flaw is found that says
        `part`."""
        messages = copy.deepcopy(SOUND)
        change(messages[index][1])
        found = flaws(messages)
        self.assertTrue(
            any(part in sentence for sentence in found), f"{part!r} is not among {found}"
        )

    def test_a_sound_conversation_has_no_flaws(self) -> None:
        self.assertEqual(flaws(SOUND), [])

    def test_wrong_shapes_are_found(self) -> None:
        self.expect(
            4, lambda one: one["params"].update(extra=1), "message.params.extra is no property"
        )
        self.expect(
            4, lambda one: one["params"].pop("diagnostics"), "message.params.diagnostics is missing"
        )
        self.expect(
            4,
            lambda one: one["params"]["diagnostics"][0].update(severity=9),
            "is no DiagnosticSeverity",
        )
        self.expect(
            4,
            lambda one: one["params"]["diagnostics"][0]["range"].update(
                start={"line": -1, "character": 0}
            ),
            "in range",
        )
        self.expect(6, lambda one: one["result"]["items"][0].update(insertText=5), "insertText")
        self.expect(6, lambda one: one["result"].pop("items"), "items is missing")
        self.expect(9, lambda one: one.update(params=None), "is null where it should be left out")

    def test_what_was_not_announced_is_found(self) -> None:
        self.expect(
            0,
            lambda one: one["params"]["capabilities"]["textDocument"].pop("inlineCompletion"),
            "inlineCompletion",
        )
        self.expect(
            0,
            lambda one: one["params"]["capabilities"]["textDocument"]["publishDiagnostics"].clear(),
            "versionSupport",
        )
        self.expect(
            1,
            lambda one: one["result"]["capabilities"].pop("inlineCompletionProvider"),
            "does not announce",
        )
        self.expect(
            4,
            lambda one: one.update(id=7, method="workspace/applyEdit", params={"edit": {}}),
            "workspace.applyEdit",
        )
        self.expect(4, lambda one: one["params"].update(version=4), "of a document that is at 3")

    def test_answers_belong_to_questions(self) -> None:
        self.expect(6, lambda one: one.update(id=99), "an answer to nothing that was asked")
        self.expect(6, lambda one: one.update(id=99), "was never answered")
        self.expect(
            2, lambda one: one.update(method="initialised"), "the protocol has no such message"
        )


if __name__ == "__main__":
    unittest.main()
