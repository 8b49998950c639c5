"""Measures what HTTP adds to a completion. Standard library only, Linux.

  measure_http.py PATH-OF-nigh [--cases N]

Asks the same completions, in the same order, of a server on pipes and of one over HTTP, at places
of a file of this repository, and prints one JSON object: the median and the 95th percentile of both
in milliseconds, and whether all texts are the same.
"""

import argparse
import http.client
import json
import os
import statistics
import subprocess
import time
from collections.abc import Sequence

from measure import TYPED, Server, percentile


class Http:
    """A running `nigh serve --http`, and a connection to it that is kept."""

    def __init__(self, program: str) -> None:
        self.process = subprocess.Popen(
            [program, "serve", "--http", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout
        address = self.process.stdout.readline().rsplit("/", 1)[1].strip()
        self.connection = http.client.HTTPConnection(address)

    def complete(self, prefix: str, suffix: str, path: str) -> tuple[str, float]:
        """The text, and the seconds it took."""
        began = time.perf_counter()
        body = json.dumps({"input_prefix": prefix, "input_suffix": suffix, "path": path})
        self.connection.request("POST", "/infill", body, {"Content-Type": "application/json"})
        answer = json.loads(self.connection.getresponse().read())
        return answer["content"], time.perf_counter() - began

    def end(self) -> None:
        self.process.terminate()
        self.process.wait()


def places(cases: int) -> list[tuple[str, str]]:
    """[(text before, text after)]: places in the middle of lines, spread over the file."""
    with open(TYPED) as file:
        lines = file.read().splitlines(keepends=True)
    wanted = [number for number, line in enumerate(lines) if len(line) > 20]
    chosen = wanted[:: max(1, len(wanted) // cases)][:cases]

    def half(line: str) -> int:
        return len(line) - len(line.lstrip()) + (len(line.strip()) // 2)

    return [
        ("".join(lines[:n]) + lines[n][: half(lines[n])], "\n" + "".join(lines[n + 1 :]))
        for n in chosen
    ]


def over_pipes(server: Server, number: int | str, prefix: str, suffix: str) -> tuple[str, float]:
    """The same completion as an editor requests it explicitly, in a document of its own."""
    began = time.perf_counter()
    server.open(prefix + suffix, f"/measured_{number}.py")
    lines = prefix.split("\n")
    text, _ = server.complete(len(lines) - 1, len(lines[-1]), invoked=True)
    return text, time.perf_counter() - began


def percentiles(times: Sequence[float]) -> dict[str, float]:
    """The median and the 95th percentile of seconds, in milliseconds."""
    return {"p50_ms": round(1000 * statistics.median(times), 1), "p95_ms": percentile(times, 0.95)}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("program")
    parser.add_argument("--cases", type=int, default=30, help="places asked about")
    options = parser.parse_args()
    pipes, over_http = (
        Server(os.path.realpath(options.program)),
        Http(os.path.realpath(options.program)),
    )
    over_pipes(pipes, "first", "x = ", "\n")
    over_http.complete("x = ", "\n", "measured_first.py")
    both = []
    for number, (prefix, suffix) in enumerate(places(options.cases)):
        both.append(
            (
                over_pipes(pipes, number, prefix, suffix),
                over_http.complete(prefix, suffix, f"measured_{number}.py"),
            )
        )
    pipes.end()
    over_http.end()
    print(
        json.dumps(
            {
                "cases": len(both),
                "pipes": percentiles([pipe[1] for pipe, _ in both]),
                "http": percentiles([web[1] for _, web in both]),
                "same_text": sum(pipe[0] == web[0] for pipe, web in both),
                "with_text": sum(bool(web[0]) for _, web in both),
            }
        )
    )


if __name__ == "__main__":
    main()
