"""Passwords and tokens of CRMs stay where they belong: in no log, no error, no crash report, no database."""

from __future__ import annotations

import base64
import contextlib
import io
import logging
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crm_adapters import http, registry
from crm_adapters.contract import Adapter
from crm_adapters.sessions import forget_sessions
from crm_model.errors import HitchpostError
from crm_model.options import Connection, OptionValue
from crm_model.records import RecordKind
from hitchpost import logs
from sync.pull import pull_batch
from sync.push import push_batch
from sync.store import crms
from sync.store.schema import open_store
from tests.fakes.espocrm import server as espocrm
from tests.fakes.server import FakeServer, Fault, Reply, Request, cut_answer, empty_500, lost_answer, page, too_many

CANARY = "c4n4ry-9f2b7e"
BASIC = base64.b64encode(f"sam:{CANARY}".encode()).decode()
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Case:
    """A backend with its fake, its secret, and every spelling of it on the wire."""

    backend: str
    answer: Callable[[], Callable[[Request], Reply]]
    options: Callable[[str], dict[str, OptionValue]]
    secret: str
    sent: tuple[str, ...] = (CANARY,)


def espo(monkeypatch: pytest.MonkeyPatch) -> Case:
    monkeypatch.setitem(espocrm.PASSWORDS, "sam", CANARY)
    return Case("espocrm", lambda: espocrm.FakeEspo().answer, lambda url: {"url": url, "user": "sam"}, CANARY, (BASIC,))


CASES = {"espocrm": espo}
FAULTS: list[Callable[[], Fault]] = [
    lost_answer,
    cut_answer,
    empty_500,
    page,
    too_many,
    lambda: Fault(Reply(401, {"error": f"bad token {CANARY}"})),
    lambda: Fault(Reply(500, f"Wrong password {CANARY}")),
    lambda: Fault(Reply(400, {"message": f"no {CANARY}"}, {"X-Other": CANARY})),
    lambda: Fault(Reply(302, b"", {"Location": f"https://x.example/?session={CANARY}"})),
]


class Hurried:
    """Chance that never makes anybody wait."""

    def uniform(self, low: float, high: float) -> float:
        return 0.0


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that anybody logs, our format and libraries' own words alike."""
    caught = io.StringIO()
    plain, ours = logging.StreamHandler(caught), logging.StreamHandler(caught)
    ours.setFormatter(logs._JsonLine())
    root, level = logging.getLogger(), logging.getLogger().level
    for handler in (plain, ours):
        root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield caught
    root.setLevel(level)
    for handler in (plain, ours):
        root.removeHandler(handler)


@pytest.mark.parametrize("name", sorted(CASES))
def test_secrets_are_nowhere(
    name: str, monkeypatch: pytest.MonkeyPatch, log: io.StringIO, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case = CASES[name](monkeypatch)
    reports: list[str] = []
    forget_sessions()
    monkeypatch.setattr(http, "_RANDOM", Hurried())
    with FakeServer(case.answer()) as server:
        connection = Connection("crm", case.backend, case.options(server.url), lambda: case.secret)
        reports.append(repr(connection))
        for fault in [None, *FAULTS]:
            for after in range(2):
                forget_sessions()
                server.recover()
                if fault is not None:
                    broken = fault()
                    broken.after, broken.times = after, 9
                    server.fail(broken)
                with contextlib.closing(registry.load(case.backend).open(connection)) as adapter:
                    reports += tour(adapter, tmp_path / "store.db")
    spellings = (CANARY, *case.sent)
    assert any(word in str(request) for request in server.requests for word in case.sent), "the canary was sent"
    out = capsys.readouterr()
    files = [path.read_bytes() for path in tmp_path.iterdir()]
    texts = (*reports, log.getvalue(), out.out, out.err)
    assert [word for word in spellings if any(word in text for text in texts)] == []
    assert [word for word in spellings if any(word.encode() in content for content in files)] == []


def tour(adapter: Adapter, store_path: Path) -> list[str]:
    """Use it in every way, and tell what a crash report would."""
    reports = [repr(adapter), repr(vars(adapter))]
    calls: list[Callable[[], object]] = [
        adapter.test,
        lambda: adapter.describe(RecordKind.LEAD),
        lambda: adapter.find_by_email("ada@x.example"),
        lambda: adapter.create(RecordKind.LEAD, {"last_name": "Ada", "company": "X"}, "key"),
        lambda: adapter.changes(RecordKind.LEAD, ""),
        lambda: synchronise(adapter, store_path),
    ]
    for call in calls:
        try:
            reports.append(repr(call()))
        except HitchpostError as error:
            reports += [str(error), repr(error), repr(vars(error))]
            reports += traceback.TracebackException.from_exception(error, capture_locals=False).format()
            logging.getLogger("crm_adapters").exception("crm_crashed", exc_info=error)
    return reports


def synchronise(adapter: Adapter, path: Path) -> None:
    with contextlib.closing(open_store(f"sqlite:///{path}")) as store:
        with store.write() as unit:
            crms.ensure(unit, adapter.name, "local")
        pull_batch(store, adapter, now=NOW)
        push_batch(store, adapter, worker="w", now=NOW)
