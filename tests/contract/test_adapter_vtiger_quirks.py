"""What is vtiger's own: lost answers, sessions, races, conversions that break off, deletions that few are told of."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from crm_adapters.sessions import forget_sessions
from crm_adapters.testing import fresh_key
from crm_model.errors import (
    LoginNeeded,
    NotSupported,
    RateLimited,
    Rejected,
    StaleRevision,
    UnknownOutcome,
    Unreachable,
)
from crm_model.records import Activity, ActivityKind, Conversion, RecordKind
from tests.fakes.server import FakeServer, Fault, Reply, Request, empty_500, lost_answer, page
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


# --- signing in ----------------------------------------------------------------------------------------


def test_a_session_that_ended_is_renewed_and_the_write_sent_once_more(php8: Place) -> None:
    adapter = php8.adapter()
    lead = adapter.create(LEAD, _ADA, fresh_key())
    php8.fake.end_sessions()
    assert adapter.update(LEAD, lead.id, {"phone": "1"}, lead.revision).fields["phone"] == "1"
    php8.fake.end_sessions()
    adapter.create(LEAD, {**_ADA, "email": "b@bo.example"}, fresh_key())
    assert php8.count("Leads") == 2


def test_adapters_of_one_user_share_one_login_and_one_is_in_flight(php8: Place) -> None:
    php8.server.latency_seconds = 0.02
    adapters = [php8.adapter() for _ in range(4)]
    threads = [threading.Thread(target=adapter.owners) for adapter in adapters]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    asked = [request for request in php8.server.requests if request.params.get("operation") == "getchallenge"]
    assert len(asked) == 1


def test_another_program_that_takes_the_challenge_only_costs_a_try(php8: Place) -> None:
    taken = []

    def answer(request: Request) -> Reply:
        if request.form.get("operation") == "login" and len(taken) < 2:
            taken.append(php8.fake.challenges.pop("sam") if not taken else None)
            php8.fake.challenges["sam"] = ("another", 1e12)
        return php8.fake.answer(request)

    with FakeServer(answer) as server:
        adapter = php8.adapter(url=server.url)
        assert adapter.test().user == "Sam Seller"


def test_a_wrong_key_or_user_needs_a_login(php8: Place) -> None:
    for user, secret in (("sam", "canary-1"), ("nobody", "canary-2")):
        with pytest.raises(LoginNeeded) as error:
            php8.adapter(user, secret).test()
        assert "access key" in str(error.value)
        assert secret not in str(error.value)


# --- faults --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [lost_answer(method="POST"), empty_500(carried_out=True, method="POST")])
def test_a_creation_whose_answer_got_lost_is_found_again(php8: Place, fault: Fault) -> None:
    adapter, key = php8.adapter(), fresh_key()
    adapter.owners()
    php8.server.fail(replace(fault))
    with pytest.raises(UnknownOutcome):
        adapter.create(LEAD, _ADA, key)
    assert php8.count("Leads") == 1
    found = adapter.create(LEAD, _ADA, key)
    assert php8.count("Leads") == 1
    assert found.fields["email"] == _ADA["email"]


def test_a_web_page_is_told_from_data(php8: Place) -> None:
    adapter = php8.adapter()
    adapter.owners()
    php8.server.fail(page(200, times=9))
    with pytest.raises(Unreachable) as error:
        adapter.get(LEAD, "10x1")
    assert "web page" in str(error.value)


def test_warnings_of_php_before_the_data_do_no_harm(php8: Place) -> None:
    def answer(request: Request) -> Reply:
        reply = php8.fake.answer(request)
        return Reply(reply.status, b"<br />\n<b>Deprecated</b>: x in y.php on line 3<br />\n" + reply.content())

    with FakeServer(answer) as server:
        assert php8.adapter(url=server.url).test().product == "vtiger CRM 8.0.0"


def test_a_limit_of_the_cloud_is_waited_for_and_learnt_before_it_is_hit(cloud: Place) -> None:
    adapter = cloud.adapter(api="cloud")
    adapter.owners()
    cloud.fake.calls_left = 2
    with pytest.raises(RateLimited):
        for _ in range(4):
            adapter.find_by_email("ada@bo.example")
    assert cloud.fake.calls_left is not None


# --- values --------------------------------------------------------------------------------------------


def test_cents_that_vtiger_would_round_away_are_refused_with_the_mend(php8: Place) -> None:
    with pytest.raises(Rejected) as refusal:
        php8.adapter("admin").create(OPPORTUNITY, {"name": "Kiosk", "amount": "12.50"}, fresh_key())
    assert "preferences" in refusal.value.field_errors["amount"]
    assert (
        php8.adapter("sam").create(OPPORTUNITY, {"name": "K", "amount": "12.50"}, fresh_key()).fields["amount"]
        == "12.50"
    )


def test_what_vtiger_insists_on_is_filled_in(php8: Place) -> None:
    adapter = php8.adapter()
    lead = adapter.create(LEAD, {"email": "someone@bo.example"}, fresh_key())
    assert (lead.fields["last_name"], lead.fields["owner"]) == ("someone@bo.example", "19x5")
    deal = adapter.create(OPPORTUNITY, {"name": "Kiosk"}, fresh_key())
    assert deal.fields["stage"] == "Prospecting"
    assert str(deal.fields["closes_on"]) > datetime.now(UTC).date().isoformat()
    with pytest.raises(Rejected):
        adapter.update(OPPORTUNITY, deal.id, {"closes_on": ""}, deal.revision)


def test_more_addresses_than_fit_go_into_a_new_description_and_are_refused_later(php8: Place) -> None:
    adapter = php8.adapter()
    lead = adapter.create(LEAD, {**_ADA, "other_emails": ("b@x.example", "c@x.example")}, fresh_key())
    assert lead.fields["other_emails"] == ("b@x.example",)
    assert "c@x.example" in str(lead.fields["description"])
    with pytest.raises(Rejected) as refusal:
        adapter.update(LEAD, lead.id, {"other_emails": ("b@x.example", "c@x.example")}, lead.revision)
    assert "other_emails" in refusal.value.field_errors


def test_a_second_account_of_the_name_is_refused_by_name(php8: Place) -> None:
    adapter = php8.adapter()
    adapter.create(ACCOUNT, {"name": "Bø AS"}, fresh_key())
    with pytest.raises(Rejected) as refusal:
        adapter.create(ACCOUNT, {"name": "Bø AS"}, fresh_key())
    assert "name" in refusal.value.field_errors


def test_a_save_that_changes_nothing_and_a_link_make_no_edit_stale(php8: Place) -> None:
    adapter = php8.adapter()
    lead = adapter.create(LEAD, _ADA, fresh_key())
    php8.fake.now = php8.fake.clock().timestamp() + 60
    php8.fake.operations.touch(int(lead.id.partition("x")[2]), php8.fake.users["tia"])
    after = adapter.update(LEAD, lead.id, {"phone": "1"}, lead.revision)
    with pytest.raises(StaleRevision):
        adapter.update(LEAD, lead.id, {"phone": "2"}, lead.revision)
    assert after.url.endswith(f"index.php?module=Leads&view=Detail&record={lead.id.partition('x')[2]}")


def test_server_time_is_told_in_utc(php8: Place) -> None:
    php8.fake.now = datetime(2026, 7, 1, 12, 0, tzinfo=UTC).timestamp()
    lead = php8.adapter(time_zone="Europe/Oslo").create(LEAD, _ADA, fresh_key())
    assert lead.modified_at == datetime(2026, 7, 1, 10, 0, tzinfo=UTC)


def test_without_a_field_for_marks_equal_content_is_taken_for_one(php8: Place) -> None:
    adapter = php8.adapter(key_field="cf_none")
    one, two = (adapter.create(LEAD, _ADA, fresh_key()) for _ in range(2))
    assert one.id == two.id
    assert adapter.create(LEAD, {**_ADA, "phone": "1"}, fresh_key()).id != one.id
    assert any("key_field" in note for note in adapter.test().notes)


# --- changes -------------------------------------------------------------------------------------------


def test_changes_of_one_second_and_rows_that_show_late_are_all_told_once(php8: Place) -> None:
    adapter = php8.adapter()
    php8.fake.now = 1_800_000_000
    ids = {php8.make("Leads", lastname=f"L{number}") for number in range(250)}
    seen, cursor = [], ""
    while True:
        read = adapter.changes(LEAD, cursor)
        seen += [record.id for record in read.records]
        cursor = read.cursor
        if not read.more:
            break
    assert sorted(seen) == sorted(ids)
    assert adapter.changes(LEAD, cursor).records == []
    php8.fake.now -= 60
    late = php8.make("Leads", lastname="Late")
    assert [record.id for record in adapter.changes(LEAD, cursor).records] == [late]


def test_deletions_of_ones_own_records_are_told_under_php_7_and_all_by_comparing(php7: Place) -> None:
    adapter = php7.adapter()
    mine = adapter.create(LEAD, _ADA, fresh_key())
    other = php7.make("Leads", lastname="Other")
    cursor = adapter.changes(LEAD, "").cursor
    php7.fake.now = php7.fake.clock().timestamp() + 5
    for record_id in (mine.id, other):
        adapter.delete(LEAD, record_id)
    read = adapter.changes(LEAD, cursor)
    assert read.removed == (mine.id,)
    assert adapter.changes(LEAD, read.cursor).removed == ()
    assert adapter.gone(LEAD, (mine.id, other)) == {mine.id, other}


def test_a_lead_that_somebody_converted_is_told_as_converted_not_as_deleted(php7: Place) -> None:
    adapter = php7.adapter()
    lead = adapter.create(LEAD, _ADA, fresh_key())
    cursor = adapter.changes(LEAD, "").cursor
    php7.fake.now = php7.fake.clock().timestamp() + 5
    contact = {"create": True, "name": "Contacts", "lastname": "Bø", "email": "ada@bo.example"}
    asked = {"leadId": lead.id, "entities": {"Contacts": contact}}
    made = php7.fake.operations.run("convertlead", {"element": json.dumps(asked)}, php7.fake.users["sam"], {})
    assert isinstance(made, dict)
    read = adapter.changes(LEAD, cursor)
    assert read.removed == ()
    assert [record.fields["converted_contact_id"] for record in read.records] == [made["Contacts"]]
    assert adapter.gone(LEAD, (lead.id,)) == frozenset()


# --- activities and links ------------------------------------------------------------------------------


def test_a_mail_logged_by_two_agents_stands_once_on_each_record(php8: Place) -> None:
    sam, tia = php8.adapter("sam"), php8.adapter("tia")
    person, deal = sam.create(CONTACT, _ADA_CONTACT, fresh_key()), sam.create(OPPORTUNITY, {"name": "K"}, fresh_key())
    mail = Activity(
        ActivityKind.EMAIL, "Quote", datetime.now(UTC), ((CONTACT, person.id), (OPPORTUNITY, deal.id)),
        message_id="<m@x.example>", direction="out", recipients=("ada@bo.example", "b@bo.example"),
        sender=f"{'long' * 20}@x.example",
    )  # fmt: skip
    first = sam.log_activity(mail, fresh_key())
    assert tia.log_activity(mail, fresh_key()) == first
    (held,) = tia.activities(CONTACT, person.id)
    assert (held.sender, held.recipients, held.message_id) == (mail.sender, mail.recipients, mail.message_id)
    (copy,) = tia.activities(OPPORTUNITY, deal.id)
    assert (copy.kind, copy.at, copy.message_id) == (
        ActivityKind.EMAIL,
        mail.at.replace(microsecond=0),
        mail.message_id,
    )
    sam.delete_activity(first)
    assert sam.activities(CONTACT, person.id) == sam.activities(OPPORTUNITY, deal.id) == ()


_ADA_CONTACT = {name: value for name, value in _ADA.items() if name != "company"}


def test_a_logged_activity_whose_answer_got_lost_is_completed_not_doubled(php8: Place) -> None:
    adapter, key = php8.adapter(), fresh_key()
    person, deal = (
        adapter.create(CONTACT, _ADA_CONTACT, fresh_key()),
        adapter.create(OPPORTUNITY, {"name": "K"}, fresh_key()),
    )
    about = ((CONTACT, person.id), (OPPORTUNITY, deal.id))
    call = Activity(ActivityKind.CALL, "Call", datetime.now(UTC), about)
    mail = Activity(ActivityKind.EMAIL, "Mail", datetime.now(UTC), about, message_id="<m@x>")
    for activity in (call, mail):
        adapter.activities(CONTACT, person.id)
        php8.server.fail(lost_answer(method="POST"))
        with pytest.raises(UnknownOutcome):
            adapter.log_activity(activity, key)
        adapter.log_activity(activity, key)
    for kind, record_id in about:
        assert sorted(each.subject for each in adapter.activities(kind, record_id)) == ["Call", "Mail"]


def test_who_may_store_no_e_mails_leaves_a_comment_once(php8: Place) -> None:
    php8.fake.operations.closed.add(("sam", "Emails"))
    adapter = php8.adapter()
    lead = adapter.create(LEAD, _ADA, fresh_key())
    mail = Activity(
        ActivityKind.EMAIL, "Quote", datetime.now(UTC), ((LEAD, lead.id),), message_id="<m@x>", direction="in", body="b"
    )  # fmt: skip
    first = adapter.log_activity(mail, fresh_key())
    php8.fake.end_sessions()
    assert adapter.log_activity(mail, fresh_key()) == first
    (held,) = adapter.activities(LEAD, lead.id)
    assert (held.kind, held.message_id, held.direction, held.body) == (ActivityKind.EMAIL, "<m@x>", "in", "b")


def test_activities_of_colleagues_are_read_too(php8: Place) -> None:
    adapter = php8.adapter()
    lead = php8.make("Leads", lastname="L")
    php8.make("ModComments", commentcontent="Called him\r\nwill buy", related_to=lead)
    mail = {"from_email": "sam@example.com", "saved_toid": "a@x", "date_start": "2026-11-20", "time_start": "14:30:00"}
    php8.make("Emails", **mail, subject="Offer", description="<p>Hello <b>you</b></p>", parent_id=lead)
    mailed, noted = sorted(adapter.activities(LEAD, lead), key=lambda each: each.kind)
    assert (mailed.body, mailed.at) == ("Hello you", datetime(2026, 11, 20, 14, 30, tzinfo=UTC))
    assert (noted.subject, noted.body) == ("Called him", "Called him\nwill buy")


def test_a_contact_on_an_opportunity_s_list_can_t_be_taken_off_from_outside(php8: Place) -> None:
    adapter = php8.adapter()
    deal = (OPPORTUNITY, adapter.create(OPPORTUNITY, {"name": "K"}, fresh_key()).id)
    one, two = (
        (CONTACT, adapter.create(CONTACT, {**_ADA_CONTACT, "email": f"{n}@x.example"}, fresh_key()).id) for n in "ab"
    )
    for contact in (one, two):
        adapter.relate(deal, contact)
    with pytest.raises(NotSupported):
        adapter.unrelate(deal, two)
    assert set(adapter.related(deal, CONTACT)) == {one[1], two[1]}


def test_a_cloud_can_take_it_off(cloud: Place) -> None:
    adapter = cloud.adapter(api="cloud")
    deal = (OPPORTUNITY, adapter.create(OPPORTUNITY, {"name": "K"}, fresh_key()).id)
    contacts = [(CONTACT, cloud.make("Contacts", lastname=name)) for name in "ab"]
    for contact in contacts:
        adapter.relate(deal, contact)
    for contact in contacts:
        adapter.unrelate(deal, contact)
    assert adapter.related(deal, CONTACT) == ()
