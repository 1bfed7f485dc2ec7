"""Which folders of an IMAP account are read: by SPECIAL-USE (RFC 6154), else by name."""

from __future__ import annotations

from collections.abc import Sequence

from crm_model.mail import MailboxRole
from sync.mailboxes.contract import Folder
from sync.mailboxes.idsets import to_text
from sync.mailboxes.imap.replies import Listed
from sync.mailboxes.roles import choose_folders, role_by_name, settle_guesses

_ATTRIBUTES = {
    "\\inbox": MailboxRole.INBOX,
    "\\sent": MailboxRole.SENT,
    "\\archive": MailboxRole.ARCHIVE,
    "\\all": MailboxRole.ALL,
    "\\allmail": MailboxRole.ALL,
    "\\drafts": MailboxRole.DRAFTS,
    "\\junk": MailboxRole.JUNK,
    "\\spam": MailboxRole.JUNK,
    "\\trash": MailboxRole.TRASH,
}
_UNSPEAKABLE = (b"\r", b"\n", b"\0")


def read_folders(listed: Sequence[Listed], wanted: Sequence[str], account: str) -> tuple[Folder, ...]:
    """Inbox, Sent and Archive (all mail where there is no archive), or the wanted ones; inbox first.

    A folder's key is its name as the server writes it, in the form of `to_text`. Errors: ConfigError.
    """
    found: list[Folder] = []
    sure: set[str] = set()
    for each in listed:
        if any(letter in each.raw for letter in _UNSPEAKABLE):
            continue  # can't be named in a command without a literal; nobody has such folders on purpose
        key = "INBOX" if each.raw.upper() == b"INBOX" else to_text(each.raw)
        told = _told(each, key)
        if told is not None:
            sure.add(key)
        found.append(Folder(key, each.name, told or role_by_name(each.name, each.delimiter)))
    settled = settle_guesses(found, sure)
    roles = {MailboxRole.INBOX, MailboxRole.SENT, MailboxRole.ARCHIVE}
    if not any(folder.role is MailboxRole.ARCHIVE for folder in settled):
        roles.add(MailboxRole.ALL)
    return choose_folders(settled, wanted, roles, account)


def archive_of(listed: Sequence[Listed]) -> bytes | None:
    """The folder that archiving moves to: the archive, all mail where there is none."""
    for roles in ((MailboxRole.ARCHIVE,), (MailboxRole.ALL,)):
        told = [each.raw for each in listed if _told(each, to_text(each.raw)) in roles]
        named = [each.raw for each in listed if role_by_name(each.name, each.delimiter) in roles]
        for found in (told, named):
            if len(found) == 1:
                return found[0]
    return None


def _told(listed: Listed, key: str) -> MailboxRole | None:
    if key == "INBOX":
        return MailboxRole.INBOX
    return next((role for attribute, role in _ATTRIBUTES.items() if attribute in listed.attributes), None)
