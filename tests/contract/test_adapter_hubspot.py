"""HubSpot keeps the contract, with and without a property for keys; and its own quirks."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from crm_adapters import registry
from crm_adapters.contract import Adapter, Write
from crm_adapters.sessions import forget_sessions
from crm_adapters.testing import AdapterContract, fresh_key
from crm_model.errors import ConfigError, LoginNeeded, RateLimited, Rejected, UnknownOutcome
from crm_model.options import Connection, OptionValue
from crm_model.records import Activity, ActivityKind, Conversion, Record, RecordKind
from tests.fakes.hubspot import CLIENT_SECRET, OAUTH_SECRET, TOKEN, FakeHubSpot
from tests.fakes.hubspot_properties import PROPERTIES
from tests.fakes.server import FakeServer, Fault, Request

LEAD, CONTACT, ACCOUNT, OPPORTUNITY = RecordKind.LEAD, RecordKind.CONTACT, RecordKind.ACCOUNT, RecordKind.OPPORTUNITY


@pytest.fixture(autouse=True)
def _new_sessions() -> Iterator[None]:
    yield
    forget_sessions()


@contextlib.contextmanager
def connected(fake: FakeHubSpot, secret: str = TOKEN, **options: OptionValue) -> Iterator[Adapter]:
    with FakeServer(fake.answer) as server:
        given: dict[str, OptionValue] = {"url": server.url, "key_property": fake.key_property, **options}
        connection = Connection("crm", "hubspot", given, lambda: secret)
        with contextlib.closing(registry.load("hubspot").open(connection)) as adapter:
            yield adapter


class HubSpotContract(AdapterContract):
    def test_another_key_creates_another_record(self, adapter: Adapter) -> None:
        """Except for people: HubSpot has one with each address."""
        fields = self.sample(adapter, LEAD)
        adapter.create(LEAD, fields, fresh_key())
        with pytest.raises(Rejected) as refusal:
            adapter.create(LEAD, {**fields, "description": "Another enquiry"}, fresh_key())
        assert "email" in refusal.value.field_errors
        deal = self.sample(adapter, OPPORTUNITY)
        one, two = (adapter.create(OPPORTUNITY, deal, fresh_key()) for _ in range(2))
        assert (one.id == two.id) is not adapter.capabilities.keeps_keys


class TestWithoutKeys(HubSpotContract):
    @pytest.fixture
    def adapter(self) -> Iterator[Adapter]:
        with connected(FakeHubSpot()) as adapter:
            yield adapter


class TestWithKeys(HubSpotContract):
    @pytest.fixture
    def adapter(self) -> Iterator[Adapter]:
        with connected(FakeHubSpot(key_property="hitchpost_key"), api_version="2026-03") as adapter:
            yield adapter


# --- its own quirks ------------------------------------------------------------------------------------

_ADA = {"first_name": "Ada", "last_name": "Bø", "email": "ada@bo.example"}


class LostCreation(Fault):
    """A creation is carried out and nobody hears of it; the look-ups before it go well."""

    def matches(self, request: Request) -> bool:
        return request.method == "POST" and request.path.endswith(self.path)


@contextlib.contextmanager
def served(fake: FakeHubSpot) -> Iterator[FakeServer]:
    with FakeServer(fake.answer) as server:
        yield server


@contextlib.contextmanager
def opened(
    server: FakeServer, fake: FakeHubSpot, secret: str = TOKEN, kept: list[str] | None = None
) -> Iterator[Adapter]:
    given: dict[str, OptionValue] = {"url": server.url, "key_property": fake.key_property}
    held = [secret]

    def keep(text: str) -> None:
        held[0] = text
        if kept is not None:
            kept.append(text)

    connection = Connection("crm", "hubspot", given, lambda: held[0], keep_secret=keep)
    with contextlib.closing(registry.load("hubspot").open(connection)) as adapter:
        yield adapter


@pytest.mark.parametrize("key_property", ["", "hitchpost_key"])
def test_a_creation_whose_answer_got_lost_is_found_although_the_search_is_late(key_property: str) -> None:
    fake = FakeHubSpot(lag_seconds=3_600, key_property=key_property)
    with served(fake) as server, opened(server, fake) as adapter:
        key = fresh_key()
        server.fail(LostCreation(carried_out=True, sent=0.0, path="/contacts"))
        with pytest.raises(UnknownOutcome):
            adapter.create(LEAD, _ADA, key)
        assert adapter.create(LEAD, _ADA, key).fields["email"] == _ADA["email"]
        assert [record.id for record in adapter.find_by_email("ADA@bo.example")] == list(fake.things)
    assert len(fake.things) == 1


def test_an_activity_whose_answer_got_lost_is_not_logged_twice() -> None:
    fake = FakeHubSpot()
    with served(fake) as server, opened(server, fake) as adapter:
        lead = adapter.create(LEAD, _ADA, fresh_key())
        for kind, path in ((ActivityKind.NOTE, "/notes"), (ActivityKind.TASK, "/tasks"), (ActivityKind.CALL, "/calls")):
            activity = Activity(kind, "Offer", datetime.now(UTC), ((LEAD, lead.id),), body="a < b & c\nx")
            server.fail(LostCreation(carried_out=True, sent=0.0, path=path))
            with pytest.raises(UnknownOutcome):
                adapter.log_activity(activity, "key")
            adapter.log_activity(activity, "key")
        found = adapter.activities(LEAD, lead.id)
        assert sorted(each.kind for each in found) == ["call", "note", "task"]
        assert {each.body for each in found} == {"a < b & c\nx"}


def test_a_conversion_that_breaks_off_is_taken_up_again() -> None:
    fake = FakeHubSpot(key_property="hitchpost_key")
    whole = Conversion(account={"name": "Bø AS"}, opportunity={"name": "Kiosk", "amount": "9.50"})
    with served(fake) as server, opened(server, fake) as adapter:
        lead = adapter.create(LEAD, _ADA, fresh_key())
        for path in ("/companies", "/deals"):
            server.fail(LostCreation(carried_out=True, sent=0.0, path=path))
            with pytest.raises(UnknownOutcome):
                adapter.convert_lead(lead.id, whole, "key")
        made = adapter.convert_lead(lead.id, whole, "key")
        assert made.opportunity is not None
        assert made.opportunity.fields["contact_id"] == lead.id
        assert sorted(each.type for each in fake.things.values()) == ["companies", "contacts", "deals"]
        assert adapter.changes(LEAD, "").records == []
        assert [record.id for record in adapter.changes(CONTACT, "").records] == [lead.id]


def test_what_the_search_sees_late_is_told_later_and_once() -> None:
    fake = FakeHubSpot()
    with served(fake) as server, opened(server, fake) as adapter:
        first = adapter.create(ACCOUNT, {"name": "A"}, fresh_key())
        fake.lag_seconds = 30
        late = adapter.create(ACCOUNT, {"name": "B"}, fresh_key())
        fake.lag_seconds = 0
        soon = adapter.create(ACCOUNT, {"name": "C"}, fresh_key())
        read = adapter.changes(ACCOUNT, "")
        assert [record.id for record in read.records] == [first.id, soon.id]
        clock = fake.clock() + 60
        fake.clock = lambda: clock
        read = adapter.changes(ACCOUNT, read.cursor)
        assert [record.id for record in read.records] == [late.id]
        assert adapter.changes(ACCOUNT, read.cursor).records == []


def test_an_import_of_one_millisecond_is_read_page_by_page() -> None:
    fake = FakeHubSpot()
    fake.clock = lambda: 1_800_000_000.0
    ids = {fake.make("companies", name=f"C{number}") for number in range(250)}
    with served(fake) as server, opened(server, fake) as adapter:
        seen, cursor, more = [], "", True
        while more:
            read = adapter.changes(ACCOUNT, cursor)
            seen += [record.id for record in read.records]
            cursor, more = read.cursor, read.more
    assert set(seen) == ids
    assert len(seen) < 2 * len(ids)


def test_a_token_of_oauth_is_renewed_and_the_new_refresh_token_kept() -> None:
    fake, kept = FakeHubSpot(), []
    with served(fake) as server, opened(server, fake, OAUTH_SECRET, kept) as adapter:
        lead = adapter.create(LEAD, _ADA, fresh_key())
        fake.tokens = {"another"}
        assert adapter.update(LEAD, lead.id, {"phone": "1"}, lead.revision).fields["phone"] == "1"
        assert len(kept) == 2
        fake.tokens, fake.refresh_tokens = {"another"}, set()
        with pytest.raises(LoginNeeded) as error:
            adapter.get(LEAD, lead.id)
        assert CLIENT_SECRET not in str(error.value)


def test_a_secret_that_is_half_an_oauth_one_says_what_it_lacks() -> None:
    with connected(FakeHubSpot(), json.dumps({"client_id": "c"})) as adapter, pytest.raises(ConfigError) as error:
        adapter.owners()
    assert "refresh_token" in str(error.value)


def test_a_scope_that_is_missing_is_named_and_only_costs_what_needs_it() -> None:
    fake = FakeHubSpot()
    fake.lacking.add("crm.objects.owners.read")
    with served(fake) as server, opened(server, fake) as adapter:
        with pytest.raises(LoginNeeded) as error:
            adapter.owners()
        assert "crm.objects.owners.read" in str(error.value)
        lead = adapter.create(LEAD, _ADA, fresh_key())
        assert adapter.get(LEAD, lead.id).id == lead.id


def test_a_limit_of_the_search_says_how_long_to_wait() -> None:
    fake = FakeHubSpot()
    fake.searches_left = 0
    with served(fake) as server, opened(server, fake) as adapter, pytest.raises(RateLimited) as error:
        adapter.changes(LEAD, "")
    assert error.value.retry_after_seconds == 1.0


def test_a_batch_goes_in_one_call_and_one_bad_value_spoils_no_other() -> None:
    fake = FakeHubSpot()
    with served(fake) as server, opened(server, fake) as adapter:
        held = [adapter.create(ACCOUNT, {"name": f"C{number}"}, fresh_key()) for number in range(5)]
        writes = [Write(ACCOUNT, {"phone": "1"}, record_id=each.id, if_revision=each.revision) for each in held]
        assert all(isinstance(each, Record) and each.fields["phone"] == "1" for each in adapter.write(writes))
        assert len(server.took("POST", "batch/update")) == 1
        assert server.took("PATCH") == []
        PROPERTIES["companies"][0]["options"] = [{"value": "C9", "label": "C9"}]
        try:
            after = [adapter.get(ACCOUNT, each.id) for each in held]
            names = ["C9", "bad", "C9", "C9", "C9"]
            answers = adapter.write(
                [
                    Write(ACCOUNT, {"name": name}, record_id=each.id, if_revision=each.revision)
                    for each, name in zip(after, names, strict=True)
                ]
            )
        finally:
            PROPERTIES["companies"][0]["options"] = []
    assert [isinstance(each, Record) for each in answers] == [True, False, True, True, True]
    assert isinstance(answers[1], Rejected)
    assert "name" in answers[1].field_errors
