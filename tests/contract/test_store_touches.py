"""Next touches and what is due, on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from types import ModuleType
from typing import Any

import pytest

from crm_model.records import ActivityKind
from sync import edits, queries
from sync.edits import Wish
from sync.store.database import Store, Unit
from sync.store.tables import activities, crm_fields, links, messages, records, threads
from sync.viewer import Viewer
from sync.views import Mailview

NOW = datetime(2026, 11, 18, 13, 0, tzinfo=UTC)
OLA = "Ola Hansen"
ME = Viewer(OLA, NOW)
PAST, AHEAD = NOW - timedelta(days=1), NOW + timedelta(days=1)


@pytest.fixture
def desk(any_store: Store, seeds: ModuleType) -> Store:
    """Twenty conversations; conversation 6 is linked to lead 1, whose CRM has a day for the next contact."""
    seeds.seed(any_store, conversations=20, people=8)
    with any_store.write() as unit:
        lead = [*seeds.SPECS["lead"], {"name": "next_contact_on", "label": "Next contact", "type": "date"}]
        unit.execute(crm_fields.update().where(crm_fields.c.kind == "lead").values(specs=lead))
        unit.execute(links.delete())
        _link(unit, 6, 1)
    return any_store


def _link(unit: Unit, thread_id: int, record_id: int) -> None:
    message = {"message_id": 1, "rule": "r", "author": "agent", "created_at": PAST}
    unit.execute(links.insert().values(thread_id=thread_id, record_id=record_id, **message))


def listed(store: Store, view: Mailview, text: str = "", viewer: Viewer = ME) -> list[int]:
    return list(queries.thread_ids(store, view, text, viewer=viewer))


def wish(at: datetime, what: str = "") -> Wish:
    return Wish(at, at.date(), what)


def mail(unit: Unit, thread_id: int, at: datetime, direction: str, outcome: str = "held") -> None:
    """A message of the conversation was received at this time."""
    one = messages.c.thread_id == thread_id
    unit.execute(messages.update().where(one).values(received_at=at, direction=direction, outcome=outcome))


def quiet(store: Store, thread_id: int) -> None:
    """Its mail is older than anything else here."""
    with store.write() as unit:
        mail(unit, thread_id, NOW - timedelta(days=90), "incoming")


def test_what_is_put_off_is_out_of_sight_and_comes_back_first(desk: Store) -> None:
    before = listed(desk, Mailview.TRIAGE)
    chosen = before[5]
    quiet(desk, chosen)
    assert edits.set_next_touch(desk, chosen, wish(AHEAD), OLA)
    assert listed(desk, Mailview.TRIAGE) == [each for each in before if each != chosen]
    assert listed(desk, Mailview.LATER) == [chosen]
    assert listed(desk, Mailview.TRIAGE, viewer=Viewer("Kari", NOW)).count(chosen) == 1, "a colleague's list is hers"
    later = Viewer(OLA, AHEAD + timedelta(minutes=1))
    assert listed(desk, Mailview.TRIAGE, viewer=later)[0] == chosen
    assert listed(desk, Mailview.DUE, viewer=later) == [chosen]
    assert listed(desk, Mailview.LATER, viewer=later) == []
    edits.undo(desk, None, OLA)
    assert sorted(listed(desk, Mailview.TRIAGE, viewer=later)) == sorted(before)


def test_an_answer_brings_it_back_and_a_machine_does_not(desk: Store) -> None:
    chosen = listed(desk, Mailview.TRIAGE)[3]
    quiet(desk, chosen)
    far = datetime.now(UTC) + timedelta(days=30)
    edits.set_next_touch(desk, chosen, wish(far), OLA)
    with desk.write() as unit:
        mail(unit, chosen, far, "incoming", outcome="ignored")
    assert chosen not in listed(desk, Mailview.TRIAGE)
    with desk.write() as unit:
        mail(unit, chosen, far, "incoming")
    assert chosen in listed(desk, Mailview.TRIAGE)


def test_writing_ourselves_settles_what_had_no_words(desk: Store) -> None:
    quiet(desk, 7)
    quiet(desk, 8)
    edits.set_next_touch(desk, 7, wish(PAST), OLA)
    edits.set_next_touch(desk, 8, wish(PAST, "call her"), OLA)
    assert listed(desk, Mailview.DUE) == [7, 8]
    with desk.write() as unit:
        mail(unit, 7, NOW, "outgoing")
        mail(unit, 8, NOW, "outgoing")
    assert listed(desk, Mailview.DUE) == [8]
    assert queries.conversation(desk, 7, ME).next_touch is None
    touch = queries.conversation(desk, 8, ME).next_touch
    assert touch and touch.what == "call her"


def field(store: Store, record_id: int, name: str) -> Any:
    return next(each.value for each in queries.record(store, record_id).fields if each.spec.name == name)


def test_on_a_lead_it_is_a_task_and_the_leads_own_day(desk: Store) -> None:
    edits.set_next_touch(desk, 6, wish(PAST, "ask about the budget"), OLA, record_id=1)
    (task,) = queries.record(desk, 1).activities
    assert (task.kind, task.subject, task.due_at, task.done) == ("task", "ask about the budget", PAST, False)
    assert field(desk, 1, "next_contact_on") == PAST.date().isoformat()
    assert listed(desk, Mailview.DUE) == [6]
    assert edits.take_up(desk, 6, OLA, record_id=1, today=NOW.date())
    assert listed(desk, Mailview.DUE) == []
    assert queries.record(desk, 1).activities[0].done
    assert field(desk, 1, "next_contact_on") is None
    edits.undo(desk, None, OLA)
    assert listed(desk, Mailview.DUE) == [6]
    edits.undo(desk, None, OLA)
    assert queries.record(desk, 1).activities == ()
    assert field(desk, 1, "next_contact_on") is None


def test_taking_up_leaves_a_day_to_come_alone(desk: Store) -> None:
    edits.set_next_touch(desk, 6, wish(AHEAD), OLA, record_id=1)
    edits.take_up(desk, 6, OLA, record_id=1, today=NOW.date())
    assert field(desk, 1, "next_contact_on") == AHEAD.date().isoformat()
    assert edits.take_up(desk, 6, OLA, record_id=1, today=NOW.date()) == 0


def test_the_day_that_a_colleague_gave_a_lead_brings_it_back(desk: Store) -> None:
    edits.change_record(desk, 1, {"next_contact_on": "2026-11-17"}, {}, "Kari Nordmann")
    assert listed(desk, Mailview.DUE) == [6]
    edits.change_record(desk, 1, {"next_contact_on": "2026-11-19"}, {}, "Kari Nordmann")
    assert listed(desk, Mailview.DUE) == []


def test_another_owners_lead_is_not_ours_to_contact(desk: Store) -> None:
    edits.change_record(desk, 1, {"next_contact_on": "2026-11-17", "owner_id": "u1"}, {}, "Kari Nordmann")
    assert listed(desk, Mailview.DUE) == [6], "the CRM knows nobody of this name, so nobody is told apart"
    assert listed(desk, Mailview.DUE, viewer=Viewer("Ola", NOW)) == []
    assert listed(desk, Mailview.DUE, viewer=Viewer("Kari Nordmann", NOW)) == [6]


def test_tasks_are_due_once_done_or_taken_back_not_any_more(desk: Store) -> None:
    edits.add_activity(desk, 1, ActivityKind.TASK, "Call", OLA, due_at=PAST)
    edits.add_activity(desk, 1, ActivityKind.TASK, "Not mine", "Kari", due_at=PAST)
    assert listed(desk, Mailview.DUE) == [6]
    mine = next(row.id for row in queries.record(desk, 1).activities if row.subject == "Call")
    edits.complete_task(desk, mine, True, OLA)
    assert listed(desk, Mailview.DUE) == []
    edits.undo(desk, None, OLA)
    assert listed(desk, Mailview.DUE) == [6]
    with desk.write() as unit:
        unit.execute(activities.update().values(removed_at=NOW))
    assert listed(desk, Mailview.DUE) == []


def test_what_is_due_shows_though_archived_and_a_search_narrows_it(desk: Store) -> None:
    edits.archive_thread(desk, 6, OLA)
    edits.add_activity(desk, 1, ActivityKind.TASK, "Call", OLA, due_at=PAST)
    assert listed(desk, Mailview.TRIAGE)[0] == 6
    assert 6 not in listed(desk, Mailview.TRIAGE, "zzzz nowhere")


def test_archiving_forgets_the_next_touch_and_undo_brings_it_back(desk: Store) -> None:
    quiet(desk, 7)
    edits.set_next_touch(desk, 7, wish(PAST), OLA)
    edits.archive_thread(desk, 7, OLA)
    assert listed(desk, Mailview.DUE) == []
    edits.undo(desk, None, OLA)
    assert listed(desk, Mailview.DUE) == [7]


def test_many_are_put_off_at_once_and_come_back_with_one_undo(desk: Store) -> None:
    before = listed(desk, Mailview.TRIAGE)
    for each in before[:3]:
        quiet(desk, each)
    assert edits.put_off_all(desk, before[:3], wish(AHEAD), OLA) == "Put off: 3"
    assert listed(desk, Mailview.TRIAGE) == before[3:]
    edits.undo(desk, None, OLA)
    assert sorted(listed(desk, Mailview.TRIAGE)) == sorted(before)


def test_a_joined_conversation_takes_its_next_touch_along(desk: Store) -> None:
    edits.set_next_touch(desk, 7, wish(PAST, "call"), OLA)
    with desk.write() as unit:
        unit.execute(threads.update().where(threads.c.id == 7).values(merged_into=6))
    assert listed(desk, Mailview.DUE) == [6]


def test_columns_follow_the_fields(desk: Store) -> None:
    edits.change_record(desk, 3, {"stage": "won", "amount": "1234.5", "probability": 100}, {}, OLA)
    with desk.read() as unit:
        row = unit.execute(records.select().where(records.c.id == 3)).one()
    assert (row.stage, row.amount, row.probability, row.is_open) == ("won", 123450, 100, False)
    assert date.fromisoformat(row.closes_on or "2026-01-01")
