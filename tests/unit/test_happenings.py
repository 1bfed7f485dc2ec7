"""What a change of a record means to whoever listens."""

from __future__ import annotations

import pytest

from crm_model.happenings import Event, Mark, events_between, mark_of
from crm_model.records import Fields, RecordKind

LEAD, DEAL = RecordKind.LEAD, RecordKind.OPPORTUNITY


@pytest.mark.parametrize(
    ("kind", "before", "now", "told"),
    [
        (LEAD, None, Mark("new"), (Event.LEAD_CREATED,)),
        (LEAD, None, Mark("new", "u1"), (Event.LEAD_CREATED, Event.LEAD_ASSIGNED)),
        (LEAD, Mark("new"), Mark("new", "u1"), (Event.LEAD_ASSIGNED,)),
        (LEAD, Mark("new", "u1"), Mark("new", ""), ()),
        (LEAD, Mark("new"), Mark("open"), ()),
        (LEAD, Mark("new"), Mark("new", "", "converted"), (Event.LEAD_CONVERTED,)),
        (LEAD, Mark("new", "", "converted"), Mark("new", "", "live"), ()),
        (LEAD, None, Mark("new", "", "deleted"), ()),
        (DEAL, None, Mark("new"), ()),
        (DEAL, None, Mark("won", won=True), (Event.WON,)),
        (DEAL, Mark("new"), Mark("proposal"), (Event.STAGE_CHANGED,)),
        (DEAL, Mark("proposal"), Mark("won", won=True), (Event.STAGE_CHANGED, Event.WON)),
        (DEAL, Mark("won", won=True), Mark("won", "u2", won=True), ()),
        (RecordKind.CONTACT, None, Mark(), ()),
    ],
)
def test_what_is_told(kind: RecordKind, before: Mark | None, now: Mark, told: tuple[Event, ...]) -> None:
    assert events_between(kind, before, now) == told


@pytest.mark.parametrize(
    ("fields", "won"),
    [
        ({"stage": "vunnet", "probability": 100}, True),
        ({"stage": "Closed Won"}, True),
        ({"stage": "closed_lost"}, False),
        ({"stage": "Tapt", "probability": 0}, False),
        ({"stage": "Won over the boss", "probability": 30}, False),
        ({}, False),
    ],
)
def test_a_deal_is_won_by_its_probability_or_the_name_of_its_stage(fields: Fields, won: bool) -> None:
    assert mark_of(DEAL, fields, "live").won is won
