"""Two small web servers on loopback: a site that may be asked, and an internal one that nobody may reach."""

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

Page = tuple[int, dict[str, str], bytes]
HELD_S = 60.0


@dataclass(slots=True)
class Site:
    """A server; `pages` by path, `hits` the paths that were asked for, `held` what a page waits for."""

    pages: dict[str, Page] = field(default_factory=dict)
    held: dict[str, threading.Event] = field(default_factory=dict)
    hits: list[str] = field(default_factory=list)
    port: int = 0

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, path: str) -> str:
        """The address of a page."""
        return f"http://{self.address}{path}"

    def hold(self, path: str) -> threading.Event:
        """Let whoever asks for this page wait until the event is set."""
        return self.held.setdefault(path, threading.Event())


class _Answers(http.server.BaseHTTPRequestHandler):
    def __init__(self, site: Site, *args: object) -> None:
        self.site = site
        super().__init__(*args)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        """Answer with the page of the path, else 404."""
        self.site.hits.append(self.path)
        if held := self.site.held.get(self.path):
            held.wait(HELD_S)
        status, headers, body = self.site.pages.get(self.path, (404, {}, b"nothing here"))
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serving() -> Iterator[Site]:
    """A site on a free port of loopback, until the end of the block."""
    site = Site()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(_Answers, site))
    site.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
