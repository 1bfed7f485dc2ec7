"""Mail goes out once: through every fault, on both databases, with a Maildir for Sent and a server that misbehaves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crm_model.errors import Rejected
from crm_model.mail import DeliveryState, Direction, Outcome
from sync import edits, queries
from sync.composing.answering import begin_answer
from sync.composing.draft import Draft, DraftFile, DraftKind
from sync.store import outgoing, outgoing_messages
from sync.store.database import Store
from sync.store.tables import activities, links, messages, outgoing_files, threads
from sync.views import Mailview
from tests.sending_desk import ENQUIRY, SendingDesk
from tests.servers.scripted_smtp import CUT, CUT_TAKEN, running_smtp

WAITING, SENT, UNSURE, FAILED, DRAFT = (
    DeliveryState.WAITING,
    DeliveryState.SENT,
    DeliveryState.UNSURE,
    DeliveryState.FAILED,
    DeliveryState.DRAFT,
)


@pytest.fixture
def desk(any_store: Store, tmp_path: Path) -> Iterator[SendingDesk]:
    with running_smtp() as server:
        yield SendingDesk(any_store, tmp_path, server)


def test_a_mail_shows_at_once_and_goes_out_once(desk: SendingDesk) -> None:
    mail = desk.send(bcc="boss@fjord.example")
    (view,) = desk.conversation(mail).messages
    assert (view.direction, view.delivery and view.delivery.state) == (Direction.OUTGOING, WAITING)
    tally = desk.step()
    assert desk.state(mail) is SENT
    assert (tally.mails_sent, tally.errors) == (1, [])
    desk.hurry(mail)
    desk.step()
    desk.step()
    (taken,) = desk.server.taken
    assert taken.recipients == ("ola@bergen.example", "boss@fjord.example")
    assert b"boss@" not in taken.data
    (copy,) = desk.sent_folder()
    assert copy["Bcc"] == "boss@fjord.example"
    assert (desk.mail(mail).sent_copy, desk.mail(mail).raw) == ("ours", None)


def test_its_copy_in_sent_is_no_second_message(desk: SendingDesk) -> None:
    mail = desk.send()
    desk.step()
    desk.hurry(mail)
    desk.step()
    desk.pass_()
    desk.pass_()
    assert len(desk.sent_folder()) == 1
    assert len(desk.rows(messages)) == len(desk.conversation(mail).messages) == 1


def test_a_server_that_writes_the_mail_anew_is_recognised(desk: SendingDesk) -> None:
    mail = desk.send()
    desk.server.on_taken = lambda taken: desk.server_saves(
        type(taken)(taken.sender, taken.recipients, taken.data.replace(b"Hei", b"Hei=20"))
    )
    desk.step()
    desk.hurry(mail)
    desk.step()
    desk.pass_()
    assert len(desk.sent_folder()) == len(desk.rows(messages)) == 1
    assert desk.mail(mail).sent_copy == "theirs"


def test_a_server_that_saves_by_itself_gets_no_second_copy(desk: SendingDesk) -> None:
    desk.server.on_taken = desk.server_saves
    mail = desk.send()
    desk.step()
    desk.hurry(mail)
    desk.step()
    assert (len(desk.sent_folder()), desk.mail(mail).sent_copy) == (1, "theirs")


def test_killed_between_the_copy_and_its_note(desk: SendingDesk) -> None:
    mail = desk.send()
    desk.step()
    desk.hurry(mail)
    kept = desk.mail(mail)
    desk.step()
    desk.set(mail, sent_copy="keeping", raw=kept.raw, next_at=datetime.now(UTC), claimed_by="gone")
    desk.step()
    assert (len(desk.sent_folder()), desk.mail(mail).sent_copy) == (1, "ours")


def test_a_reply_threads_is_logged_and_answers_the_right_people(desk: SendingDesk) -> None:
    desk.receive()
    contact = desk.contact()
    desk.pass_()
    (thread_id,) = queries.thread_ids(desk.store, Mailview.ALL)
    asked = queries.conversation(desk.store, thread_id).messages[0]
    assert asked.outcome is Outcome.LINKED
    answerable = queries.answerable(desk.store, asked.id)
    draft = begin_answer(answerable, DraftKind.REPLY, desk.settings.desk, "today")
    mail = edits.send_mail(desk.store, draft, desk.settings.desk, "Kari")
    assert desk.conversation(mail).thread.id == thread_id
    before = len(desk.rows(activities))
    desk.step()
    sent = desk.conversation(mail).messages[-1]
    assert (sent.outcome, sent.rule) == (Outcome.LINKED, "thread") or sent.outcome is Outcome.LINKED
    logged = desk.rows(activities)[before:]
    assert [(row.record_id, row.direction, row.subject) for row in logged] == [(contact, "outgoing", "Re: Tilbud")]
    (taken,) = desk.server.taken
    assert b"In-Reply-To: <ask@bergen.example>\r\n" in taken.data
    assert b"References: <ask@bergen.example>\r\n" in taken.data


def test_a_mail_from_a_record_is_linked_and_logged_when_it_left(desk: SendingDesk) -> None:
    contact = desk.contact()
    mail = desk.send(record_id=contact)
    assert [row.record_id for row in desk.rows(links)] == [contact]
    assert desk.rows(activities) == []
    desk.step()
    assert [row.record_id for row in desk.rows(activities)] == [contact]
    edits.send_mail(desk.store, Draft(to="ola@bergen.example", record_id=contact), desk.settings.desk, "Kari")
    label = edits.undo(desk.store, None, "Kari")
    assert label.startswith("mail to ola@bergen.example")
    assert [each.state for each in desk.outbox_and_sent()] == [DRAFT, SENT]
    assert desk.state(mail) is SENT


@pytest.mark.parametrize("fault", [CUT, CUT_TAKEN])
def test_in_doubt_nothing_is_sent_before_sent_was_searched(desk: SendingDesk, fault: str) -> None:
    desk.server.faults["dot"] = [fault]
    desk.server.on_taken = desk.server_saves
    mail = desk.send()
    desk.step()
    if fault == CUT_TAKEN:
        assert desk.state(mail) is SENT
        assert desk.mail(mail).sent_copy == "theirs"
    else:
        assert desk.state(mail) is UNSURE
        desk.hurry(mail, minutes=10)
        desk.step()
        assert "may have arrived" in desk.mail(mail).error, "an unknown server: a person decides"
        assert desk.mail(mail).next_at is None
    assert len(desk.server.taken) == (fault == CUT_TAKEN)


def test_a_server_known_to_save_lets_us_send_again_with_the_same_id(desk: SendingDesk) -> None:
    desk.server.on_taken = desk.server_saves
    first = desk.send()
    desk.step()
    desk.hurry(first)
    desk.step()
    desk.server.faults["dot"] = [CUT]
    mail = desk.send(subject="Two")
    desk.step()
    assert desk.state(mail) is UNSURE
    desk.hurry(mail)
    desk.step()
    assert desk.state(mail) is UNSURE, "it gets five minutes to save it"
    desk.hurry(mail, minutes=10)
    desk.step()
    assert desk.state(mail) is SENT
    assert len(desk.server.taken) == 2
    assert desk.mail(mail).node.encode() in desk.server.taken[-1].data


def test_a_person_settles_a_doubt(desk: SendingDesk) -> None:
    desk.server.faults["dot"] = [CUT, CUT]
    again, arrived = desk.send(), desk.send(subject="Two")
    desk.step()
    edits.send_again(desk.store, again)
    edits.call_sent(desk.store, arrived)
    desk.step()
    assert (desk.state(again), desk.state(arrived)) == (SENT, SENT)
    assert len(desk.server.taken) == 1
    with pytest.raises(Rejected, match="nothing to try again"):
        edits.send_again(desk.store, again)


def test_an_answer_settles_a_doubt(desk: SendingDesk) -> None:
    desk.server.faults["dot"] = [CUT_TAKEN]
    mail = desk.send()
    desk.step()
    assert desk.state(mail) is UNSURE
    node = desk.mail(mail).node
    desk.receive(ENQUIRY.replace(b"<ask@", b"<answer@").replace(b"\nDate", f"\nIn-Reply-To: <{node}>\nDate".encode()))
    desk.pass_()
    assert desk.state(mail) is SENT
    assert len(desk.conversation(mail).messages) == 2
    assert len(desk.server.taken) == 1


@pytest.mark.parametrize("handed", [False, True])
def test_killed_in_the_middle(desk: SendingDesk, handed: bool) -> None:
    """Before the point of no return it is simply sent; behind it, it is looked for first."""
    mail = desk.send()
    now = datetime.now(UTC)
    dead = {"state": "sending", "claimed_by": "dead", "claimed_until": now - timedelta(seconds=1)}
    desk.set(mail, **dead, handed_at=now if handed else None)
    desk.step()
    assert desk.state(mail) is (UNSURE if handed else SENT)
    assert len(desk.server.taken) == (0 if handed else 1)


def test_refusals_are_said_with_the_mend(desk: SendingDesk) -> None:
    desk.server.refusals = {"no@x.example": "550 5.1.1 nobody here"}
    some, all_ = desk.send("ola@x.example, no@x.example"), desk.send("no@x.example")
    desk.step()
    assert (desk.state(some), desk.state(all_)) == (SENT, FAILED)
    assert "no@x.example (550 5.1.1 nobody here). Write to them again" in desk.mail(some).error
    view = desk.conversation(some).messages[0].delivery
    assert view and view.refused == (("no@x.example", "550 5.1.1 nobody here"),)
    assert "Mend the address" in desk.mail(all_).error
    draft = edits.take_back(desk.store, all_)
    desk.server.refusals = {}
    edits.send_mail(desk.store, draft, desk.settings.desk, "Kari", outgoing_id=all_)
    desk.step()
    assert desk.state(all_) is SENT
    assert [each.recipients for each in desk.server.taken] == [("ola@x.example",), ("no@x.example",)]


def test_who_is_deferred_gets_it_later_and_nobody_twice(desk: SendingDesk) -> None:
    desk.server.refusals = {"late@x.example": "450 greylisted"}
    mail = desk.send("ola@x.example, late@x.example")
    desk.step()
    assert desk.state(mail) is WAITING
    assert "late@x.example (450 greylisted)" in desk.mail(mail).error
    desk.server.refusals = {}
    desk.hurry(mail)
    desk.step()
    assert [each.recipients for each in desk.server.taken] == [("ola@x.example",), ("late@x.example",)]
    assert desk.server.taken[0].data == desk.server.taken[1].data
    assert (desk.state(mail), desk.mail(mail).error) == (SENT, "")
    with pytest.raises(Rejected, match="can't be taken back"):
        edits.take_back(desk.store, mail)


def test_trouble_postpones_and_two_days_of_it_fail(desk: SendingDesk) -> None:
    desk.server.faults["mail"] = ["451 later"] * 2
    mail = desk.send()
    tally = desk.step()
    assert (desk.state(mail), len(tally.errors)) == (WAITING, 1)
    assert "451 later" in desk.mail(mail).error
    desk.step()
    assert not desk.server.taken, "not before its time"
    desk.set(mail, due_at=datetime.now(UTC) - timedelta(days=3))
    desk.hurry(mail)
    desk.step()
    assert desk.state(mail) is FAILED
    edits.send_again(desk.store, mail)
    desk.step()
    assert desk.state(mail) is SENT


def test_undo_takes_it_back_with_its_files(desk: SendingDesk, tmp_path: Path) -> None:
    desk.undo = 60
    offer = tmp_path / "offer.pdf"
    offer.write_bytes(b"%PDF")
    mail = desk.send(files=(DraftFile(str(offer)),))
    desk.step()
    assert desk.state(mail) is WAITING
    edits.undo(desk.store, None, "Kari")
    assert desk.state(mail) is DRAFT
    assert desk.rows(messages) == desk.rows(threads) == []
    offer.unlink()
    draft = queries.mail_draft(desk.store, mail)
    desk.undo = 0
    edits.send_mail(desk.store, draft, desk.settings.desk, "Kari", outgoing_id=mail)
    desk.step()
    assert b"JVBERg==" in desk.server.taken[0].data
    desk.hurry(mail)
    desk.step()
    assert desk.rows(outgoing_files) == []


def test_a_file_that_is_gone_stops_the_mail_and_keeps_nothing(desk: SendingDesk) -> None:
    with pytest.raises(Rejected, match="not there"):
        desk.send(files=(DraftFile("/nowhere/offer.pdf"),))
    assert desk.outbox_and_sent() == ()


def test_send_later_waits(desk: SendingDesk) -> None:
    at = datetime.now(UTC) + timedelta(days=1)
    mail = edits.send_mail(desk.store, Draft(to="ola@x.example"), desk.settings.desk, "Kari", send_at=at)
    desk.step()
    assert desk.state(mail) is WAITING
    view = desk.conversation(mail).messages[0].delivery
    assert view and view.due_at and abs(view.due_at - at) < timedelta(seconds=1)
    desk.hurry(mail)
    desk.step()
    assert desk.state(mail) is SENT


def test_taken_back_while_it_travels(desk: SendingDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    mail = desk.send()
    desk.server.faults["rcpt"] = []
    serve = desk.server.fault

    def fault(place: str) -> str | None:
        if place == "data":
            edits.take_back(desk.store, mail)
        return serve(place)

    monkeypatch.setattr(desk.server, "fault", fault)
    desk.step()
    assert desk.state(mail) is DRAFT
    assert desk.server.taken == []


def test_a_forward_carries_the_files_of_the_original(desk: SendingDesk) -> None:
    parts = (
        b'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="x"\n\n--x\n\nHei\n--x\n'
        b'Content-Type: application/pdf\nContent-Disposition: attachment; filename="a.pdf"\n\nPDF\n--x--\n'
    )
    desk.receive(ENQUIRY.partition(b"\n\n")[0] + b"\n" + parts)
    desk.pass_()
    (thread_id,) = queries.thread_ids(desk.store, Mailview.ALL)
    asked = queries.conversation(desk.store, thread_id).messages[0]
    draft = begin_answer(queries.answerable(desk.store, asked.id), DraftKind.FORWARD, desk.settings.desk, "today")
    for _ in range(2):
        edits.send_mail(desk.store, Draft(**{**_fields(draft), "to": "per@x.example"}), desk.settings.desk, "Kari")
    desk.step()
    assert all(b'filename="a.pdf"' in each.data for each in desk.server.taken)
    lost = edits.send_mail(desk.store, Draft(**{**_fields(draft), "to": "per@x.example"}), desk.settings.desk, "Kari")
    for path in (desk.folder / "Maildir" / "new").iterdir():
        path.unlink()
    desk.step()
    assert desk.state(lost) is FAILED
    assert "a.pdf" in desk.mail(lost).error


def _fields(draft: Draft) -> dict[str, object]:
    return {name: getattr(draft, name) for name in Draft.__dataclass_fields__}


def test_drafts_are_kept_and_thrown_away(desk: SendingDesk) -> None:
    mail = edits.save_draft(desk.store, Draft(to="half an addr"), desk.settings.desk, "Kari")
    assert [each.state for each in queries.outbox(desk.store)] == [DRAFT]
    edits.save_draft(desk.store, Draft(to="ola@x.example", text="x"), desk.settings.desk, "Kari", outgoing_id=mail)
    assert queries.mail_draft(desk.store, mail).to == "ola@x.example"
    edits.drop_draft(desk.store, mail)
    assert queries.outbox(desk.store) == ()


def test_a_message_id_that_the_server_put_in_place_of_ours(desk: SendingDesk) -> None:
    """As Gmail does: the copy in Sent and the answers name it."""
    mail = desk.send()
    desk.server.on_taken = lambda taken: desk.server_saves(
        replace(taken, data=re.sub(rb"(?m)^(Message-ID: )<.*>", rb"\1<given@fjord.example>", taken.data))
    )
    desk.step()
    message_id = desk.mail(mail).message_id
    assert message_id is not None
    with desk.store.write() as unit:
        outgoing_messages.rename(unit, message_id, "given@fjord.example")
    desk.receive(
        ENQUIRY.replace(b"<ask@", b"<answer@").replace(b"\nDate", b"\nIn-Reply-To: <given@fjord.example>\nDate")
    )
    desk.pass_()
    assert len(desk.rows(messages)) == len(desk.conversation(mail).messages) == 2


def test_a_doubt_is_settled_by_our_own_header(desk: SendingDesk) -> None:
    """The answer was lost, and the server gave another Message-ID: its copy in Sent still says which mail it is."""
    mail = desk.send()
    desk.step()
    copy = desk.server.taken[0].data
    ours = desk.mail(mail).node.encode()
    desk.set(mail, state="unsure", sent_at=None, sent_copy="", handed_at=datetime.now(UTC), next_at=None)
    data = copy.replace(b"Message-ID: <" + ours, b"X-Hitchpost-ID: <" + ours + b">\r\nMessage-ID: <given@x.example")
    desk.server_saves(replace(desk.server.taken[0], data=data))
    desk.pass_()
    assert (desk.state(mail), desk.mail(mail).node) == (SENT, "given@x.example")
    assert len(desk.rows(messages)) == len(desk.server.taken) == 1


def test_a_refused_sign_in_is_told_with_every_mail_that_waits(any_store: Store, tmp_path: Path) -> None:
    with running_smtp() as server:
        server.password = "right"
        desk = SendingDesk(any_store, tmp_path, server, more='smtp_user = "kari"\nsecret = { command = "echo wrong" }')
        mails = [desk.send(subject=f"Mail {number}") for number in range(3)]
        desk.step()
        assert server.sessions == 1, "one refusal is enough: more of them lock accounts"
        assert {desk.state(mail) for mail in mails} == {WAITING}
        assert all("password" in desk.mail(mail).error for mail in mails)
        server.password = "wrong"
        with any_store.write() as unit:
            outgoing.hasten(unit, "work", datetime.now(UTC))
        desk.step()
        assert {desk.state(mail) for mail in mails} == {SENT}
