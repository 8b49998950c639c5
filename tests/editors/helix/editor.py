"""Helix in a terminal, set up as editors/helix/README.md says.

../terminal/drive.py opens one `Editor` per scenario. Helix has no interface besides its keys, so
its text is read from the file it writes.
"""

import argparse
import pathlib
import re
import time

import terminal
from context import snippet

# Ways to set it up -> what a way cannot do.
LACKS = {"helix": ("accept_word", "undo_accepted")}
PAGE = pathlib.Path(__file__).resolve().parents[3] / "editors" / "helix" / "README.md"

# The tests need suggestions, good or bad.
ANY_CONFIDENCE = "[language-server.nigh.config]\ncompletion = { minConfidence = 0 }\n"


class Editor(terminal.TerminalEditor):
    draws = "menu"
    ENTRY = "{} text"  # how the menu shows a suggestion

    def __init__(
        self,
        way: str,
        options: argparse.Namespace,
        shots: pathlib.Path,
        environment: dict[str, str],
    ) -> None:
        super().__init__(way, options, shots, environment)
        self.path = self.folder
        self.write_config("config/helix/languages.toml", snippet(PAGE, "toml") + ANY_CONFIDENCE)
        self.program = options.root / "usr/lib/hx/hx"
        self.environment["HELIX_RUNTIME"] = str(options.root / "usr/lib/hx/runtime")

    def open(self, name: str, content: str = "") -> pathlib.Path:
        self.path = self.written(name, content)
        if self.pid is None:
            self.run(self.program, self.path)
        else:
            self.command(f"open {self.path}")
        self.wait(f"{name} is open", lambda: self.shows(name))
        return self.path

    def escape(self) -> None:
        """Goes to normal mode; the first Escape may only close a menu."""
        self.wait("normal mode", lambda: self.pressed("Escape", 0.1) and self.shows("NOR"))

    def command(self, text: str) -> None:
        self.escape()
        self.prompt()
        self.type(f"{text}\n", 0)
        self.settle()

    def prompt(self) -> None:
        """Opens the line for commands: a key that comes soon after Escape is read as Alt and that
        key, and would be lost."""
        self.wait(
            "a prompt",
            lambda: self.pressed(":", 0.15) and self.screen().split("\n")[-1].startswith(":"),
        )

    def pressed(self, key: str, seconds: float) -> bool:
        """Presses a key and gives Helix time to show what it does."""
        self.keys(key)
        time.sleep(seconds)
        return True

    def text(self) -> str:
        """The text, which is written to be read."""
        self.command("write!")
        return self.path.read_text(encoding="utf-8")

    def new_line(self) -> None:
        """Goes to a new line at the end of the text, in insert mode."""
        self.escape()
        self.keys("g", "e", "o")
        self.settle()

    def accept(self) -> None:
        self.keys("C-n", "Enter")

    def dismiss(self) -> None:
        self.escape()

    def undo(self) -> None:
        self.escape()
        self.keys("u")
        self.settle()

    def redo(self) -> None:
        self.escape()
        self.keys("U")
        self.settle()

    def write(self) -> None:
        self.command("write")

    def actions(self, row: int) -> None:
        self.command(str(row))
        self.keys("g", "l", "Space", "a")

    def choose(self, title: str) -> None:
        """Goes down the menu to a title."""
        titles = [
            line
            for line in self.screen().split("\n")
            if re.search(r"Fix |Bind|Not a bug|nigh:", line)
        ]
        for _ in range(next(index for index, line in enumerate(titles) if title in line)):
            self.keys("Down")
        self.keys("Enter")

    def rename(self, path: pathlib.Path) -> None:
        self.command(f"move {path}")
        self.path = path

    def restart(self) -> None:
        self.command("lsp-restart")

    def quit(self) -> None:
        self.escape()
        self.prompt()
        self.type("quit!\n", 0)

    def complaints(self) -> list[str]:
        """Errors and warnings about nigh in Helix's log, except outdated answers and ended
        servers."""
        log = self.folder / "cache/helix/helix.log"
        lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
        return [
            line
            for line in lines
            if "nigh" in line
            and re.search(r"\[(ERROR|WARN)\]", line)
            and not re.search("the document has changed|StreamClosed|BrokenPipe|early eof", line)
        ]
