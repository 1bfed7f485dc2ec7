"""What moved is noticed once, whoever moved it; what a CRM held before is no news."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from crm_model.happenings import Event, Happening
from crm_model.records import Record, RecordKind
from sync.store import crms, happenings, hook_deliveries, records
from sync.store.database import Store
from sync.store.tables import happenings as happening_rows

NOW = datetime(2026, 11, 27, 14, 2, tzinfo=UTC)
LEAD, DEAL = RecordKind.LEAD, RecordKind.OPPORTUNITY


def theirs(kind: RecordKind, remote_id: str, **fields: Any) -> Record:
    return Record(kind, remote_id, fields, revision="1", modified_at=NOW)


def look(store: Store) -> list[tuple[Event, int | None]]:
    with store.write() as unit:
        found, more = happenings.notice_records(unit, NOW)
        assert not more
    return [(each.event, each.record_id) for each in found]


def read_through(store: Store) -> None:
    with store.write() as unit:
        crms.ensure(unit, "office", "espocrm")
        crms.succeeded(unit, "office", NOW)


def test_what_a_crm_held_when_it_was_first_read_is_no_news(any_store: Store) -> None:
    with any_store.write() as unit:
        crms.ensure(unit, "office", "espocrm")
        records.insert_remote(unit, "office", [theirs(LEAD, "1", last_name="Bø"), theirs(DEAL, "2", stage="won")])
    assert look(any_store) == []
    read_through(any_store)
    assert look(any_store) == []


def test_a_colleague_s_lead_and_ours_are_told_once(any_store: Store) -> None:
    read_through(any_store)
    with any_store.write() as unit:
        records.insert_remote(unit, "office", [theirs(LEAD, "0", last_name="Old")])
    assert look(any_store) == []
    with any_store.write() as unit:
        records.insert_remote(unit, "office", [theirs(LEAD, "1", last_name="Bø")])
        ours = records.insert_local(unit, "office", LEAD, {"last_name": "Dahl", "owner_id": "u1"})
    told = look(any_store)
    assert [event for event, _ in told] == [Event.LEAD_CREATED, Event.LEAD_CREATED, Event.LEAD_ASSIGNED]
    assert told[1][1] == ours
    assert look(any_store) == []


def test_a_stage_that_moves_back_and_forth_is_told_each_time(any_store: Store) -> None:
    read_through(any_store)
    assert look(any_store) == []
    with any_store.write() as unit:
        deal = records.insert_local(unit, "office", DEAL, {"name": "Site", "stage": "new"})
    assert look(any_store) == []
    for stage in ("proposal", "new", "won"):
        with any_store.write() as unit:
            records.set_fields(unit, deal, {"stage": stage})
            found, _ = happenings.notice_records(unit, NOW)
            happenings.add(unit, found, {}, NOW)
    with any_store.read() as unit:
        rows = unit.execute(sa.select(happening_rows.c.event, happening_rows.c.data).order_by(happening_rows.c.id))
        told = [(row.event, row.data["before"]["stage"], row.data["opportunity"]["stage"]) for row in rows]
    assert told == [
        ("opportunity.stage_changed", "new", "proposal"),
        ("opportunity.stage_changed", "proposal", "new"),
        ("opportunity.stage_changed", "new", "won"),
        ("opportunity.won", "new", "won"),
    ]


def test_a_page_never_ends_within_a_transaction(any_store: Store) -> None:
    read_through(any_store)
    assert look(any_store) == []
    with any_store.write() as unit:
        records.insert_remote(unit, "office", [theirs(LEAD, str(n), last_name=f"L{n}") for n in range(5)])
    with any_store.write() as unit:
        records.insert_remote(unit, "office", [theirs(LEAD, f"b{n}", last_name=f"M{n}") for n in range(5)])
    with any_store.write() as unit:
        found, more = happenings.notice_records(unit, NOW, limit=3)
        assert (len(found), more) == (5, True)
        found, more = happenings.notice_records(unit, NOW, limit=3)
        assert (len(found), more) == (5, True)
        assert happenings.notice_records(unit, NOW, limit=3) == ([], False)


def test_a_happening_is_delivered_to_each_hook_that_wants_it_once(any_store: Store) -> None:
    wanted = {Event.WON: ["zap", "board"], Event.REPLIED: ["zap"]}
    found = [Happening("won:1", Event.WON, NOW), Happening("lead:1", Event.LEAD_CREATED, NOW)]
    for _ in range(2):
        with any_store.write() as unit:
            happenings.add(unit, found, wanted, NOW)
    with any_store.read() as unit:
        assert [(each.hook, each.key) for each in hook_deliveries.listed(unit)] == [
            ("board", "won:1"),
            ("zap", "won:1"),
        ]
        assert unit.execute(sa.select(sa.func.count()).select_from(happening_rows)).scalar_one() == 2


def test_a_delivery_is_claimed_by_one_until_its_lease_ends_and_told_again_when_replayed(any_store: Store) -> None:
    with any_store.write() as unit:
        happenings.add(unit, [Happening("won:1", Event.WON, NOW, data={"a": 1})], {Event.WON: ["zap"]}, NOW)
        claimed = hook_deliveries.claim(unit, "zap", now=NOW, lease_seconds=60)
        assert claimed is not None
        assert (claimed.data, claimed.state) == ({"a": 1}, "waiting")
        assert hook_deliveries.claim(unit, "zap", now=NOW, lease_seconds=60) is None
        assert hook_deliveries.claim(unit, "zap", now=NOW + timedelta(seconds=61), lease_seconds=60) is not None
        hook_deliveries.settle(unit, claimed.id, state="delivered", status=200, error="", now=NOW)
        assert not hook_deliveries.has_due(unit, ["zap"], NOW)
        assert hook_deliveries.replay(unit, [claimed.id], NOW) == 1
        assert hook_deliveries.has_due(unit, ["zap"], NOW)
        again = hook_deliveries.claim(unit, "zap", now=NOW, lease_seconds=60)
        assert again is not None
        assert again.key == claimed.key


def test_what_waits_is_kept_when_old_happenings_are_forgotten(any_store: Store) -> None:
    with any_store.write() as unit:
        found = [Happening("a", Event.WON, NOW), Happening("b", Event.LEAD_CREATED, NOW)]
        happenings.add(unit, found, {Event.WON: ["zap"]}, NOW)
        hook_deliveries.forget_before(unit, NOW + timedelta(days=1))
        assert set(unit.execute(sa.select(happening_rows.c.key)).scalars()) == {"a"}
