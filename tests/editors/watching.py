"""What the drivers of all editors share: looking until something is so, and telling what was seen
instead.

An editor's driver builds on `Watcher` and says in `report()` what a reader needs to understand a
failure. It knows no editor.
"""

import pathlib
import re
import time


class Failed(AssertionError):
    """A scenario saw something else than it should; the text says what, with the screen."""


def alive(pid):
    try:
        return "\nState:\tZ" not in pathlib.Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def squeezed(text):
    """Without white space: for comparing with a screen, where margins and tabs differ."""
    return re.sub(r"\s", "", text)


class Watcher:
    # Seconds: how long something is waited for, and between two looks.
    PATIENT, LOOK = 15, 0.05

    def wait(self, what, condition, seconds=None):
        """The first true value of the condition; Failed when it stays false."""
        seconds = self.PATIENT if seconds is None else seconds
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            value = condition()
            if value:
                return value
            time.sleep(self.LOOK)
        raise Failed(f"waited {seconds} s for this in vain: {what}\n{self.report()}")

    def check(self, what, actual, expected) -> None:
        if actual != expected:
            raise Failed(
                f"{what}\n  is        {actual!r}\n  should be {expected!r}\n{self.report()}"
            )
