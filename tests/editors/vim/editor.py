"""Vim in a terminal, set up as editors/vim/README.md says, with ALE.

../terminal/drive.py opens one `Editor` per scenario. Keys go through the terminal; the text and
messages are read through a channel that Vim opens to a socket here (see "channel-commands" in its
manual): `["expr", TEXT, NUMBER]`, answered by `[NUMBER, VALUE]`.
"""

import argparse
import json
import pathlib
import re
import socket
from typing import Any, TextIO

import terminal
from context import snippet

# Ways to set it up -> what a way cannot do.
LACKS = {"ale": ()}
PAGE = pathlib.Path(__file__).resolve().parents[3] / "editors" / "vim" / "README.md"

# What a user's Vim has besides the page's lines; the tests need suggestions, good or bad.
BEFORE = """
set nocompatible noswapfile ttimeout ttimeoutlen=20 expandtab shiftwidth=4
set packpath+={packages}
filetype plugin indent on
let g:nigh_settings = #{{completion: #{{minConfidence: 0}}}}
let g:nigh_test = ch_open('unix:{socket}', #{{mode: 'json'}})
"""


class Editor(terminal.TerminalEditor):
    draws = "ghost"
    MARK = f"# W: .*(?:{terminal.Terminal.MARK})"

    def __init__(
        self,
        way: str,
        options: argparse.Namespace,
        shots: pathlib.Path,
        environment: dict[str, str],
    ) -> None:
        super().__init__(way, options, shots, environment)
        self.connection: TextIO | None = None
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.folder / "socket"))
        self.listener.listen()
        before = BEFORE.format(
            packages=self.root / "usr/share/vim/vimfiles", socket=self.folder / "socket"
        )
        self.vimrc = self.write_config(
            ".vimrc", before + snippet(PAGE, "vim").replace("/path/to/nigh", str(PAGE.parents[2]))
        )
        self.environment["VIMRUNTIME"] = str(next(self.root.glob("usr/share/vim/vim[0-9]*")))

    def open(self, name: str, content: str = "") -> pathlib.Path:
        path = self.written(name, content)
        if self.pid is None:
            self.run(self.root / "usr/bin/vim.nox", "-u", self.vimrc, path)
            self.listener.settimeout(self.PATIENT)
            self.connection = self.listener.accept()[0].makefile("rw", encoding="utf-8")
        else:
            self.command(f"edit {path}")
        self.wait(f"{name} is open", lambda: self.eval("expand('%:p')") == str(path))
        return path

    def eval(self, expression: str) -> Any:
        """What an expression gives."""
        assert self.connection
        self.connection.write(json.dumps(["expr", expression, -1]))
        self.connection.flush()
        return json.loads(self.connection.readline())[1]

    def command(self, text: str) -> None:
        self.keys("Escape")
        self.type(f":{text}\n", 0)
        self.settle()

    def text(self) -> str:
        return self.eval("getline(1, '$')->join(\"\\n\")") + "\n"

    def new_line(self) -> None:
        """Goes to a new line at the end of the text, in insert mode."""
        self.keys("Escape", "G", "o")
        self.settle()

    def accept(self) -> None:
        self.keys("Tab")

    def accept_word(self) -> None:
        self.keys("C-Right")

    def dismiss(self) -> None:
        self.keys("C-]")

    def undo(self) -> None:
        self.keys("Escape", "u")
        self.settle()

    def redo(self) -> None:
        self.keys("Escape", "C-r")
        self.settle()

    def write(self) -> None:
        self.command("write")

    def actions(self, row: int) -> None:
        self.command(str(row))
        self.command("ALECodeAction")

    def choose(self, title: str) -> None:
        """Types the number before a title."""
        number = re.search(rf"(\d+)\) {re.escape(title)}", self.screen())
        assert number, self.screen()
        self.type(f"{number[1]}\n", 0)

    def rename(self, path: pathlib.Path) -> None:
        self.command(f"saveas {path} | call delete(expand('#'))")

    def restart(self) -> None:
        self.command("ALEStopAllLSPs")
        self.command("ALELint")

    def quit(self) -> None:
        self.command("quitall!")

    def complaints(self) -> list[str]:
        """Errors that Vim has reported."""
        return [
            line
            for line in self.eval("execute('messages')").split("\n")
            if re.search(r"E\d+:|[Ee]rror", line)
        ]
