"""Mail accounts and their folders: how they are, and how far each is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from sync.mailboxes.contract import Folder
from sync.store.batches import insert_missing
from sync.store.database import Unit, next_seq
from sync.store.tables import copies, mail_accounts, mailboxes


@dataclass(frozen=True, slots=True)
class MailboxState:
    """A folder as the store knows it: `generation` and `cursor` are "" before its first page."""

    id: int
    generation: str
    cursor: str


def open_account(unit: Unit, name: str, kind: str) -> int:
    """The id of a mail account, made at first sight."""
    insert_missing(unit, mail_accounts, [{"name": name, "kind": kind}])
    return int(unit.execute(sa.select(mail_accounts.c.id).where(mail_accounts.c.name == name)).scalar_one())


def kinds(unit: Unit) -> frozenset[str]:
    """The kinds of mailbox that are read here."""
    return frozenset(unit.execute(sa.select(mail_accounts.c.kind)).scalars())


def open_mailbox(unit: Unit, account_id: int, folder: Folder) -> MailboxState:
    """A folder's state, made at first sight; its name and role follow the server's."""
    key = {"account_id": account_id, "key": folder.key}
    insert_missing(unit, mailboxes, [{**key, "name": folder.name, "role": folder.role.value}])
    row = unit.execute(
        mailboxes.update()
        .where(mailboxes.c.account_id == account_id, mailboxes.c.key == folder.key)
        .values(name=folder.name, role=folder.role.value, missing=False)
        .returning(mailboxes.c.id, mailboxes.c.generation, mailboxes.c.cursor)
    ).one()
    return MailboxState(row.id, row.generation, row.cursor)


def state_of(unit: Unit, account: str, key: str) -> MailboxState | None:
    """A folder's state, None if it was never read."""
    query = sa.select(mailboxes.c.id, mailboxes.c.generation, mailboxes.c.cursor).join(mail_accounts)
    row = unit.execute(query.where(mail_accounts.c.name == account, mailboxes.c.key == key)).one_or_none()
    return None if row is None else MailboxState(row.id, row.generation, row.cursor)


def held_by_folder(unit: Unit, account: str) -> dict[str, int]:
    """How many messages each folder of an account holds as far as we know, by the folder's key."""
    query = sa.select(mailboxes.c.key, sa.func.count(copies.c.id)).join(mail_accounts)
    query = query.join(copies, copies.c.mailbox_id == mailboxes.c.id).group_by(mailboxes.c.key)
    query = query.where(mail_accounts.c.name == account, copies.c.removed_at.is_(None))
    return {key: int(count) for key, count in unit.execute(query)}


def set_alarms(unit: Unit, account: str, alarms: Mapping[str, str]) -> None:
    """What the last audit found of these folders; "" takes an alarm back."""
    place = sa.select(mail_accounts.c.id).where(mail_accounts.c.name == account).scalar_subquery()
    for key, sentence in alarms.items():
        here = sa.and_(mailboxes.c.account_id == place, mailboxes.c.key == key, mailboxes.c.alarm != sentence)
        if unit.execute(mailboxes.update().where(here).values(alarm=sentence)).rowcount:
            next_seq(unit)


def mark_missing(unit: Unit, account_id: int, present_keys: set[str]) -> None:
    """Folders of the account that the server no longer has: their mail stays, `status` says so."""
    rows = unit.execute(
        sa.select(mailboxes.c.id, mailboxes.c.key).where(mailboxes.c.account_id == account_id, ~mailboxes.c.missing)
    )
    gone = [row.id for row in rows if row.key not in present_keys]
    if gone:
        unit.execute(mailboxes.update().where(mailboxes.c.id.in_(gone)).values(missing=True))


def save_cursor(unit: Unit, mailbox_id: int, generation: str, cursor: str, now: datetime) -> None:
    """Remember the place after a page, in the page's own transaction."""
    unit.execute(
        mailboxes.update()
        .where(mailboxes.c.id == mailbox_id)
        .values(generation=generation, cursor=cursor, last_success_at=now, last_error="")
    )


def account_succeeded(unit: Unit, account_id: int, now: datetime) -> None:
    unit.execute(
        mail_accounts.update()
        .where(mail_accounts.c.id == account_id)
        .values(last_success_at=now, last_error="", last_error_at=None, login_needed=False)
    )
    next_seq(unit)


def account_failed(unit: Unit, account_id: int, error: str, now: datetime, *, login_needed: bool) -> None:
    """Keep the sentence for `status`; `login_needed` pauses the account until a person signs in."""
    unit.execute(
        mail_accounts.update()
        .where(mail_accounts.c.id == account_id)
        .values(last_error=error, last_error_at=now, login_needed=login_needed)
    )
    next_seq(unit)


def mailbox_failed(unit: Unit, mailbox_id: int, error: str) -> None:
    unit.execute(mailboxes.update().where(mailboxes.c.id == mailbox_id).values(last_error=error))
    next_seq(unit)


def trouble_of(unit: Unit, account_id: int) -> str:
    """Why the account's last pass could not be finished, "" if it was."""
    query = sa.select(mail_accounts.c.last_error).where(mail_accounts.c.id == account_id)
    return str(unit.execute(query).scalar_one())


def login_needed(unit: Unit) -> set[str]:
    """The accounts that wait for a person to sign in."""
    return set(unit.execute(sa.select(mail_accounts.c.name).where(mail_accounts.c.login_needed)).scalars())
