"""Kakoune in a terminal, set up as editors/kakoune/README.md says, with kakoune-lsp.

../terminal/drive.py opens one `Editor` per scenario. Keys go through the terminal; the text is read
by commands that `kak -p` gives to the session, which leave what the user sees as it is.
KAKOUNE_LSP_BIN is the folder of kakoune-lsp's program.
"""

import argparse
import os
import pathlib
import re
import subprocess

import terminal
from context import snippet

# Ways to set it up -> what a way cannot do.
LACKS = {"kakoune-lsp": ("accept_word", "ends_servers_when_killed")}
PAGE = pathlib.Path(__file__).resolve().parents[3] / "editors" / "kakoune" / "README.md"

# The tests need suggestions, good or bad.
ANY_CONFIDENCE = "completion.minConfidence = 0"


class Editor(terminal.TerminalEditor):
    draws = "menu"
    ENTRY = "{} Text"  # how the menu shows a suggestion

    def __init__(
        self,
        way: str,
        options: argparse.Namespace,
        shots: pathlib.Path,
        environment: dict[str, str],
    ) -> None:
        super().__init__(way, options, shots, environment)
        self.path = self.folder
        setup = snippet(PAGE, "kak")
        self.write_config("config/kak/kakrc", re.sub(r"completion\..*", ANY_CONFIDENCE, setup))
        self.program, self.session = options.root / "usr/bin/kak", self.folder.name
        self.environment["PATH"] = f"{os.environ['KAKOUNE_LSP_BIN']}:{self.environment['PATH']}"
        self.environment["XDG_RUNTIME_DIR"] = str(self.folder)

    def open(self, name: str, content: str = "") -> pathlib.Path:
        self.path = self.written(name, content)
        if self.pid is None:
            self.run(self.program, "-s", self.session, self.path)
        else:
            self.command(f"edit {self.path}")
        self.wait(f"{name} is open", lambda: self.shows(name))
        return self.path

    def execute(self, commands: str) -> None:
        """Has the session run commands, and waits until it has."""
        done = self.folder / "done"
        subprocess.run(
            [self.program, "-p", self.session],
            env=self.environment,
            check=True,
            capture_output=True,
            text=True,
            encoding="utf-8",
            input=f"{commands}\necho -to-file {done} -- done\n",
        )
        self.wait(
            f"the session has done this: {commands}",
            lambda: done.exists() and done.read_text(encoding="utf-8"),
        )
        done.unlink()

    def normal(self) -> None:
        """Goes to normal mode: a key right after Escape would be read as Alt and that
        key."""
        self.keys("Escape")
        self.settle()

    def command(self, text: str) -> None:
        self.normal()
        self.type(f":{text}\n", 0)
        self.settle()

    def text(self) -> str:
        """The text of the buffer of the file that was opened last."""
        copy = self.folder / "text"
        self.execute(
            f"evaluate-commands -buffer {self.path} -draft %{{ execute-keys '%'; echo -to-file "
            f"{copy} -- %val{{selection}} }}"
        )
        return copy.read_text(encoding="utf-8")

    def new_line(self) -> None:
        """Goes to a new line at the end of the text, in insert mode."""
        self.normal()
        self.keys("g", "e", "o")
        self.settle()

    def accept(self) -> None:
        self.keys("Tab")

    def dismiss(self) -> None:
        self.keys("Escape")

    def undo(self) -> None:
        self.normal()
        self.keys("u")
        self.settle()

    def redo(self) -> None:
        self.normal()
        self.keys("U")
        self.settle()

    def write(self) -> None:
        self.command("write")

    def actions(self, row: int) -> None:
        self.normal()
        self.type(f"{row}ggl", 0)
        self.keys("Space", "l")
        self.wait(
            "the keys for language servers are shown", lambda: self.shows("show code actions")
        )
        self.keys("a")

    def choose(self, title: str) -> None:
        """Types the letters of a title: a space would take the entry that fits so far."""
        self.type(title.replace(" ", ""), 0)
        self.settle()
        self.keys("Enter")

    def rename(self, path: pathlib.Path) -> None:
        """Moves the file and opens it again: Kakoune itself does not move files."""
        old, self.path = self.path, path
        self.command(f"nop %sh{{ mv {old} {path} }}")
        self.command(f"edit {path}")
        self.command(f"delete-buffer {old}")

    def restart(self) -> None:
        self.command("lsp-restart")

    def quit(self) -> None:
        self.command("quit!")

    def complaints(self) -> list[str]:
        """Errors that Kakoune and kakoune-lsp have written."""
        copy = self.folder / "debug"
        self.execute(
            f"evaluate-commands -buffer *debug* -draft %{{ execute-keys '%'; echo -to-file {copy} "
            f"-- %val{{selection}} }}"
        )
        return [
            line
            for line in copy.read_text(encoding="utf-8").splitlines()
            if re.search("ERROR|WARN|[Ee]rror", line)
        ]
