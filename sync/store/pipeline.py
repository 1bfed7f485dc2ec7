"""Leads and opportunities as lists: keys and sums out of an index, rows for those in sight."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable
from dataclasses import replace
from itertools import accumulate
from typing import Any

import sqlalchemy as sa

from crm_model.field_values import unpack_fields
from crm_model.records import RecordKind
from sync.desk_views import DealRow, DeskKeys, StageRow, Sum
from sync.store import search
from sync.store.batches import batches
from sync.store.database import Unit
from sync.store.field_specs import fields_of
from sync.store.listing import collected
from sync.store.tables import records

_R = records.c
_LIVE = (_R.kind == RecordKind.OPPORTUNITY.value, _R.state == "live", _R.is_open.is_(True))
_MOST_FOUND = 1_000


def pipeline(unit: Unit, text: str = "") -> DeskKeys:
    """Open opportunities under their stages, those first that close first; all together above them."""
    here = sa.and_(*_LIVE)
    if text.strip():
        here = sa.and_(here, _R.id.in_(search.record_ids(unit, text, [RecordKind.OPPORTUNITY], _MOST_FOUND)))
    stages = _sums(unit, here)
    by_day = (_R.crm, _R.stage, _R.closes_on == "", _R.closes_on, _R.id)
    ids = collected(unit, sa.select(_R.id).where(here).order_by(*by_day))
    begins = dict(zip(stages, accumulate((row.count for row in stages.values()), initial=0), strict=False))
    ranks = _stages(unit, {crm for crm, _ in stages})
    keys = array("q")
    headings: dict[int, StageRow] = {}

    def head(label: str, row: StageRow) -> None:
        more = (StageRow("", 0, row.sums[at : at + 2], goes_on=True) for at in range(1, len(row.sums), 2))
        for heading in (replace(row, label=label), *more):
            headings[-1 - len(headings)] = heading
            keys.append(-len(headings))

    if stages:
        head("", _together(stages.values()))
    for stage in sorted(stages, key=lambda stage: ranks.get(stage, (_LAST, stage[1]))):
        head(ranks.get(stage, (_LAST, stage[1]))[1], stages[stage])
        keys += ids[begins[stage] : begins[stage] + stages[stage].count]
    return DeskKeys(keys, headings)


def _sums(unit: Unit, here: sa.ColumnElement[bool]) -> dict[tuple[str, str], StageRow]:
    """Each CRM's stages in the order of their names, with their sums."""
    weighted = sa.func.sum(_R.amount * sa.func.coalesce(_R.probability, 0))
    query = sa.select(_R.crm, _R.stage, _R.currency, sa.func.count(), sa.func.sum(_R.amount), weighted).group_by(
        _R.crm, _R.stage, _R.currency
    )
    rows = unit.execute(query.where(here).order_by(_R.crm, _R.stage, _R.currency)).all()
    found: dict[tuple[str, str], StageRow] = {}
    for crm, stage, currency, count, amount, heavy in rows:
        held = found.get((crm, stage), StageRow("", 0, ()))
        added = () if amount is None else (Sum(currency, int(amount), int(heavy) // 100),)
        found[crm, stage] = StageRow("", held.count + count, held.sums + added)
    return found


def _together(rows: Iterable[StageRow]) -> StageRow:
    count = 0
    sums: dict[str, Sum] = {}
    for row in rows:
        count += row.count
        for each in row.sums:
            held = sums.get(each.currency, Sum(each.currency, 0, 0))
            sums[each.currency] = Sum(each.currency, held.amount + each.amount, held.weighted + each.weighted)
    return StageRow("", count, tuple(sums[currency] for currency in sorted(sums)))


_LAST = 1_000


def _stages(unit: Unit, crms: Collection[str]) -> dict[tuple[str, str], tuple[int, str]]:
    """The place and the label of each CRM's stages."""
    ranks: dict[tuple[str, str], tuple[int, str]] = {}
    for number, crm in enumerate(sorted(crms)):
        specs = fields_of(unit, crm, RecordKind.OPPORTUNITY)
        options = next((spec.options for spec in specs if spec.name == "stage"), ())
        where = f" · {crm}" if len(crms) > 1 else ""
        for place, (value, label) in enumerate(options):
            ranks[crm, value] = (number * _LAST + place, f"{label}{where}")
    return ranks


def lead_keys(unit: Unit, today: str, text: str = "") -> array[int]:
    """Leads that go on: those whose day has come first, then the latest changed; `today` is an ISO day."""
    leads = sa.and_(_R.kind == RecordKind.LEAD.value, _R.state == "live")
    if text.strip():
        leads = sa.and_(leads, _R.id.in_(search.record_ids(unit, text, [RecordKind.LEAD], _MOST_FOUND)))
    due = sa.select(_R.id).where(leads, _R.next_contact_on.between("0", today)).order_by(_R.next_contact_on, _R.id)
    first = list(unit.execute(due).scalars())
    newest = sa.select(_R.id).where(leads).order_by(_R.modified_at.is_not(None), _R.modified_at.desc(), _R.id.desc())
    every, due_ones = collected(unit, newest), set(first)
    return array("q", first) + array("q", (each for each in every if each not in due_ones))


def deal_rows(unit: Unit, record_ids: Collection[int]) -> dict[int, DealRow]:
    """The rows of these records by id; one that is gone is left out."""
    rows: list[Any] = []
    for some in batches(record_ids):
        rows += unit.execute(sa.select(records).where(_R.id.in_(some))).all()
    accounts = _titles(unit, rows)
    labels = {
        (crm, kind): {
            value: label
            for spec in fields_of(unit, crm, RecordKind(kind))
            if spec.name in ("stage", "status")
            for value, label in spec.options
        }
        for crm, kind in {(row.crm, row.kind) for row in rows}
    }
    return {
        row.id: DealRow(
            id=row.id,
            kind=RecordKind(row.kind),
            title=row.title,
            company=accounts.get((row.crm, row.account_ref)) or str(unpack_fields(row.fields).get("company") or ""),
            stage=labels[row.crm, row.kind].get(row.stage, row.stage),
            amount=row.amount,
            currency=row.currency,
            probability=row.probability,
            on=row.closes_on if row.kind == RecordKind.OPPORTUNITY.value else row.next_contact_on,
        )
        for row in rows
    }


def _titles(unit: Unit, rows: Iterable[Any]) -> dict[tuple[str, str], str]:
    """The accounts that records name, by CRM and reference."""
    wanted = {row.account_ref for row in rows if row.account_ref}
    found: dict[tuple[str, str], str] = {}
    for some in batches(wanted):
        accounts = sa.select(_R.crm, _R.remote_id, _R.title).where(
            _R.kind == RecordKind.ACCOUNT.value, _R.remote_id.in_(some)
        )
        found.update(((row.crm, row.remote_id), row.title) for row in unit.execute(accounts))
    return found
