"""What the drivers of all editors share: waiting for a condition, and reporting what was there
instead.

An editor's driver builds on `Watcher` and says in `report()` what a reader needs to understand a
failure. It knows no editor.
"""

import pathlib
import re
import time
from collections.abc import Callable
from typing import TypeVar


class Failed(AssertionError):
    """A scenario did not see what it should; the text says what it saw, with the screen."""


def alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in pathlib.Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def squeezed(text: str) -> str:
    """Without white space: for comparing with a screen, where margins and tabs differ."""
    return re.sub(r"\s", "", text)


Value = TypeVar("Value")


class Watcher:
    # Seconds: how long a condition is waited for, and between two checks of it.
    PATIENT: float = 15
    LOOK: float = 0.05

    def report(self) -> str:
        """What a reader needs to understand a failure."""
        raise NotImplementedError

    def wait(
        self, what: str, condition: Callable[[], Value | None], seconds: float | None = None
    ) -> Value:
        """The first true value of the condition; Failed when it stays false."""
        seconds = self.PATIENT if seconds is None else seconds
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            value = condition()
            if value:
                return value
            time.sleep(self.LOOK)
        raise Failed(f"waited {seconds} s in vain for: {what}\n{self.report()}")

    def check(self, what: str, actual: object, expected: object) -> None:
        if actual != expected:
            raise Failed(
                f"{what}\n  is        {actual!r}\n  should be {expected!r}\n{self.report()}"
            )
