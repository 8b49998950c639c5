"""Sits between an editor and a language server, changes nothing, and records every message.

    recorder.py FOLDER PROGRAM [ARGUMENT...]

NIGH_MESSAGES in the environment replaces FOLDER. With NIGH_CHOOSES set, the program sees no
NIGH_MODEL, so the model it runs is the one that `nigh model use` chose. checked.sh makes editors
start this in place of `nigh`. Bytes go through as they come; a copy is cut into messages and
written to FOLDER/<process id>.jsonl, a line each: {"at": seconds, "from": "editor" or "server",
"message": ...}, or "broken" and the text where a message is none; the first line has the arguments
of the server. It ends when the server does, with the server's status. check.py reads the files.
Anything but `serve` is run as it is.
"""

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time
from typing import Any, TextIO

started = time.monotonic()
writing = threading.Lock()


class Cutter:
    """Cuts a stream of bytes into messages and writes them down; `sender` is "editor" or
    "server"."""

    def __init__(self, sender: str, log: TextIO) -> None:
        self.sender, self.log, self.bytes = sender, log, b""

    def take(self, data: bytes) -> None:
        self.bytes += data
        while (end := self.bytes.find(b"\r\n\r\n")) >= 0:
            fields = dict(
                line.lower().split(b":", 1)
                for line in self.bytes[:end].split(b"\r\n")
                if b":" in line
            )
            length = fields.get(b"content-length", b"").strip()
            if not length.isdigit():
                self.write("broken", self.bytes[:end].decode(errors="replace"))
                self.bytes = self.bytes[end + 4 :]
                continue
            if len(self.bytes) < end + 4 + int(length):
                return
            body, self.bytes = (
                self.bytes[end + 4 : end + 4 + int(length)],
                self.bytes[end + 4 + int(length) :],
            )
            try:
                self.write("message", json.loads(body))
            except ValueError:
                self.write("broken", body.decode(errors="replace"))

    def write(self, kind: str, value: Any) -> None:
        line = json.dumps(
            {"at": round(time.monotonic() - started, 4), "from": self.sender, kind: value}
        )
        with writing:
            self.log.write(line + "\n")
            self.log.flush()


def pump(source: int, target: int, cutter: Cutter) -> None:
    """Carries bytes from one file descriptor to another until the end of either."""
    try:
        while data := os.read(source, 1 << 16):
            cutter.take(data)  # first, so that no answer is written down before its question
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(target, rest) :]
    except OSError:
        pass  # the other side is gone
    with contextlib.suppress(OSError):
        os.close(target)


def main() -> None:
    folder, command = pathlib.Path(os.environ.get("NIGH_MESSAGES") or sys.argv[1]), sys.argv[2:]
    if os.environ.get("NIGH_CHOOSES"):
        os.environ.pop("NIGH_MODEL", None)
    if command[1:2] != ["serve"]:
        os.execvp(command[0], command)
    folder.mkdir(parents=True, exist_ok=True)
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert server.stdin and server.stdout
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda number, _: server.send_signal(number))
    with open(folder / f"{os.getpid()}.jsonl", "w", encoding="utf-8") as log:
        Cutter("recorder", log).write("arguments", command[1:])
        into = threading.Thread(
            target=pump, args=(0, server.stdin.fileno(), Cutter("editor", log)), daemon=True
        )
        into.start()
        pump(server.stdout.fileno(), 1, Cutter("server", log))
        status = server.wait()
        with writing:
            log.flush()
            os._exit(status if status >= 0 else 128 - status)


main()
