"""Emacs in a terminal, set up as editors/emacs/README.md says: with eglot or with lsp-mode.

../terminal/drive.py opens one `Editor` per scenario. Keys go through the terminal; the text and
messages are read through Emacs's own server, whose protocol is lines of words (see "Emacs Server"
in its manual): `-eval TEXT`, answered by `-print TEXT`.
"""

import argparse
import pathlib
import re
import socket
import time

import terminal
from context import snippet
from watching import Failed

# Ways to set it up -> what a way cannot do.
LACKS = {"eglot": ("accept_word",), "lsp-mode": ("accept_word", "refresh")}
PAGE = pathlib.Path(__file__).resolve().parents[3] / "editors" / "emacs" / "README.md"
HERE = pathlib.Path(__file__).resolve().parent
HEADINGS = {"eglot": "## eglot", "lsp-mode": "## lsp-mode"}

# The tests need suggestions, good or bad.
ANY_CONFIDENCE = {
    "eglot": "(setq-default eglot-workspace-configuration "
    "'(:nigh (:completion (:minConfidence 0))))",
    "lsp-mode": "(setq lsp-warn-no-matched-clients nil lsp-auto-guess-root t "
    "lsp-enable-file-watchers nil)\n"
    "(add-hook 'lsp-after-initialize-hook (lambda () (lsp-notify "
    '"workspace/didChangeConfiguration"'
    " '(:settings (:nigh (:completion (:minConfidence 0)))))))",
}


def quoted(text: str) -> str:
    return text.replace("&", "&&").replace("-", "&-").replace("\n", "&n").replace(" ", "&_")


def unquoted(text: str) -> str:
    return re.sub("&(.)", lambda found: {"_": " ", "n": "\n"}.get(found[1], found[1]), text)


class Editor(terminal.TerminalEditor):
    draws = "ghost"
    FILES = ("a.py", "b.js", "other/d.py")

    def __init__(
        self,
        way: str,
        options: argparse.Namespace,
        shots: pathlib.Path,
        environment: dict[str, str],
    ) -> None:
        super().__init__(way, options, shots, environment)
        listening = self.folder / "listening"
        listening.mkdir(mode=0o700)
        self.emacs_socket = listening / "emacs"
        setup = self.folder / "snippet.el"
        setup.write_text(
            snippet(PAGE, "elisp", HEADINGS[way]) + ANY_CONFIDENCE[way] + "\n", encoding="utf-8"
        )
        self.environment |= {
            "NIGH_SNIPPET": str(setup),
            "NIGH_SOCKET": str(self.emacs_socket),
            "NIGH_ELPA": str(options.root / "usr/share/emacs/site-lisp/elpa-src"),
        }
        self.command = [HERE / "emacs.sh", options.root, "-nw", "-Q", "-l", HERE / "init.el"]

    def open(self, name: str, content: str = "") -> pathlib.Path:
        path = self.written(name, content)
        if self.pid is None:
            self.run(*self.command, path)
            self.wait("Emacs listens", self.emacs_socket.exists)
        else:
            self.keys("C-x", "C-f", "C-a", "C-k")
            self.type(f"{path}\n", 0)
        self.wait(
            f"{name} is open",
            lambda: self.eval("(buffer-name (window-buffer))").strip('"') == path.name,
        )
        return path

    def eval(self, form: str) -> str:
        """What a form gives, as Emacs prints it."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(30)
            self.wait(
                "Emacs takes a connection",
                lambda: not connection.connect_ex(str(self.emacs_socket)),
            )
            connection.sendall(
                f"-dir {quoted(str(self.folder))}/ -current-frame -eval {quoted(form)} \n".encode()
            )
            answer = b""
            while data := connection.recv(1 << 16):
                answer += data
        lines = answer.decode().splitlines()
        errors = [unquoted(line[7:]) for line in lines if line.startswith("-error ")]
        if errors:
            raise Failed(f"{form}: {errors[0]}")
        return "".join(
            unquoted(line.split(" ", 1)[1])
            for line in lines
            if line.startswith(("-print ", "-print-nonl "))
        ).strip("\n")

    def command_by_name(self, name: str) -> None:
        self.keys("M-x")
        self.type(name + "\n", 0)

    def text(self) -> str:
        """The text of the buffer in the window."""
        printed = self.eval(
            "(with-current-buffer (window-buffer) (buffer-substring-no-properties (point-min) "
            "(point-max)))"
        )
        return re.sub(r"\\(.)", lambda found: {"n": "\n"}.get(found[1], found[1]), printed[1:-1])

    def type(self, text: str, pause: float | None = None) -> None:
        """Types a text letter by letter.

        Letters of several bytes are inserted instead: where a timer runs between the bytes, Emacs
        takes the first one for a letter of its own."""
        for letter in text:
            if letter.isascii():
                super().type(letter, pause)
            else:
                self.eval(f'(with-current-buffer (window-buffer) (insert "{letter}"))')
                time.sleep(self.PAUSE if pause is None else pause)

    def new_line(self) -> None:
        """Goes to a new line at the end of the text."""
        self.eval(
            "(with-current-buffer (window-buffer) (goto-char (point-max)) (unless (bolp) (insert "
            '"\n")))'
        )
        self.keys("M->")
        self.settle()

    def accept(self) -> None:
        self.keys("Tab")

    def dismiss(self) -> None:
        self.keys("C-g")

    def undo(self) -> None:
        self.keys("C-_")

    def redo(self) -> None:
        self.keys("C-M-_")

    def write(self) -> None:
        self.keys("C-x", "C-s")

    def marked(self) -> int:
        return int(
            self.eval("(with-current-buffer (window-buffer) (length (flymake-diagnostics)))")
        )

    def actions(self, row: int) -> None:
        """Asks for the actions at the end of a row, counted from 1."""
        self.keys("M-g", "g")
        self.type(f"{row}\n", 0)
        self.keys("C-e")
        self.settle()
        self.command_by_name(
            {"eglot": "eglot-code-actions", "lsp-mode": "lsp-execute-code-action"}[self.way]
        )
        self.wait(
            "a question", lambda: self.shows("Pick an action") or self.shows("Select code action")
        )
        self.keys("Tab")

    def choose(self, title: str) -> None:
        self.type(title, 0)
        self.keys("Tab", "Enter")

    def rename(self, path: pathlib.Path) -> None:
        self.command_by_name("rename-visited-file")
        self.wait("a question", lambda: self.shows("Rename visited file to"))
        self.keys("C-a", "C-k")
        self.type(f"{path}\n", 0)

    def restart(self) -> None:
        self.command_by_name(
            {"eglot": "eglot-reconnect", "lsp-mode": "lsp-workspace-restart"}[self.way]
        )

    def quit(self) -> None:
        self.command_by_name("kill-emacs")

    def complaints(self) -> list[str]:
        """Errors that Emacs has reported, except interruptions by our own keys and servers that
        Emacs itself has ended."""
        messages = self.eval('(with-current-buffer "*Messages*" (buffer-string))').split("\\n")
        return [
            line
            for line in messages
            if re.search(r"[Ee]rror|[Ww]rong type|failed|LSP :: .*not ", line)
            and not re.search(r"Yasnippet|\(quit\)|not running: killed", line)
        ]
