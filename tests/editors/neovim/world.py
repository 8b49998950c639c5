"""What all scenarios share: the list of them, how to come to a suggestion with the server at hand,
and what to check.

A scenario gets an `Editor` (editor.py) and a `World`. Those marked `@stand_in` need answers known
in advance.
"""

import time

ALL = []


def scenario(function, needs_stand_in=False, needs_server=False):
    function.needs_stand_in, function.needs_server = needs_stand_in, needs_server
    ALL.append(function)
    return function


def stand_in(function):
    """A scenario of answers that only stand_in.py gives."""
    return scenario(function, needs_stand_in=True)


def served(function):
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


# Two bugs in one function: an index one past the end, a list that nobody made.
BROKEN = b"""def get_user_names(users):
    for i in range(len(users) + 1):
        names.append(users[i]["name"])
"""
MENDED = b"""def get_user_names(users):
    names = []
    for i in range(len(users)):
        names.append(users[i]["name"])
    return names
"""


class World:
    """How to get a suggestion, and how long the user waited for each."""

    def __init__(self, real) -> None:
        self.real, self.waited = real, []

    def suggestion(self, editor, kind="py", patience=0.8):
        """Types at the end of the buffer until something is suggested; returns (lines, ghost).
        `patience`: so many seconds until Neovim has asked at the latest."""
        editor.attached()
        time.sleep(0.3)  # nobody types in the first moment; the plugin uses it
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
        editor.wait(f"any suggestion after one of {BEGINNINGS[kind]}", lambda: False, 0.1)


def completed(lines, ghost, accepted=None):
    """The lines with a suggestion, or a part of it, inserted where it is drawn."""
    line = lines[ghost["row"]].encode()
    before, after = line[: ghost["col"]].decode(), line[ghost["col"] :].decode()
    new = (before + (ghost["text"] if accepted is None else accepted) + after).split("\n")
    return lines[: ghost["row"]] + new + lines[ghost["row"] + 1 :]


def accept_and_check(editor, lines, ghost):
    editor.check("the suggestion is drawn inside the line", ghost["pos"], "inline")
    expected = completed(lines, ghost)
    editor.keys("Tab")
    editor.wait("Tab changes the buffer", lambda: editor.lines() != lines)
    editor.check("the buffer after Tab", editor.lines(), expected)
    return expected


def read_of_its_end(editor, how) -> None:
    """Waits until Neovim tells on the screen how the server ended, and presses Enter for as long as
    it is asked to."""
    editor.wait("a message", lambda: any(how in line for line in editor.screen()))
    calm = time.monotonic() + 0.4
    while time.monotonic() < calm:
        if any("Press ENTER" in line for line in editor.screen()):
            editor.keys("Enter")
            calm = time.monotonic() + 0.4
        time.sleep(0.1)


def write(editor) -> None:
    editor.command("write")
    editor.wait("the file is written", lambda: not editor.lua("return vim.bo.modified"))


def quiet(editor, seconds=0.8) -> None:
    """Checks that nothing is drawn for a while."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        editor.check("nothing is drawn", editor.ghost(), None)
        time.sleep(0.02)
