"""Passwords and tokens of CRMs stay where they belong: in no log, no error, no crash report, no database."""

from __future__ import annotations

import contextlib
import io
import json
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
from tests.fakes.espocrm.server import PASSWORDS, FakeEspo
from tests.fakes.hubspot import OAUTH_SECRET, FakeHubSpot
from tests.fakes.salesforce import server as salesforce
from tests.fakes.salesforce.server import REFRESH_TOKEN, FakeSalesforce
from tests.fakes.server import FakeServer, Fault, Reply, Request, cut_answer, empty_500, lost_answer, page, too_many
from tests.fakes.suitecrm.app import FakeSuiteCrm
from tests.fakes.suitecrm.store import SAM
from tests.fakes.suitecrm.v8 import CLIENT_ID, CLIENT_SECRET
from tests.fakes.vtiger import FakeVtiger

CANARY = "c4n4ry-9f2b7e"
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Case:
    """A backend with its fake, and how to sign in there."""

    backend: str
    answer: Callable[[], Callable[[Request], Reply]]
    secret: str
    options: dict[str, OptionValue]


CASES = {
    "espocrm": Case("espocrm", lambda: FakeEspo().answer, PASSWORDS["sam"], {"user": "sam"}),
    "salesforce": Case(
        "salesforce",
        lambda: FakeSalesforce().answer,
        json.dumps({"refresh_token": REFRESH_TOKEN, "client_secret": salesforce.CLIENT_SECRET}),
        {"client_id": salesforce.CLIENT_ID},
    ),
    "suitecrm": Case("suitecrm", lambda: FakeSuiteCrm().answer, SAM.password, {"user": "sam", "api": "v4_1"}),
    "suitecrm_v8": Case(
        "suitecrm",
        lambda: FakeSuiteCrm().answer,
        json.dumps({"client_secret": CLIENT_SECRET, "password": SAM.password}),
        {"user": "sam", "api": "v8", "client_id": CLIENT_ID},
    ),
    "hubspot": Case("hubspot", lambda: FakeHubSpot(rotates=False).answer, OAUTH_SECRET, {}),
    "vtiger": Case("vtiger", lambda: FakeVtiger(php=8).answer, "samkey", {"user": "sam", "api": "webservice"}),
}
SECRET_HEADERS = ("authorization", "x-api-key")
SECRET_NAMES = (
    *("password", "accessKey", "sessionName", "session", "client_secret", "refresh_token", "access_token"),
    *("assertion", "token", "secret"),
)
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
    case = CASES[name]
    reports: list[str] = []
    monkeypatch.setattr(http, "_RANDOM", Hurried())
    with FakeServer(case.answer()) as server:
        options = {"url": server.url, **case.options}
        connection = Connection("crm", case.backend, options, lambda: case.secret)
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
    words = {CANARY, *secrets_in(case.secret), *(word for each in server.requests for word in sent_secrets(each))}
    assert len(words) > 2, "something secret was sent"
    out = capsys.readouterr()
    texts = (*reports, log.getvalue(), out.out, out.err)
    assert [word for word in words if any(word in text for text in texts)] == []
    files = [path.read_bytes() for path in tmp_path.iterdir()]
    assert [word for word in words if any(word.encode() in content for content in files)] == []


def sent_secrets(request: Request) -> Iterator[str]:
    """Whatever a call carried that opens a door: headers, parameters, fields of forms and of JSON."""
    for name in SECRET_HEADERS:
        yield from request.headers.get(name, "").split()[-1:]
    with contextlib.suppress(UnicodeDecodeError):
        for fields in (request.params, request.form):
            for name, value in fields.items():
                if name in SECRET_NAMES and len(value) > 5:
                    yield value
                elif value.startswith(("{", "[")):
                    yield from secrets_in(value)
        yield from secrets_in(request.body.decode())


def secrets_in(text: str) -> Iterator[str]:
    """A secret itself, or those in a JSON object."""
    try:
        held = json.loads(text)
    except ValueError:
        held = None
    if isinstance(held, dict):
        yield from (str(value) for name, value in held.items() if name in SECRET_NAMES and len(str(value)) > 5)
    elif isinstance(held, list) and held and isinstance(held[0], str) and len(held[0]) > 20:
        yield held[0]  # the legacy API sends the session first
    elif held is None and 5 < len(text) < 40 and "=" not in text:
        yield text


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
