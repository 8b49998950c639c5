"""A terminal of a private tmux server: keys go in, its subclasses read the screen. It knows no
editor."""

import os
import subprocess
import time

from watching import Watcher


class Pane(Watcher):
    # Seconds between two letters.
    PAUSE: float = 0.02

    def __init__(self, name: str, environment: dict[str, str]) -> None:
        """`name` distinguishes it from other terminals of this process; `environment` is added to
        that of this process."""
        self.tmux_socket = f"nigh-{os.getpid()}-{name}"
        self.environment = {
            **os.environ,
            "LC_ALL": "C.UTF-8",
            "TERM": "xterm-256color",
            **environment,
        }
        self.environment.pop("TMUX", None)

    def tmux(self, *arguments: str) -> str:
        return subprocess.run(
            ["tmux", "-u", "-L", self.tmux_socket, "-f", "/dev/null", *arguments],
            check=True,
            env=self.environment,
            capture_output=True,
            text=True,
            encoding="utf-8",
        ).stdout

    def keys(self, *names: str) -> None:
        """Presses keys by tmux's names: Escape, Enter, Tab, C-x, M-Right."""
        self.tmux("send-keys", *names)

    def type(self, text: str, pause: float | None = None) -> None:
        """Types a text letter by letter; a line break is Enter."""
        for letter in text:
            if letter == "\n":
                self.keys("Enter")
            else:
                # A lone semicolon would end tmux's command.
                self.tmux("send-keys", "-l", "--", letter.replace(";", "\\;"))
            time.sleep(self.PAUSE if pause is None else pause)

    def end(self) -> None:
        """Ends the tmux server, and with it the terminal."""
        subprocess.run(
            ["tmux", "-L", self.tmux_socket, "kill-server"], capture_output=True, check=False
        )
