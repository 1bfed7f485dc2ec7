"""Which files are mboxes: one file, or all those in a folder of a mail program (Thunderbird, mutt, Pine)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from crm_model.errors import ConfigError
from crm_model.mail import MailboxRole
from crm_model.options import Connection
from sync.mailboxes.contract import Folder
from sync.mailboxes.files import NoRegularFile, read_head, root_path
from sync.mailboxes.idsets import to_bytes, to_text
from sync.mailboxes.roles import FOLDERS_OPTION, choose_folders, role_by_name, settle_guesses

_READ = (MailboxRole.INBOX, MailboxRole.SENT, MailboxRole.ARCHIVE, MailboxRole.ALL, MailboxRole.OTHER)
_DEPTH = 8
_NOT_MAIL = (".lock", ".msf", ".dat", ".json", ".html")


def find_files(connection: Connection) -> tuple[Folder, ...]:
    """The mail files to read, inbox first: all but drafts, junk and trash, or the ones the option names.

    Errors: ConfigError if there is none.
    """
    root = root_path(connection)
    if not root.is_dir():
        if not looks_like_mbox(root):
            raise ConfigError(f"{root} is no mbox: it does not begin with a line “From ”.", key="path")
        role = role_by_name(root.name)
        return (Folder(".", root.name, MailboxRole.INBOX if role not in _READ[:4] else role),)
    if (root / "cur").is_dir():
        raise ConfigError(f"{root} is a Maildir; for it use the kind “maildir”.", key="path")
    found = settle_guesses([_folder(root, path) for path in sorted(_mail_files(root, _DEPTH))])
    if not found:
        raise ConfigError(f"there is no mbox in {root}: no file in it begins with a line “From ”.", key="path")
    return choose_folders(found, connection.names(FOLDERS_OPTION.name), _READ, connection.name)


def file_of(folder: Folder, connection: Connection) -> Path:
    """The file that a folder's key stands for."""
    root = root_path(connection)
    return root if folder.key == "." else root / os.fsdecode(to_bytes(folder.key))


def looks_like_mbox(path: Path) -> bool:
    """Whether a file is empty or begins, after blank lines, with a From_ line. Errors: ConfigError if unreadable."""
    try:
        start = read_head(os.fsencode(path), 4096).data
    except NoRegularFile:
        return False
    except OSError as error:
        raise ConfigError(f"{path} can't be read ({error.strerror}).", key="path") from error
    start = start.lstrip(b"\r\n")
    return not start or start.startswith(b"From ")


def _mail_files(folder: Path, depth: int) -> Iterator[Path]:
    try:
        with os.scandir(folder) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return
    for entry in found:
        if entry.name.startswith(".") or entry.name.endswith(_NOT_MAIL):
            continue
        if entry.is_dir(follow_symlinks=False):
            if depth > 0:
                yield from _mail_files(Path(entry.path), depth - 1)
        elif _is_filled(entry) and _is_mbox(Path(entry.path)):
            yield Path(entry.path)


def _is_filled(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file() and entry.stat().st_size > 0
    except OSError:
        return False


def _is_mbox(path: Path) -> bool:
    try:
        return looks_like_mbox(path)
    except ConfigError:
        return False


def _folder(root: Path, path: Path) -> Folder:
    relative = path.relative_to(root)
    # Thunderbird keeps the children of a folder X in X.sbd.
    parts = [part.removesuffix(".sbd") for part in relative.parts]
    name = to_text(os.fsencode("/".join(parts)))
    folder = Folder(to_text(os.fsencode(relative)), name, role_by_name(name))
    return replace(folder, name="INBOX") if name.upper() == "INBOX" else folder
