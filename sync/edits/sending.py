"""Sending mail, taking it back before it leaves, mending what failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from crm_model.errors import NotFound, Rejected
from crm_model.mail import Address, Attachment, DeliveryState, Direction, Message
from crm_model.organisation import Organisation
from sync.composing.checks import CheckedDraft, check_draft, check_sizes, letter_of, new_message_id, read_file
from sync.composing.draft import Desk, Draft, DraftFile
from sync.composing.mime import MailFile, build_mail, guess_type
from sync.edits.edit import Edit, edit, edit_within, shortened
from sync.edits.linking import link
from sync.following import check_sequence, people_of
from sync.store import outgoing, outgoing_messages
from sync.store.database import Store, Unit
from sync.store.outgoing import Recipient, StoredOutgoing
from sync.thread_facts import thread_facts

_TOO_LATE = "This mail has left, or is leaving now; it can't be taken back any more."


def save_draft(store: Store, draft: Draft, desk: Desk, author: str, *, outgoing_id: int | None = None) -> int:
    """Keep a mail that is not finished; its id. Anything may be missing in it but somebody who can send."""
    draft = replace(draft, account=desk.identity(draft.account).account)
    with edit(store, "draft", author) as making:
        return _draft_row(making, draft, desk, outgoing_id)


def drop_draft(store: Store, outgoing_id: int) -> None:
    """Throw a draft away. Errors: Rejected for a mail that is on its way."""
    with store.write() as unit:
        stored = _stored(unit, outgoing_id)
        if stored.state is not DeliveryState.DRAFT:
            raise Rejected("Only a draft can be thrown away; take the mail back first.")
        outgoing.drop(unit, outgoing_id)


def send_mail(
    store: Store,
    draft: Draft,
    desk: Desk,
    author: str,
    *,
    outgoing_id: int | None = None,
    send_at: datetime | None = None,
) -> int:
    """Put a mail on its way, at once or at `send_at`; its id. It shows in its conversation from now on.

    Errors: Rejected with a sentence for each field that must be mended, and for a mail of a sequence to somebody who
    has ended it; NotSupported where nobody can send.
    """
    checked = check_draft(draft, desk)
    fresh = [read_file(file.path) for file in draft.files if file.kept_id is None]  # outside the transaction
    with edit(store, "send", author) as making:
        if draft.sequence:
            check_sequence(people_of(making.unit, checked.recipients), desk)
        return _send(
            making, checked, fresh, desk, _draft_row(making, checked.draft, desk, outgoing_id), send_at=send_at
        )


def send_once(unit: Unit, draft: Draft, desk: Desk, author: str, *, node: str) -> int:
    """Put a mail without files on its way now, within a transaction; its id. `node` is its Message-ID.

    A mail that went under it already is not sent again. Errors: those of `send_mail`.
    """
    held = outgoing.id_of_node(unit, node)
    if held is not None:
        return held
    checked = check_draft(draft, desk)
    with edit_within(unit, "send", author) as making:
        row_id = outgoing.insert(unit, node, checked.draft, author=author, now=making.now)
        return _send(making, checked, [], desk, row_id, send_at=making.now)


def _send(
    making: Edit,
    checked: CheckedDraft,
    fresh: Sequence[MailFile],
    desk: Desk,
    row_id: int,
    *,
    send_at: datetime | None,
) -> int:
    files = _keep_files(making.unit, row_id, checked.draft, fresh)
    node = _stored(making.unit, row_id).node
    _try_to_build(checked, node, list(files.values()), making.now)
    due = max(send_at or making.now, making.now + timedelta(seconds=0 if send_at else desk.undo_seconds))
    making.remember("sending", row_id)  # first, so that undo takes it back last
    message = _message(checked, node, list(files.values()), due)
    _put_on_its_way(making, row_id, message, checked, desk.organisation)
    whom = shortened(", ".join(checked.recipients))
    making.label = f"mail to {whom}: “{shortened(checked.draft.subject) or 'no subject'}”"
    return row_id


def take_back(store: Store, outgoing_id: int) -> Draft:
    """Make a draft again of a mail that has not left. Errors: Rejected if it has."""
    with store.write() as unit:
        return _take_back(unit, outgoing_id)


def send_again(store: Store, outgoing_id: int) -> None:
    """Try a failed or doubtful mail once more, now; who has it already does not get it twice."""
    with store.write() as unit:
        stored = _stored(unit, outgoing_id)
        if stored.state not in (DeliveryState.FAILED, DeliveryState.UNSURE, DeliveryState.WAITING):
            raise Rejected(f"This mail is {stored.state.value}: there is nothing to try again.")
        again = [each if each.state == "sent" else Recipient(each.email) for each in stored.recipients]
        now = datetime.now(UTC)
        outgoing.change(
            unit,
            outgoing_id,
            state=DeliveryState.WAITING.value,
            recipients=outgoing.pack_recipients(again),
            due_at=now,
            next_at=now,
            attempts=0,
            handed_at=None,
            error="",
        )


def call_sent(store: Store, outgoing_id: int) -> None:
    """A person knows that a mail in doubt arrived; the agent settles it with its next breath."""
    with store.write() as unit:
        stored = _stored(unit, outgoing_id)
        if stored.state is not DeliveryState.UNSURE:
            raise Rejected(f"This mail is {stored.state.value}; only one that nobody is sure of can be called sent.")
        outgoing.change(unit, outgoing_id, sent_copy=outgoing.PROVEN, next_at=datetime.now(UTC))


def undo_sending(making: Edit, outgoing_id: int) -> None:
    _take_back(making.unit, outgoing_id)


def _take_back(unit: Unit, outgoing_id: int) -> Draft:
    message_id = _stored(unit, outgoing_id).message_id
    taken = outgoing.take_back(unit, outgoing_id)
    if taken is None:
        raise Rejected(_TOO_LATE)
    if message_id is not None:
        outgoing_messages.remove(unit, message_id)
    return taken.draft


def _stored(unit: Unit, outgoing_id: int) -> StoredOutgoing:
    stored = outgoing.get(unit, outgoing_id)
    if stored is None:
        raise NotFound("This mail is no longer in the outbox.")
    return stored


def _draft_row(making: Edit, draft: Draft, desk: Desk, outgoing_id: int | None) -> int:
    if outgoing_id is None:
        node = new_message_id(desk.identity(draft.account))
        return outgoing.insert(making.unit, node, draft, author=making.author, now=making.now)
    if _stored(making.unit, outgoing_id).state is not DeliveryState.DRAFT:
        raise Rejected("This mail is on its way already.")
    outgoing.save_draft(making.unit, outgoing_id, draft)
    return outgoing_id


def _keep_files(unit: Unit, outgoing_id: int, draft: Draft, fresh: Sequence[MailFile]) -> dict[int, MailFile]:
    """The bytes are ours from now on: what happens to the files on the disk no longer matters."""
    kept = [file.kept_id for file in draft.files if file.kept_id is not None]
    new_ids = iter(outgoing.keep_files(unit, outgoing_id, kept, fresh))
    held = tuple(file if file.kept_id is not None else DraftFile(file.path, next(new_ids)) for file in draft.files)
    outgoing.save_draft(unit, outgoing_id, replace(draft, files=held))
    return outgoing.files_of(unit, outgoing_id)


def _try_to_build(checked: CheckedDraft, node: str, files: Sequence[MailFile], now: datetime) -> None:
    """What can't be written as a mail is said now, not when it should leave."""
    check_sizes(files)
    build_mail(letter_of(checked, node, now, ()))


def _put_on_its_way(
    making: Edit, row_id: int, message: Message, checked: CheckedDraft, organisation: Organisation
) -> None:
    due = message.sent_at or making.now
    facts = thread_facts(message, due, organisation)
    strangers = any(not organisation.is_own(each.email) for each in message.recipients)
    direction = Direction.OUTGOING if strangers else Direction.INTERNAL
    message_id, thread_id = outgoing_messages.insert(making.unit, message, facts, direction, making.now)
    outgoing.change(
        making.unit,
        row_id,
        state=DeliveryState.WAITING.value,
        message_id=message_id,
        recipients=outgoing.pack_recipients([Recipient(each) for each in checked.recipients]),
        due_at=due,
        next_at=due,
        error="",
    )
    if checked.draft.record_id is not None:
        link(making, thread_id, making.record(checked.draft.record_id), "composed", "written from the record")


def _message(checked: CheckedDraft, node: str, files: Sequence[MailFile], due: datetime) -> Message:
    """The mail as its conversation shows it until its bytes are fixed."""
    draft = checked.draft
    attachments = tuple(
        Attachment(file.name, file.content_type or guess_type(file.name), len(file.data), "") for file in files
    )
    return Message(
        key=f"outgoing {node}",
        message_id=node,
        references=draft.references,
        in_reply_to=(draft.in_reply_to,) if draft.in_reply_to else (),
        in_reply_to_clean=bool(draft.in_reply_to),
        subject=draft.subject,
        from_=_lower(checked.identity.address),
        to=tuple(map(_lower, checked.to)),
        cc=tuple(map(_lower, checked.cc)),
        bcc=tuple(map(_lower, checked.bcc)),
        sent_at=due,
        text=draft.text,
        attachments=attachments,
    )


def _lower(address: Address) -> Address:
    return Address(address.email.lower(), address.name)
