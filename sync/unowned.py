"""A lead that the agent makes for an owner whom the CRM does not know: it goes without, and that is shown as a fault.

Whoever fills in a web form must not wait for a name in our configuration to be spelt right.

    create {name, …, owner}  ─refused for its owner→  create {name, …} waits again │ update {owner} refused, in Problems
"""

from __future__ import annotations

from datetime import datetime

from crm_model.changes import Change, ChangeKind, ChangeState
from crm_model.errors import Rejected
from sync.store import outbox, records
from sync.store.database import Unit
from sync.store.links import AGENT

OWNER = "owner"


def send_without_owner(unit: Unit, change: Change, error: Rejected, now: datetime) -> bool:
    """Whether a refused change was one that can go without its owner; it waits again then."""
    named = set(error.field_errors)
    blamed = OWNER in named or (not named and change.author == AGENT)  # a person sees what they typed refused
    if change.kind is not ChangeKind.CREATE or not change.fields.get(OWNER) or not blamed:
        return False
    outbox.amend(unit, change.id, {name: value for name, value in change.fields.items() if name != OWNER})
    records.set_fields(unit, change.record_id, {OWNER: None})
    said = error.field_errors.get(OWNER) or str(error)
    report_owner(unit, change.crm, change.record_id, str(change.fields[OWNER]), key=change.key, said=said, now=now)
    return True


def report_owner(unit: Unit, crm: str, record_id: int, owner: str, *, key: str, said: str, now: datetime) -> None:
    """Show that a record, whose creation has this `key`, could not be given to `owner`."""
    change_id = outbox.enqueue(
        unit,
        crm=crm,
        kind=ChangeKind.UPDATE,
        key=f"{key} {OWNER}",
        record_id=record_id,
        fields={OWNER: owner},
        author=AGENT,
        now=now,
    )
    sentence = f"This lead has no owner, since the CRM did not take “{owner}”: {said}"
    outbox.settle(unit, change_id, ChangeState.REFUSED, error=sentence, field_errors={OWNER: said}, now=now)
