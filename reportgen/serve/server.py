"""A server of one report, for browsers of this machine."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from reportgen.errors import ReportgenError
from reportgen.serve import frame
from reportgen.serve.frame import Published, Shown
from reportgen.serve.policy import INERT, MESSAGE, page_policy

ADDRESS = "127.0.0.1"
HOSTS = {"localhost", "127.0.0.1", "::1"}
"""Names that a browser on this machine has for it. A page of any other host whose name is made
to lead here has that name in its requests."""

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
}

GUARDS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
}
"""Headers of every answer."""


class Server(ThreadingHTTPServer):
    """Serves the files of one report, and nothing that is not among them."""

    daemon_threads = True
    allow_reuse_address = os.name != "nt"  # there it would let others listen on the same port

    def __init__(self, out: Path, port: int) -> None:
        self.shown = Shown(Published(out))
        try:
            super().__init__((ADDRESS, port), Handler)
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise ReportgenError(
                f"cannot listen on port {port}: {reason}",
                where="--port",
                hint="choose another one, or 0 for any that is free",
            ) from error

    @property
    def url(self) -> str:
        return f"http://{ADDRESS}:{self.server_port}/"

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a browser that leaves early is not an error."""


class Handler(BaseHTTPRequestHandler):
    """Answers ``/``, ``/~version`` and the report's own files to browsers of this machine."""

    server: Server
    server_version = "reportgen"
    sys_version = ""
    timeout = 30

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path).removeprefix("/")
        shown = self.server.shown
        if not is_local(self.headers.get("Host", "")):
            self.answer(HTTPStatus.FORBIDDEN, ".html", message("Not for this host."), MESSAGE)
        elif path == "":
            self.answer(HTTPStatus.OK, ".html", frame.page(shown), frame.policy())
        elif path == "~version":
            self.answer(HTTPStatus.OK, ".json", json.dumps(frame.state(shown)).encode(), INERT)
        elif path in shown.report.names and (data := read(shown.report.out / path)) is not None:
            suffix = Path(path).suffix.lower()
            policy = page_policy(data) if suffix == ".html" else INERT
            self.answer(HTTPStatus.OK, suffix, data, policy)
        else:
            page = message("No such page in this report.", shown.report.page)
            self.answer(HTTPStatus.NOT_FOUND, ".html", page, MESSAGE)

    def do_HEAD(self) -> None:
        self.do_GET()

    def answer(self, status: HTTPStatus, suffix: str, data: bytes, policy: str) -> None:
        self.send_response(status)
        headers = GUARDS | {"Content-Security-Policy": policy}
        headers["Content-Type"] = TYPES.get(suffix, "application/octet-stream")
        headers["Content-Length"] = str(len(data))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: a line for every second would hide what matters."""


def is_local(host: str) -> bool:
    """Tell whether ``host``, with or without a port, names this machine."""
    try:
        return urlsplit(f"//{host}").hostname in HOSTS
    except ValueError:
        return False


def read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def message(text: str, page: str = "") -> bytes:
    link = f'<p><a href="/{escape(quote(page))}">Open the report</a></p>' if page else ""
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>reportgen</title>'
        f'<meta name="color-scheme" content="light dark"><h1>{escape(text)}</h1>{link}</html>'
    ).encode()


@contextmanager
def serving(out: Path, port: int) -> Iterator[Server]:
    """Answer requests in threads of their own until the block ends.

    Raises ``ReportgenError`` where nothing can listen on ``port``.
    """
    with Server(out, port) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
