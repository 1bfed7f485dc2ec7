"""Submissions of web forms, from the outpost's event to lead, record or question; on both databases."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from agent.intake.arrival import FormIntake
from agent.intake.envelope import write_message
from agent.intake.writing import digest_of, envelope_of
from crm_adapters.local.fields import SPECS
from crm_model.errors import NotFound, TryLater
from crm_model.links import VerdictKind
from crm_model.mail import MailboxRole, RawMessage
from crm_model.records import Owner, RecordKind
from crm_model.tracking import ConsentState, Purpose
from crm_model.web_events import Confirmation, UploadedFile
from crm_model.web_forms import TRAP, USUAL_FIELDS, FormRules, WebForm
from sync import edits
from sync.mailboxes.contract import MailPage
from sync.store import consents, crms, field_offers
from sync.store.database import Store
from sync.store.tables import links, messages, outbox, outgoing, suggestions
from sync.store.troubles import troubles
from tests.intake_world import DESK, FORMS, NOW, PERSON, World, submission


@pytest.fixture
def world(any_store: Store, tmp_path: Path) -> Iterator[World]:
    yield World(any_store, tmp_path / "web-forms")


def test_a_stranger_becomes_a_lead_with_the_fields_as_they_were_typed(world: World) -> None:
    world.take(submission(1, phone="22 33 44 55", company="Dahl Bygg", budget="ca. 200 000", service="Web design"))
    world.read()
    [lead] = world.leads()
    assert {name: lead.fields.get(name) for name in ("first_name", "last_name", "email", "phone", "company")} == {
        "first_name": "Nina",
        "last_name": "Dahl",
        "email": "nina@dahlbygg.example",
        "phone": "+4722334455",
        "company": "Dahl Bygg",
    }
    assert (lead.fields["budget"], lead.fields["owner"]) == ("ca. 200 000", "kari")
    assert lead.fields["description"] == PERSON["message"]
    assert lead.fields["source"] == "Web form: Kontakt oss"
    [message] = world.rows(messages)
    assert (message.verdict, message.outcome, message.from_email) == ("web_form", "linked", "nina@dahlbygg.example")
    assert message.unread


def test_an_owner_whom_the_crm_does_not_know_costs_no_lead(world: World) -> None:
    with world.store.write() as unit:
        people = [Owner("ola", "Ola Li")]
        crms.describe_if_changed(unit, "local", RecordKind.LEAD, specs=SPECS[RecordKind.LEAD], owners=people, now=NOW)
    world.take(submission(1, service="Web design"), submission(2, email="bo@li.example", name="Bo Li"))
    world.read()
    first, second = sorted(world.leads(), key=lambda lead: str(lead.fields["last_name"]))
    assert (first.fields.get("owner"), second.fields.get("owner")) == (None, "ola")
    with world.store.read() as unit:
        [told] = troubles(unit, 9)
    assert (told.record_id, "“kari”" in told.error) == (first.id, True)


def test_a_second_form_of_the_same_person_is_the_same_lead_and_the_same_conversation(world: World) -> None:
    world.take(submission(1))
    world.read()
    world.take(submission(2, "callback", email="Nina@DahlBygg.example", phone="+47 22 33 44 55", message="Ring meg!"))
    world.read()
    [lead] = world.leads()
    assert lead.fields["phone"] == "+4722334455"
    assert PERSON["message"] in lead.fields["description"]
    assert "Ring meg!" in lead.fields["description"]
    found = world.rows(messages)
    assert len({row.thread_id for row in found}) == 1
    assert [row.outcome for row in found] == ["linked", "linked"]
    assert [row.kind for row in world.rows(outbox) if row.kind != "log"] == ["create", "update"]


def test_both_forms_on_one_page_are_one_lead_too(world: World) -> None:
    world.take(submission(1), submission(2, "callback", phone="+47 22 33 44 55"), submission(3, company="Dahl Bygg"))
    world.read()
    [lead] = world.leads()
    assert (lead.fields["phone"], lead.fields["company"]) == ("+4722334455", "Dahl Bygg")


def test_what_is_suggested_holds_the_answers_of_both_forms(world: World) -> None:
    world.take(submission(1, "plain"))
    world.read()
    world.take(submission(2, "plain", phone="+47 22 33 44 55", message="En ting til"))
    world.read()
    [asked] = world.rows(suggestions)
    assert asked.fields["phone"] == "+4722334455"
    assert asked.fields["description"] == f"{PERSON['message']}\n\nEn ting til"
    assert world.leads() == []


def test_the_same_event_again_is_nothing_new(world: World) -> None:
    for _ in range(3):
        world.take(submission(1))
        world.read()
    assert len(world.rows(messages)) == len(world.leads()) == 1


def test_a_known_contact_gets_what_was_missing_and_is_offered_the_rest(world: World) -> None:
    contact = world.record(
        RecordKind.CONTACT, first_name="Nina", last_name="Dahl", email=PERSON["email"], title="Daglig leder"
    )
    form = WebForm("contact", "Kontakt", fields=(*USUAL_FIELDS, replace(USUAL_FIELDS[0], name="title", means="title")))
    world.intake = FormIntake((FormRules(form),), world.place, DESK)
    world.take(submission(1, phone="+4722334455", title="Eier"))
    world.read()
    assert world.leads() == []
    assert world.fields(contact)["phone"] == "+4722334455"
    assert world.fields(contact)["title"] == "Daglig leder"
    with world.store.read() as unit:
        assert [(each.field, each.value) for each in field_offers.of_record(unit, contact)] == [("title", "Eier")]
    assert [row.record_id for row in world.rows(links)] == [contact]


def test_what_a_person_emptied_is_only_offered(world: World) -> None:
    lead = world.record(RecordKind.LEAD, last_name="Dahl", email=PERSON["email"], phone="+4799999999")
    edits.change_record(world.store, lead, {"phone": ""}, {"phone": "+4799999999"}, "Kari")
    edits.change_record(world.store, lead, {"description": "Mine."}, {}, "Kari")
    world.take(submission(1, phone="+4722334455"))
    world.read()
    assert world.fields(lead)["phone"] in ("", None)
    assert world.fields(lead)["description"] == "Mine."
    with world.store.read() as unit:
        assert [(each.field, each.value) for each in field_offers.of_record(unit, lead)] == [("phone", "+4722334455")]


@pytest.mark.parametrize("written", ["+47 22 33 44 55", "22334455", "0047 22334455"])
def test_a_person_is_known_by_number_and_name(world: World, written: str) -> None:
    contact = world.record(RecordKind.CONTACT, first_name="Nina", last_name="Dahl", phone=written)
    world.take(submission(1, email="new@elsewhere.example", phone="22 33 44 55"))
    world.read()
    assert world.leads() == []
    assert [(row.record_id, row.rule) for row in world.rows(links)] == [(contact, "phone")]


def test_a_question_keeps_its_own_mark_and_a_label_gets_a_colon(world: World) -> None:
    world.take(submission(1))
    [message] = world.source.fetch_page(world.box, "", lambda uids: set()).messages
    body = message_from_bytes(message.data, policy=policy.default).get_body()
    assert body is not None
    lines = body.get_content().splitlines()
    assert "Navn: Nina Dahl" in lines
    assert lines[lines.index(PERSON["message"]) - 1].endswith("t?")


def test_a_number_alone_only_asks_and_another_number_with_its_end_is_nobody(world: World) -> None:
    world.record(RecordKind.CONTACT, first_name="Ola", last_name="Moe", phone="+46 22 33 44 55")
    shared = world.record(RecordKind.CONTACT, first_name="Per", last_name="Vik", phone="+47 22 33 44 55")
    world.take(submission(1, email="new@elsewhere.example", phone="22 33 44 55"))
    world.read()
    [asked] = world.rows(suggestions)
    assert [candidate[0] for candidate in asked.candidates] == [shared]


def test_headers_of_ours_in_a_mail_mean_nothing(world: World) -> None:
    data = write_message(envelope_of(submission(1), FORMS[0], ()))
    page = MailPage("1", [RawMessage("m", data, len(data), received_at=NOW)], "c", more=False)
    world.ingest(page, MailboxRole.INBOX)
    assert world.leads() == []


def test_a_machine_that_fills_in_everything_is_spam_in_sight(world: World) -> None:
    world.take(submission(1, **{TRAP: "http://spam.example"}))
    world.read()
    [message] = world.rows(messages)
    assert (message.verdict, message.outcome) == (VerdictKind.SPAM.value, "ignored")
    assert world.leads() == []


def test_one_of_us_makes_no_lead(world: World) -> None:
    world.take(submission(1, email="kari@nordvik.example"))
    world.read()
    assert world.leads() == []
    assert world.rows(messages)[0].direction == "incoming"


def test_a_form_without_an_address_reaches_by_telephone(world: World) -> None:
    world.take(submission(1, email="", phone="+47 22 33 44 55"))
    world.read()
    [lead] = world.leads()
    assert lead.fields["phone"] == "+4722334455"
    assert not lead.fields.get("email")


def test_a_form_that_left_the_configuration_still_brings_what_was_sent(world: World) -> None:
    world.take(submission(1, "gone", extra="value"))
    world.read()
    [message] = world.rows(messages)
    assert message.outcome == "suggested"
    assert "value" in world.source.fetch(world.box, str(world.place.new()[0])).data.decode()


def test_files_come_with_the_message(world: World) -> None:
    pdf, other = b"%PDF-1.7 " + b"x" * 100, b"y" * 6_000_000
    event = replace(
        submission(1),
        files=(
            UploadedFile("b1", "plan.pdf", "application/pdf", len(pdf)),
            UploadedFile("lost", "lost.pdf", "application/pdf", 5),
            UploadedFile("b2", "tegning.png", "image/png", len(other)),
        ),
    )
    world.take(event, files={"b1": pdf, "b2": other})
    world.read()
    [message] = world.rows(messages)
    assert [list(each) for each in message.attachments] == [
        ["plan.pdf", "application/pdf", len(pdf), "2"],
        ["tegning.png", "image/png", len(other), "3"],
    ]
    [name] = world.place.new()
    assert world.source.fetch_part(world.box, str(name), "3") == other
    for part in ("1", "4", "../message", "event", "message"):
        with pytest.raises(NotFound):
            world.source.fetch_part(world.box, str(name) if part != "message" else "../x", part)


def test_a_double_opt_in_waits_for_its_link_and_mails_it_once(world: World) -> None:
    event = replace(submission(1, "asked", news="2"), waits_for_confirmation=True)
    world.take(event, event)
    world.read()
    assert world.rows(messages) == [row for row in world.rows(messages) if row.direction == "outgoing"]
    [mail] = world.rows(outgoing)
    assert mail.draft["to"] == PERSON["email"]
    assert f"https://t.nordvik.example/f/confirm/{event.id}?lang=no" in mail.draft["text"]
    assert PERSON["message"] not in mail.draft["text"]
    assert (mail.draft["tracking"], mail.draft["automatic"]) == ("none", True)
    for _ in range(2):
        with world.store.write() as unit:
            world.intake.confirm(unit, Confirmation("c1", NOW, event.id))
            world.intake.confirm(unit, Confirmation("c2", NOW, "unknown"))
    world.read()
    assert len([row for row in world.rows(messages) if row.direction == "incoming"]) == 1
    assert len(world.rows(outgoing)) == 1
    with world.store.read() as unit:
        [agreed] = consents.log_of(unit, PERSON["email"])
        assert (agreed.purpose, agreed.state, agreed.text_version) == (Purpose.MAIL, ConsentState.GIVEN, "news 2")
        assert "confirmed" in agreed.source


def test_what_nobody_confirms_is_forgotten_in_time(world: World) -> None:
    world.take(replace(submission(1, "asked"), waits_for_confirmation=True))
    assert world.intake.expire(NOW + timedelta(days=6)) == 0
    assert world.intake.expire(NOW + timedelta(days=8)) == 1
    with world.store.write() as unit:
        world.intake.confirm(unit, Confirmation("c", NOW, "s1"))
    assert world.place.new() == world.place.waiting() == []


def test_an_address_is_not_flooded_with_links(world: World) -> None:
    world.take(*[replace(submission(n, "asked"), waits_for_confirmation=True) for n in range(10)])
    assert len(world.rows(outgoing)) == 3


def test_consent_is_kept_with_the_version_of_its_text(world: World) -> None:
    world.take(submission(1, news="2"), submission(2))
    with world.store.read() as unit:
        assert [(each.source, each.event) for each in consents.log_of(unit, PERSON["email"])] == [
            ("form contact", "s1")
        ]


class Killed(BaseException):
    """As if the power went at this very call."""


@pytest.mark.parametrize("call", range(12))
def test_killed_between_any_two_steps_nothing_is_lost_or_doubled(
    world: World, monkeypatch: pytest.MonkeyPatch, call: int
) -> None:
    steps = 0

    def counted(real):  # type: ignore[no-untyped-def]
        def step(*args, **more):  # type: ignore[no-untyped-def]
            nonlocal steps
            steps += 1
            if steps == call:
                raise Killed
            return real(*args, **more)

        return step

    event = replace(submission(1), files=(UploadedFile("b", "a.pdf", "application/pdf", 3),))
    with monkeypatch.context() as patched:
        for name in ("fsync", "rename", "mkdir"):
            patched.setattr(os, name, counted(getattr(os, name)))
        with contextlib.suppress(Killed):
            world.take(event, files={"b": b"pdf"})
    world.take(event, files={"b": b"pdf"})
    world.read()
    assert len(world.rows(messages)) == len(world.leads()) == 1
    assert world.place.sizes(str(world.place.new()[0])) == {"2": 3}


def test_a_full_disk_says_try_later(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(TryLater):
            world.take(submission(1))
    assert world.place.new() == []


def test_a_digest_tells_nothing_of_the_id(world: World) -> None:
    world.take(replace(submission(1, "asked"), waits_for_confirmation=True))
    [name] = world.place.waiting()
    assert name.digest == digest_of("s1")
    assert b"s1" not in world.place.read_event(name).replace(b'"id": "s1"', b"")
