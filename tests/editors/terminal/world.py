"""What the scenarios of all editors share: the list of them, snippets from pages, and how to come
to a suggestion.

A scenario gets an `Editor` (editors' editor.py) and a `World`. What an editor cannot do is an
attribute of it that is None, and a scenario marked `@needs("that")` is left out for it, which
drive.py says.
"""

import re
import time

ALL = []


def scenario(function):
    function.needs = ()
    ALL.append(function)
    return function


def needs(*names):
    """A scenario of what not every editor can do: names of attributes of Editor that must not be
    None."""

    def mark(function):
        scenario(function).needs = names
        return function

    return mark


def snippet(page, language, heading=""):
    """The first fenced block of a language below a heading of a page: what a user would copy."""
    text = page.read_text(encoding="utf-8")
    text = text[text.index(heading) :]
    return re.search(rf"```{language}\n(.*?)```", text, re.DOTALL)[1]


# Beginnings to type, in order, until something is suggested. Every editor indents by itself behind
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


class World:
    """How to get a suggestion, and how long the user waited for each."""

    def __init__(self, recording) -> None:
        self.recording, self.waited = recording, []

    def suggestion(self, editor, kind="py"):
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
                    f"the suggestion is on the screen: {shown}", lambda: editor.shows(shown)
                )
                self.waited.append(suggestion.seconds)
                return text, suggestion
            editor.dismiss()
        editor.wait(f"any suggestion after one of {BEGINNINGS[kind]}", lambda: False, 0.1)

    def answer(self, editor, typed, before):
        """(The newest answer to a question behind what was typed, or None, and the text); `before`:
        answers that are older."""
        quiet_since, end = time.monotonic(), time.monotonic() + 8
        while time.monotonic() < end:
            pending, answers, found = self.recording.latest()
            text = self.recording.document()
            if pending:
                quiet_since = time.monotonic()
            elif answers > before and found and found.asked_behind(text, typed):
                return found, text
            elif time.monotonic() - quiet_since > editor.PATIENCE:
                break
            time.sleep(0.05)
        return None, text


def accept_and_check(editor, text, suggestion):
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


def write_and_check(editor, path, text) -> None:
    editor.write()
    editor.wait(
        "the file is written",
        lambda: path.read_text(encoding="utf-8").rstrip("\n") == text.rstrip("\n"),
        5,
    )
