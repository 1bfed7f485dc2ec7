"""Leads are converted by vtiger or by hand, with the same result, and taken up again where it broke off."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from crm_adapters.sessions import forget_sessions
from crm_adapters.testing import fresh_key
from crm_model.errors import (
    Rejected,
    TryLater,
)
from crm_model.records import Activity, ActivityKind, Conversion, RecordKind
from tests.fakes.server import FakeServer, Fault, Reply, Request
from tests.fakes.vtiger import FakeVtiger
from tests.fakes.vtiger_place import Place

LEAD, CONTACT, ACCOUNT, OPPORTUNITY = RecordKind.LEAD, RecordKind.CONTACT, RecordKind.ACCOUNT, RecordKind.OPPORTUNITY
_WHOLE = Conversion(account={"name": "Bø AS"}, opportunity={"name": "Kiosk", "amount": "99.50"})
_ADA = {"first_name": "Ada", "last_name": "Bø", "email": "ada@bo.example", "company": "Bø AS"}


@pytest.fixture(autouse=True)
def _new_sessions() -> Iterator[None]:
    yield
    forget_sessions()


@pytest.fixture
def php8() -> Iterator[Place]:
    with contextlib.ExitStack() as stack:
        yield Place(stack, FakeVtiger(php=8))


@pytest.fixture
def php7() -> Iterator[Place]:
    with contextlib.ExitStack() as stack:
        yield Place(stack, FakeVtiger(php=7))


@pytest.fixture
def cloud() -> Iterator[Place]:
    with contextlib.ExitStack() as stack:
        yield Place(stack, FakeVtiger(cloud=True))


@pytest.mark.parametrize("manner", ["php7", "php8"])
def test_both_ways_of_converting_leave_the_same(manner: str, request: pytest.FixtureRequest) -> None:
    place: Place = request.getfixturevalue(manner)
    adapter = place.adapter()
    lead = adapter.create(LEAD, {**_ADA, "phone": "1", "description": "d"}, fresh_key())
    note = adapter.log_activity(Activity(ActivityKind.NOTE, "Hi", datetime.now(UTC), ((LEAD, lead.id),)), fresh_key())
    due_at = datetime.now(UTC).replace(microsecond=0) + timedelta(days=2)
    task = Activity(ActivityKind.TASK, "Call back", datetime.now(UTC), ((LEAD, lead.id),), due_at=due_at)
    adapter.log_activity(task, fresh_key())
    made = adapter.convert_lead(lead.id, _WHOLE, fresh_key())
    assert made.account is not None
    assert made.opportunity is not None
    assert made.opportunity.fields["amount"] == "99.50"
    assert made.contact.fields["phone"] == "1"
    assert made.contact.fields["description"] == made.opportunity.fields["description"] == "d"
    assert made.lead.fields["converted_opportunity_id"] == made.opportunity.id
    assert adapter.related((CONTACT, made.contact.id), OPPORTUNITY) == (made.opportunity.id,)
    moved = {activity.kind: activity for activity in adapter.activities(CONTACT, made.contact.id)}
    assert moved[ActivityKind.NOTE].id == note
    assert moved[ActivityKind.TASK].due_at == due_at
    assert (ACCOUNT, made.account.id) in moved[ActivityKind.TASK].about
    assert adapter.get(LEAD, lead.id).fields == made.lead.fields
    with pytest.raises(Rejected):
        adapter.update(LEAD, lead.id, {"phone": "2"}, made.lead.revision)


@pytest.mark.parametrize("manner", ["php7", "php8"])
@pytest.mark.parametrize("carried_out", [True, False])
def test_a_conversion_that_breaks_off_anywhere_is_taken_up_again(
    manner: str, carried_out: bool, request: pytest.FixtureRequest
) -> None:
    place: Place = request.getfixturevalue(manner)
    adapter, broken = place.adapter(), 0
    for step in range(30):
        fields = {**_ADA, "email": f"ada{step}@bo.example", "company": f"Company {step}"}
        lead, key = adapter.create(LEAD, fields, fresh_key()), fresh_key()
        adapter.log_activity(Activity(ActivityKind.NOTE, "Hi", datetime.now(UTC), ((LEAD, lead.id),)), fresh_key())
        whole = Conversion(account={"website": "www.bo.example"}, opportunity={"name": f"Deal {step}"})
        before = place.writes()
        place.server.fail(Nth(place, step, carried_out))
        try:
            adapter.convert_lead(lead.id, whole, key)
        except TryLater:
            broken += 1
        place.server.recover()
        made = adapter.convert_lead(lead.id, whole, key)
        assert made.account is not None
        assert (place.count("Contacts"), place.count("Potentials"), place.count("Accounts")) == (step + 1,) * 3
        assert made.lead.fields["converted_contact_id"] == made.contact.id
        assert any(each.subject == "Hi" for each in adapter.activities(CONTACT, made.contact.id))
        if place.writes() - before <= step:
            break
    assert broken >= (4 if manner == "php8" else 1)


class Nth(Fault):
    """The failure of the write of this number from now on."""

    def __init__(self, place: Place, step: int, carried_out: bool) -> None:
        super().__init__(carried_out=carried_out, sent=0.0)
        self._place, self._number = place, place.writes() + step + 1

    def matches(self, request: Request) -> bool:
        return request.method == "POST" and self._place.writes() == self._number


def test_a_conversion_that_vtiger_refuses_leaves_nothing_behind(php7: Place) -> None:
    adapter = php7.adapter()
    lead = adapter.create(LEAD, _ADA, fresh_key())
    fields = php7.fake.operations

    def answer(request: Request) -> Reply:
        reply = php7.fake.answer(request)
        if request.form.get("operation") == "convertlead":
            fields.entities[int(lead.id.partition("x")[2])].hidden = False
            for number, each in list(fields.entities.items()):
                if each.module in ("Contacts", "Potentials"):
                    del fields.entities[number]
            refusal = {"code": "UNKNOWN_OPERATION", "message": "closingdate does not have a value : Potentials"}
            return Reply(200, {"success": False, "error": refusal})
        return reply

    with FakeServer(answer) as server:
        refusing = php7.adapter(url=server.url)
        with pytest.raises(Rejected):
            refusing.convert_lead(lead.id, _WHOLE, fresh_key())
    assert php7.count("Accounts") == 0


def test_a_lead_joins_the_account_that_was_meant_of_two_with_one_name(php7: Place) -> None:
    adapter = php7.adapter()
    first = adapter.create(ACCOUNT, {"name": "Bø AS"}, fresh_key())
    second = php7.make("Accounts", accountname="Bø AS 2")
    php7.fake.operations.entities[int(second.partition("x")[2])].values["accountname"] = "Bø AS"
    lead = adapter.create(LEAD, _ADA, fresh_key())
    made = adapter.convert_lead(lead.id, Conversion(account_id=second, opportunity={"name": "K"}), fresh_key())
    assert made.account is not None
    assert made.opportunity is not None
    assert first.id != second == made.account.id == made.contact.fields["account_id"]
    assert made.opportunity.fields["account_id"] == second


def test_the_account_of_the_same_name_is_used_again_by_hand_too(php8: Place) -> None:
    adapter = php8.adapter()
    account = adapter.create(ACCOUNT, {"name": "Bø AS"}, fresh_key())
    lead = adapter.create(LEAD, _ADA, fresh_key())
    made = adapter.convert_lead(lead.id, _WHOLE, fresh_key())
    assert made.account is not None
    assert made.account.id == account.id
