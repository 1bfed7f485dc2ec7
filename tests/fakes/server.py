"""A server on loopback for fake CRMs: they keep state and answer, it speaks HTTP and fails on demand.

with FakeServer(FakeEspo().answer) as server:
    server.fail(too_many(retry_after=3), lost_answer(path="/Lead"))
    adapter = … server.url …
"""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, unquote, urlsplit


@dataclass(frozen=True, slots=True)
class Request:
    """One call as the server received it. Names of headers are lower case; `path` is decoded, without its query."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def json(self) -> object:
        return json.loads(self.body) if self.body else None

    @property
    def params(self) -> dict[str, str]:
        return dict(self.query)

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered: `body` is sent as JSON unless it is bytes or text; None is an empty body."""

    status: int = 200
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def content(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        if isinstance(self.body, str):
            return self.body.encode()
        return b"" if self.body is None else json.dumps(self.body).encode()


@dataclass(slots=True)
class Fault:
    """One failure. `reply` takes the place of the app's answer; `carried_out`: the app did its work nevertheless.

    `sent` is the share of the body that leaves before the connection is cut (None: all of it, 0.0: not a byte of the
    answer). `drip_seconds` pass between pieces of the body, with `drips_head` between its headers.
    It happens `times` times, to the calls it matches, once `after` of these have passed unharmed.
    """

    reply: Reply | None = None
    carried_out: bool = False
    sent: float | None = None
    drip_seconds: float = 0.0
    drips_head: bool = False
    path: str = ""
    method: str = ""
    times: int = 1
    after: int = 0

    def matches(self, request: Request) -> bool:
        return self.path in request.path and self.method in ("", request.method)


def too_many(*, retry_after: float | None = None, status: int = 429, path: str = "", times: int = 1) -> Fault:
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return Fault(Reply(status, {"error": "limit"}, headers), path=path, times=times)


def page(status: int = 503, *, path: str = "", times: int = 1) -> Fault:
    """A web page where data should be."""
    text = "<!DOCTYPE html><html><body><h1>Down for maintenance</h1></body></html>"
    return Fault(Reply(status, text, {"Content-Type": "text/html"}), path=path, times=times)


def empty_500(*, carried_out: bool = False, path: str = "", method: str = "", times: int = 1, after: int = 0) -> Fault:
    reply = Reply(500, b"", {"Content-Type": "text/html"})
    return Fault(reply, carried_out, path=path, method=method, times=times, after=after)


def lost_answer(*, path: str = "", method: str = "", times: int = 1) -> Fault:
    """It is carried out, but nobody hears of it."""
    return Fault(carried_out=True, sent=0.0, path=path, method=method, times=times)


def lost_request(*, path: str = "", method: str = "", times: int = 1) -> Fault:
    return Fault(sent=0.0, path=path, method=method, times=times)


def cut_answer(*, path: str = "", method: str = "", times: int = 1) -> Fault:
    return Fault(carried_out=True, sent=0.5, path=path, method=method, times=times)


def drip(seconds: float, *, head: bool = False, path: str = "", times: int = 1) -> Fault:
    return Fault(carried_out=True, drip_seconds=seconds, drips_head=head, path=path, times=times)


class FakeServer:
    """Serves `answer` on a free port of 127.0.0.1; `requests` keeps every call for a test to look at."""

    def __init__(
        self,
        answer: Callable[[Request], Reply],
        *,
        latency_seconds: float = 0.0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.latency_seconds = latency_seconds
        self.requests: list[Request] = []
        self._app, self._faults = answer, list[Fault]()
        self._lock = threading.Lock()
        self._connections: set[socket.socket] = set()
        self._http = _Http(("127.0.0.1", 0), self)
        if tls is not None:
            self._http.socket = tls.wrap_socket(self._http.socket, server_side=True)
        scheme = "http" if tls is None else "https"
        self.url = f"{scheme}://127.0.0.1:{self._http.server_address[1]}"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    def fail(self, *faults: Fault) -> None:
        """From now on, in this order, each for the calls it matches."""
        with self._lock:
            self._faults += faults

    def recover(self) -> None:
        """No more faults."""
        with self._lock:
            self._faults.clear()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._http.shutdown()
        self._http.server_close()
        with self._lock:
            open_now = list(self._connections)
        for connection in open_now:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._thread.join()

    def took(self, method: str = "", path: str = "") -> list[Request]:
        """The calls so far that match."""
        return [each for each in self.requests if method in ("", each.method) and path in each.path]

    def take(self, request: Request) -> tuple[Reply, Fault | None]:
        """The answer to a call, and how it goes wrong on the wire."""
        if self.latency_seconds:
            time.sleep(self.latency_seconds)
        with self._lock:
            self.requests.append(request)
            fault = self._next_fault(request)
        if fault is None:
            return self._app(request), None
        carried_out = self._app(request) if fault.carried_out else Reply(500)
        return fault.reply or carried_out, fault

    def opened(self, connection: socket.socket) -> None:
        with self._lock:
            self._connections.add(connection)

    def closed(self, connection: socket.socket) -> None:
        with self._lock:
            self._connections.discard(connection)

    def _next_fault(self, request: Request) -> Fault | None:
        for fault in self._faults:
            if fault.matches(request):
                if fault.after > 0:
                    fault.after -= 1
                    continue
                fault.times -= 1
                if fault.times <= 0:
                    self._faults.remove(fault)
                return fault
        return None


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], owner: FakeServer) -> None:
        self.owner = owner
        super().__init__(address, _Calls)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is no news."""


class _Calls(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Http

    def setup(self) -> None:
        super().setup()
        self.server.owner.opened(self.connection)

    def finish(self) -> None:
        self.server.owner.closed(self.connection)
        super().finish()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Nothing."""

    def _take(self) -> None:
        url = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = Request(
            self.command,
            unquote(url.path),
            tuple(parse_qsl(url.query, keep_blank_values=True)),
            {name.lower(): value for name, value in self.headers.items()},
            body,
        )
        reply, fault = self.server.owner.take(request)
        self._send(reply, fault)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _take  # noqa: N815 - the library's names

    def _send(self, reply: Reply, fault: Fault | None) -> None:
        if fault is not None and fault.sent == 0.0:
            self.close_connection = True
            return
        content = reply.content()
        self.send_response(reply.status)
        for name, value in {"Content-Type": "application/json", **reply.headers}.items():
            self.send_header(name, value)
        if reply.status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.flush_headers()
        for at in range(40 if fault is not None and fault.drips_head else 0):
            self.wfile.write(f"X-Slow-{at}: 1\r\n".encode())
            self.wfile.flush()
            time.sleep(fault.drip_seconds if fault is not None else 0.0)
        self.wfile.write(b"\r\n")
        if fault is not None and fault.sent is not None:
            content = content[: int(len(content) * fault.sent)]
            self.close_connection = True
        step = max(1, len(content) // 10) if fault is not None and fault.drip_seconds else len(content) or 1
        for start in range(0, len(content), step):
            self.wfile.write(content[start : start + step])
            if fault is not None and fault.drip_seconds:
                self.wfile.flush()
                time.sleep(fault.drip_seconds)
        self.wfile.flush()
