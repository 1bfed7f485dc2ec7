"""Salesforce keeps the contract: with and without a field for our keys, with and without a conversion of its own."""

from __future__ import annotations

import base64
import contextlib
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from crm_adapters import registry
from crm_adapters.contract import Adapter, Write
from crm_adapters.sessions import forget_sessions
from crm_adapters.testing import AdapterContract
from crm_model.errors import (
    Busy,
    ConfigError,
    LoginNeeded,
    RateLimited,
    Rejected,
    StaleRevision,
    UnknownOutcome,
    Unreachable,
)
from crm_model.options import Connection
from crm_model.records import Conversion, Record, RecordKind
from tests.fakes.salesforce.server import CLIENT_ID, CLIENT_SECRET, KEY_FIELD, REFRESH_TOKEN, FakeSalesforce
from tests.fakes.server import FakeServer, Fault, Reply, empty_500, lost_answer, page

SECRET = json.dumps({"refresh_token": REFRESH_TOKEN, "client_secret": CLIENT_SECRET})


@pytest.fixture(autouse=True)
def fresh_sessions() -> None:
    forget_sessions()


def connect(server: FakeServer, secret: str = SECRET, **options: str) -> Adapter:
    chosen = {"url": server.url, "client_id": CLIENT_ID, "key_field": KEY_FIELD, **options}
    return registry.load("salesforce").open(Connection("crm", "salesforce", chosen, lambda: secret))


class TestWithKeys(AdapterContract):
    @pytest.fixture
    def adapter(self) -> Iterator[Adapter]:
        with FakeServer(FakeSalesforce().answer) as server:
            opened = connect(server)
            yield opened
            opened.close()


class TestByContentAndByHand(AdapterContract):
    @pytest.fixture
    def adapter(self) -> Iterator[Adapter]:
        with FakeServer(FakeSalesforce(converts=False).answer) as server:
            opened = connect(server, key_field="")
            yield opened
            opened.close()


LEAD = RecordKind.LEAD
ADA = {"last_name": "Lovelace", "company": "Analytical Engines", "email": "ada@x.example"}


@pytest.fixture
def fake() -> FakeSalesforce:
    return FakeSalesforce()


@pytest.fixture
def server(fake: FakeSalesforce) -> Iterator[FakeServer]:
    with FakeServer(fake.answer) as running:
        yield running


@pytest.fixture
def adapter(server: FakeServer) -> Iterator[Adapter]:
    opened = connect(server)
    yield opened
    opened.close()


def test_a_session_that_ended_is_renewed_once_for_all(server: FakeServer, fake: FakeSalesforce) -> None:
    adapters = [connect(server) for _ in range(4)]
    for opened in adapters:
        opened.describe(LEAD)
    fake.expire()
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda opened: opened.find_by_email("ada@x.example"), adapters))
    assert found == [()] * 4
    assert fake.logins == 2
    for opened in adapters:
        opened.close()


def test_a_session_that_the_api_never_takes_is_not_renewed_for_ever(server: FakeServer, adapter: Adapter) -> None:
    adapter.describe(LEAD)
    refused = [{"errorCode": "INVALID_SESSION_ID", "message": "This session is not valid for use with the REST API"}]
    server.fail(Fault(Reply(401, refused), path="/query", times=9))
    with pytest.raises(LoginNeeded):
        adapter.find_by_email("ada@x.example")
    assert len(server.took("POST", "/services/oauth2/token")) == 1


def test_a_token_that_rotates_is_kept(fake: FakeSalesforce, server: FakeServer) -> None:
    fake.rotates = True
    kept = [SECRET]
    options = {"url": server.url, "client_id": CLIENT_ID, "key_field": KEY_FIELD}
    connection = Connection("crm", "salesforce", options, lambda: kept[-1], kept.append)
    for _ in range(3):
        forget_sessions()
        with contextlib.closing(registry.load("salesforce").open(connection)) as opened:
            opened.describe(LEAD)
    assert len(kept) == 4
    assert json.loads(kept[-1])["client_secret"] == CLIENT_SECRET


def test_a_private_key_signs_in(fake: FakeSalesforce, server: FakeServer) -> None:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    fake.public_key = lambda assertion: _verified(assertion, private.public_key())
    opened = connect(server, pem, user="sam@example.com")
    assert opened.test().user == "Sam Seller"
    opened.close()


def _verified(assertion: str, key: rsa.RSAPublicKey) -> bool:
    signed, _, signature = assertion.rpartition(".")
    key.verify(base64.urlsafe_b64decode(signature + "=="), signed.encode(), PKCS1v15(), SHA256())
    claims = json.loads(base64.urlsafe_b64decode(signed.partition(".")[2] + "=="))
    assert claims["exp"] - time.time() < 180
    return bool((claims["iss"], claims["sub"]) == (CLIENT_ID, "sam@example.com"))


@pytest.mark.parametrize(
    ("secret", "error"),
    [
        ("nonsense", ConfigError),
        ("[1]", ConfigError),
        ("-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----", ConfigError),
        ('{"refresh_token": "old", "client_secret": "x"}', LoginNeeded),
    ],
)
def test_a_secret_that_is_none_is_told(server: FakeServer, secret: str, error: type[Exception]) -> None:
    opened = connect(server, secret)
    with pytest.raises(error) as raised:
        opened.test()
    assert "nonsense" not in str(raised.value)
    opened.close()


def test_a_field_for_keys_that_is_not_there_is_told(server: FakeServer) -> None:
    opened = connect(server, key_field="Nothing__c")
    with pytest.raises(ConfigError, match="Nothing__c"):
        opened.test()
    opened.close()


@pytest.mark.parametrize("key_field", [KEY_FIELD, ""])
def test_a_lost_answer_to_a_creation_makes_no_second_record(
    server: FakeServer, fake: FakeSalesforce, key_field: str
) -> None:
    opened = connect(server, key_field=key_field)
    server.fail(lost_answer(path="/sobjects/Lead", method="POST"))
    made = opened.create(LEAD, ADA, "key")
    assert list(fake.tables["Lead"]) == [made.id]
    opened.close()


def test_a_lost_answer_to_a_conversion_converts_once(
    server: FakeServer, adapter: Adapter, fake: FakeSalesforce
) -> None:
    lead = adapter.create(LEAD, ADA, "key")
    whole = Conversion(account={"name": "Analytical Engines", "website": "https://x.example"})
    server.fail(lost_answer(path="/services/Soap"))
    with pytest.raises(UnknownOutcome):
        adapter.convert_lead(lead.id, whole, "convert")
    adapter.convert_lead(lead.id, whole, "convert")
    assert [len(fake.tables[name]) for name in ("Account", "Contact")] == [1, 1]


def test_a_conversion_by_hand_that_broke_off_goes_on(server: FakeServer) -> None:
    fake = FakeSalesforce(converts=False)
    with FakeServer(fake.answer) as other:
        opened = connect(other, convert="by_hand")
        lead = opened.create(LEAD, {**ADA, "description": "Hei"}, "key")
        whole = Conversion(account={"name": "Analytical Engines"})
        other.fail(empty_500(path="/sobjects/Lead", method="PATCH"))
        with pytest.raises(UnknownOutcome):
            opened.convert_lead(lead.id, whole, "convert")
        converted = opened.convert_lead(lead.id, whole, "convert")
        assert [len(fake.tables[name]) for name in ("Account", "Contact")] == [1, 1]
        assert converted.lead.fields["description"] == "Hei"
        assert converted.lead.fields["converted_contact_id"] == converted.contact.id
        with pytest.raises(Rejected):
            opened.update(LEAD, lead.id, {"description": "x"}, converted.lead.revision)
        opened.close()


def test_a_batch_is_one_call_and_fails_in_part(server: FakeServer, adapter: Adapter) -> None:
    adapter.describe(LEAD)
    server.requests.clear()
    people = [Write(LEAD, {**ADA, "email": f"a{n}@x.example"}, key=f"k{n}") for n in range(200)]
    made = adapter.write((*people, Write(LEAD, {**ADA, "owner": "005000000000009AAA"}, key="bad")))
    assert [type(each) for each in made] == [Record] * 200 + [Rejected]
    assert len(server.requests) <= 6
    server.requests.clear()
    again = adapter.write(people)
    assert [each.id for each in again if isinstance(each, Record)] == [
        each.id for each in made if isinstance(each, Record)
    ]
    edits = [Write(LEAD, {"title": "Countess"}, record_id=each.id, if_revision=each.revision) for each in again]
    assert {each.fields["title"] for each in adapter.write(edits) if isinstance(each, Record)} == {"Countess"}
    assert [type(each) for each in adapter.write(edits)] == [StaleRevision] * 200


def test_a_record_changed_in_the_last_moment_is_stale(server: FakeServer, adapter: Adapter) -> None:
    lead = adapter.create(LEAD, ADA, "key")
    server.fail(Fault(Reply(412, [{"errorCode": "PRECONDITION_FAILED", "message": ""}]), method="PATCH"))
    with pytest.raises(StaleRevision):
        adapter.update(LEAD, lead.id, {"title": "x"}, lead.revision)
    assert "if-unmodified-since" in server.took("PATCH")[0].headers


def test_merged_records_say_where_they_went(adapter: Adapter, fake: FakeSalesforce) -> None:
    one, two = adapter.create(LEAD, ADA, "1"), adapter.create(LEAD, ADA, "2")
    fake.tables["Lead"][one.id] |= {"IsDeleted": True, "MasterRecordId": two.id}
    page = adapter.changes(LEAD, "")
    assert (page.removed, page.merged) == ([one.id], {one.id: two.id})


def test_limits_locks_and_silence_are_told_apart(server: FakeServer, adapter: Adapter, fake: FakeSalesforce) -> None:
    adapter.describe(LEAD)
    locked = [{"errorCode": "UNABLE_TO_LOCK_ROW", "message": "unable to obtain exclusive access", "fields": []}]
    for fault, error in (
        (Fault(Reply(400, locked), path="/query"), Busy),
        (Fault(Reply(420, b""), path="/query", times=3), Unreachable),
        (page(503, path="/query", times=3), Unreachable),
        (Fault(Reply(403, [{"errorCode": "REQUEST_LIMIT_EXCEEDED"}]), path="/query", times=3), RateLimited),
    ):
        server.recover()
        server.fail(fault)
        with pytest.raises(error):
            adapter.find_by_email("ada@x.example")


def test_calls_stop_before_the_limit_of_the_organisation(server: FakeServer, fake: FakeSalesforce) -> None:
    fake.limit = 100
    opened = connect(server, client_id=CLIENT_ID)
    with pytest.raises(RateLimited):
        for _ in range(200):
            opened.find_by_email("ada@x.example")
    assert fake.calls < 100
    opened.close()
