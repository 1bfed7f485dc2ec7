"""Calling a CRM over HTTP: every failure has its own name, writing is never repeated blindly, secrets stay inside."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme

from crm_adapters import http
from crm_adapters.http import HttpClient
from crm_adapters.pace import Budget, Pace
from crm_adapters.sessions import SharedSession, shared_session
from crm_adapters.site import checked_site
from crm_model.errors import (
    ConfigError,
    HitchpostError,
    LoginNeeded,
    NotFound,
    RateLimited,
    Rejected,
    StaleRevision,
    UnknownOutcome,
    Unreachable,
)
from tests.fakes.server import (
    FakeServer,
    Fault,
    Reply,
    Request,
    cut_answer,
    drip,
    empty_500,
    lost_answer,
    lost_request,
    page,
    too_many,
)

CANARY = "canary-5e1f-secret"


def echo(request: Request) -> Reply:
    return Reply(body={"method": request.method, "path": request.path, "agent": request.headers.get("user-agent")})


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer(echo) as running:
        yield running


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def client(server: FakeServer, pauses: list[float]) -> Iterator[HttpClient]:
    opened = HttpClient(checked_site(server.url, account="crm"), sleep=pauses.append)
    yield opened
    opened.close()


def test_an_answer_is_data(client: HttpClient) -> None:
    assert client.call("GET", "/things").json() == {"method": "GET", "path": "/things", "agent": "Hitchpost"}


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (301, ConfigError),
        (400, Rejected),
        (401, LoginNeeded),
        (403, Rejected),
        (404, NotFound),
        (409, Rejected),
        (410, NotFound),
        (412, StaleRevision),
        (429, RateLimited),
        (500, Unreachable),
        (503, Unreachable),
    ],
)
def test_each_status_has_its_error(
    client: HttpClient, server: FakeServer, status: int, error: type[HitchpostError]
) -> None:
    server.fail(Fault(Reply(status, {"message": CANARY}, {"Location": f"https://x.example/p?s={CANARY}"}), times=9))
    with pytest.raises(error) as raised:
        client.call("GET", "/things", params={"sessionName": CANARY})
    assert CANARY not in str(raised.value)
    assert client.call("GET", "/things", allow={status}).status == status


READ_AND_WRITTEN: list[tuple[Callable[[], Fault], type[HitchpostError], type[HitchpostError]]] = [
    (lost_answer, Unreachable, UnknownOutcome),
    (lost_request, Unreachable, UnknownOutcome),
    (cut_answer, Unreachable, UnknownOutcome),
    (empty_500, Unreachable, UnknownOutcome),
    (lambda: page(503), Unreachable, UnknownOutcome),
    (lambda: page(200), Unreachable, UnknownOutcome),
    (lambda: page(403), Unreachable, Unreachable),
    (lambda: Fault(Reply(200, b"")), Unreachable, UnknownOutcome),
    (lambda: Fault(Reply(200, b'{"success": tr')), Unreachable, UnknownOutcome),
]


@pytest.mark.parametrize(("fault", "reading", "writing"), READ_AND_WRITTEN)
def test_what_may_have_been_carried_out_is_told_apart(
    client: HttpClient,
    server: FakeServer,
    fault: Callable[[], Fault],
    reading: type[HitchpostError],
    writing: type[HitchpostError],
) -> None:
    for method, error in (("GET", reading), ("POST", writing)):
        broken = fault()
        broken.times = 3
        server.fail(broken)
        server.requests.clear()
        with pytest.raises(error) as raised:
            client.call(method, "/things", body={"x": 1} if method == "POST" else None).json()
        assert type(raised.value) is error
        if error is UnknownOutcome:
            assert len(server.requests) == 1
        server.recover()


def test_reading_is_tried_again_after_a_moment(client: HttpClient, server: FakeServer, pauses: list[float]) -> None:
    server.fail(empty_500(), lost_answer())
    assert client.call("GET", "/things").status == 200
    assert len(server.requests) == 3
    assert 0 < pauses[0] < pauses[1] < 5


def test_reading_by_post_is_tried_again_when_told(client: HttpClient, server: FakeServer) -> None:
    server.fail(cut_answer())
    assert client.call("POST", "/query", form={"q": "x"}, writes=False).status == 200


def test_a_short_wait_is_waited_out_and_a_long_one_is_passed_on(
    client: HttpClient, server: FakeServer, pauses: list[float]
) -> None:
    server.fail(too_many(retry_after=2))
    assert client.call("POST", "/things").status == 200
    assert 2 <= pauses[0] < 3
    server.fail(too_many(retry_after=600))
    with pytest.raises(RateLimited) as limited:
        client.call("POST", "/things")
    assert limited.value.retry_after_seconds == 600
    server.fail(Fault(Reply(503, headers={"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"})))
    assert client.call("POST", "/things").status == 200


def test_nobody_there_is_unreachable_and_tried_again(pauses: list[float]) -> None:
    with FakeServer(echo) as gone:
        url = gone.url
    client = HttpClient(checked_site(url, account="crm"), sleep=pauses.append)
    with pytest.raises(Unreachable) as raised:
        client.call("POST", "/things")
    assert type(raised.value) is Unreachable
    assert len(pauses) == 2
    client.close()


def test_an_answer_without_end_is_given_up(
    client: HttpClient, server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "_LONGEST_CALL_SECONDS", 0.05)
    server.fail(drip(0.02))
    with pytest.raises(UnknownOutcome):
        client.call("POST", "/things")
    monkeypatch.setattr(http, "_LARGEST_ANSWER_BYTES", 10)
    with pytest.raises(UnknownOutcome):
        client.call("POST", "/things")


def test_headers_that_drip_are_given_up_over_tls_too_and_the_next_call_goes_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each line comes within the time-out of the library; on a connection that was used before as on a new one."""
    authority = trustme.CA()
    trusted = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(trusted))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with FakeServer(echo) as plain, FakeServer(echo, tls=context) as secure:
        port = secure.url.rpartition(":")[2]
        site = checked_site(f"https://localhost:{port}", account="crm", ca_file=str(trusted))
        for server, client in (
            (plain, HttpClient(checked_site(plain.url, account="crm"))),
            (secure, HttpClient(site)),
        ):
            for _ in range(2):
                monkeypatch.setattr(http, "_LONGEST_CALL_SECONDS", 0.5)
                server.fail(drip(0.1, head=True))
                with pytest.raises(UnknownOutcome):
                    client.call("POST", "/things")
                monkeypatch.setattr(http, "_LONGEST_CALL_SECONDS", 60.0)
                assert client.call("POST", "/things").status == 200
            client.close()


@pytest.mark.parametrize("secret", ["a\nb" + CANARY, "å\r" + CANARY, "\ud800" + CANARY])
def test_a_secret_that_can_t_be_sent_is_not_quoted(client: HttpClient, secret: str) -> None:
    with pytest.raises(ConfigError) as raised:
        client.call("GET", "/things", headers={"Authorization": f"Bearer {secret}"})
    chain: BaseException | None = raised.value
    while chain is not None:
        assert CANARY not in str(chain)
        chain = None if chain.__suppress_context__ else chain.__cause__ or chain.__context__


@pytest.mark.parametrize(
    ("url", "ok"),
    [
        ("https://crm.example/app/", True),
        ("http://127.0.0.1:8080", True),
        ("http://localhost/crm", True),
        ("http://[::1]:80/", True),
        ("http://crm.example", False),
        ("http://127.0.0.1.evil.example", False),
        ("crm.example", False),
        ("ftp://crm.example", False),
        ("https://user:pw@crm.example", False),
        ("https://crm.example:port", False),
        ("", False),
    ],
)
def test_addresses_are_checked(url: str, ok: bool) -> None:
    if ok:
        assert not checked_site(url, account="crm").url.endswith("/")
        return
    with pytest.raises(ConfigError) as raised:
        checked_site(url, account="crm")
    assert raised.value.key == "url"


def test_plain_http_to_another_machine_is_a_decision() -> None:
    assert checked_site("http://crm.example", account="crm", allow_http=True).url == "http://crm.example"


def test_a_certificate_of_the_company_s_own(tmp_path: Path) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with FakeServer(echo, tls=context) as server:
        stranger = HttpClient(checked_site(server.url, account="crm"))
        with pytest.raises(ConfigError) as raised:
            stranger.call("GET", "/things")
        assert raised.value.key == "ca_file"
        stranger.close()
        client = HttpClient(checked_site(server.url, account="crm", ca_file=str(tmp_path / "ca.pem")))
        assert client.call("GET", "/things").status == 200
        client.close()
    (tmp_path / "ca.pem").write_text("not a certificate")
    with pytest.raises(ConfigError):
        HttpClient(checked_site("https://x.example", account="crm", ca_file=str(tmp_path / "ca.pem")))


class Clock:
    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def test_a_burst_is_free_and_then_calls_keep_the_pace() -> None:
    clock = Clock()
    pace = Pace(10, 5, clock=clock, sleep=clock.sleep)
    for _ in range(25):
        pace.take()
    assert clock.now == pytest.approx(102.0)
    clock.now += 60
    for _ in range(5):
        pace.take()
    assert clock.now == pytest.approx(162.0)


def test_a_wait_that_is_too_long_is_passed_on() -> None:
    clock = Clock()
    pace = Pace(0.01, 1, clock=clock, sleep=clock.sleep)
    pace.take()
    with pytest.raises(RateLimited) as limited:
        pace.take()
    assert limited.value.retry_after_seconds == pytest.approx(100)
    assert clock.slept == []


def test_a_budget_that_runs_out_stops_us_before_the_crm_does(server: FakeServer) -> None:
    clock = Clock()
    pace = Pace(1000, 1000, clock=clock, sleep=clock.sleep)

    def left(headers: object) -> Budget:
        return Budget(100 - len(server.requests), 100, resets_in_seconds=30)

    client = HttpClient(checked_site(server.url, account="crm"), pace=pace, read_budget=left)
    with pytest.raises(RateLimited):
        for _ in range(200):
            client.call("GET", "/things")
    assert len(server.requests) == 98
    clock.now += 31
    assert client.call("GET", "/things").status == 200
    client.close()


def test_one_login_is_in_flight_and_a_token_is_renewed_once() -> None:
    session: SharedSession[str] = shared_session("espo", "https://x.example", "ida")
    assert shared_session("espo", "https://x.example", "ida") is session
    tokens = iter(f"token-{number}" for number in range(100))
    barrier = threading.Barrier(8)
    seen: list[str] = []

    def work() -> None:
        barrier.wait()
        first = session.get(lambda: next(tokens))
        barrier.wait()
        seen.extend((first, session.renew(first, lambda: next(tokens))))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(set(seen)) == ["token-0", "token-1"]
    session.drop()
    assert session.get(lambda: "again") == "again"


def test_a_login_that_fails_leaves_nothing() -> None:
    session: SharedSession[str] = SharedSession()

    def refused() -> str:
        raise LoginNeeded("no", account="crm")

    for _ in range(2):
        with pytest.raises(LoginNeeded):
            session.get(refused)
    assert session.get(lambda: "ok") == "ok"
    with pytest.raises(LoginNeeded):
        session.renew("ok", refused)
    assert session.get(lambda: "new") == "new"


def test_no_session_is_kept_in_cookies(server: FakeServer, client: HttpClient) -> None:
    server.fail(Fault(Reply(200, {}, {"Set-Cookie": "PHPSESSID=abc"})))
    client.call("GET", "/one")
    client.call("GET", "/two")
    assert "cookie" not in server.requests[-1].headers
