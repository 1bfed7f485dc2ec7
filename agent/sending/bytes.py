"""The bytes of a mail, made at its first try and the same at every later one.

What is to be seen of a mail's reading is put into its letter, between `letter_of` and `build_mail`; the copy that we
keep has the HTML as it was written.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import datetime

from agent.parse import parse_message, read_tree_in_doubt
from agent.parsing.head import read_head, skip_envelope
from agent.sending.way_out import Work
from agent.tracking.following import follow, forget
from crm_model.errors import NotFound, NotSupported, Rejected
from crm_model.mail import Attachment, Message, RawMessage
from sync.composing.checks import CheckedDraft, check_draft, check_sizes, letter_of
from sync.composing.mime import Letter, MailFile, build_mail, with_bcc, with_html
from sync.mailboxes import registry
from sync.mailboxes.contract import Folder, MailSource
from sync.store import outgoing, outgoing_messages, tracked_mail
from sync.store.outgoing import StoredOutgoing
from sync.submission.contract import OutgoingMail


@dataclass(frozen=True, slots=True)
class Ready:
    """A mail that can leave: for the wire, and as our own reader sees it."""

    mail: OutgoingMail
    message: Message


def make_ready(work: Work, stored: StoredOutgoing, now: datetime) -> Ready:
    """The mail's bytes, fixed in the store. Errors: Rejected, NotSupported for a draft that can't be sent (any more).

    TryLater, LoginNeeded where a forwarded attachment can't be had now.
    """
    checked = check_draft(stored.draft, work.desk)
    letter = letter_of(checked, stored.node, now, ())
    if stored.raw is not None:
        return _ready(stored, checked, letter, stored.raw)
    with work.store.read() as unit:
        files = list(outgoing.files_of(unit, stored.id).values())
    if stored.draft.forwarded:
        files = [*_forwarded(work, stored), *files]
    check_sizes(files)
    followed = follow(work, checked, letter_of(checked, stored.node, now, files))
    raw = build_mail(followed.letter)
    ready = _ready(stored, checked, letter, raw)
    stale: list[str] = []
    with work.store.write() as unit:
        outgoing.change(unit, stored.id, raw=raw)
        if followed.tracking is not None:
            stale = tracked_mail.keep(unit, stored.id, followed.tracking, now)
        if stored.message_id is not None:
            outgoing_messages.fix(unit, stored.message_id, ready.message)
    forget(work, stale)
    return ready


def _ready(stored: StoredOutgoing, checked: CheckedDraft, letter: Letter, raw: bytes) -> Ready:
    mail = OutgoingMail(
        message_id=stored.node,
        sender=checked.identity.address.email,
        recipients=stored.waiting,
        data=raw,
        own_copy=with_bcc(with_html(raw, letter.html) if letter.html else raw, checked.bcc),
        needs_utf8=letter.needs_utf8,
    )
    return Ready(mail, parse_message(RawMessage("outgoing", mail.own_copy, len(mail.own_copy))))


def _forwarded(work: Work, stored: StoredOutgoing) -> list[MailFile]:
    """The forwarded message's attachments, from whichever mailbox still holds it."""
    draft = stored.draft
    if draft.answers is None:
        return []
    with work.store.read() as unit:
        wanted = outgoing_messages.answerable(unit, draft.answers).attachments
        places = outgoing_messages.copies_of(unit, draft.answers)
    wanted = tuple(each for each in wanted if each.part in draft.forwarded)
    by_name = {account.name: account for account in work.accounts}
    for name, key, uid in places:
        if name not in by_name:
            continue
        with contextlib.closing(registry.load(by_name[name].kind).open(by_name[name])) as source:
            folder = next((each for each in source.folders() if each.key == key), None)
            if folder is None:
                continue
            with contextlib.suppress(NotFound):
                return [_fetched(source, folder, uid, each) for each in wanted]
    if not wanted:
        return []
    names = ", ".join(each.name or "attachment" for each in wanted)
    raise Rejected(
        f"The forwarded mail is in no mailbox any more, and {names} with it: take the mail back, send without."
    )


def _fetched(source: MailSource, folder: Folder, uid: str, attachment: Attachment) -> MailFile:
    try:
        data = source.fetch_part(folder, uid, attachment.part)
    except NotSupported:
        data = _cut_out(source.fetch(folder, uid), attachment)
    return MailFile(attachment.name or "attachment", data, attachment.content_type)


def _cut_out(raw: RawMessage, attachment: Attachment) -> bytes:
    head = read_head(raw.data, skip_envelope(raw.data), len(raw.data))
    tree = read_tree_in_doubt(raw.data, head, len(raw.data))
    found = next((part for part in tree.parts if (part.number or "1") == attachment.part), None)
    data = b"" if found is None else found.decoded()
    if raw.truncated and len(data) < attachment.size:
        raise Rejected(f"“{attachment.name}” is too large to be forwarded; send it from a mail client.")
    return data
