"""Requests that no honest client makes, over bare sockets: each ends cleanly, and the next client is served."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

import httpx2
import pytest

from agent.outpost.folder import FolderOutpost
from crm_model.tracking import Token, TokenKind
from tests.servers.outpost import RunningOutpost

ENDS = "Host: x\r\nConnection: close\r\n"
LEAVE = "leave-token-of-22-char"


def ask(outpost: RunningOutpost, raw: bytes | str, *, seconds: float = 20) -> bytes:
    """All that comes back until the outpost closes the connection."""
    sent = raw.encode("latin-1") if isinstance(raw, str) else raw
    with socket.create_connection(("127.0.0.1", outpost.port), timeout=seconds) as connection:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(sent)
        answer = b""
        with contextlib.suppress(ConnectionResetError):
            while part := connection.recv(65_536):
                answer += part
        return answer


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


@pytest.fixture(autouse=True)
def still_serving(outpost: RunningOutpost) -> Iterator[None]:
    """Whatever was done to it, the outpost goes on."""
    yield
    assert httpx2.get(f"{outpost.url}/o/x.gif", trust_env=False).status_code == 200
    assert outpost.process.poll() is None


@pytest.mark.parametrize(
    "raw",
    [
        "\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
        "GET /health\r\n\r\n",
        f"GET /c/\xff\xfe HTTP/1.1\r\n{ENDS}\r\n",
        f"GET /health HTTP/1.1\r\n{ENDS}X-A: b\r\n c\r\n\r\n",
        f"GET /health HTTP/1.1\r\n{ENDS}X-A: b\0c\r\n\r\n",
        f"GET /health HTTP/1.1\r\n{ENDS}X A: b\r\n\r\n",
        f"GET /health HTTP/9.9\r\n{ENDS}\r\n",
        "GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n",
        f"GET /u/%00 HTTP/1.1\r\n{ENDS}\r\n",
        f"GET /u/a%0d%0aSet-Cookie:%20a=b HTTP/1.1\r\n{ENDS}\r\n",
        f"POST /u/x HTTP/1.1\r\n{ENDS}Content-Length: 6\r\nContent-Length: 5\r\n\r\nabcdef",
        f"POST /u/x HTTP/1.1\r\n{ENDS}Content-Length: -1\r\n\r\n",
        f"POST /u/x HTTP/1.1\r\n{ENDS}Content-Length: +5\r\n\r\nabcde",
        f"POST /u/x HTTP/1.1\r\n{ENDS}Content-Length: 5, 5\r\n\r\nabcde",
        f"POST /u/x HTTP/1.1\r\n{ENDS}Content-Length: 99999999999999999999999\r\n\r\n",
        f"POST /u/x HTTP/1.1\r\n{ENDS}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        f"POST /u/x HTTP/1.1\r\n{ENDS}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        f"POST /u/x HTTP/1.1\r\n{ENDS}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    ],
)
def test_what_is_broken_or_ambiguous_is_refused(outpost: RunningOutpost, raw: str) -> None:
    answer = ask(outpost, raw)
    assert status(answer) == 400
    assert b"set-cookie" not in answer.lower()


@pytest.mark.parametrize(
    "raw",
    [
        f"GET /o/x.gif HTTP/1.1\r\n{ENDS}X-A: {'a' * 40_000}\r\n\r\n",
        f"GET /o/x.gif HTTP/1.1\r\n{ENDS}" + "X-B: b\r\n" * 5_000 + "\r\n",
        f"GET /c/{'a' * 40_000} HTTP/1.1\r\n{ENDS}\r\n",
    ],
)
def test_a_head_that_is_too_large_is_refused(outpost: RunningOutpost, raw: str) -> None:
    assert status(ask(outpost, raw)) in (414, 431)


@pytest.mark.parametrize(
    ("head", "wanted"),
    [
        ("GET http://evil.example/health HTTP/1.1", (200, 503)),
        ("GET http://evil.example/c/x HTTP/1.1", (404,)),
        ("GET //evil.example/c/x HTTP/1.1", (404,)),
        ("GET /c/../../etc/passwd HTTP/1.1", (404,)),
        ("GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1", (404,)),
        ("GET /c/%zz%f HTTP/1.1", (404,)),
        ("GET /health/ HTTP/1.1", (404,)),
        ("OPTIONS * HTTP/1.1", (404,)),
        ("CONNECT evil.example:443 HTTP/1.1", (404,)),
        ("TRACE / HTTP/1.1", (404,)),
    ],
)
def test_odd_targets_lead_nowhere(outpost: RunningOutpost, head: str, wanted: tuple[int, ...]) -> None:
    answer = ask(outpost, f"{head}\r\n{ENDS}Cookie: secret=1\r\n\r\n")
    assert status(answer) in wanted
    assert b"location:" not in answer.lower()
    assert b"secret=1" not in answer


@pytest.mark.parametrize("path", ["/o/x.gif", "/u/x", "/health", "/agent/collect"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_hidden_second_request_is_never_answered(outpost: RunningOutpost, method: str, path: str) -> None:
    hidden = "GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
    framing = "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    answer = ask(outpost, f"{method} {path} HTTP/1.1\r\nHost: x\r\n{framing}{hidden}")
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b"waiting_bytes" not in answer or path == "/health"


def test_honest_pipelining_works(outpost: RunningOutpost) -> None:
    first = "GET /o/x.gif HTTP/1.1\r\nHost: x\r\n\r\n"
    assert ask(outpost, f"{first}{first}GET /o/x.gif HTTP/1.1\r\n{ENDS}\r\n").count(b"HTTP/1.1 200") == 3


@pytest.mark.parametrize("framing", ["Content-Length: 300000", "Transfer-Encoding: chunked"])
def test_a_body_that_is_too_large_is_refused(outpost: RunningOutpost, framing: str) -> None:
    with contextlib.closing(FolderOutpost(outpost.folder)) as agent:
        agent.publish_tokens([Token(LEAVE, TokenKind.UNSUBSCRIBE)])
        body = b"a" * 300_000 if framing[0] == "C" else b"493e0\r\n" + b"a" * 300_000 + b"\r\n0\r\n\r\n"
        answer = ask(outpost, f"POST /u/{LEAVE} HTTP/1.1\r\n{ENDS}{framing}\r\n\r\n".encode() + body)
        assert status(answer) == 413
        assert agent.collect("").events == ()


def test_a_body_that_never_comes_is_seen_off(outpost: RunningOutpost) -> None:
    with contextlib.closing(FolderOutpost(outpost.folder)) as agent:
        agent.publish_tokens([Token(LEAVE, TokenKind.UNSUBSCRIBE)])
    assert status(ask(outpost, f"POST /u/{LEAVE} HTTP/1.1\r\n{ENDS}Content-Length: 50\r\n\r\nmail=")) == 408


@pytest.mark.parametrize("begun", ["", "GET /hea", "GET /health HTTP/1.1\r\nX-A: "])
def test_a_head_that_never_ends_is_seen_off(outpost: RunningOutpost, begun: str) -> None:
    answer = ask(outpost, begun, seconds=30)
    assert answer == b"" or status(answer) in (400, 408)


def test_slow_clients_hold_up_nobody(outpost: RunningOutpost) -> None:
    with contextlib.ExitStack() as held:
        slow = [
            held.enter_context(socket.create_connection(("127.0.0.1", outpost.port), timeout=20)) for _ in range(200)
        ]
        for number, connection in enumerate(slow):
            connection.sendall(
                b"GET /o/x.gif HTTP/1.1\r\nX-A: " if number % 2 else b"POST /u/x HTTP/1.1\r\nHost: x\r\n"
            )
        assert httpx2.get(f"{outpost.url}/o/x.gif", trust_env=False).status_code == 200
        for connection in slow:  # each is closed in the end
            with contextlib.suppress(ConnectionResetError):
                while connection.recv(4_096):
                    pass
