"""A real Neovim in a real terminal: keys go in through tmux, the screen and the buffer are read
back.

drive.py opens one `Editor` per scenario. Keys and screen go through a private tmux server, so the
terminal is part of the test; the buffer, the drawn suggestion and messages are read over Neovim's
RPC socket. Nothing of the user's own Neovim configuration is seen or changed.
"""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from typing import Any, Self, TypedDict

from nvim_rpc import Error, Nvim
from pane import Pane
from watching import alive

HERE = pathlib.Path(__file__).resolve().parent

# The tests need suggestions, good or bad.
ANY_CONFIDENCE = {"completion": {"minConfidence": 0}}

# The suggestion as it is drawn: the first extmark of Neovim's own namespace or of the plugin's.
GHOST = """
local ids = vim.api.nvim_get_namespaces()
for _, name in ipairs({ 'nvim.lsp.inline_completion', 'nigh.ghost' }) do
  local marks = ids[name]
    and vim.api.nvim_buf_get_extmarks(0, ids[name], 0, -1, { details = true }) or {}
  if #marks > 1 then error('two suggestions drawn at once') end
  for _, mark in ipairs(marks) do
    local lines = { mark[4].virt_text and mark[4].virt_text[1][1] or '' }
    for _, line in ipairs(mark[4].virt_lines or {}) do table.insert(lines, line[1][1]) end
    local cursor = vim.api.nvim_win_get_cursor(0)
    return { row = mark[2], col = mark[3], text = table.concat(lines, '\\n'),
      pos = mark[4].virt_text_pos,
      at_cursor = mark[2] == cursor[1] - 1 and mark[3] == cursor[2] }
  end
end
return vim.NIL
"""


class Ghost(TypedDict):
    """A suggestion as it is drawn: row and byte column from 0, and Neovim's word for its place."""

    row: int
    col: int
    text: str
    pos: str
    at_cursor: bool


def children(pid: int) -> list[int]:
    """The processes started by a process, from /proc."""
    found = []
    for task in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        found += [int(child) for child in task.read_text().split()]
    return found


class Editor(Pane):
    """One Neovim, its terminal and a folder of its own."""

    PATIENT, LOOK, PAUSE = 10, 0.01, 0.01
    pid = 0

    def __init__(
        self,
        nvim: str,
        server: list[str],
        native: bool = True,
        settings: dict[str, Any] = ANY_CONFIDENCE,
        size: tuple[int, int] = (100, 30),
    ) -> None:
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="nigh-neovim-"))
        super().__init__(
            self.folder.name,
            {
                "NIGH_CMD": json.dumps(server),
                "NIGH_SETTINGS": json.dumps(settings),
                "NIGH_NATIVE": str(int(native)),
                **{
                    f"XDG_{name}_HOME": str(self.folder / name)
                    for name in ("CONFIG", "DATA", "STATE", "CACHE")
                },
            },
        )
        self.server, self.socket = server, self.folder / "socket"
        self.nvim_path, self.native, self.size = nvim, native, size
        self.connection: Nvim | None = None

    def __enter__(self) -> Self:
        return self

    def open(self, name: str, content: bytes = b"") -> pathlib.Path:
        """Writes a file, starts Neovim with it (or opens it in the running one), returns its
        path."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        if self.connection:
            self.command(f"edit {path}")
            self.wait(
                f"{name} is open",
                lambda: self.lua("return vim.api.nvim_buf_get_name(0)") == str(path),
            )
            return path
        self.tmux(
            "new-session",
            "-d",
            "-x",
            str(self.size[0]),
            "-y",
            str(self.size[1]),
            "--",
            str(self.nvim_path),
            "-n",
            "-i",
            "NONE",
            "--listen",
            str(self.socket),
            "-u",
            str(HERE / "init.lua"),
            str(path),
        )
        self.connection = self.wait("Neovim listens", self.connect)
        self.pid = self.lua("return vim.fn.getpid()")
        return path

    @property
    def rpc(self) -> Nvim:
        """The connection to the running Neovim."""
        assert self.connection
        return self.connection

    def connect(self) -> Nvim | None:
        try:
            return Nvim(self.socket)
        except (FileNotFoundError, ConnectionRefusedError):
            return None

    def use_settings(self, settings: dict[str, Any]) -> None:
        """Other settings for the Neovim that will be started."""
        self.environment["NIGH_SETTINGS"] = json.dumps(settings)

    def attached(self) -> None:
        """Waits until the server serves the current buffer."""
        self.wait(
            "the server is attached",
            lambda: self.lua(
                "local c = vim.lsp.get_clients({ bufnr = 0, name = 'nigh' })[1] return c ~= nil "
                "and c.initialized"
            ),
        )

    def escape(self) -> None:
        """Goes to normal mode, once at least: keys on their way may begin another. Keys sent at
        once after the escape byte would be read as Alt and key."""
        while True:
            self.keys("Escape")
            time.sleep(0.06)
            if self.rpc.request("nvim_get_mode")["mode"] == "n":
                return

    def command(self, text: str) -> None:
        """Runs an Ex command as a user does."""
        self.escape()
        self.type(":" + text)
        self.keys("Enter")

    def lua(self, code: str, *arguments: Any) -> Any:
        return self.rpc.request("nvim_exec_lua", code, list(arguments))

    def lines(self) -> list[str]:
        return self.rpc.request("nvim_buf_get_lines", 0, 0, -1, True)

    def cursor(self) -> tuple[int, int]:
        """Row from 0 and byte column of the cursor."""
        row, column = self.rpc.request("nvim_win_get_cursor", 0)
        return row - 1, column

    def waiting(self) -> bool:
        """Whether a question to the server is unanswered."""
        return self.lua(
            "local c = vim.lsp.get_clients({ bufnr = 0, name = 'nigh' })[1]\n"
            "return c ~= nil and vim.iter(pairs(c.requests)):any(function(_, r)"
            " return r.type == 'pending' and r.method == 'textDocument/inlineCompletion' end)"
        )

    def ghost(self) -> Ghost | None:
        """The drawn suggestion {row, col, text, pos, at_cursor} or None."""
        return self.lua(GHOST)

    def ghost_text(self) -> str | None:
        drawn = self.ghost()
        return drawn["text"] if drawn else None

    def messages(self) -> str:
        return self.rpc.request("nvim_exec2", "messages", {"output": True})["output"]

    def complaints(self) -> list[str]:
        """Error messages of Neovim and of the plugin, which no scenario should leave."""
        lines = self.messages().split("\n")
        slow_terminal = "E1568"  # on a busy machine tmux answers Neovim's questions late
        return [
            line
            for line in lines
            if re.search(r"E\d+:|\bError\b|traceback|attempt to", line)
            and slow_terminal not in line
        ]

    def screen(self) -> list[str]:
        return self.tmux("capture-pane", "-p").split("\n")

    def settle(self) -> None:
        """Waits until Neovim has handled all keys sent so far."""
        last: list[Any] = []
        same = 0
        while same < 3:
            state = [self.lines(), self.cursor(), self.rpc.request("nvim_get_mode")]
            same, last = (same + 1, state) if state == last else (0, state)
            time.sleep(0.03)

    def server_pids(self) -> list[int]:
        """The running processes of the language server."""

        def is_server(pid: int) -> bool:
            try:
                words = pathlib.Path(f"/proc/{pid}/cmdline").read_text().split("\0")
            except (FileNotFoundError, ProcessLookupError):
                return False
            return self.server[-1] in words and alive(pid)

        return [pid for pid in children(self.pid) if is_server(pid)]

    def report(self) -> str:
        """What a reader needs to understand a failure."""
        parts = []
        sources: list[tuple[str, Callable[[], object]]] = [
            ("screen", lambda: "\n".join(self.screen()).rstrip()),
            ("buffer, its end", lambda: self.lines()[-60:]),
            ("ghost", self.ghost),
            ("messages", self.messages),
        ]
        for name, read in sources:
            try:
                parts.append(f"--- {name}\n{read()}")
            except (
                Error,
                OSError,
                EOFError,
                AttributeError,
                subprocess.CalledProcessError,
            ) as error:
                parts.append(f"--- {name}: {error}")
        for log in self.folder.glob("STATE/nvim/lsp.log"):
            parts.append("--- lsp.log\n" + log.read_text(errors="replace")[-2000:])
        return "\n".join(parts)

    def quit(self) -> None:
        """Ends Neovim by :qa! and waits until its process is gone."""
        self.command("qa!")
        self.wait("Neovim has ended", lambda: not alive(self.pid))

    def __exit__(self, *_: object) -> None:
        if self.connection:
            self.connection.close()
        self.end()
        servers: list[int] = []
        if self.pid and alive(self.pid):
            servers = self.server_pids()
            os.kill(self.pid, signal.SIGKILL)
        end = time.monotonic() + 5
        while any(map(alive, servers)) and time.monotonic() < end:
            time.sleep(0.02)  # a server that is ending still writes what it has learned
        shutil.rmtree(self.folder, ignore_errors=True)
