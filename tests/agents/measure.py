"""Counts the tokens that an agent reads until it sees the line that it needs.

  measure.py PATH-OF-nigh [--into FOLDER] [--budget TOKENS] [--each]

Installs the packages of `tasks.toml` with pip, and asks for each task in two ways: by `nigh mcp`,
and as agents without it do, by grep and reading files. Four bytes count as a token.

- nigh: the text of the answer of `where` or `retrieve` up to the line. If the line is not in it,
  all of it, and then grep and reading.
- grep: the lines of the package that have the name, or any word of the question, at most 5,000
  tokens; then whole files, those with the most such lines first. Both end at the line.

Prints a table; fails if a line of a task is not in its package.
"""

import argparse
import json
import re
import statistics
import subprocess
import sys
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BYTES_OF_TOKEN = 4
MAX_GREP = 5_000 * BYTES_OF_TOKEN
# Words that agents do not search for.
STOP = set(
    "how is a an the where which what when are in of do i to for from that was not and with".split()
)


@dataclass
class Task:
    """What an agent looks for."""

    package: str
    text: str
    path: str
    line: str
    is_name: bool

    def words(self) -> list[str]:
        """What an agent searches for."""
        if self.is_name:
            return [self.text.rsplit(".", 1)[-1]]
        words = re.findall(r"[a-z0-9]+", self.text.lower())
        return [word for word in words if word not in STOP]


@dataclass
class Outcome:
    """What a task took."""

    task: Task
    nigh: int
    grep: int
    at_once: bool
    seconds: float


class Nigh:
    """A running `nigh mcp`."""

    def __init__(self, program: str, folder: Path) -> None:
        self.process = subprocess.Popen(
            [program, "mcp", "--workspace", str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.next = 0
        client = {"name": "measure", "version": "1"}
        self.ask(
            "initialize",
            {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client},
        )

    def ask(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        """The result of a request."""
        assert self.process.stdin and self.process.stdout
        self.next += 1
        message = {"jsonrpc": "2.0", "id": self.next, "method": method, "params": params}
        self.process.stdin.write(json.dumps(message) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        return answer["result"]

    def call(self, tool: str, arguments: dict[str, Any]) -> str:
        """The text that a tool answers."""
        result = self.ask("tools/call", {"name": tool, "arguments": arguments})
        return result["content"][0]["text"]

    def close(self) -> None:
        """Ends it."""
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait()


def read_tasks() -> tuple[list[str], list[Task]]:
    """The packages and the tasks."""
    table = tomllib.loads((Path(__file__).parent / "tasks.toml").read_text())
    rows = [(row, True) for row in table["names"]] + [(row, False) for row in table["questions"]]
    return table["packages"], [
        Task(row[0], row[1], row[2], row[3], is_name) for row, is_name in rows
    ]


def find(folder: Path, task: Task) -> int:
    """The number of the line that a task needs."""
    lines = (folder / task.path).read_text().split("\n")
    found = [at + 1 for at, line in enumerate(lines) if line.startswith(task.line)]
    if not found:
        sys.exit(f"{task.package}: {task.path} has no line {task.line!r}")
    return found[0]


def until_line(text: str, task: Task, number: int) -> int | None:
    """The tokens of an answer up to the line; None if it is not there."""
    at = text.find(task.line.strip())
    while at >= 0:
        before = text[:at]
        # The place may be some lines above: a quote begins with it.
        places = re.findall(r"^(\S+?):(\d+):", before + text[at:].split("\n")[0], re.MULTILINE)
        if places and places[-1][0] == task.path and 0 <= number - int(places[-1][1]) <= 40:
            return len(text[: at + len(task.line)]) // BYTES_OF_TOKEN
        at = text.find(task.line.strip(), at + 1)
    return None


def by_grep(folder: Path, task: Task, number: int) -> int:
    """The tokens of grep and whole files up to the line."""
    pattern = re.compile("|".join(map(re.escape, task.words())), re.IGNORECASE)
    read, hits = 0, {}
    for path in sorted(folder.rglob("*.py")):
        name = path.relative_to(folder).as_posix()
        lines = path.read_text().split("\n")
        found = [at + 1 for at, line in enumerate(lines) if pattern.search(line)]
        hits[name] = len(found)
        for at in found:
            if read >= MAX_GREP:
                break
            read += len(f"{name}:{at}:{lines[at - 1]}\n")
            if (name, at) == (task.path, number):
                return read // BYTES_OF_TOKEN
    for name in sorted(hits, key=lambda name: -hits[name]):
        lines = (folder / name).read_text().split("\n")
        end = number if name == task.path else len(lines)
        read += sum(len(line) + 1 for line in lines[:end])
        if name == task.path:
            break
    return read // BYTES_OF_TOKEN


def main() -> None:
    """Measures all tasks."""
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("program")
    arguments.add_argument("--into", type=Path, default=Path("target/agents"))
    arguments.add_argument("--budget", type=int, default=1500)
    arguments.add_argument("--each", action="store_true", help="print each task")
    chosen = arguments.parse_args()
    packages, tasks = read_tasks()
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target"]
    if not chosen.into.exists():
        subprocess.run([*pip, str(chosen.into), *packages], check=True)
    rows: list[Outcome] = []
    servers: dict[str, Nigh] = {}
    for task in tasks:
        folder = chosen.into / task.package
        number = find(folder, task)
        if task.package not in servers:
            servers[task.package] = Nigh(chosen.program, folder)
        tool, name = ("where", "symbol") if task.is_name else ("retrieve", "question")
        start = time.perf_counter()
        text = servers[task.package].call(tool, {name: task.text, "budget": chosen.budget})
        elapsed = time.perf_counter() - start
        direct, grep = until_line(text, task, number), by_grep(folder, task, number)
        nigh = len(text) // BYTES_OF_TOKEN + grep if direct is None else direct
        rows.append(Outcome(task, nigh, grep, direct is not None, elapsed))
        if chosen.each:
            print(f"{task.package:11} {nigh:6} {grep:6} {'' if direct else 'missed':6} {task.text}")
    for server in servers.values():
        server.close()
    print("| tasks | answered at once | nigh, tokens | grep and reading | time of an answer |")
    print("|---|---:|---:|---:|---:|")
    for kind, is_name in [("20 names", True), ("20 questions", False)]:
        of = [row for row in rows if row.task.is_name == is_name]
        mean_nigh = statistics.mean(row.nigh for row in of)
        mean_grep = statistics.mean(row.grep for row in of)
        at_once = sum(row.at_once for row in of)
        time_of = statistics.median(row.seconds for row in of)
        print(
            f"| {kind} | {at_once} | {mean_nigh:.0f} | {mean_grep:.0f} | {time_of * 1000:.0f} ms |"
        )


if __name__ == "__main__":
    main()
