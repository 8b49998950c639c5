"""A server with a next-edit model whose edits are known, for the tests in real editors.

It speaks OpenAI's completions and calls its model as Sweep's is called. Asked for the next state of
some lines, it answers with them as `edit` changes them; asked to complete, with nothing. A scenario
names its address in `engine.url`.
"""

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

MODEL = "sweep-next-edit-1.5B"
FILE = "<|file_sep|>"


def answered(prompt: str, edit: Callable[[str], str]) -> str:
    """What the model answers to a prompt."""
    files = [part.split("\n", 1) for part in prompt.split(FILE)]
    if not files[-1][0].startswith("updated/"):
        return ""
    return edit(files[-2][1])


class EditServer:
    """The server, on a port of its own, for as long as it is entered."""

    def __init__(self, edit: Callable[[str], str]) -> None:
        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: Any) -> None:
                """Prints nothing."""

            def reply(self, status: int, text: str) -> None:
                self.send_response(status)
                self.end_headers()
                self.wfile.write(text.encode())

            def do_GET(self) -> None:
                is_list = self.path == "/v1/models"
                models = json.dumps({"data": [{"id": MODEL, "owned_by": "test"}]})
                self.reply(200 if is_list else 404, models if is_list else "")

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                text = answered(body["prompt"], edit)
                choice = {"index": 0, "text": text, "finish_reason": "stop"}
                self.reply(200, f"data: {json.dumps({'choices': [choice]})}\n\ndata: [DONE]\n\n")

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"

    @property
    def settings(self) -> dict[str, Any]:
        """The settings of nigh that name the server."""
        return {"engine": {"url": self.url, "model": MODEL}}

    def __enter__(self) -> Self:
        threading.Thread(target=self.http.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.http.shutdown()
        self.http.server_close()
