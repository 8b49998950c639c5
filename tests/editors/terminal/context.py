"""What the scenarios of all editors share: their list, snippets from pages, and how to get a
suggestion.

A scenario gets an `Editor` (editors' editor.py) and a `ScenarioContext`. A scenario marked
`@needs("that")` is left out for an editor whose LACKS has that name, which drive.py reports.
"""

import pathlib
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from recording import Recording, Suggestion
from terminal import TerminalEditor
from watching import Failed

Run = Callable[[TerminalEditor, "ScenarioContext"], None]


@dataclass(frozen=True)
class Scenario:
    """A situation, and what an editor must be able to do for it."""

    run: Run
    needs: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.run.__name__


SCENARIOS: list[Scenario] = []


def scenario(function: Run) -> Run:
    SCENARIOS.append(Scenario(function, ()))
    return function


def needs(*names: str) -> Callable[[Run], Run]:
    """A scenario of what not every editor can do: names that must not be in its LACKS."""

    def mark(function: Run) -> Run:
        SCENARIOS.append(Scenario(function, names))
        return function

    return mark


def snippet(page: pathlib.Path, language: str, heading: str = "") -> str:
    """The first fenced block of a language below a heading of a page: what a user would copy."""
    text = page.read_text(encoding="utf-8")
    block = re.search(rf"```{language}\n(.*?)```", text[text.index(heading) :], re.DOTALL)
    if block is None:
        raise ValueError(f"{page}: no block of {language} below {heading!r}")
    return block[1]


# Beginnings to type, in order, until something is suggested. Every editor indents by itself after
# a colon.
BEGINNINGS = {
    "py": [
        "def area(width, height):\nreturn wid",
        "items = [3, 1, 2]\nprint(ite",
        "def add(first, second):\nreturn fir",
        "import sys\nprint(sys.ar",
        "for index in ran",
    ],
    "js": [
        "let total = 0;\nfor (let index = 0; index < 10; ind",
        "const items = [3, 1, 2];\nconsole.log(ite",
        "const names = items.ma",
        "function add(first, second) { return fir",
    ],
    "rs": [
        "fn add(first: i32, second: i32) -> i32 { first + sec",
        "let mut total = tot",
        "fn add(first: i32, second: i32) -> i32 { fir",
        "pub fn new(val",
    ],
    "emoji": [
        'print("🙂", "👩‍💻 né", le',
        'label = "🙂 né" + st',
        'names = ["🙂", "né", so',
        'label = "🙂 né"\nprint("🙂 né", lab',
    ],
}


class ScenarioContext:
    """How to get a suggestion, and how long the user waited for each."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.waited: list[float] = []

    def suggestion(self, editor: TerminalEditor, kind: str = "py") -> tuple[str, Suggestion]:
        """Types at the end of the text until something is suggested and on the screen; returns
        (text, suggestion)."""
        editor.wait(
            "the server is asked about the file",
            lambda: self.recording.heard("textDocument/didOpen"),
        )
        for beginning in BEGINNINGS[kind]:
            _, before, _ = self.recording.latest()
            editor.new_line()
            editor.type(beginning)
            editor.ask()
            suggestion, text = self.answer(editor, beginning.split("\n")[-1], before)
            if suggestion:
                ghost = editor.draws == "ghost"
                shown = (
                    suggestion.added(text).strip().split("\n")[0]
                    if ghost
                    else editor.ENTRY.format(suggestion.label.strip())
                )
                editor.wait(
                    f"the suggestion is on the screen: {shown}", partial(editor.shows, shown)
                )
                self.waited.append(suggestion.seconds)
                return text, suggestion
            editor.dismiss()
        raise Failed(f"no suggestion after any of {BEGINNINGS[kind]}\n{editor.report()}")

    def answer(
        self, editor: TerminalEditor, typed: str, before: int
    ) -> tuple[Suggestion | None, str]:
        """(The newest answer to a request after what was typed, or None, and the text); `before`:
        answers that are older."""
        quiet_since, end = time.monotonic(), time.monotonic() + 8
        while time.monotonic() < end:
            pending, answers, found = self.recording.latest()
            text = self.recording.document()
            if pending:
                quiet_since = time.monotonic()
            elif answers > before and found and found.asked_after(text, typed):
                return found, text
            elif time.monotonic() - quiet_since > editor.REQUEST_DELAY:
                break
            time.sleep(0.05)
        return None, text


def accept_and_check(editor: TerminalEditor, text: str, suggestion: Suggestion) -> str:
    if editor.draws == "ghost":  # elsewhere looking at the text closes the menu
        editor.check(
            "the text, as the server knows it", text.rstrip("\n"), editor.text().rstrip("\n")
        )
    expected = suggestion.applied(text)
    editor.accept()
    editor.wait("accepting changes the text", lambda: editor.text() != text)
    editor.settle()
    editor.check("the text after accepting", editor.text(), expected)
    return expected


def write_and_check(editor: TerminalEditor, path: pathlib.Path, text: str) -> None:
    editor.write()
    editor.wait(
        "the file is written",
        lambda: path.read_text(encoding="utf-8").rstrip("\n") == text.rstrip("\n"),
        5,
    )
