"""What keeps a draft from being sent, each with the mend; and the letter that it makes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import make_msgid
from pathlib import Path

from crm_model.errors import Rejected
from crm_model.mail import Address
from crm_model.safe_text import safe_line
from sync.composing.draft import Desk, Draft, Identity
from sync.composing.flowed import quote_depth
from sync.composing.html_version import html_version
from sync.composing.mime import Letter, MailFile
from sync.composing.recipients import read_recipients

LARGEST_FILES = 25_000_000
"""Bytes of attachments in one mail: what the large providers take, less what base64 adds."""

_LONGEST_SUBJECT = 500


@dataclass(frozen=True, slots=True)
class CheckedDraft:
    """A draft that can be sent, and by whom to whom."""

    draft: Draft
    identity: Identity
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    bcc: tuple[Address, ...]

    @property
    def recipients(self) -> tuple[str, ...]:
        """The envelope: every address once."""
        return tuple({each.email.lower(): each.email for each in (*self.to, *self.cc, *self.bcc)}.values())


def check_draft(draft: Draft, desk: Desk) -> CheckedDraft:
    """The draft with its addresses read. Errors: Rejected with a sentence for each field that must be mended."""
    identity = desk.identity(draft.account)
    problems: dict[str, str] = {}
    read: dict[str, tuple[Address, ...]] = {}
    for field in ("to", "cc", "bcc"):
        try:
            read[field] = read_recipients(str(getattr(draft, field)), field)
        except Rejected as error:
            problems |= error.field_errors
    if not problems and not any(read.values()):
        problems["to"] = "Say to whom it goes."
    problems |= _missing(draft)
    if len(draft.subject) > _LONGEST_SUBJECT:
        problems["subject"] = f"A subject has at most {_LONGEST_SUBJECT} letters; this one has {len(draft.subject)}."
    if problems:
        raise Rejected(" ".join(problems.values()), field_errors=problems)
    return CheckedDraft(replace(draft, account=identity.account), identity, read["to"], read["cc"], read["bcc"])


def letter_of(checked: CheckedDraft, message_id: str, date: datetime, files: Sequence[MailFile]) -> Letter:
    """The letter that a draft makes; its HTML version is there only where the account wants one."""
    draft, identity = checked.draft, checked.identity
    return Letter(
        message_id=message_id,
        date=date,
        sender=identity.address,
        to=checked.to,
        cc=checked.cc,
        bcc=checked.bcc,
        subject=draft.subject,
        text=draft.text,
        html=html_version(draft.text) if identity.html else "",
        in_reply_to=draft.in_reply_to,
        references=draft.references,
        files=files,
        automatic=draft.automatic,
    )


def new_message_id(identity: Identity) -> str:
    """A Message-ID of our own, unique for ever, without angle brackets."""
    return make_msgid(domain=identity.address.email.rpartition("@")[2]).strip("<>")


def read_file(path: str) -> MailFile:
    """A file's name and bytes. Errors: Rejected where it is gone, no file, too large or not ours to read."""
    place, shown = Path(path).expanduser(), safe_line(path)
    try:
        if not place.is_file():
            raise _bad_file(f"“{shown}” is {'no file' if place.exists() else 'not there (any more)'}; attach it again.")
        if place.stat().st_size > LARGEST_FILES:
            raise _too_large(place.stat().st_size)
        return MailFile(place.name, place.read_bytes())
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = error.strerror if isinstance(error, OSError) else "no file has such a name"
        raise _bad_file(f"“{shown}” can't be read: {reason}.") from error


def check_sizes(files: Sequence[MailFile]) -> None:
    """Errors: Rejected where the attachments are too much for one mail."""
    total = sum(len(file.data) for file in files)
    if total > LARGEST_FILES:
        raise _too_large(total)


def _missing(draft: Draft) -> dict[str, str]:
    """Placeholders that still stand in what the person writes; quoted text may hold anything."""
    own = "\n".join(line for line in draft.text.split("\n") if not quote_depth(line))
    problems = {}
    for field, text in (("subject", draft.subject), ("text", own)):
        left = [each for each in draft.unfilled if each in text]
        if left:
            names = ", ".join(each.strip("{} ").partition("|")[0] for each in left)
            problems[field] = f"The record says nothing of {names}: write it in place of {', '.join(left)}."
    return problems


def _bad_file(sentence: str) -> Rejected:
    return Rejected(sentence, field_errors={"files": sentence})


def _too_large(size: int) -> Rejected:
    largest = LARGEST_FILES // 1_000_000
    return _bad_file(f"The attachments have {size / 1_000_000:.0f} MB; a mail takes {largest} MB. Send a link instead.")
