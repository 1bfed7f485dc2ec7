"""A mail that tells of its reading: from the key that sends it to what a person sees, on both databases."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from email.utils import format_datetime
from pathlib import Path

import pytest

from agent.outpost.folder import FolderOutpost
from agent.outpost.ground import prepare_ground
from agent.outpost.spool import Spool
from agent.outpost_pass import outpost_pass
from agent.sending import bytes as sending_bytes
from agent.tracking import collecting
from crm_model.errors import Rejected
from crm_model.mail import DeliveryState
from crm_model.tracking import ConsentState, Hit, Purpose, Scope, TokenKind, TrackingMode, Who
from crm_model.web_events import Confirmation, OptOut, Submission, UploadedFile, WebEvent
from sync import edits, queries
from sync.store import consents, outposts
from sync.store.database import Store
from sync.store.tables import stranded_events, track_hits, track_tokens, tracked_mails
from tests.sending_desk import SendingDesk
from tests.servers.scripted_smtp import running_smtp

OLA = "ola@bergen.example"
URL = "https://t.fjord.example"
TEXT = "Hei, se [prisene våre](https://fjord.example/priser).\n"
INDIVIDUAL, AGGREGATE = TrackingMode.INDIVIDUAL, TrackingMode.AGGREGATE
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36"
)


@pytest.fixture
def desk(any_store: Store, tmp_path: Path) -> Iterator[SendingDesk]:
    """An account with HTML mail, and an outpost in a folder."""
    with running_smtp() as server:
        more = f'html_version = true\n[tracking]\nurl = "{URL}"\n[web]\nfolder = "{tmp_path}/outpost"'
        yield SendingDesk(any_store, tmp_path, server, more=more)


def agree(desk: SendingDesk, address: str = OLA, state: ConsentState = ConsentState.GIVEN) -> None:
    purposes = [Purpose.OPEN, Purpose.CLICK]
    edits.set_consent(desk.store, address, purposes, state, source="on the phone", author="Kari")


def taken_html(desk: SendingDesk, number: int = -1) -> str:
    message = message_from_bytes(desk.server.taken[number].data, policy=default)
    part = message.get_body(("html",))
    assert part is not None
    return str(part.get_content())


def tokens(desk: SendingDesk, kind: TokenKind) -> list[str]:
    return [row.token for row in desk.rows(track_tokens) if row.kind == kind.value]


def hear(desk: SendingDesk, *events: WebEvent) -> None:
    """What the outpost's web side writes when somebody calls."""
    spool = Spool(prepare_ground(desk.settings.web.folder).spool)
    for event in events:
        spool.keep_for_sure(event)
    spool.close()


def hit(event: str, token: str, kind: TokenKind, minutes: float = 30) -> Hit:
    at = datetime.now(UTC) + timedelta(minutes=minutes)
    return Hit(event, token, kind, at, "GET", CHROME, "198.51.100.0/24")


def collect(desk: SendingDesk) -> int:
    return outpost_pass(desk.settings, desk.store, threading.Event())


def test_who_agreed_gets_a_mail_with_tokens_that_the_outpost_knows(desk: SendingDesk) -> None:
    agree(desk)
    mail = desk.send(text=TEXT, tracking=INDIVIDUAL)
    desk.step()
    html = taken_html(desk)
    [pixel], [click] = tokens(desk, TokenKind.OPEN), tokens(desk, TokenKind.CLICK)
    assert f"{URL}/o/{pixel}.gif" in html
    assert f'<a href="{URL}/c/{click}">prisene våre</a>' in html
    outpost = FolderOutpost(desk.settings.web.folder)
    entry = outpost._register.find(click)
    outpost.close()
    assert entry is not None
    assert entry.url == "https://fjord.example/priser"
    [row] = desk.rows(tracked_mails)
    assert (row.outgoing_id, row.mode, row.basis, row.remark, row.domain) == (
        mail,
        "individual",
        "consent",
        "",
        "bergen.example",
    )


def test_our_copy_has_no_pixel(desk: SendingDesk) -> None:
    agree(desk)
    mail = desk.send(text=TEXT, tracking=INDIVIDUAL)
    desk.step()
    desk.hurry(mail)
    desk.step()
    [copy] = desk.sent_folder()
    assert URL not in copy.as_string()
    assert "https://fjord.example/priser" in copy.as_string()
    desk.pass_()
    assert len(desk.conversation(mail).messages) == 1


def test_nobody_is_followed_unasked(desk: SendingDesk) -> None:
    desk.send(text=TEXT, tracking=INDIVIDUAL)
    desk.send(text=TEXT)
    desk.step()
    assert [URL in taken_html(desk, number) for number in (0, 1)] == [False, False]
    [row] = desk.rows(tracked_mails)
    assert (row.wanted, row.mode) == ("individual", "none")
    assert row.remark == f"{OLA} has not agreed to it: a count would name them."


def test_several_people_get_the_same_tokens_that_name_nobody(desk: SendingDesk) -> None:
    desk.send(f"{OLA}, eva@oslo.example", text=TEXT, tracking=AGGREGATE)
    desk.step()
    assert URL in taken_html(desk)
    assert {row.recipient for row in desk.rows(track_tokens)} == {""}


def test_without_outpost_the_mail_leaves_untracked_and_says_so(desk: SendingDesk) -> None:
    agree(desk)
    desk.settings.web.folder.write_text("in the way")
    mail = desk.send(text=TEXT, tracking=INDIVIDUAL)
    desk.step()
    assert desk.state(mail) is DeliveryState.SENT
    assert URL not in taken_html(desk)
    [row] = desk.rows(tracked_mails)
    assert row.mode == "none"
    assert row.remark.startswith("The outpost could not be told of it")


def test_a_mail_that_is_tried_again_is_the_same(desk: SendingDesk) -> None:
    agree(desk)
    desk.server.faults["mail"] = ["451 later"] * 2
    mail = desk.send(text=TEXT, tracking=INDIVIDUAL)
    desk.step()
    first = desk.mail(mail).raw
    assert (first is not None, desk.server.taken) == (True, [])
    before = tokens(desk, TokenKind.OPEN)
    desk.server.faults.clear()
    desk.hurry(mail)
    desk.step()
    assert desk.server.taken[0].data == first
    assert tokens(desk, TokenKind.OPEN) == before


@pytest.mark.parametrize("place", ["publish", "keep"])
def test_killed_between_minting_and_keeping_nothing_stands_twice(
    desk: SendingDesk, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class KilledError(BaseException):
        pass

    def die(*_arguments: object, **_named: object) -> None:
        raise KilledError

    agree(desk)
    mail = desk.send(text=TEXT, tracking=INDIVIDUAL)
    with monkeypatch.context() as patch:
        if place == "publish":
            patch.setattr(FolderOutpost, "publish_tokens", die)
        else:
            patch.setattr(sending_bytes.tracked_mail, "keep", die)
        with pytest.raises(KilledError):
            desk.step()
    assert (desk.mail(mail).raw, desk.rows(track_tokens)) == (None, [])
    desk.step()
    assert len(desk.server.taken) == 1
    assert f"/o/{tokens(desk, TokenKind.OPEN)[0]}.gif" in taken_html(desk)
    assert len(desk.rows(tracked_mails)) == 1


def test_a_mail_taken_back_leaves_no_token_that_anybody_answers(desk: SendingDesk) -> None:
    agree(desk)
    desk.server.faults["mail"] = ["451 later"] * 2
    mail = desk.send(text=TEXT, tracking=INDIVIDUAL)
    desk.step()
    [old] = tokens(desk, TokenKind.CLICK)
    desk.server.faults.clear()
    draft = edits.take_back(desk.store, mail)
    edits.send_mail(desk.store, draft, desk.settings.desk, "Kari", outgoing_id=mail)
    desk.step()
    [new] = tokens(desk, TokenKind.CLICK)
    assert new != old
    outpost = FolderOutpost(desk.settings.web.folder)
    states = [entry.state.name if (entry := outpost._register.find(token)) else "" for token in (old, new)]
    outpost.close()
    assert states == ["GONE", "RECORDED"]


def test_what_the_outpost_heard_is_kept_once_and_judged(desk: SendingDesk) -> None:
    agree(desk)
    mail = desk.send(text=TEXT, tracking=INDIVIDUAL)
    desk.step()
    [pixel], [click] = tokens(desk, TokenKind.OPEN), tokens(desk, TokenKind.CLICK)
    desk.set(mail, sent_at=datetime.now(UTC) - timedelta(hours=1))
    hear(desk, hit("e1", pixel, TokenKind.OPEN), hit("e2", click, TokenKind.CLICK, 31), hit("e3", "x", TokenKind.OPEN))
    collect(desk)
    collect(desk)
    rows = {row.event: row for row in desk.rows(track_hits)}
    assert {event: row.who for event, row in rows.items()} == {"e1": "human", "e2": "human"}
    assert rows["e2"].reasons
    with desk.store.read() as unit:
        assert outposts.state_of(unit, "web").unknown_hits == 1


@pytest.mark.parametrize("place", ["move", "acknowledge"])
def test_killed_while_collecting_nothing_is_lost_or_doubled(
    desk: SendingDesk, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class KilledError(BaseException):
        pass

    def die(*_arguments: object, **_named: object) -> None:
        raise KilledError

    agree(desk)
    desk.send(text=TEXT, tracking=INDIVIDUAL)
    desk.step()
    [pixel], [way_out] = tokens(desk, TokenKind.OPEN), tokens(desk, TokenKind.UNSUBSCRIBE)
    hear(desk, hit("e1", pixel, TokenKind.OPEN), OptOut("e2", datetime.now(UTC), way_out, tracking=False, mail=True))
    with monkeypatch.context() as patch:
        if place == "move":
            patch.setattr(collecting.outposts, "move", die)
        else:
            patch.setattr(FolderOutpost, "acknowledge", die)
        with pytest.raises(KilledError):
            collect(desk)
    collect(desk)
    hear(desk, hit("e4", pixel, TokenKind.OPEN, 90))
    collect(desk)
    assert sorted(row.event for row in desk.rows(track_hits)) == ["e1", "e4"]
    with desk.store.read() as unit:
        assert len([each for each in consents.log_of(unit, OLA) if each.purpose is Purpose.MAIL]) == 1


def test_an_event_that_nobody_takes_is_set_aside_and_the_rest_goes_on(desk: SendingDesk) -> None:
    agree(desk)
    desk.send(text=TEXT, tracking=INDIVIDUAL)
    desk.step()
    [pixel] = tokens(desk, TokenKind.OPEN)
    hear(desk, Confirmation("c1", datetime.now(UTC), "s1"), hit("e1", pixel, TokenKind.OPEN))

    def stumble(*_arguments: object) -> None:
        raise ZeroDivisionError

    outpost_pass(desk.settings, desk.store, threading.Event(), {Confirmation: stumble})
    [row] = desk.rows(stranded_events)
    assert (row.event, row.packed["submission"]) == ("c1", "s1")
    assert "ZeroDivisionError" in row.reason
    assert len(desk.rows(track_hits)) == 1
    assert queries.outpost(desk.store)[1] == 1


def test_what_was_set_aside_is_tried_again_with_its_files(desk: SendingDesk) -> None:
    file = UploadedFile("b1", "plan.pdf", "application/pdf", 4)
    sent = Submission("s1", datetime.now(UTC), "contact", {"name": "Ola"}, files=(file,))
    with desk.store.write() as unit:
        outposts.set_aside(unit, sent, {"b1": b"%PDF"}, "nothing here takes such events", datetime.now(UTC))
    got: list[collecting.Arrived] = []
    assert collecting.take_again(desk.store, {}) == 0
    assert collecting.take_again(desk.store, {Submission: lambda _unit, arrived, _now: got.append(arrived)}) == 1
    assert got == [collecting.Arrived(sent, {"b1": b"%PDF"})]
    assert desk.rows(stranded_events) == []


def test_who_ends_tracking_is_not_recorded_any_more_and_the_links_work_on(desk: SendingDesk) -> None:
    agree(desk)
    desk.send(text=TEXT, tracking=INDIVIDUAL)
    desk.step()
    [pixel], [click] = tokens(desk, TokenKind.OPEN), tokens(desk, TokenKind.CLICK)
    [way_out] = tokens(desk, TokenKind.UNSUBSCRIBE)
    hear(desk, OptOut("o1", datetime.now(UTC), way_out, tracking=True, mail=False))
    collect(desk)
    hear(desk, hit("e1", pixel, TokenKind.OPEN), hit("e2", click, TokenKind.CLICK))
    collect(desk)
    assert desk.rows(track_hits) == []
    outpost = FolderOutpost(desk.settings.web.folder)
    entry = outpost._register.find(click)
    outpost.close()
    assert entry is not None
    assert (entry.state.name, entry.url) == ("UNRECORDED", "https://fjord.example/priser")
    desk.send(text=TEXT, tracking=INDIVIDUAL)
    desk.step()
    assert URL not in taken_html(desk)
    with desk.store.read() as unit:
        assert [each.scope for each in consents.suppressed(unit, [OLA])[OLA]] == [Scope.TRACKING]


def test_an_old_wish_that_comes_again_does_not_undo_what_was_said_since(desk: SendingDesk) -> None:
    agree(desk)
    desk.send(text=TEXT, tracking=INDIVIDUAL)
    desk.step()
    [way_out] = tokens(desk, TokenKind.UNSUBSCRIBE)
    wish = OptOut("o1", datetime.now(UTC), way_out, tracking=True, mail=True)
    hear(desk, wish)
    collect(desk)
    agree(desk)
    hear(desk, wish)
    collect(desk)
    with desk.store.read() as unit:
        assert consents.states_of(unit, [OLA])[OLA][Purpose.OPEN] is ConsentState.GIVEN
        assert [each.scope for each in consents.suppressed(unit, [OLA])[OLA]] == [Scope.MAIL]


def test_one_of_many_ends_tracking_for_that_mail(desk: SendingDesk) -> None:
    desk.send(f"{OLA}, eva@oslo.example", text=TEXT, tracking=AGGREGATE)
    desk.step()
    [pixel], [way_out] = tokens(desk, TokenKind.OPEN), tokens(desk, TokenKind.UNSUBSCRIBE)
    hear(desk, OptOut("o1", datetime.now(UTC), way_out, tracking=True, mail=False), hit("e1", pixel, TokenKind.OPEN))
    collect(desk)
    hear(desk, hit("e2", pixel, TokenKind.OPEN))
    collect(desk)
    assert "e2" not in {row.event for row in desk.rows(track_hits)}
    with desk.store.read() as unit:
        assert consents.listed(unit) == ()


def test_a_sequence_can_be_ended_and_then_is(desk: SendingDesk) -> None:
    desk.send(text=TEXT, sequence=True)
    desk.step()
    message = message_from_bytes(desk.server.taken[0].data, policy=default)
    [way_out] = tokens(desk, TokenKind.UNSUBSCRIBE)
    assert message["List-Unsubscribe"] == f"<{URL}/u/{way_out}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    waiting = desk.send(text=TEXT, sequence=True)
    hear(desk, OptOut("o1", datetime.now(UTC), way_out, tracking=False, mail=True, one_click=True))
    collect(desk)
    desk.step()
    assert desk.state(waiting) is DeliveryState.FAILED
    assert "has asked for no more mail" in desk.mail(waiting).error
    with pytest.raises(Rejected, match="has asked for no more mail"):
        desk.send(text=TEXT, sequence=True)
    desk.send(text=TEXT)
    desk.step()
    assert len(desk.server.taken) == 2


def test_a_sequence_waits_for_its_way_out(desk: SendingDesk) -> None:
    folder = desk.settings.web.folder
    folder.write_text("in the way")
    mail = desk.send(text=TEXT, sequence=True)
    desk.step()
    assert (desk.state(mail), desk.server.taken) == (DeliveryState.WAITING, [])
    assert "nobody could end the sequence" in desk.mail(mail).error
    folder.unlink()
    desk.hurry(mail)
    desk.step()
    assert desk.state(mail) is DeliveryState.SENT


def test_a_sequence_goes_to_one_person_alone(desk: SendingDesk) -> None:
    with pytest.raises(Rejected, match="goes to one person"):
        desk.send(f"{OLA}, eva@oslo.example", text=TEXT, sequence=True)
    desk.more = ""
    with pytest.raises(Rejected, match="needs a way out"):
        desk.send(text=TEXT, sequence=True)


def test_trouble_with_the_outpost_is_noted_and_judging_goes_on(desk: SendingDesk) -> None:
    desk.settings.web.folder.write_text("in the way")
    with pytest.raises(Exception, match="outpost"):
        collect(desk)
    with desk.store.read() as unit:
        assert outposts.state_of(unit, "web").last_error
    assert [error for error in desk.pass_().errors if error.startswith("outpost: ")]


def test_of_a_count_only_days_are_told(desk: SendingDesk) -> None:
    mail = desk.send(f"{OLA}, eva@oslo.example", text=TEXT, tracking=AGGREGATE)
    desk.step()
    desk.set(mail, sent_at=datetime.now(UTC) - timedelta(hours=2))
    [pixel] = tokens(desk, TokenKind.OPEN)
    hear(desk, hit("e1", pixel, TokenKind.OPEN, -30))
    collect(desk)
    [row] = queries.sent_mails(desk.store)
    assert row.tracking
    [seen] = row.tracking.hits
    assert (seen.recipient, seen.program, seen.network) == ("", "", "")
    told = [seen.at, *row.tracking.counts.opened_at, *([row.tracking.opened.at] if row.tracking.opened else [])]
    assert len(told) == 3
    assert {(at.hour, at.minute, at.second) for at in told} == {(0, 0, 0)}


def answer_to(desk: SendingDesk, mail: int, *heads: str) -> bytes:
    named = (
        "From: Ola Li <ola@bergen.example>",
        "To: kari@fjord.example",
        "Message-ID: <answer@bergen.example>",
        f"In-Reply-To: <{desk.mail(mail).node}>",
        f"Date: {format_datetime(datetime.now(UTC))}",
    )
    return "\n".join((*named, *heads, "", "Ja takk.", "")).encode()


def test_everything_is_told_with_who_and_why(desk: SendingDesk) -> None:
    agree(desk)
    mail = desk.send(text=TEXT, tracking=INDIVIDUAL)
    desk.step()
    [pixel], [click] = tokens(desk, TokenKind.OPEN), tokens(desk, TokenKind.CLICK)
    sent_at = datetime.now(UTC) - timedelta(hours=2)
    desk.set(mail, sent_at=sent_at)
    hear(desk, hit("e1", pixel, TokenKind.OPEN, -30), hit("e2", click, TokenKind.CLICK, -29))
    collect(desk)
    answer = answer_to(desk, mail, "Subject: Re: Tilbud")
    desk.receive(answer)
    desk.pass_()
    tracking = next(each.tracking for each in desk.conversation(mail).messages if each.tracking)
    assert tracking.opened
    assert tracking.clicked
    assert tracking.replied
    assert [fact.who for fact in (tracking.opened, tracking.clicked, tracking.replied)] == [Who.HUMAN] * 3
    assert tracking.clicked.evidence
    assert "ola@bergen.example wrote message" in tracking.replied.evidence[0]
    [row] = queries.sent_mails(desk.store)
    assert row.tracking == tracking
    words = tracking.summary(lambda _at: "14:02")
    assert words == "opened (person, 14:02), clicked “prisene våre” (person, 14:02), answered (14:02)"


def test_an_absence_note_is_no_answer(desk: SendingDesk) -> None:
    agree(desk)
    mail = desk.send(text=TEXT, tracking=INDIVIDUAL)
    desk.step()
    note = answer_to(desk, mail, "Subject: Automatic reply: Tilbud", "Auto-Submitted: auto-replied")
    desk.receive(note)
    desk.pass_()
    assert [each.tracking.replied for each in desk.conversation(mail).messages if each.tracking] == [None]


def test_tokens_hold_nothing_about_anybody(desk: SendingDesk) -> None:
    agree(desk)
    desk.send(text=TEXT, tracking=INDIVIDUAL)
    desk.step()
    addresses = re.findall(rf"{re.escape(URL)}/([ocu])/([\w-]+)", taken_html(desk))
    assert sorted(kind for kind, _ in addresses) == ["c", "o", "u"]
    assert all(len(token) == 22 for _, token in addresses)
