"""What is best done next: one test for each rule, and what holds for all of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crm_model.links import Reason
from crm_model.mail import Address, Direction, Outcome
from crm_model.records import FieldSpec, FieldType, RecordKind
from sync.triage import MOST_STEPS, Situation, StepKind, next_steps
from sync.triage.many import ManyKind, steps_for_many
from sync.views import (
    ActivityRow,
    CandidateRow,
    ConflictView,
    ConversationView,
    FieldOffer,
    FieldView,
    LinkRow,
    MessageView,
    NextTouch,
    RecordView,
    SuggestionView,
    ThreadRow,
)

NOW = datetime(2026, 11, 18, 13, 0, tzinfo=UTC)
AMOUNT = FieldSpec("amount", "Amount", FieldType.MONEY)
EMAIL = FieldSpec("email", "E-mail", FieldType.EMAIL)
NEXT = FieldSpec("next_contact_on", "Next contact", FieldType.DATE)
STAGE = FieldSpec("stage", "Stage", FieldType.PICKLIST)


def thread(**given: Any) -> ThreadRow:
    plain = {
        "id": 1, "subject": "Website", "people": "Kari", "snippet": "", "last_at": NOW, "message_count": 1,
        "unread_count": 0,
        "attachment_count": 0, "linked": False, "suggested": False, "noise": False, "archived": False, "waiting": "us",
    }  # fmt: skip
    return ThreadRow(**{**plain, **given})


def message(
    *, ours: bool = False, days: float = 2, verdict: str = "enquiry", flags: frozenset[str] = frozenset()
) -> Any:
    return MessageView(
        id=int(100 - days), from_=Address("kari@fjord.example", "Kari Nordmann"), to=(), cc=(), subject="Website",
        at=NOW - timedelta(days=days), direction=Direction.OUTGOING if ours else Direction.INCOMING, text="Hi",
        quoted="", signature="", attachments=(), unread=False, truncated=False, verdict=verdict, probability=0.9,
        outcome=Outcome.HELD, rule="", reasons=(), flags=flags,
    )  # fmt: skip


def record(kind: RecordKind = RecordKind.OPPORTUNITY, stage: str = "proposal", **given: Any) -> RecordView:
    plain = {
        "id": 3, "crm": "local", "kind": kind, "remote_id": "r3", "title": "New website", "state": "live",
        "fields": (FieldView(STAGE, stage, stage), FieldView(AMOUNT, "10.00", "10.00")), "owner": "", "account": None,
        "people": (), "opportunities": (), "activities": (), "threads": (), "conflicts": (), "offers": (), "pending": 0,
        "refused": (),
        "modified_at": NOW, "modified_by": "", "url": "",
    }  # fmt: skip
    return RecordView(**{**plain, **given})


def situation(*messages: MessageView, of: RecordView | None = None, asked: Any = None, **row: Any) -> Situation:
    links = (LinkRow(of.id, "local", of.kind, of.title, "", "", 1, "agent", NOW),) if of else ()
    found = thread(**{"linked": of is not None, **row})
    return Situation(ConversationView(found, messages or (message(),), links, asked), of, NOW)


def suggestion(kind: str, *candidates: CandidateRow, odds: float = 0.9, **fields: Any) -> SuggestionView:
    return SuggestionView(7, 1, kind, odds, fields, candidates, (Reason("asks", "asks for an offer"),), NOW)


def kinds(found: Situation) -> list[StepKind]:
    return [step.kind for step in next_steps(found)]


def task(due: datetime | None, *, done: bool = False, number: int = 5, subject: str = "Call her") -> ActivityRow:
    return ActivityRow(number, "task", subject, "", "Ola", NOW, due, done, False)


def test_a_suggested_lead_is_made_with_its_reason() -> None:
    first, second, _ = next_steps(situation(asked=suggestion("create_lead", first_name="Giulia", last_name="Conti")))
    assert (first.kind, first.about, first.about_id, first.reason) == (
        StepKind.ACCEPT_LEAD, "Giulia Conti", 7, "asks for an offer"
    )  # fmt: skip
    assert second.kind is StepKind.REJECT


def test_where_the_agent_doubts_no_comes_first() -> None:
    assert kinds(situation(asked=suggestion("create_lead", odds=0.3, company="Acme")))[0] is StepKind.REJECT


def test_three_candidates_are_the_three_keys() -> None:
    found = [
        CandidateRow(number, RecordKind.OPPORTUNITY, f"Deal {number}", 0.5, Reason("words", f"reason {number}"))
        for number in (11, 12, 13, 14)
    ]
    steps = next_steps(situation(asked=suggestion("link", *found)))
    assert [(step.kind, step.about_id, step.reason) for step in steps] == [
        (StepKind.LINK, 11, "reason 11"), (StepKind.LINK, 12, "reason 12"), (StepKind.LINK, 13, "reason 13")
    ]  # fmt: skip


def test_one_candidate_leaves_room_for_none_of_them() -> None:
    found = CandidateRow(11, RecordKind.OPPORTUNITY, "Deal", 0.5, Reason("words", ""))
    steps = next_steps(situation(asked=suggestion("link", found)))
    assert [step.kind for step in steps[:2]] == [StepKind.LINK, StepKind.REJECT]
    assert steps[0].reason == "the agent is 50% sure"


def test_a_conflict_comes_before_the_answer() -> None:
    clash = ConflictView(4, "amount", "1", "2", "3", "Ola", NOW, "Kari Lund", NOW)
    first, second, _ = next_steps(situation(of=record(conflicts=(clash,))))
    assert (first.kind, first.about, first.about_id) == (StepKind.SETTLE, "Amount", 4)
    assert first.reason.startswith("Kari Lund changed it")
    assert second.kind is StepKind.REPLY


@pytest.mark.parametrize(("days", "words"), [(0.2, "today"), (1, "yesterday"), (3, "3 days ago")])
def test_who_waits_gets_a_reply(days: float, words: str) -> None:
    first = next_steps(situation(message(days=days), of=record()))[0]
    assert first.kind is StepKind.REPLY
    assert first.reason == f"Kari Nordmann wrote {words} and has no answer"


@pytest.mark.parametrize(
    "last", [message(verdict="newsletter"), message(verdict="auto_reply"), message(flags=frozenset({"\\answered"}))]
)
def test_nobody_waits_for_an_answer_to_these(last: MessageView) -> None:
    assert StepKind.REPLY not in kinds(situation(last, of=record()))


def test_an_offer_is_added() -> None:
    offered = FieldOffer(9, 3, "amount", "12.00", "in the text")
    steps = next_steps(situation(of=record(offers=(offered,))))
    assert [step.kind for step in steps[:2]] == [StepKind.REPLY, StepKind.ADD_OFFER]
    assert (steps[1].about, steps[1].about_id) == ("Amount 12.00", 9)


def test_the_task_that_waits_longest_comes_first_of_all() -> None:
    rows = (
        task(NOW - timedelta(days=1), number=5),
        task(NOW - timedelta(days=4), number=6, subject="Send the contract"),
        task(NOW - timedelta(days=9), done=True, number=7),
        task(NOW + timedelta(days=2), number=8),
        task(None, number=9),
    )
    first = next_steps(situation(of=record(activities=rows)))[0]
    assert (first.kind, first.about, first.about_id) == (StepKind.TASK_DONE, "Send the contract", 6)
    assert first.reason == "it was due 4 days ago"


def test_what_is_due_later_today_is_due() -> None:
    assert kinds(situation(of=record(activities=(task(NOW + timedelta(hours=5)),))))[0] is StepKind.TASK_DONE


def test_mail_of_a_stranger_is_answered_filed_or_made_a_lead() -> None:
    assert kinds(situation()) == [StepKind.REPLY, StepKind.FIND_RECORD, StepKind.MAKE_LEAD]


def test_noise_is_archived_and_comes_back() -> None:
    assert kinds(situation(noise=True))[0] is StepKind.ARCHIVE
    assert StepKind.BRING_BACK in kinds(situation(noise=True, archived=True))


def test_after_our_own_word_on_what_is_over_it_is_archived() -> None:
    over = record(stage="won")
    assert kinds(situation(message(ours=True), of=over))[0] is StepKind.ARCHIVE


def test_a_held_machine_mail_is_archived_with_its_verdict() -> None:
    first = next_steps(situation(message(verdict="calendar")))[0]
    assert first.kind is StepKind.ARCHIVE
    assert "calendar" in first.reason


@pytest.mark.parametrize(("now", "on"), [(NOW, "2026-11-23"), (NOW + timedelta(days=5), "2026-11-30")])
def test_what_waits_for_them_is_put_off_until_a_working_day(now: datetime, on: str) -> None:
    first = next_steps(replace(situation(message(ours=True), of=record()), now=now))[0]
    assert (first.kind, str(first.on)) == (StepKind.NEXT_TOUCH, on)


@pytest.mark.parametrize(
    "planned",
    [
        {"activities": (task(NOW + timedelta(days=9)),)},
        {"fields": (FieldView(STAGE, "open", ""), FieldView(NEXT, "2026-12-01", ""))},
    ],
)
def test_what_comes_back_anyway_is_not_put_off(planned: dict[str, Any]) -> None:
    assert StepKind.NEXT_TOUCH not in kinds(situation(message(ours=True), of=record(**planned)))


def test_what_came_back_is_taken_up() -> None:
    found = situation(message(ours=True, days=6), of=record())
    back = replace(found.conversation, next_touch=NextTouch(NOW - timedelta(hours=1), "ring her"))
    assert [step.kind for step in next_steps(replace(found, conversation=back))[:2]] == [
        StepKind.TAKE_UP, StepKind.REPLY
    ]  # fmt: skip
    silent = replace(back, next_touch=NextTouch(NOW - timedelta(hours=1)))
    assert kinds(replace(found, conversation=silent))[0] is StepKind.REPLY


def test_a_lead_to_be_contacted_by_today_is_taken_up() -> None:
    fields = (FieldView(STAGE, "new", ""), FieldView(NEXT, "2026-11-17", ""))
    first = next_steps(situation(of=record(RecordKind.LEAD, fields=fields)))[0]
    assert (first.kind, first.reason) == (StepKind.TAKE_UP, "the next contact was to be on 2026-11-17")


def test_a_lead_without_mail_gets_the_first_one() -> None:
    lead = record(RecordKind.LEAD, fields=(FieldView(EMAIL, "hd@dahl.example", ""),))
    alone = Situation(ConversationView(thread(id=0), (), (), None), lead, NOW)
    assert kinds(alone) == [StepKind.WRITE, StepKind.NEXT_TOUCH]


def test_every_conversation_has_a_step_and_no_more_than_three() -> None:
    situations = [
        situation(of=of, asked=asked, noise=noise, archived=archived)
        for of in (None, record(), record(RecordKind.LEAD), record(RecordKind.ACCOUNT), record(state="deleted"))
        for asked in (None, suggestion("create_lead"), suggestion("link"))
        for noise in (False, True)
        for archived in (False, True)
    ]
    empty = replace(situation(), conversation=ConversationView(thread(message_count=0), (), (), None))
    for each in [*situations, empty]:
        steps = next_steps(each)
        assert 1 <= len(steps) <= MOST_STEPS
        assert all(step.reason and 0 <= step.weight <= 1 for step in steps)
        assert len({(step.kind, step.about_id) for step in steps}) == len(steps)


def test_what_fits_most_of_many_comes_first() -> None:
    quiet, asks = thread(), thread(suggested=True)
    assert [step.kind for step in steps_for_many([quiet, asks])] == [
        ManyKind.ACCEPT, ManyKind.ARCHIVE, ManyKind.REJECT
    ]  # fmt: skip
    first, second, _ = steps_for_many([quiet, quiet, asks])
    assert (first.kind, first.count, second.kind, second.count) == (ManyKind.ARCHIVE, 3, ManyKind.ACCEPT, 1)
    assert [step.kind for step in steps_for_many([quiet])] == [ManyKind.ARCHIVE, ManyKind.LINK]
    assert steps_for_many([thread(archived=True)]) == ()
