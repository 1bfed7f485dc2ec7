"""The folders below a Maildir: Maildir++ (`.Sent`, `.Clients.Acme`) and nested ones (`Clients/Acme`)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from imapclient import imap_utf7

from crm_model.errors import ConfigError
from crm_model.mail import MailboxRole
from crm_model.options import Connection
from sync.mailboxes.contract import Folder
from sync.mailboxes.idsets import to_text
from sync.mailboxes.roles import FOLDERS_OPTION, choose_folders, role_by_name, settle_guesses

_READ = (MailboxRole.INBOX, MailboxRole.SENT, MailboxRole.ARCHIVE, MailboxRole.ALL, MailboxRole.OTHER)
_DEPTH = 8
_OWN = frozenset({b"cur", b"new", b"tmp"})


def find_folders(root: Path, connection: Connection) -> tuple[Folder, ...]:
    """The folders to read, inbox first: all but drafts, junk and trash, or the ones the option names.

    Errors: ConfigError if `root` is no Maildir and holds none.
    """
    top = os.fsencode(root)
    found = settle_guesses([_folder(top, path) for path in sorted(_maildirs(top, _DEPTH))], sure=(".",))
    if not found:
        raise ConfigError(_complaint(root), key="path")
    return choose_folders(found, connection.names(FOLDERS_OPTION.name), _READ, connection.name)


def _complaint(root: Path) -> str:
    if root.is_file():
        return f"{root} is a file, no Maildir; for a mail file use the kind “mbox”."
    missing = [name for name in ("cur", "new") if not (root / name).is_dir()]
    return (
        f"{root} is no Maildir: it has no folder {' and no folder '.join(missing)}. "
        "Name the folder that holds cur, new and tmp."
    )


def _maildirs(path: bytes, depth: int) -> Iterator[bytes]:
    if os.path.isdir(path + b"/cur") and os.path.isdir(path + b"/new"):  # noqa: PTH112
        yield path
    if depth == 0:
        return
    try:
        with os.scandir(path) as entries:
            below = [entry.path for entry in entries if entry.name not in _OWN and entry.is_dir(follow_symlinks=False)]
    except OSError:
        return
    for child in below:
        yield from _maildirs(child, depth - 1)


def _folder(top: bytes, path: bytes) -> Folder:
    if path == top:
        return Folder(".", "INBOX", MailboxRole.INBOX)
    relative = os.path.relpath(path, top)
    name = "/".join(_decoded(part) for piece in relative.split(b"/") for part in _parts(piece))
    return Folder(to_text(relative), name, role_by_name(name))


def _parts(piece: bytes) -> list[bytes]:
    """Maildir++ writes the levels of a hierarchy into one name with dots; a nested folder may have dots of its own."""
    return piece[1:].split(b".") if piece.startswith(b".") else [piece]


def _decoded(part: bytes) -> str:
    """A part of a folder's name, which Dovecot and Courier write in modified UTF-7."""
    try:
        return str(imap_utf7.decode(part)) if part.isascii() else part.decode()
    except (UnicodeDecodeError, ValueError):
        return to_text(part)
