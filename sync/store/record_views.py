"""Records as the sidebar and the lists show them: fields with what is pending, refused or in conflict, and kin."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from crm_model.bounces import AddressState
from crm_model.changes import UNSETTLED, ChangeState
from crm_model.errors import NotFound
from crm_model.field_values import LOCAL_REFERENCE, is_open, money_words, unpack_fields, unpack_value
from crm_model.records import Fields, FieldSpec, FieldType, FieldValue, RecordKind
from sync.field_changes import FieldChange
from sync.store import (
    abilities,
    address_reports,
    conflicts,
    crms,
    field_history,
    field_offers,
    surroundings,
    tracking_summary,
)
from sync.store.batches import batches
from sync.store.database import Unit
from sync.store.field_specs import fields_of, owners_of
from sync.store.known_records import local_id
from sync.store.listing import threads_of_record
from sync.store.tables import activities, outbox, record_emails, records
from sync.surroundings import Surroundings
from sync.views import ActivityRow, ConflictView, FieldOffer, FieldView, RecordRow, RecordView, ThreadRow

_R = records.c
_O = outbox.c
_MOST_KIN = 20
_NOT_PUSHED = datetime.max.replace(tzinfo=UTC)  # new here, so the newest of all
_MOST_ACTIVITIES = 50
_KIN = (RecordKind.OPPORTUNITY.value, RecordKind.CONTACT.value)
_SUBTITLE = {  # what tells namesakes apart
    RecordKind.LEAD: ("company", "email", "phone"),
    RecordKind.CONTACT: ("email", "phone"),
    RecordKind.ACCOUNT: ("website", "city", "phone"),
    RecordKind.OPPORTUNITY: ("stage", "amount", "currency"),
}
_ROW = (_R.id, _R.crm, _R.kind, _R.title, _R.fields, _R.state, _R.modified_at)


def record_view(unit: Unit, record_id: int) -> RecordView:
    """All that the sidebar shows of a record. Errors: NotFound."""
    row = unit.execute(sa.select(records).where(_R.id == record_id)).one_or_none()
    if row is None:
        raise NotFound("This record is no longer here.")
    kind, fields = RecordKind(row.kind), unpack_fields(row.fields)
    changes = _changes(unit, record_id)
    clashes = conflicts.of_record(unit, record_id)
    shown = _fields(unit, row, fields, changes, clashes)
    account = _account_of(unit, row)
    of_account = account.id if account else record_id if kind is RecordKind.ACCOUNT else None
    kin, past = _kin(unit, of_account, record_id) if of_account else ((), ())
    own = threads_of_record(unit, record_id, _MOST_KIN)
    return RecordView(
        id=row.id,
        crm=row.crm,
        kind=kind,
        remote_id=row.remote_id or "",
        title=row.title,
        state=row.state,
        fields=shown,
        owner=next((field.display for field in shown if field.spec.type is FieldType.OWNER), ""),
        account=account,
        people=tuple(each for each in kin if each.kind is RecordKind.CONTACT),
        opportunities=tuple(each for each in kin if each.kind is RecordKind.OPPORTUNITY),
        activities=_activities(unit, record_id),
        threads=own,
        conflicts=clashes,
        offers=_offers(unit, record_id, shown),
        pending=sum(change.state in UNSETTLED for change in changes),
        refused=tuple(dict.fromkeys(c.error for c in changes if c.state == ChangeState.REFUSED.value and c.error)),
        modified_at=row.modified_at,
        modified_by=row.modified_by,
        url=row.url,
        abilities=abilities.of_crm(unit, row.crm),
        confirmed=crms.is_confirmed(unit, row.crm),
        reading=tracking_summary.of_person(unit, str(fields.get("email") or "")),
        addresses=_addresses(unit, record_id),
        around=_around(unit, record_id, (*kin, *past, *([account] if account else [])), past, own),
    )


def _changes(unit: Unit, record_id: int) -> Sequence[Any]:
    # What is done with the mails that were logged on it may be thousands of rows, and shows nowhere.
    telling = sa.or_(_O.activity_id.is_(None), _O.state.in_((*UNSETTLED, ChangeState.REFUSED.value)))
    return unit.execute(sa.select(outbox).where(_O.record_id == record_id, telling).order_by(_O.id)).all()


def _addresses(unit: Unit, record_id: int) -> tuple[AddressState, ...]:
    emails = unit.execute(sa.select(record_emails.c.email).where(record_emails.c.record_id == record_id)).scalars()
    states = address_reports.states_of(unit, set(emails), datetime.now(UTC))
    return tuple(states[address] for address in sorted(states))


def _around(
    unit: Unit, record_id: int, kin: tuple[RecordRow, ...], past: tuple[RecordRow, ...], own: tuple[ThreadRow, ...]
) -> Surroundings:
    own_ids = [thread.id for thread in own]
    others = surroundings.threads_of_records(unit, [each.id for each in kin], own_ids)
    return Surroundings(past, surroundings.files_of_threads(unit, own_ids, record_id), others)


def _offers(unit: Unit, record_id: int, shown: Sequence[FieldView]) -> tuple[FieldOffer, ...]:
    """What mail offers for fields that the CRM has and the record leaves empty."""
    empty = {field.spec.name for field in shown if not field.value and not field.spec.read_only}
    return tuple(offer for offer in field_offers.of_record(unit, record_id) if offer.field in empty)


def record_rows(unit: Unit, record_ids: Collection[int]) -> tuple[RecordRow, ...]:
    """Rows of these records in the order asked for; those that are gone are left out."""
    found: dict[int, RecordRow] = {}
    for some in batches(record_ids):
        rows = unit.execute(sa.select(*_ROW).where(_R.id.in_(some))).all()
        found.update((row.id, row) for row in _rows(unit, rows))
    return tuple(found[record_id] for record_id in record_ids if record_id in found)


def of_kind(unit: Unit, kind: RecordKind, limit: int | None) -> tuple[RecordRow, ...]:
    """Live records of a kind, latest change first; those not in the CRM yet come before all."""
    query = sa.select(*_ROW).where(_R.kind == kind.value, _R.state == "live")
    fresh = unit.execute(query.where(_R.modified_at.is_(None)).order_by(_R.id.desc()).limit(limit)).all()
    known = query.where(_R.modified_at.is_not(None)).order_by(_R.modified_at.desc(), _R.id.desc()).limit(limit)
    return _rows(unit, [*fresh, *unit.execute(known)][:limit])


def changed_since(unit: Unit, seq: int) -> list[int]:
    """Records changed after `seq`, in the order of change."""
    return list(unit.execute(sa.select(_R.id).where(_R.seq > seq).order_by(_R.seq, _R.id)).scalars())


def _rows(unit: Unit, rows: Sequence[Any]) -> tuple[RecordRow, ...]:
    labels: dict[tuple[str, RecordKind], dict[str, dict[str, str]]] = {}
    for crm, kind in {(row.crm, RecordKind(row.kind)) for row in rows}:
        specs = fields_of(unit, crm, kind)
        labels[crm, kind] = {spec.name: dict(spec.options) for spec in specs if spec.options}
    return tuple(_row(row, labels[row.crm, RecordKind(row.kind)]) for row in rows)


def _row(row: Any, labels: dict[str, dict[str, str]]) -> RecordRow:
    kind, fields = RecordKind(row.kind), unpack_fields(row.fields)
    said = {name: text for name in _SUBTITLE[kind] if (text := words(fields.get(name)))}
    currency = said.pop("currency", "")
    if "amount" in said:
        said["amount"] = f"{money_words(said['amount'])} {currency}".rstrip()
    subtitle = " · ".join(labels.get(name, {}).get(text, text) for name, text in said.items())
    return RecordRow(row.id, row.crm, kind, row.title, subtitle, row.state, row.modified_at)


def words(value: FieldValue) -> str:
    """A value in words, without knowing its field."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def _fields(
    unit: Unit, row: Any, fields: Fields, changes: Sequence[Any], clashes: Iterable[ConflictView]
) -> tuple[FieldView, ...]:
    specs = fields_of(unit, row.crm, RecordKind(row.kind)) or _guessed(fields)
    owners = {owner.id: owner.name for owner in owners_of(unit, row.crm)}
    pending = {name for change in changes if change.state in UNSETTLED for name in change.fields}
    errors = _told(changes, ChangeState.REFUSED)
    altered = _told(changes, ChangeState.DONE)
    clash = {each.field: each for each in clashes}
    return tuple(
        FieldView(
            spec=spec,
            value=fields.get(spec.name),
            display=display(unit, row.crm, spec, fields.get(spec.name), owners),
            pending=spec.name in pending,
            error=errors.get(spec.name, ""),
            conflict=clash.get(spec.name),
            altered=altered.get(spec.name, ""),
        )
        for spec in specs
    )


def _guessed(fields: Fields) -> tuple[FieldSpec, ...]:
    """Until the CRM has described its fields: what the record holds, for reading only."""
    return tuple(
        FieldSpec(name, name.replace("_", " ").capitalize(), FieldType.TEXT, read_only=True) for name in fields
    )


def _told(changes: Sequence[Any], state: ChangeState) -> dict[str, str]:
    """What the CRM said per field of changes that ended so; a later change of the field makes it history."""
    found: dict[str, str] = {}
    for change in changes:
        if change.activity_id is not None or change.state == ChangeState.CANCELLED.value:
            continue
        for name in change.fields:
            found.pop(name, None)
        if change.state == state.value:
            found.update(change.field_errors)
    return found


def field_changes(unit: Unit, record_id: int, name: str, limit: int) -> tuple[FieldChange, ...]:
    """The newest changes of a field, in words."""
    row = unit.execute(sa.select(_R.crm, _R.kind).where(_R.id == record_id)).one_or_none()
    if row is None:
        return ()
    specs = fields_of(unit, row.crm, RecordKind(row.kind))
    spec = next((each for each in specs if each.name == name), FieldSpec(name, name, FieldType.TEXT))
    owners = {owner.id: owner.name for owner in owners_of(unit, row.crm)}

    def said(packed: object) -> str:
        return display(unit, row.crm, spec, unpack_value(packed), owners)

    changes = field_history.of_field(unit, record_id, name, limit)
    return tuple(
        FieldChange(each.at, each.author, said(each.before), said(each.after), each.in_crm) for each in changes
    )


def display(unit: Unit, crm: str, spec: FieldSpec, value: FieldValue, owners: dict[str, str]) -> str:
    """A field's value in words."""
    text = words(value)
    if spec.type is FieldType.OWNER:
        return owners.get(text, text)
    if spec.type is FieldType.REFERENCE and spec.target and text:
        record = by_reference(unit, crm, spec.target, text)
        return record.title if record else text
    if spec.options:
        labels = dict(spec.options)
        parts = value if isinstance(value, tuple) else (text,)
        return ", ".join(labels.get(part, part) for part in parts)
    return text


def by_reference(unit: Unit, crm: str, kind: RecordKind, reference: str) -> RecordRow | None:
    """The record that a reference field names: the CRM's id, or `local:<id>` while it has none."""
    record_id = local_id(reference)
    where = _R.remote_id == reference if record_id is None else _R.id == record_id
    row = unit.execute(sa.select(*_ROW).where(_R.crm == crm, _R.kind == kind.value, where)).one_or_none()
    return _rows(unit, [row])[0] if row is not None else None


def _account_of(unit: Unit, row: Any) -> RecordRow | None:
    return by_reference(unit, row.crm, RecordKind.ACCOUNT, row.account_ref) if row.account_ref else None


def _kin(unit: Unit, account_id: int, but_id: int) -> tuple[tuple[RecordRow, ...], tuple[RecordRow, ...]]:
    """People and open opportunities of an account, and its closed ones; latest change first, without one of them."""
    account = unit.execute(sa.select(_R.crm, _R.remote_id).where(_R.id == account_id)).one()
    refs = [ref for ref in (account.remote_id, f"{LOCAL_REFERENCE}{account_id}") if ref]
    here = (_R.account_ref.in_(refs), _R.kind.in_(_KIN), _R.crm == account.crm, _R.id != but_id)
    # Sorted here: asked for in order with a limit, SQLite walks every record of the kind to find these few.
    deal = sa.case((_R.kind == RecordKind.OPPORTUNITY.value, _R.fields)).label("fields")
    rows = list(unit.execute(sa.select(_R.id, _R.kind, _R.state, _R.modified_at, deal).where(*here)).all())
    rows.sort(key=lambda row: (row.modified_at or _NOT_PUSHED, row.id), reverse=True)
    live = [row for row in rows if is_open(RecordKind(row.kind), unpack_fields(row.fields or {}), row.state)]
    chosen = [row.id for kind in _KIN for row in [each for each in live if each.kind == kind][:_MOST_KIN]]
    deals = (row for row in rows if row.kind == RecordKind.OPPORTUNITY and row.state == "live" and row not in live)
    return record_rows(unit, chosen), record_rows(unit, [row.id for row in deals][:_MOST_KIN])


def _activities(unit: Unit, record_id: int) -> tuple[ActivityRow, ...]:
    a = activities.c
    waiting = sa.select(_O.activity_id).where(_O.record_id == record_id, _O.state.in_(UNSETTLED))
    refused = sa.and_(_O.record_id == record_id, _O.activity_id == a.id, _O.state == ChangeState.REFUSED.value)
    refusal = sa.select(_O.error).where(refused).order_by(_O.id.desc()).limit(1).correlate(activities).scalar_subquery()
    rows = unit.execute(
        sa.select(
            activities,
            a.id.in_(waiting.where(_O.activity_id.is_not(None))).label("pending"),
            refusal.label("error"),
        )
        .where(a.record_id == record_id, a.removed_at.is_(None))
        .order_by(a.at.desc(), a.id.desc())
        .limit(_MOST_ACTIVITIES)
    )
    return tuple(
        ActivityRow(r.id, r.kind, r.subject, r.body, r.author, r.at, r.due_at, r.done, r.pending, r.error or "")
        for r in rows
    )
