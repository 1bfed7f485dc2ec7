"""Converting a lead, and taking that back as far as its CRM can."""

from __future__ import annotations

from datetime import timedelta

from crm_model.changes import ChangeKind
from crm_model.errors import NotSupported, Rejected
from crm_model.records import Conversion, FieldValue, RecordKind
from crm_model.safe_text import safe_line
from sync.edits.checking import check_fields
from sync.edits.edit import Edit, edit, named
from sync.store import abilities, compensation, links, outbox, records
from sync.store.database import Store
from sync.store.records import StoredRecord

_MADE = {
    RecordKind.OPPORTUNITY: "converted_opportunity_id",
    RecordKind.CONTACT: "converted_contact_id",
    RecordKind.ACCOUNT: "converted_account_id",
}
_AT_ONCE = timedelta(seconds=10)  # how long a CRM may take to make them all


def convert_lead(store: Store, record_id: int, conversion: Conversion, author: str) -> int:
    """Ask the CRM to turn a lead into contact, account and opportunity; its conversations follow when it has."""
    with edit(store, "convert", author) as making:
        lead = making.record(record_id)
        if lead.kind is not RecordKind.LEAD:
            raise Rejected(f"{named(lead)} is no lead, so it can't be converted.")
        if lead.state == "converted" or compensation.conversion_waits(making.unit, record_id):
            raise Rejected(f"{named(lead)} is converted already or about to be.")
        change = making.enqueue(lead, ChangeKind.CONVERT, conversion=_checked(making, lead.crm, conversion))
        making.remember("converting", record_id, change, str(lead.fields.get("status") or ""))
        making.label = f"converted the lead {named(lead)}"
    return making.action_id


def _checked(making: Edit, crm: str, conversion: Conversion) -> Conversion:
    parts: dict[str, dict[str, FieldValue]] = {}
    errors: dict[str, str] = {}
    for kind, fields in (
        (RecordKind.CONTACT, conversion.contact),
        (RecordKind.ACCOUNT, conversion.account),
        (RecordKind.OPPORTUNITY, conversion.opportunity),
    ):
        try:
            parts[kind.value] = check_fields(making.unit, crm, kind, fields, complete=bool(fields)) if fields else {}
        except Rejected as error:
            errors.update({f"{kind.value}.{name}": text for name, text in error.field_errors.items()})
    if errors:
        raise Rejected(" ".join(f"{name}: {text}" for name, text in errors.items()), field_errors=errors)
    return Conversion(**parts, account_id=conversion.account_id)


def undo_converting(making: Edit, record_id: int, change: int, status: str = "") -> None:
    """Stop a conversion, or, where the CRM has done it, delete what it made and open the lead again.

    Errors: NotSupported where the CRM can't or is at it; Rejected, naming who, if somebody worked on with what it made.
    """
    if compensation.take_back(making.unit, change, making.now):
        return
    lead = making.record(record_id)
    if lead.state != "converted":
        raise NotSupported(f"The CRM is at converting {named(lead)}; undo it a little later.", feature="undo_convert")
    if not abilities.of_crm(making.unit, lead.crm).delete:
        raise NotSupported(
            f"{lead.crm} has converted {named(lead)} and deletes no records, so that can't be taken back from here.",
            feature="undo_convert",
        )
    made = _made_by(making, lead, change)
    for record in made:
        _refuse_if_used(making, record, lead, change)
    for record in made:
        making.threads.update(links.drop_record(making.unit, record.id, making.now))
        making.enqueue(record, ChangeKind.DELETE)
        records.mark_deleted_here(making.unit, record.id)
    records.open_again(making.unit, record_id, tuple(_MADE.values()), status)
    making.enqueue(lead, ChangeKind.UPDATE, fields={"status": status}, base={"status": lead.fields.get("status")})


def _made_by(making: Edit, lead: StoredRecord, change: int) -> list[StoredRecord]:
    """What the conversion made; an account that the lead joined was there before."""
    held = outbox.get(making.unit, change)
    conversion = held.conversion if held and held.conversion else Conversion()
    names = dict(_MADE)
    if conversion.account_id or not conversion.account:
        del names[RecordKind.ACCOUNT]
    wanted = [(kind, str(lead.fields.get(name) or "")) for kind, name in names.items()]
    found = [records.by_remote(making.unit, lead.crm, kind, remote_id) for kind, remote_id in wanted if remote_id]
    return [record for record in found if record is not None and record.state != "deleted"]


def _refuse_if_used(making: Edit, made: StoredRecord, lead: StoredRecord, change: int) -> None:
    """Both times are the CRM's own, so that no clock of ours matters."""
    later = compensation.later_change(making.unit, made.id, change, list(made.fields))
    since = made.modified_at and lead.modified_at and made.modified_at - lead.modified_at > _AT_ONCE
    if later is None and not since:
        return
    who = later.author if later else made.modified_by
    by = f" by {safe_line(who)}" if who else ""
    raise Rejected(f"{named(made)} has been changed since{by}; taking the conversion back would delete that.")
