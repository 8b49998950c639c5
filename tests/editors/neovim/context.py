"""What all scenarios share: their list, how to get a suggestion from whichever server runs, and
what to check.

A scenario gets an `Editor` (editor.py) and a `ScenarioContext`. Those marked `@stand_in` need
answers known in advance.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from editor import Editor, Ghost
from watching import Failed

Run = Callable[[Editor, "ScenarioContext"], None]


@dataclass(frozen=True)
class Scenario:
    """A situation, and which server it needs."""

    run: Run
    needs_stand_in: bool
    needs_server: bool

    @property
    def name(self) -> str:
        return self.run.__name__


SCENARIOS: list[Scenario] = []


def scenario(function: Run, needs_stand_in: bool = False, needs_server: bool = False) -> Run:
    SCENARIOS.append(Scenario(function, needs_stand_in, needs_server))
    return function


def stand_in(function: Run) -> Run:
    """A scenario of answers that only stand_in.py gives."""
    return scenario(function, needs_stand_in=True)


def served(function: Run) -> Run:
    """A scenario of what only `nigh serve` does."""
    return scenario(function, needs_server=True)


# Beginnings to type, in order, until the model suggests something. Neovim indents by itself.
BEGINNINGS = {
    "py": [
        "def area(width, height):\nreturn ",
        "for i in range(",
        "def add(a, b):\nreturn a ",
        "class Point:\ndef __init__(self, x, y):\nself.x = ",
        "import ",
    ],
    "js": [
        "function add(a, b) {\nreturn a ",
        "let total = 0;\nfor (let i = 0; i < 10; ",
        "const names = items.map(",
        "for (let i = 0; i < ",
    ],
    "rs": ["fn add(a: i32, b: i32) -> i32 {\na ", "let mut total = ", "pub fn new("],
    "emoji": ['print("🙂", "👩‍💻 né", ', 'label = "🙂 né" + str(', 'names = ["🙂", "né", '],
    "block": ["def main():\n", "if __name__ == ", "for i in range(", "class Point:"],
}

# The same for the stand-in: its rules suggest after these.
KNOWN = {
    "py": ["return a "],
    "js": ["return a "],
    "rs": ["return a "],
    "emoji": ['print("🙂", "👩‍💻 né"); return a '],
    "block": ["words "],
}


# Two bugs in one function: an index one past the end, a list that was never created.
BROKEN = b"""def get_user_names(users):
    for i in range(len(users) + 1):
        names.append(users[i]["name"])
"""
FIXED = b"""def get_user_names(users):
    names = []
    for i in range(len(users)):
        names.append(users[i]["name"])
    return names
"""


class ScenarioContext:
    """How to get a suggestion, and how long the user waited for each."""

    def __init__(self, real: bool) -> None:
        self.real = real
        self.waited: list[float] = []

    def suggestion(
        self, editor: Editor, kind: str = "py", patience: float = 0.8
    ) -> tuple[list[str], Ghost]:
        """Types at the end of the buffer until something is suggested; returns (lines, ghost).
        `patience`: so many seconds until Neovim has asked at the latest."""
        editor.attached()
        time.sleep(0.3)  # a user does not type in the first moment; the plugin uses it
        for beginning in (BEGINNINGS if self.real else KNOWN)[kind]:
            editor.escape()
            editor.keys("G", "o")
            editor.settle()
            editor.type(beginning)
            started = time.monotonic()
            while time.monotonic() - started < patience or editor.waiting():
                ghost = editor.ghost()
                if ghost and ghost["at_cursor"]:
                    self.waited.append(time.monotonic() - started)
                    return editor.lines(), ghost
                time.sleep(0.005)
        raise Failed(f"no suggestion after any of {BEGINNINGS[kind]}\n{editor.report()}")


def completed(lines: list[str], ghost: Ghost, accepted: str | None = None) -> list[str]:
    """The lines with a suggestion, or a part of it, inserted where it is drawn."""
    line = lines[ghost["row"]].encode()
    before, after = line[: ghost["col"]].decode(), line[ghost["col"] :].decode()
    new = (before + (ghost["text"] if accepted is None else accepted) + after).split("\n")
    return lines[: ghost["row"]] + new + lines[ghost["row"] + 1 :]


def accept_and_check(editor: Editor, lines: list[str], ghost: Ghost) -> list[str]:
    editor.check("the suggestion is drawn inside the line", ghost["pos"], "inline")
    expected = completed(lines, ghost)
    editor.keys("Tab")
    editor.wait("Tab changes the buffer", lambda: editor.lines() != lines)
    editor.check("the buffer after Tab", editor.lines(), expected)
    return expected


def read_of_its_end(editor: Editor, how: str) -> None:
    """Waits until the screen shows how the server ended, and presses Enter while prompted to."""
    editor.wait("a message", lambda: any(how in line for line in editor.screen()))
    calm = time.monotonic() + 0.4
    while time.monotonic() < calm:
        if any("Press ENTER" in line for line in editor.screen()):
            editor.keys("Enter")
            calm = time.monotonic() + 0.4
        time.sleep(0.1)


def write(editor: Editor) -> None:
    editor.command("write")
    editor.wait("the file is written", lambda: not editor.lua("return vim.bo.modified"))


def quiet(editor: Editor, seconds: float = 0.8) -> None:
    """Checks that nothing is drawn for a while."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        editor.check("nothing is drawn", editor.ghost(), None)
        time.sleep(0.02)
