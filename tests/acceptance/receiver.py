"""A tiny receiver that remembers every message of the webhook channel; part of `site.py`."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Receiver:
    """`messages` in the order of arrival, each with the `path` it was posted to and its `key`.

    Set `answer` to another status to be a receiver that is ill.
    """

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.answer = 204
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.daemon = True
        self.address = f"127.0.0.1:{self._server.server_address[1]}"

    def url(self, path: str = "all") -> str:
        return f"http://{self.address}/{path}"

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler_of(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            if receiver.answer < 300:
                key = self.headers.get("Idempotency-Key", "")
                told = {**json.loads(content), "path": self.path.strip("/"), "key": key}
                receiver.messages.append(told)
            self.send_response(receiver.answer)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            return

    return Handler
