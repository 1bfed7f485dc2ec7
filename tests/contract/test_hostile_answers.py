"""Whatever a CRM answers, an adapter ends in one of our errors: never in a bug that stops its pass for good."""

from __future__ import annotations

import contextlib
import json
import random
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from crm_adapters import http, registry
from crm_adapters.answers import Answer, retry_after
from crm_adapters.contract import Adapter
from crm_adapters.sessions import forget_sessions
from crm_adapters.spelling import money_text, whole_of
from crm_model.errors import HitchpostError
from crm_model.options import Connection
from crm_model.records import Conversion, RecordKind
from tests.fakes.espocrm.server import PASSWORDS, FakeEspo
from tests.fakes.hubspot import TOKEN, FakeHubSpot
from tests.fakes.salesforce.server import CLIENT_ID, CLIENT_SECRET, KEY_FIELD, REFRESH_TOKEN, FakeSalesforce
from tests.fakes.server import FakeServer, Reply, Request
from tests.fakes.sugar.app import PASSWORD, USER, FakeSugar
from tests.fakes.suitecrm import v8
from tests.fakes.suitecrm.app import FakeSuiteCrm
from tests.fakes.suitecrm.store import SAM
from tests.fakes.vtiger import FakeVtiger
from tests.hostile_answers import hostile

Answering = Callable[[Request], Reply]
LEAD = RecordKind.LEAD
_SALESFORCE = json.dumps({"refresh_token": REFRESH_TOKEN, "client_secret": CLIENT_SECRET})
_V8 = json.dumps({"client_secret": v8.CLIENT_SECRET, "password": SAM.password})
SERVERS: dict[str, tuple[Callable[[], Answering], dict[str, str], str]] = {
    "espocrm": (lambda: FakeEspo().answer, {"user": "sam"}, PASSWORDS["sam"]),
    "hubspot": (lambda: FakeHubSpot().answer, {}, TOKEN),
    "salesforce": (lambda: FakeSalesforce().answer, {"client_id": CLIENT_ID, "key_field": KEY_FIELD}, _SALESFORCE),
    "sugar": (lambda: FakeSugar().answer, {"user": USER}, PASSWORD),
    "suitecrm": (lambda: FakeSuiteCrm().answer, {"user": "sam", "api": "auto"}, SAM.password),
    "suitecrm v8": (
        lambda: FakeSuiteCrm(root="legacy/", has_v4_1=False).answer,
        {"user": "sam", "api": "v8", "client_id": v8.CLIENT_ID},
        _V8,
    ),
    "vtiger": (lambda: FakeVtiger(php=8).answer, {"user": "sam", "api": "webservice"}, "samkey"),
}


@pytest.fixture(autouse=True)
def _new_sessions(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(http, "_TRIES", 1)
    forget_sessions()
    yield
    forget_sessions()


def calls(adapter: Adapter, seed: int) -> Iterator[Callable[[], object]]:
    """Reading and writing, with what earlier answers gave."""
    fields = {"last_name": "Bø", "company": "Bø AS", "email": f"ida{seed}@bo.example"}
    record_id, place = "1", ""
    yield adapter.test
    yield from (partial(adapter.describe, kind) for kind in RecordKind)
    yield adapter.owners
    with contextlib.suppress(HitchpostError):
        record_id = adapter.create(LEAD, fields, f"key-{seed}").id
    yield partial(adapter.get, LEAD, record_id)
    yield partial(adapter.find_by_email, "ida@bo.example", "ola@li.example")
    yield partial(adapter.update, LEAD, record_id, {"title": "CEO"}, "1")
    yield partial(adapter.changes, LEAD, place)
    with contextlib.suppress(HitchpostError):
        place = adapter.changes(LEAD, "").cursor
    yield partial(adapter.changes, LEAD, place)
    yield partial(adapter.activities, LEAD, record_id)
    yield partial(adapter.files, (LEAD, record_id))
    yield partial(adapter.gone, LEAD, [record_id])
    yield partial(adapter.related, (LEAD, record_id), RecordKind.CONTACT)
    yield partial(adapter.convert_lead, record_id, Conversion(), f"conversion-{seed}")
    yield partial(adapter.delete, LEAD, record_id)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", SERVERS)
def test_nonsense_is_one_of_our_errors(name: str, seed: int) -> None:
    make, options, secret = SERVERS[name]
    backend = registry.load(name.partition(" ")[0])
    with FakeServer(hostile(make(), random.Random(f"{name} {seed}"))) as server, contextlib.suppress(HitchpostError):
        connection = Connection("crm", backend.name, {"url": server.url, **options}, lambda: secret)
        with contextlib.closing(backend.open(connection)) as adapter:
            for call in calls(adapter, seed):
                with contextlib.suppress(HitchpostError):
                    call()


@pytest.mark.parametrize(
    "said", ["9" * 400, "Mon, 01 Jan 99999999999 23:59:59 +0000", "Mon, 1 Jan 2020 0:0:0 +" + "9" * 30]
)
def test_a_wait_or_a_clock_beyond_all_time_is_none(said: str) -> None:
    assert retry_after({"retry-after": said}) in (None, 86_400.0)
    assert Answer(200, {"date": said}, b"", "x.example", False).date is None


@pytest.mark.parametrize("value", ["1e99999999", 10**40, "9" * 5_000, "٣" * 20, "NaN", "-Infinity", True])
def test_numbers_that_no_database_holds_are_none(value: object) -> None:
    assert money_text(value) is None
    assert whole_of(value) is None
