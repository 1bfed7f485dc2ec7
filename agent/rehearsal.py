"""What the agent would do with every message under a path, changing nothing: one line per message."""

from __future__ import annotations

import json
import mailbox
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from agent.decide import Decided, decide, direction_of
from agent.judging import JudgeContext, judge
from agent.parse import parse_message
from agent.rehearsal_view import Conversations, MemoryRecords, MemoryView
from agent.rules import Rules
from crm_model.errors import BadMessage, ConfigError
from crm_model.links import Verdict
from crm_model.mail import MailboxRole, Outcome, RawMessage
from crm_model.organisation import Organisation
from crm_model.records import RecordKind

_SIZE_LIMIT = 64 * 1024 * 1024
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIELD_NAMES = {"phone": "phone_e164"}
_SLOTS = {
    RecordKind.CONTACT: "person",
    RecordKind.LEAD: "person",
    RecordKind.ACCOUNT: "account",
    RecordKind.OPPORTUNITY: "opportunity",
}


def rehearse(path: Path, context_file: Path, records_file: Path | None) -> Iterator[dict[str, Any]]:
    """One dictionary per message under `path`: a folder of .eml files in name order, a Maildir, an mbox, one .eml.

    `context_file` says who we are, `records_file` what the CRM holds (none without it); the format of all three
    is in docs/judgement.md. Errors: ConfigError if a file can't be read or isn't of that format.
    """
    rules = Rules(organisation=read_organisation(context_file))
    records = MemoryRecords.read(records_file) if records_file is not None else MemoryRecords()
    yield from rehearse_messages(read_messages(path), rules, records)


def rehearse_messages(
    messages: Iterable[tuple[str, bytes]], rules: Rules, records: MemoryRecords
) -> Iterator[dict[str, Any]]:
    """The same for messages that are at hand, each with its name."""
    conversations = Conversations(rules.organisation)
    for name, data in messages:
        yield _rehearse_one(name, data, rules, records, conversations)


def _rehearse_one(
    name: str, data: bytes, rules: Rules, records: MemoryRecords, conversations: Conversations
) -> dict[str, Any]:
    try:
        message = parse_message(RawMessage(name, data[:_SIZE_LIMIT], len(data)))
    except BadMessage as problem:
        reasons = [{"rule": "quarantined", "evidence": str(problem)}]
        return {"file": name, "outcome": Outcome.QUARANTINED.value, "creates_lead": False, "reasons": reasons}
    thread = conversations.place(message, message.sent_at or _EPOCH)
    view = MemoryView(records, conversations, thread)
    direction = direction_of(message, MailboxRole.INBOX, rules.organisation)
    known = bool(message.from_ and view.records_by_email(message.from_.email))
    context = JudgeContext(direction, conversations.answers_us(thread, message), known)
    verdict = judge(message, rules.organisation, context)
    decided = decide(message, verdict, view, rules, age=timedelta(0))
    conversations.remember(thread, decided, direction)
    return {
        "file": name,
        **_judged(verdict),
        **_slots(decided, records),
        "thread": thread,
        "outcome": decided.outcome.value,
    }


def _judged(verdict: Verdict) -> dict[str, Any]:
    return {
        "verdict": verdict.kind.value,
        "probability": verdict.probability,
        "creates_lead": verdict.creates_lead,
        "fields": {_FIELD_NAMES.get(key, key): value for key, value in verdict.fields.items()},
    }


def _slots(decided: Decided, records: MemoryRecords) -> dict[str, Any]:
    """The record of each kind that it would be linked to, or the person asked about, with its odds; every reason.

    `asked`: the deals to choose from, each with its odds, where the deal alone is in question.
    """
    slots: dict[str, str | None] = {"person": None, "account": None, "opportunity": None}
    odds: dict[str, float] = {}
    for candidate in decided.links or decided.ask:
        slot = _SLOTS[records.by_id[candidate.record_id].kind]
        if slots[slot] is None:
            slots[slot] = records.external[candidate.record_id]
            odds[slot] = candidate.odds
    reasons = [{"rule": reason.rule, "evidence": reason.evidence} for reason in decided.reasons]
    asked = [[records.external[each.record_id], each.odds] for each in decided.ask] if decided.links else []
    return {**slots, "odds": odds, "asked": asked, "reasons": reasons}


def read_messages(path: Path) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of every message under a path. Errors: ConfigError if there is no mailbox of a known shape."""
    if path.is_dir() and (path / "cur").is_dir():
        files = [item for part in ("cur", "new") for item in (path / part).glob("*") if item.is_file()]
        yield from ((item.name, item.read_bytes()) for item in sorted(files, key=lambda item: item.name))
    elif path.is_dir():
        yield from ((item.name, item.read_bytes()) for item in sorted(path.glob("*.eml")))
    elif path.is_file() and path.suffix == ".eml":
        yield path.name, path.read_bytes()
    elif path.is_file():
        box = mailbox.mbox(path, create=False)
        try:
            for key in box.keys():  # noqa: SIM118 - a mailbox iterates over messages
                yield f"{path.name}#{key}", box.get_bytes(key)
        finally:
            box.close()
    else:
        raise ConfigError("There is no folder, Maildir or mbox of this name.", file=path)


def read_organisation(path: Path) -> Organisation:
    """Who we are, out of a context file. Errors: ConfigError."""
    data = read_json(path)
    people = data.get("colleagues") or []
    return Organisation(
        name=str(data.get("organisation") or ""),
        also_called=tuple(map(str, data.get("also_called") or ())),
        domains=_lower(data.get("domains")),
        addresses=_lower([data.get("mailbox"), *(data.get("other_own_addresses") or ())]),
        colleagues=tuple((str(item.get("name")), str(item.get("email")).lower()) for item in people),
        form_senders=_lower(data.get("own_form_senders")),
        phones=frozenset(map(str, data.get("own_phones") or ())),
        services=tuple(map(str, data.get("services") or ())),
        default_region=str(data.get("default_region") or ""),
        languages=tuple(map(str, data.get("languages") or ())),
    )


def _lower(values: Any) -> frozenset[str]:
    return frozenset(str(value).lower() for value in values or () if value)


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object. Errors: ConfigError that names the file."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise ConfigError(f"The file can't be read ({problem.strerror}).", file=path) from problem
    except ValueError as problem:
        raise ConfigError("The file is not valid JSON.", file=path) from problem
    if not isinstance(data, dict):
        raise ConfigError("The file must hold one JSON object.", file=path)
    return data
