"""What the CRM made of the plans, stored with the outcomes: few statements for many answers, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from crm_model.changes import ChangeKind, ChangeState
from crm_model.records import Converted, Record
from sync.arrivals import take_record
from sync.departures import mark_gone_here
from sync.field_map import PLAIN_MAP, FieldMap, with_written
from sync.merge import settle_fields
from sync.pushing.plans import Plan
from sync.pushing.read_back import differences
from sync.references import known_references
from sync.store import Unit, activities, links, outbox, own_changes, records
from sync.store.records import StoredRecord
from sync.store.thread_summary import refresh_threads


def keep_records(
    unit: Unit, crm: str, told: Sequence[tuple[Plan, Record]], now: datetime, field_map: FieldMap = PLAIN_MAP
) -> None:
    """Records as the CRM holds them now. One that a pull moved on meanwhile is left to the next pull."""
    if not told:
        return
    answers = [(plan, _read(field_map, plan, answer)) for plan, answer in told]
    own_changes.supersede_refused(unit, [plan.change for plan, _ in answers], now)
    present = records.get_many(unit, [plan.change.record_id for plan, _ in answers])
    current = [
        (plan, present[plan.change.record_id], answer)
        for plan, answer in answers
        if _is_current(plan, present.get(plan.change.record_id))
    ]
    _absorb_twins(unit, crm, [(stored, answer) for _, stored, answer in current if not stored.remote_id])
    settled = [
        (stored, answer, settle_fields(stored.base, known_references(unit, stored.fields), plan.asked, answer.fields))
        for plan, stored, answer in current
    ]
    records.store_answers(unit, settled)
    own_changes.rebase(unit, {stored.id: (plan.change.fields, answer.fields) for plan, stored, answer in current})
    fresh = {stored.id: answer.id for _, stored, answer in current if not stored.remote_id}
    records.replace_references(unit, crm, fresh)
    for plan, answer in answers:
        if altered := differences(plan.asked, answer.fields):
            outbox.note_altered(unit, plan.change.id, altered)
    settle(unit, [plan for plan, _ in answers], now)


def keep_activities(unit: Unit, crm: str, answers: Sequence[tuple[Plan, str | None]], now: datetime) -> None:
    """The ids of activities that were logged; the end of those that were taken back."""
    told = {plan.change.activity_id: remote_id for plan, remote_id in answers}
    activities.set_remotes(unit, crm, {row: remote_id for row, remote_id in told.items() if row and remote_id})
    for plan, _ in answers:
        if plan.change.kind is ChangeKind.DELETE and plan.change.activity_id is not None:
            activities.forget_remote(unit, plan.change.activity_id)  # so that it can be logged again
    settle(unit, [plan for plan, _ in answers], now)
    records.touch(unit, {plan.change.record_id for plan, _ in answers})


def keep_converted(unit: Unit, plan: Plan, answer: Converted, now: datetime, field_map: FieldMap = PLAIN_MAP) -> None:
    """What a lead became; its conversations follow."""
    crm, lead_id = plan.change.crm, plan.change.record_id
    for made in (answer.account, answer.contact, answer.opportunity, answer.lead):
        if made is not None:
            take_record(unit, crm, made, now, field_map)
    ids = [
        made and records.by_remote(unit, crm, made.kind, made.id)
        for made in (answer.contact, answer.account, answer.opportunity)
    ]
    contact, account, opportunity = (each.id if each else None for each in ids)
    if contact is not None:
        records.mark_converted(unit, lead_id, contact)
    refresh_threads(unit, links.follow_conversion(unit, lead_id, contact, account, opportunity, now=now))
    settle(unit, [plan], now)


def keep_deletions(unit: Unit, plans: Sequence[Plan], now: datetime) -> None:
    """Records that the CRM has not any more."""
    for plan in plans:
        mark_gone_here(unit, plan.change.record_id)
    settle(unit, plans, now)


def settle(unit: Unit, plans: Sequence[Plan], now: datetime) -> None:
    """The end of these changes: done, or in part waiting for a person."""
    for state, held_back in ((ChangeState.DONE, False), (ChangeState.CONFLICT, True)):
        outbox.settle_all(unit, [plan.change.id for plan in plans if plan.held_back is held_back], state, now)
    records.touch(unit, {plan.change.record_id for plan in plans if plan.change.file is not None or not plan.is_sent})


def _read(field_map: FieldMap, plan: Plan, answer: Record) -> Record:
    """What is only written counts as it was asked: the CRM's own value of it is not read."""
    ours = {**(plan.record.base if plan.record else {}), **plan.asked}
    return replace(answer, fields=with_written(field_map.of(answer.kind), answer.fields, ours))


def _is_current(plan: Plan, stored: StoredRecord | None) -> bool:
    if stored is None or plan.record is None:
        return False
    return not stored.remote_id or stored.revision == plan.record.revision


def _absorb_twins(unit: Unit, crm: str, made: Sequence[tuple[StoredRecord, Record]]) -> None:
    """A pull brought a creation before its answer came: the two become one."""
    for kind in {stored.kind for stored, _ in made}:
        here = [(stored, answer) for stored, answer in made if stored.kind is kind]
        twins = records.by_remotes(unit, crm, kind, [answer.id for _, answer in here])
        for stored, answer in here:
            if answer.id in twins and twins[answer.id].id != stored.id:
                records.absorb(unit, stored.id, twins[answer.id].id)
