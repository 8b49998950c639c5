"""An editor in a real terminal (../pane.py), in a folder of its own: files for it, its screen, its
language servers.

Each editor's `editor.py` builds on `Terminal` and adds what its keys are. It knows nothing of
language servers; what the server said is read from recordings (recording.py). Nothing of the user's
own configuration is seen or changed: home is an empty folder.
"""

import argparse
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from typing import Self

from pane import Pane
from watching import alive, squeezed


def at_home(folder: pathlib.Path) -> Iterator[int]:
    """The processes whose home is a folder: what was started in a terminal, and what has left it
    since, such as daemons."""
    home = f"HOME={folder}".encode()
    for path in pathlib.Path("/proc").glob("[0-9]*/environ"):
        try:
            if home in path.read_bytes().split(b"\0"):
                yield int(path.parent.name)
        except OSError:
            pass  # it has ended, or is another user's


class Terminal(Pane):
    """A terminal with one program in it, and a folder of its own. `way`: how the editor is set up;
    `options`: those of drive.py; `shots`: where pictures of the screen are left."""

    SIZE = (110, 30)
    # Seconds after which an editor that gets no keys has asked the server, if it does at all.
    REQUEST_DELAY = 2.0
    # Files to be served; not every editor serves JavaScript by its page's lines.
    FILES = ("a.py", "b.rs", "other/d.py")
    # What is said of the bugs of the scenarios where they are marked.
    MARK = "is past the end|is used but never bound"

    def __init__(
        self,
        way: str,
        options: argparse.Namespace,
        shots: pathlib.Path,
        environment: dict[str, str],
    ) -> None:
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="nigh-editor-"))
        super().__init__(
            self.folder.name,
            {
                "COLORTERM": "truecolor",
                "HOME": str(self.folder),
                "PATH": f"{options.server.parent}:{os.environ['PATH']}",
                **{
                    f"XDG_{name}_HOME": str(self.folder / name.lower())
                    for name in ("CONFIG", "DATA", "STATE", "CACHE")
                },
                **environment,
            },
        )
        self.way, self.root, self.shots = way, options.root, shots
        self.project = self.folder / "project"
        self.pid: int | None = None
        subprocess.run(["git", "init", "--quiet", str(self.project)], check=True)

    def __enter__(self) -> Self:
        return self

    def write_config(self, name: str, text: str) -> pathlib.Path:
        """A file below the home folder, such as .config/helix/config.toml."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def written(self, name: str, content: str) -> pathlib.Path:
        """The path of a file of the project with this content."""
        path = self.project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode())
        return path

    def marked(self) -> int:
        """How many bugs are marked, by the messages after their lines."""
        return len(re.findall(self.MARK, self.screen()))

    def run(self, *command: str | pathlib.Path) -> None:
        """Starts the program in the project's folder."""
        self.tmux(
            "new-session",
            "-d",
            "-x",
            str(self.SIZE[0]),
            "-y",
            str(self.SIZE[1]),
            "-c",
            str(self.project),
            "--",
            *map(str, command),
        )
        self.tmux("set-option", "-g", "escape-time", "0")
        self.tmux("set-option", "-g", "remain-on-exit", "on")
        self.pid = int(self.tmux("display-message", "-p", "#{pane_pid}"))

    def screen(self) -> str:
        return self.tmux("capture-pane", "-p").rstrip("\n")

    def shows(self, text: str) -> bool:
        return squeezed(text) in squeezed(self.screen())

    def settle(self, seconds: float = 0.25) -> None:
        """Waits until the screen has stood still for a while."""
        last, since = "", time.monotonic()
        while time.monotonic() - since < seconds:
            now = self.screen()
            if now != last:
                last, since = now, time.monotonic()
            time.sleep(0.05)

    def shoot(self, name: str) -> None:
        """Leaves the screen as text."""
        self.shots.mkdir(parents=True, exist_ok=True)
        (self.shots / f"{name}.txt").write_text(self.screen() + "\n", encoding="utf-8")

    def running(self) -> bool:
        return self.pid is not None and alive(self.pid)

    def servers(self) -> list[int]:
        """The processes of the language server, not counting the recorder before it."""

        def is_server(pid: int) -> bool:
            try:
                words = pathlib.Path(f"/proc/{pid}/cmdline").read_text().split("\0")
            except (FileNotFoundError, ProcessLookupError):
                return False
            return words[0].endswith("/nigh") and "serve" in words and alive(pid)

        return [pid for pid in at_home(self.folder) if is_server(pid)]

    def report(self) -> str:
        try:
            return "--- screen\n" + self.screen()
        except subprocess.CalledProcessError as error:
            return f"--- no screen: {error.stderr}"

    def __exit__(self, *_: object) -> None:
        pids = list(at_home(self.folder))
        self.end()
        for pid in filter(alive, pids):
            os.kill(pid, signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)


class TerminalEditor(Terminal):
    """What the scenarios ask of an editor. What one cannot do is named in LACKS of its editor.py,
    and its class leaves that method out."""

    # How suggestions are drawn: "ghost" or "menu".
    draws: str
    # How a menu shows a suggestion with a label.
    ENTRY = "{}"

    def open(self, name: str, content: str = "") -> pathlib.Path:
        """Writes a file of the project and opens it; starts the editor if need be."""
        raise NotImplementedError

    def text(self) -> str:
        """The text of the open file, as the editor has it."""
        raise NotImplementedError

    def new_line(self) -> None:
        """Goes to a new line at the end of the text, ready to type."""
        raise NotImplementedError

    def ask(self) -> None:
        """Suggestions come by themselves, as ghost text or in a menu."""

    def accept(self) -> None:
        raise NotImplementedError

    def accept_word(self) -> None:
        raise NotImplementedError

    def dismiss(self) -> None:
        raise NotImplementedError

    def undo(self) -> None:
        raise NotImplementedError

    def undo_accepted(self) -> None:
        self.undo()

    def redo(self) -> None:
        raise NotImplementedError

    def write(self) -> None:
        raise NotImplementedError

    def actions(self, row: int) -> None:
        """Asks for the code actions of a row, counted from 1."""
        raise NotImplementedError

    def choose(self, title: str) -> None:
        """Takes the action of this title."""
        raise NotImplementedError

    def rename(self, path: pathlib.Path) -> None:
        """Gives the open file another name."""
        raise NotImplementedError

    def restart(self) -> None:
        """Starts the server again."""
        raise NotImplementedError

    def quit(self) -> None:
        raise NotImplementedError

    def complaints(self) -> list[str]:
        """The errors that the editor has reported."""
        raise NotImplementedError
