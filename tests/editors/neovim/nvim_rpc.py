"""A client for Neovim's RPC socket: MessagePack-RPC with only the standard library.

editor.py calls `Nvim(path).request(method, *arguments)` and gets plain Python values back. Only
what the tests use is here: our requests and Neovim's answers. Anything else that Neovim sends is
dropped. Specifications: https://github.com/msgpack/msgpack/blob/master/spec.md and :help RPC in
Neovim.
"""

import pathlib
import socket
import struct
from typing import Any


class Error(Exception):
    """Neovim answered with an error, or did not answer in time."""


def pack(value: Any) -> bytes:
    """The MessagePack bytes of None, bool, int, float, str, list or dict."""
    if value is None:
        return b"\xc0"
    if isinstance(value, bool):
        return b"\xc3" if value else b"\xc2"
    if isinstance(value, int):
        return struct.pack(">Bq", 0xD3, value)
    if isinstance(value, float):
        return struct.pack(">Bd", 0xCB, value)
    if isinstance(value, str):
        data = value.encode()
        return struct.pack(">BI", 0xDB, len(data)) + data
    if isinstance(value, list):
        return struct.pack(">BI", 0xDD, len(value)) + b"".join(map(pack, value))
    if isinstance(value, dict):
        pairs = (pack(key) + pack(inner) for key, inner in value.items())
        return struct.pack(">BI", 0xDF, len(value)) + b"".join(pairs)
    raise TypeError(f"no MessagePack form for {type(value)}")


class Incomplete(Exception):
    """The bytes end in the middle of a value."""


# First byte -> (struct format of what follows, how to go on with it)
NUMBERS = {
    0xCA: ">f",
    0xCB: ">d",
    0xCC: ">B",
    0xCD: ">H",
    0xCE: ">I",
    0xCF: ">Q",
    0xD0: ">b",
    0xD1: ">h",
    0xD2: ">i",
    0xD3: ">q",
}
SIZED = {
    0xC4: ">B",
    0xC5: ">H",
    0xC6: ">I",
    0xD9: ">B",
    0xDA: ">H",
    0xDB: ">I",
    0xDC: ">H",
    0xDD: ">I",
    0xDE: ">H",
    0xDF: ">I",
    0xC7: ">B",
    0xC8: ">H",
    0xC9: ">I",
}
FIXED_EXT = {0xD4: 1, 0xD5: 2, 0xD6: 4, 0xD7: 8, 0xD8: 16}


class Unpacker:
    """Reads one value after another from bytes."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, count: int) -> bytes:
        if self.at + count > len(self.data):
            raise Incomplete
        self.at += count
        return self.data[self.at - count : self.at]

    def number(self, form: str) -> Any:
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def text(self, count: int) -> str:
        return self.take(count).decode(errors="surrogateescape")

    def array(self, count: int) -> list[Any]:
        return [self.value() for _ in range(count)]

    def map(self, count: int) -> dict[Any, Any]:
        return {self.value(): self.value() for _ in range(count)}

    def ext(self, count: int) -> tuple[int, bytes]:
        return (self.number(">b"), self.take(count))

    def value(self) -> Any:
        first = self.number(">B")
        if first < 0x80:
            return first
        if first >= 0xE0:
            return first - 0x100
        if first < 0x90:
            return self.map(first & 0x0F)
        if first < 0xA0:
            return self.array(first & 0x0F)
        if first < 0xC0:
            return self.text(first & 0x1F)
        if first in (0xC0, 0xC2, 0xC3):
            return {0xC0: None, 0xC2: False, 0xC3: True}[first]
        if first in NUMBERS:
            return self.number(NUMBERS[first])
        if first in FIXED_EXT:
            return self.ext(FIXED_EXT[first])
        size = self.number(SIZED[first])
        if first <= 0xC6:
            return self.take(size)
        if first <= 0xC9:
            return self.ext(size)
        if first <= 0xDB:
            return self.text(size)
        return self.array(size) if first <= 0xDD else self.map(size)


class Nvim:
    """A connection to the socket of `nvim --listen PATH`."""

    def __init__(self, path: pathlib.Path, timeout: float = 15) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        self.socket.connect(str(path))
        self.received, self.sent = b"", 0

    def request(self, method: str, *arguments: Any) -> Any:
        """The result of an API function; raises Error when Neovim does."""
        self.sent += 1
        self.socket.sendall(pack([0, self.sent, method, list(arguments)]))
        while True:
            message = self.message()
            if message[0] == 1 and message[1] == self.sent:
                if message[2] is not None:
                    raise Error(f"{method}: {message[2]}")
                return message[3]

    def message(self) -> list[Any]:
        while True:
            unpacker = Unpacker(self.received)
            try:
                message = unpacker.value()
            except Incomplete:
                self.received += self.read()
                continue
            self.received = self.received[unpacker.at :]
            return message

    def read(self) -> bytes:
        try:
            data = self.socket.recv(65536)
        except TimeoutError:
            raise Error("Neovim does not answer: is it waiting for a key?") from None
        if not data:
            raise EOFError("Neovim closed the connection")
        return data

    def close(self) -> None:
        self.socket.close()
