"""What other programs told: a person becomes a lead by the forms' way, a call or note goes on the person's record.

A call that comes again is known by its webhook-id.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from agent.hooks.calls import FIELD_NAMES, PAGE
from agent.intake.arrival import FormIntake
from agent.tracking.collecting import Arrived, Takers
from crm_model.errors import Rejected
from crm_model.options import Connection
from crm_model.records import ActivityKind, KnownRecord, RecordKind
from crm_model.web_events import IncomingHook, Submission
from crm_model.web_forms import FormField, FormRules, InputKind, WebForm
from sync.edits import activities
from sync.edits.edit import edit_within, named
from sync.settings import Settings
from sync.store import heard_hooks, known_records
from sync.store.database import Unit

_PEOPLE = (RecordKind.CONTACT, RecordKind.LEAD)


def hook_pages(settings: Settings) -> dict[str, Mapping[str, Any]]:
    """What the outpost must know of incoming hooks, by the names of its pages: it checks their signatures."""
    return {f"{PAGE}{hook.name}": {"secret": hook.secret()} for hook in settings.incoming_hooks}


def hook_forms(settings: Settings) -> tuple[FormRules, ...]:
    """What an incoming hook tells of a person is taken as a form of its own, with a field for each meaning."""
    return tuple(_form(hook) for hook in settings.incoming_hooks)


def hook_takers(settings: Settings, intake: FormIntake) -> Takers:
    """Who takes what incoming hooks tell."""
    known = frozenset(hook.name for hook in settings.incoming_hooks)

    def take(unit: Unit, arrived: Arrived, now: datetime) -> None:
        event = arrived.event
        if isinstance(event, IncomingHook) and not heard_hooks.is_known(unit, event.id):
            if event.hook not in known:
                raise Rejected(f"There is no incoming hook “{event.hook}” any more.")
            _TAKEN[str(event.body.get("event"))](unit, event, intake, now)
            heard_hooks.remember(unit, event.id, now)

    return {IncomingHook: take}


def _form(hook: Connection) -> FormRules:
    fields = tuple(FormField(name, InputKind.TEXT, means=name) for name in FIELD_NAMES)
    title = hook.text("title") or hook.name
    return FormRules(WebForm(f"hook-{hook.name}", title, fields=fields), leads=hook.text("leads"))


def _lead(unit: Unit, event: IncomingHook, intake: FormIntake, _now: datetime) -> None:
    fields: Mapping[str, Any] = event.body["fields"]
    values = {name: str(fields[name]) for name in FIELD_NAMES if fields.get(name)}
    intake.take(unit, Submission(event.id, event.at, f"hook-{event.hook}", values), {})


def _activity(unit: Unit, event: IncomingHook, _intake: FormIntake, now: datetime) -> None:
    person = _person(unit, str(event.body.get("email") or ""), str(event.body.get("phone") or ""))
    if person is None:
        raise Rejected("No contact and no lead has this address or number.")
    kind, text = ActivityKind(event.body["kind"]), str(event.body["text"])
    with edit_within(unit, "activity", event.hook) as making:
        record = making.record(person.id)
        activities.add(making, record, kind, text, at=_time(event.body.get("at")) or now)
        making.label = f"{kind.value} told by {event.hook} on {named(record)}"


_TAKEN = {"lead": _lead, "activity": _activity}


def _person(unit: Unit, email: str, phone: str) -> KnownRecord | None:
    address = email.strip().lower()
    found = known_records.by_emails(unit, [address]).get(address, ()) if address else ()
    people = [each for each in (*found, *known_records.by_phone(unit, phone)) if each.kind in _PEOPLE]
    return next((each for kind in _PEOPLE for each in people if each.kind is kind), None)


def _time(text: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(str(text))
        return at.astimezone(UTC) if at.tzinfo else None
    except (ValueError, OverflowError):  # the first and the last day there are, of another zone
        return None
