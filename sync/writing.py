"""Beginning a mail with what the database knows: an answer, a mail about a record, a template with its values."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, tzinfo

from crm_model.errors import NotFound, Rejected
from crm_model.mail import Address
from crm_model.records import RecordKind
from sync import queries
from sync.composing.answering import begin_answer, begin_mail
from sync.composing.draft import Desk, Draft, DraftKind, Identity
from sync.composing.recipients import show_recipient
from sync.composing.templates import fill_template
from sync.store.database import Store
from sync.views import RecordView


def answer(store: Store, desk: Desk, message_id: int, kind: DraftKind, zone: tzinfo | None = None) -> Draft:
    """A reply or a forward to be written on. Errors: NotFound, NotSupported where nobody can send."""
    message = queries.answerable(store, message_id)
    return begin_answer(message, kind, desk, _when(message.at, zone))


def new_mail(store: Store, desk: Desk, *, record_id: int | None = None, account: str = "") -> Draft:
    """A new mail, to the person that the record is. Errors: NotFound, NotSupported where nobody can send."""
    identity = desk.identity(account)
    if record_id is None:
        return begin_mail(identity)
    record = queries.record(store, record_id)
    email = next((each.display for each in record.fields if each.spec.name == "email"), "")
    to = show_recipient(Address(email, record.title)) if email else ""
    return begin_mail(identity, to=to, record_id=record_id)


def use_template(store: Store, desk: Desk, draft: Draft, name: str) -> Draft:
    """The draft with the template's text above what stands there. Errors: NotFound for a template nobody has."""
    template = next((each for each in desk.templates if each.name == name), None)
    if template is None:
        names = ", ".join(each.name for each in desk.templates)
        raise NotFound(f"There is no template “{name}”; there are: {names or 'none, see docs/configuration.md'}.")
    filled = fill_template(template, _values(store, draft, desk.identity(draft.account)))
    takes_subject = filled.subject and (not draft.subject.strip() or draft.kind is DraftKind.NEW)
    return replace(
        draft,
        subject=filled.subject if takes_subject else draft.subject,
        text=filled.text.strip() + ("" if draft.text.startswith("\n") else "\n") + draft.text,
        unfilled=tuple(dict.fromkeys((*draft.unfilled, *filled.unfilled))),
    )


def answered_message(store: Store, thread_id: int) -> int:
    """The message that an answer to a conversation answers: the last one of theirs, else the last. Errors: NotFound."""
    messages = queries.conversation(store, thread_id).messages
    if not messages:
        raise Rejected("This conversation holds no message that could be answered.")
    theirs = [each for each in messages if each.direction.value == "incoming"]
    return (theirs or list(messages))[-1].id


def _values(store: Store, draft: Draft, identity: Identity) -> dict[str, dict[str, str]]:
    """The fields of everything the mail is about, the best link of each kind, as people read them."""
    values: dict[str, dict[str, str]] = {"me": {"name": identity.address.name, "email": identity.address.email}}
    for record_id in _about(store, draft):
        try:
            record = queries.record(store, record_id)
        except NotFound:
            continue
        values.setdefault(record.kind.value, _fields(record))
        if record.account is not None and RecordKind.ACCOUNT.value not in values:
            values[RecordKind.ACCOUNT.value] = _fields(queries.record(store, record.account.id))
    return values


def _about(store: Store, draft: Draft) -> list[int]:
    linked = queries.conversation(store, draft.thread_id).links if draft.thread_id is not None else ()
    chosen = [draft.record_id] if draft.record_id is not None else []
    return [*chosen, *(link.record_id for link in linked if not link.broken)]


def _fields(record: RecordView) -> dict[str, str]:
    return {each.spec.name: each.display for each in record.fields}


def _when(at: datetime, zone: tzinfo | None) -> str:
    local = at.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b %Y} at {local:%H:%M}"
