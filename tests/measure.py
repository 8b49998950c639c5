"""Measures what README's table says of the program: measure.py PATH-OF-nigh [--runs N]. Standard library only, Linux.

Prints one JSON object: the size of the program, the time from its start to the first completion, its memory then and
while idle, and the latency of completions while somebody types a file of this repository at ten keys a second.
"""
import argparse
import json
import os
import statistics
import subprocess
import time

TYPED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "training", "model.py")

# Repeats so much that any model goes on with it.
ALONG = "".join(f"    values.append(compute_total(number_{n}, other_number_{n}))\n" for n in range(9)) + "    values.append("


class Server:
    """A running `nigh serve` and the client's end of its pipes."""

    def __init__(self, program):
        self.began = time.perf_counter()
        self.process = subprocess.Popen([program, "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.last = 0
        self.request("initialize", {"processId": None, "rootUri": None,
                                    "capabilities": {"textDocument": {"inlineCompletion": {}}}})
        self.notify("initialized", {})

    def send(self, message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def notify(self, method, params):
        self.send({"method": method, "params": params})

    def request(self, method, params):
        self.last += 1
        self.send({"id": self.last, "method": method, "params": params})
        while True:
            length = 0
            while (line := self.process.stdout.readline().strip()):
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            message = json.loads(self.process.stdout.read(length))
            if message.get("id") == self.last and "method" not in message:
                return message

    def open(self, text):
        document = {"uri": "file:///typed.py", "languageId": "python", "version": 0, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": document})

    def complete(self, line, column, by_hand=False):
        """The text shown, empty for none, and the seconds it took."""
        began = time.perf_counter()
        answer = self.request("textDocument/inlineCompletion", {
            "textDocument": {"uri": "file:///typed.py"}, "position": {"line": line, "character": column},
            "context": {"triggerKind": 1 if by_hand else 2}})
        if "error" in answer:
            raise SystemExit(f"measure.py: {answer['error']}")
        seconds = time.perf_counter() - began
        return "".join(item["insertText"] for item in answer["result"]["items"]), seconds

    def type(self, version, line, column, key):
        """One key; gives the cursor's place afterwards."""
        place = {"line": line, "character": column}
        self.notify("textDocument/didChange", {
            "textDocument": {"uri": "file:///typed.py", "version": version},
            "contentChanges": [{"range": {"start": place, "end": place}, "text": key}]})
        return (line + 1, 0) if key == "\n" else (line, column + 1)

    def megabytes(self):
        """Resident memory."""
        with open(f"/proc/{self.process.pid}/status") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmRSS")) / 1024

    def end(self):
        self.request("shutdown", None)
        self.notify("exit", None)
        self.process.wait()


def first_completion(program):
    """Seconds from the start of the program to its first completion, and its memory idle before and after, in MB."""
    idle = Server(program)
    time.sleep(1)
    before = idle.megabytes()
    idle.end()
    server = Server(program)
    server.open("def add(a, b):\n    return ")
    server.complete(1, 11)
    seconds = time.perf_counter() - server.began
    after = server.megabytes()
    server.end()
    return seconds, before, after


def typing(program, keys, rate=10):
    """Seconds per completion after each of `keys` keys of a file, typed at `rate` keys a second, and the server's counts."""
    with open(TYPED) as file:
        text = file.read()
    server = Server(program)
    start = len(text) // 2
    lines = text[:start].split("\n")
    line, column = len(lines) - 1, len(lines[-1])
    server.open(text[:start])
    times = []
    for number, key in enumerate(text[start:start + keys]):
        due = time.perf_counter() + 1 / rate
        line, column = server.type(number + 1, line, column, key)
        times.append(server.complete(line, column)[1])
        time.sleep(max(0, due - time.perf_counter()))
    status = server.request("nigh/status", {})["result"]["completions"]
    server.end()
    return times, status


def typing_along(program):
    """Seconds per completion while what is shown is typed, key by key: answered without the model."""
    server = Server(program)
    server.open(ALONG)
    lines = ALONG.split("\n")
    line, column = len(lines) - 1, len(lines[-1])
    shown, _ = server.complete(line, column, by_hand=True)
    times = []
    for number, key in enumerate(shown[:-1]):
        line, column = server.type(number + 1, line, column, key)
        left, seconds = server.complete(line, column, by_hand=True)
        if left == shown[number + 1:]:
            times.append(seconds)
    server.end()
    return times


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--runs", type=int, default=5, help="starts of the program")
    parser.add_argument("--keys", type=int, default=300)
    options = parser.parse_args()
    starts = [first_completion(options.program) for _ in range(options.runs)]
    times, status = typing(options.program, options.keys)
    along = typing_along(options.program)
    percent = lambda share: round(1000 * sorted(times)[int(share * (len(times) - 1))], 1)
    print(json.dumps({
        "program_mb": round(os.path.getsize(options.program) / 1e6, 1),
        "start_to_first_completion_ms": round(1000 * statistics.median(start[0] for start in starts)),
        "idle_mb": round(statistics.median(start[1] for start in starts)),
        "after_first_completion_mb": round(statistics.median(start[2] for start in starts)),
        "typing_p50_ms": percent(0.5), "typing_p95_ms": percent(0.95), "typing_max_ms": percent(1.0),
        "typing_along_max_ms": round(1000 * max(along), 1) if along else None, "typing_along_keys": len(along),
        "cached_prompt_tokens_percent": round(100 * status["cachedTokens"] / max(status["promptTokens"], 1), 1),
        "reused_answers": status["reused"], "asked": status["asked"],
    }))


if __name__ == "__main__":
    main()
