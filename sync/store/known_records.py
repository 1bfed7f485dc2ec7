"""Look-ups for linking: which records hold an address or a domain, many at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from crm_model.field_values import LOCAL_REFERENCE, is_open, unpack_fields
from crm_model.records import KnownRecord, RecordKind
from sync.store.batches import batches
from sync.store.database import Unit
from sync.store.record_words import last_digits
from sync.store.tables import record_domains, record_emails, record_mentions, record_phones, records

_COLUMNS = (
    records.c.id,
    records.c.crm,
    records.c.kind,
    records.c.title,
    records.c.fields,
    records.c.state,
    records.c.account_ref,
    records.c.modified_at,
)
_NEVER = datetime.min.replace(tzinfo=UTC)
Remote = tuple[str, RecordKind, str]
"""A record as others name it: CRM, kind, its id there or `local:<id>`."""


def by_emails(unit: Unit, emails: Collection[str]) -> dict[str, tuple[KnownRecord, ...]]:
    """Leads and contacts that hold each address, compared without case; addresses that nobody holds are absent."""
    keys = {email.strip().lower() for email in emails}
    return _grouped(unit, record_emails, record_emails.c.email, keys)


def by_phone(unit: Unit, number: str) -> tuple[KnownRecord, ...]:
    """Leads and contacts with a number whose last digits are those of this one."""
    digits = last_digits(number)
    return _grouped(unit, record_phones, record_phones.c.digits, [digits]).get(digits, ()) if digits else ()


def accounts_by_domains(unit: Unit, domains: Collection[str]) -> dict[str, tuple[KnownRecord, ...]]:
    """Accounts that state exactly this mail domain, per domain."""
    keys = {domain.strip().lower() for domain in domains}
    return _grouped(unit, record_domains, record_domains.c.domain, keys)


def known(unit: Unit, ids: Collection[int]) -> dict[int, KnownRecord]:
    """Records by the database's own id, deleted ones left out."""
    found: dict[int, KnownRecord] = {}
    for some in batches(ids):
        rows = unit.execute(_live().where(records.c.id.in_(some))).all()
        found.update({record.id: record for record in _known(unit, rows)})
    return found


def open_opportunities(unit: Unit, account_ids: Collection[int]) -> dict[int, tuple[KnownRecord, ...]]:
    """The opportunities of each account that are neither won nor lost, newest first."""
    accounts = _references(unit, RecordKind.ACCOUNT, account_ids)
    found: defaultdict[int, list[KnownRecord]] = defaultdict(list)
    for some in batches({ref for _, _, ref in accounts}):
        deals = _live().where(records.c.kind == RecordKind.OPPORTUNITY, records.c.account_ref.in_(some))
        # Sorted here: asked for in order, SQLite would walk all deals instead of those of the account.
        rows = sorted(unit.execute(deals).all(), key=_newest, reverse=True)
        for record in _known(unit, rows):
            if record.account_id is not None and record.account_id in account_ids and record.is_open:
                found[record.account_id].append(record)
    return {account_id: tuple(opportunities) for account_id, opportunities in found.items()}


def opportunities_of_people(unit: Unit, contact_ids: Collection[int]) -> dict[int, tuple[KnownRecord, ...]]:
    """The open opportunities in which each contact has a role, of whatever account."""
    named = _naming(unit, RecordKind.CONTACT, contact_ids, RecordKind.OPPORTUNITY)
    return {person: tuple(each for each in deals if each.is_open) for person, deals in named.items()}


def child_accounts(unit: Unit, account_ids: Collection[int]) -> dict[int, tuple[int, ...]]:
    """The subsidiaries of each account that has any."""
    named = _naming(unit, RecordKind.ACCOUNT, account_ids, RecordKind.ACCOUNT)
    return {parent: tuple(child.id for child in children) for parent, children in named.items()}


def _naming(unit: Unit, named_kind: RecordKind, ids: Collection[int], kind: RecordKind) -> dict[int, list[KnownRecord]]:
    """By named record, the records of a kind that name it in their own CRM."""
    references = _references(unit, named_kind, ids)
    found: defaultdict[int, list[KnownRecord]] = defaultdict(list)
    mentions = record_mentions.c
    for some in batches({reference for _, _, reference in references}):
        # In two steps: joined, SQLite would walk all records of the kind instead of those that name these ones.
        pairs = unit.execute(
            sa.select(mentions.record_id, mentions.reference).where(mentions.reference.in_(some))
        ).all()
        naming = {record.id: record for record in _of_kind(unit, kind, {pair.record_id for pair in pairs})}
        for record_id, reference in sorted(pairs):
            record = naming.get(record_id)
            if record is not None and (record.crm, named_kind, reference) in references:
                found[references[record.crm, named_kind, reference]].append(record)
    return found


def _of_kind(unit: Unit, kind: RecordKind, ids: Collection[int]) -> list[KnownRecord]:
    rows = [row for some in batches(ids) for row in unit.execute(_live().where(records.c.id.in_(some)))]
    return _known(unit, [row for row in rows if row.kind == kind])


def _newest(row: sa.Row[Any]) -> tuple[datetime, int]:
    return row.modified_at or _NEVER, row.id


def ids_of(unit: Unit, wanted: Collection[Remote]) -> dict[Remote, int]:
    """The database's own ids of records named as their CRM names them."""
    found: dict[Remote, int] = {}
    by_place: defaultdict[tuple[str, RecordKind], list[str]] = defaultdict(list)
    for crm, kind, ref in wanted:
        local = local_id(ref)
        if local is not None:
            found[crm, kind, ref] = local
        elif ref:
            by_place[crm, kind].append(ref)
    for (crm, kind), refs in by_place.items():
        for some in batches(refs):
            rows = unit.execute(
                sa.select(records.c.id, records.c.remote_id).where(
                    records.c.crm == crm, records.c.kind == kind, records.c.remote_id.in_(some)
                )
            )
            found.update({(crm, kind, remote_id): record_id for record_id, remote_id in rows})
    return found


def local_id(reference: object) -> int | None:
    """The id in `local:<id>`, None for anything else."""
    if not isinstance(reference, str) or not reference.startswith(LOCAL_REFERENCE):
        return None
    digits = reference.removeprefix(LOCAL_REFERENCE)
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 19 else None


def _live() -> sa.Select[Any]:
    return sa.select(*_COLUMNS).where(records.c.state != "deleted")


def _grouped(
    unit: Unit, table: sa.Table, column: sa.Column[str], keys: Collection[str]
) -> dict[str, tuple[KnownRecord, ...]]:
    found: defaultdict[str, list[KnownRecord]] = defaultdict(list)
    for some in batches(keys):
        rows = unit.execute(
            _live()
            .add_columns(column.label("found_by"))
            .join(table, table.c.record_id == records.c.id)
            .where(column.in_(some))
            .order_by(records.c.id)
        ).all()
        for row, record in zip(rows, _known(unit, rows), strict=True):
            found[row.found_by].append(record)
    return {key: tuple(held) for key, held in found.items()}


def _references(unit: Unit, kind: RecordKind, ids: Collection[int]) -> dict[Remote, int]:
    """The ways other records name these ones, each with the database's own id."""
    named: dict[Remote, int] = {}
    for some in batches(ids):
        rows = unit.execute(sa.select(records.c.id, records.c.crm, records.c.remote_id).where(records.c.id.in_(some)))
        for record_id, crm, remote_id in rows:
            named[crm, kind, f"{LOCAL_REFERENCE}{record_id}"] = record_id
            if remote_id:
                named[crm, kind, remote_id] = record_id
    return named


def _known(unit: Unit, rows: Sequence[sa.Row[Any]]) -> list[KnownRecord]:
    unpacked = [unpack_fields(row.fields) for row in rows]
    wanted: set[Remote] = set()
    for row, fields in zip(rows, unpacked, strict=True):
        wanted.add((row.crm, RecordKind.ACCOUNT, row.account_ref))
        wanted.add((row.crm, RecordKind.CONTACT, str(fields.get("converted_contact_id") or "")))
    ids = ids_of(unit, wanted)
    return [
        KnownRecord(
            id=row.id,
            crm=row.crm,
            kind=RecordKind(row.kind),
            title=row.title,
            fields=fields,
            account_id=ids.get((row.crm, RecordKind.ACCOUNT, row.account_ref)),
            is_open=is_open(RecordKind(row.kind), fields, row.state),
            converted_to=ids.get((row.crm, RecordKind.CONTACT, str(fields.get("converted_contact_id") or ""))),
        )
        for row, fields in zip(rows, unpacked, strict=True)
    ]
