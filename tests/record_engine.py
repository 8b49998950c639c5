"""Records what nigh asks a real server, and what that answers, as a dialogue for the tests.

    python3 tests/record_engine.py 8001 http://127.0.0.1:8000 tests/dialogues/vllm.txt &
    nigh complete --engine http://127.0.0.1:8001 add.py:2:12

It passes every request on to the server and writes both to the file, in the form that
`remote::testing::recorded` plays. Tokens of access are not written, and what differs from run to
run (times, ids) is made the same.
"""

import http.client
import re
import sys
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

# What differs from run to run, and what is written for it.
VOLATILE = [
    (re.compile(r'"created": ?\d+'), '"created":0'),
    (re.compile(r'"id": ?"(cmpl|chatcmpl|modelperm)-[^"]*"'), r'"id":"\1-0"'),
    (re.compile(r'"id": ?"[0-9a-f]{8}-[0-9a-f-]{27}"'), '"id":"0"'),
    (re.compile(r'"timings": ?\{[^}]*\}'), '"timings":{"cache_n":0}'),
    (re.compile(r'"t_start[^"]*": ?[\d.]+'), '"t_start":0'),
]


class Recorder(BaseHTTPRequestHandler):
    """Passes requests on, one connection to the server for each."""

    protocol_version = "HTTP/1.1"
    server_url = urllib.parse.urlsplit("http://127.0.0.1")
    out = Path()

    def log_message(self, *_: Any) -> None:
        """Prints nothing."""

    def pass_on(self) -> None:
        """Asks the server, and gives its answer back as it comes."""
        length = int(self.headers.get("content-length", 0))
        body = self.rfile.read(length)
        host, port = self.server_url.hostname or "", self.server_url.port
        connection = http.client.HTTPConnection(host, port)
        kept = {name: value for name, value in self.headers.items() if name.lower() != "host"}
        connection.request(self.command, self.path, body or None, kept)
        answer = connection.getresponse()
        self.send_response(answer.status)
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        heard = b""
        try:
            while piece := answer.read1():
                heard += piece
                self.wfile.write(piece)
                self.wfile.flush()
        except OSError:
            heard += b"\n"  # nigh has hung up
        finally:
            connection.close()
        self.write(body.decode(), answer.status, heard.decode())

    def write(self, body: str, status: int, answer: str) -> None:
        """Adds a request and its answer to the file."""
        for pattern, same in VOLATILE:
            answer = pattern.sub(same, answer)
        lines = [line for line in answer.splitlines() if line]
        asked = [body] if body else []
        text = "\n".join([f"> {self.command} {self.path}", *asked, f"< {status}", *lines])
        with self.out.open("a") as file:
            file.write(text + "\n")

    do_GET = do_POST = pass_on


def main() -> None:
    """Records until it is stopped."""
    port, url, out = sys.argv[1:]
    Recorder.server_url = urllib.parse.urlsplit(url)
    Recorder.out = Path(out)
    ThreadingHTTPServer(("127.0.0.1", int(port)), Recorder).serve_forever()


main()
