"""What happens is told over HTTP, signed, once, in order, again after trouble, and never where it must not go."""

from __future__ import annotations

import contextlib
import functools
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
import trustme

from agent.hooks import calling, delivering
from agent.hooks.signing import check_signature
from crm_model.errors import ConfigError, Unreachable
from crm_model.happenings import Event, Happening
from crm_model.options import Connection
from crm_model.records import RecordKind
from sync.hooks import HOOK
from sync.store import crms, happenings, hook_deliveries, records
from sync.store.database import Store
from sync.store.hook_deliveries import Delivery
from sync.store.tables import hook_deliveries as rows
from tests.fakes.server import FakeServer, Reply, lost_answer, page, too_many
from tests.new_stores import new_store

SECRET = "swordfish"
GOING_ON = threading.Event()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with contextlib.closing(new_store(tmp_path / "h.db")) as made:
        yield made


@pytest.fixture
def receiver() -> Iterator[FakeServer]:
    with FakeServer(
        lambda request: Reply(410 if request.path == "/gone" else 400 if request.path == "/no" else 200)
    ) as server:
        yield server


def hook(url: str, name: str = "zap", **options: str | bool) -> Connection:
    defaults = {each.name: each.default for each in HOOK.options if each.default is not None}
    return Connection(name, "hook", {**defaults, "url": url, "allow_private": True, **options}, lambda: SECRET)


def happen(store: Store, *keys: str, hooks: tuple[str, ...] = ("zap",)) -> None:
    with store.write() as unit:
        found = [Happening(key, Event.WON, datetime.now(UTC), data={"opportunity": {"name": key}}) for key in keys]
        happenings.add(unit, found, {Event.WON: hooks}, datetime.now(UTC))


def tell(store: Store, *hooks: Connection) -> None:
    delivering.tell_due(hooks, store, GOING_ON)


def told(store: Store) -> list[Delivery]:
    with store.read() as unit:
        return list(reversed(hook_deliveries.listed(unit)))


def time_passes(store: Store) -> None:
    """What waits for a better time is due."""
    with store.write() as unit:
        unit.execute(rows.update().values(next_at=datetime.now(UTC) - timedelta(seconds=1), claimed_until=None))


def bodies(receiver: FakeServer) -> list[str]:
    return [json.loads(each.body)["id"] for each in receiver.requests]


def test_what_happened_is_told_signed_once_and_in_order(store: Store, receiver: FakeServer) -> None:
    happen(store, "a", "b", "c")
    for _ in range(2):
        tell(store, hook(f"{receiver.url}/hooks?team=1"))
    assert bodies(receiver) == ["a", "b", "c"]
    for request in receiver.requests:
        assert check_signature(SECRET, request.headers, request.body, datetime.now(UTC)) in ("a", "b", "c")
        assert (request.path, request.params) == ("/hooks", {"team": "1"})
    assert json.loads(receiver.requests[0].body)["opportunity"] == {"name": "a"}
    assert [(each.state, each.status) for each in told(store)] == [("delivered", 200)] * 3


def test_trouble_holds_back_what_comes_after_and_is_told_later_with_the_same_id(
    store: Store, receiver: FakeServer
) -> None:
    receiver.fail(page(503), lost_answer())
    happen(store, "a", "b")
    for expected in (["a"], ["a", "a"]):
        tell(store, hook(receiver.url))
        assert bodies(receiver) == expected
        assert [each.state for each in told(store)] == ["waiting", "waiting"]
        tell(store, hook(receiver.url))
        assert bodies(receiver) == expected, "not before its time"
        time_passes(store)
    tell(store, hook(receiver.url))
    assert bodies(receiver) == ["a", "a", "a", "b"]
    assert len({each.body for each in receiver.requests[:3]}) == 1
    assert [(each.state, each.attempts) for each in told(store)] == [("delivered", 2), ("delivered", 0)]


def test_a_receiver_that_says_when_is_not_asked_sooner(store: Store, receiver: FakeServer) -> None:
    receiver.fail(too_many(retry_after=900))
    happen(store, "a")
    tell(store, hook(receiver.url))
    (waiting,) = told(store)
    assert waiting.next_at > datetime.now(UTC) + timedelta(seconds=890)


def test_it_is_given_up_after_three_days_and_can_be_replayed(store: Store, receiver: FakeServer) -> None:
    receiver.fail(page(500, times=10))
    happen(store, "a")
    for _ in range(12):
        tell(store, hook(receiver.url))
        time_passes(store)
    (failed,) = told(store)
    assert (failed.state, failed.status) == ("failed", 500)
    assert "given up after 10 tries" in failed.error
    with store.write() as unit:
        assert hook_deliveries.replay(unit, [failed.id], datetime.now(UTC)) == 1
    tell(store, hook(receiver.url))
    assert told(store)[0].state == "delivered"


def test_a_receiver_that_is_gone_is_told_no_more_and_one_that_refuses_is_told_the_next(
    store: Store, receiver: FakeServer
) -> None:
    happen(store, "a", "b", hooks=("gone", "no"))
    tell(store, hook(f"{receiver.url}/gone", "gone"), hook(f"{receiver.url}/no", "no"))
    assert [(each.hook, each.state) for each in told(store)].count(("gone", "failed")) == 2
    assert [each.path for each in receiver.requests] == ["/gone", "/no", "/no"]


def test_one_hook_s_trouble_does_not_keep_the_others(store: Store, receiver: FakeServer) -> None:
    happen(store, "a", hooks=("broken", "zap"))
    tell(store, hook("nonsense", "broken"), hook("http://127.0.0.1:9/", "broken2"), hook(receiver.url))
    assert bodies(receiver) == ["a"]
    broken = next(each for each in told(store) if each.hook == "broken")
    assert broken.state == "waiting"
    assert "https://" in broken.error


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/",
        "http://localhost:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/",
        "https://169.254.169.254/latest/meta-data",
        "https://10.0.0.7/",
        "https://[fd00::1]/",
        "https://0.0.0.0:{port}/",
        "https://[64:ff9b::a9fe:a9fe]/",
        "https://[2002:7f00:1::]/",
        "https://[::127.0.0.1]/",
        "https://[fec0::1]/",
        "https://[ff02::1]/",
        "https://224.0.0.1/",
        "https://2130706433:{port}/",
    ],
)
def test_our_own_network_is_not_called_unless_that_is_meant(store: Store, receiver: FakeServer, url: str) -> None:
    port = receiver.url.rpartition(":")[2]
    happen(store, "a")
    with contextlib.suppress(ConfigError):
        tell(store, hook(url.format(port=port), allow_private=False, allow_http=True))
    assert receiver.requests == []
    (waiting,) = told(store)
    assert (waiting.state, "allow_private" in waiting.error) == ("waiting", True)


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "gopher://x/", "https://user:pw@x.example/", "http://x.example/"]
)
def test_what_is_no_address_for_a_hook_is_refused_with_the_mend(url: str) -> None:
    with pytest.raises(ConfigError):
        delivering.tell_test(hook(url))


def test_a_redirect_leads_nowhere(store: Store) -> None:
    with FakeServer(lambda request: Reply(302, None, {"Location": "/elsewhere"})) as server:
        happen(store, "a")
        tell(store, hook(server.url))
        assert [each.path for each in server.requests] == ["/"]
    assert told(store)[0].state == "failed"


def test_the_certificate_counts_for_the_name_though_the_call_goes_to_the_address(store: Store, tmp_path: Path) -> None:
    authority = trustme.CA()
    trusted = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(trusted))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with FakeServer(lambda request: Reply(200), tls=context) as server:
        port = server.url.rpartition(":")[2]
        assert delivering.tell_test(hook(f"https://localhost:{port}/", ca_file=str(trusted))) == 200
        assert server.requests[0].headers["host"] == f"localhost:{port}"
        for wrong in (hook(f"https://127.0.0.1:{port}/", ca_file=str(trusted)), hook(f"https://localhost:{port}/")):
            with pytest.raises(Unreachable):
                delivering.tell_test(wrong)


@pytest.mark.parametrize("told", [True, False])
def test_an_answer_that_drips_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch, told: bool) -> None:
    """Each byte comes within the time-out of the library, and there are ten thousand of them."""
    monkeypatch.setattr(calling, "_LONGEST_CALL_SECONDS", 0.5)
    dripped: list[int] = []

    def drip(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection:
            connection.recv(65_536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n")
            connection.sendall(b"\r\n" if told else b"X-Long: ")
            with contextlib.suppress(OSError):
                while len(dripped) < 1_000:
                    connection.sendall(b"x")
                    dripped.append(1)
                    GOING_ON.wait(0.01)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=drip, args=(listening,))
        thread.start()
        try:
            tell = functools.partial(delivering.tell_test, hook(f"http://127.0.0.1:{listening.getsockname()[1]}/"))
            if told:
                assert tell() == 200
            else:
                with pytest.raises(Unreachable):
                    tell()
        finally:
            thread.join()
    assert len(dripped) < 1_000


def test_an_edit_is_noticed_and_told(store: Store, receiver: FakeServer) -> None:
    zap = hook(receiver.url)
    with store.write() as unit:
        crms.ensure(unit, "local", "local")
        crms.succeeded(unit, "local", datetime.now(UTC))
    delivering.notice(store, [zap], datetime.now(UTC))
    with store.write() as unit:
        fields = {"last_name": "Bø", "email": "ida@bo.example", "owner_id": "u1"}
        records.insert_local(unit, "local", RecordKind.LEAD, fields)
    for _ in range(2):
        delivering.notice(store, [zap], datetime.now(UTC))
        tell(store, zap)
    events = [json.loads(each.body) for each in receiver.requests]
    assert [each["event"] for each in events] == ["lead.created", "lead.assigned"]
    assert events[0]["lead"]["email"] == "ida@bo.example"


def test_killed_between_any_two_steps_nothing_is_lost_and_the_receiver_can_tell_what_is_doubled(
    store: Store, receiver: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that dies leaves what its transactions kept: here every step of telling dies once."""

    class Killed(BaseException):
        """As SIGKILL: nothing catches it."""

    steps: list[tuple[object, str]] = [
        (hook_deliveries, "claim"),
        (delivering.Receiver, "post"),
        (hook_deliveries, "settle"),
    ]
    happen(store, "a")
    for owner, name in steps:
        for after in (False, True):
            _die_once(monkeypatch, owner, name, Killed, after=after)
            with pytest.raises(Killed):
                tell(store, hook(receiver.url))
            monkeypatch.undo()
            time_passes(store)
            with store.write() as unit:
                unit.execute(sa.update(rows).values(state="waiting"))
    tell(store, hook(receiver.url))
    assert set(bodies(receiver)) == {"a"}
    assert [each.state for each in told(store)] == ["delivered"]


def _die_once(
    monkeypatch: pytest.MonkeyPatch, owner: object, name: str, error: type[BaseException], *, after: bool
) -> None:
    original: Callable[..., object] = getattr(owner, name)

    def dies(*arguments: object, **named: object) -> object:
        if after:
            original(*arguments, **named)
        raise error

    monkeypatch.setattr(owner, name, dies)
