"""How everything is: mail accounts, folders, CRMs, queues."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from crm_model.changes import UNSETTLED, ChangeState
from crm_model.mail import Outcome
from sync.store import mailbox_changes
from sync.store.database import Unit, last_seq
from sync.store.tables import (
    conflicts,
    copies,
    crms,
    mail_accounts,
    mailboxes,
    messages,
    outbox,
    outgoing,
    records,
    suggestions,
    threads,
)
from sync.store.tables import quarantine as quarantined
from sync.store.waiting import waiting
from sync.views import PlaceStatus, StatusView

_REFUSALS_SHOWN = timedelta(days=1)
_EVERY = sa.true()


def status(unit: Unit) -> StatusView:
    """What `hitchpost status` shows. Reads whole tables' indexes: for a screen that is opened, not for a poll."""
    outcomes = _counts(unit, messages.c.outcome)
    return replace(
        waiting_now(unit),
        mail_accounts=_mail_accounts(unit, _held_by_account(unit)),
        folders=_folders(unit),
        crms=_crms(unit, _held_by_crm(unit)),
        outcomes=outcomes,
        threads=_count(unit, sa.and_(threads.c.last_at.is_not(None), threads.c.merged_into.is_(None))),
        changes=_counts(unit, outbox.c.state),
        quarantined=int(unit.execute(sa.select(sa.func.count()).select_from(quarantined)).scalar_one()),
        retries=outcomes.get(Outcome.FAILED.value, 0),
    )


def waiting_now(unit: Unit) -> StatusView:
    """The part of it that a screen asks for all the time: who is in trouble, and what waits. The rest is left out."""
    return StatusView(
        mail_accounts=_mail_accounts(unit, {}),
        folders=(),
        crms=_crms(unit, {}),
        unread=_count(unit, sa.and_(threads.c.unread_count > 0, threads.c.merged_into.is_(None))),
        suggestions=_count(unit, suggestions.c.state == "open"),
        changes=_counts(unit, outbox.c.state, outbox.c.state.in_((*UNSETTLED, ChangeState.REFUSED.value))),
        conflicts=_count(unit, conflicts.c.state == "open"),
        outgoing=_counts(unit, outgoing.c.state),
        seq=last_seq(unit),
    )


def forget_removed(unit: Unit, accounts: Collection[str], crm_names: Collection[str]) -> None:
    """Take back the troubles of what the configuration no longer names; nobody could mend them."""
    for table, names in ((mail_accounts, accounts), (crms, crm_names)):
        gone = sa.and_(table.c.name.not_in(list(names)), table.c.last_error != "")
        settled = table.update().where(gone).values(last_error="", last_error_at=None, login_needed=False)
        unit.execute(settled)


def _count(unit: Unit, where: sa.ColumnElement[bool]) -> int:
    return int(unit.execute(sa.select(sa.func.count()).where(where)).scalar_one())


def _counts(
    unit: Unit, column: sa.ColumnElement[str], where: sa.ColumnElement[bool] | sa.True_ = _EVERY
) -> dict[str, int]:
    return _pairs(unit, sa.select(column, sa.func.count()).where(where).group_by(column))


def _pairs(unit: Unit, query: sa.Executable) -> dict[Any, int]:
    return {key: int(count) for key, count in unit.execute(query)}


def _held_by_account(unit: Unit) -> dict[int, int]:
    m = mailboxes.c
    held = (
        sa.select(m.account_id, sa.func.count(copies.c.id).label("held"))
        .join(copies, copies.c.mailbox_id == m.id)
        .where(copies.c.removed_at.is_(None))
        .group_by(m.account_id)
    )
    return _pairs(unit, held)


def _mail_accounts(unit: Unit, counts: Mapping[int, int]) -> tuple[PlaceStatus, ...]:
    refused = mailbox_changes.refused_since(unit, datetime.now(UTC) - _REFUSALS_SHOWN)
    rows = unit.execute(sa.select(mail_accounts).order_by(mail_accounts.c.name))
    return tuple(
        PlaceStatus(
            row.name,
            row.kind,
            row.last_success_at,
            row.last_error or refused.get(row.id, ""),
            row.last_error_at,
            row.login_needed,
            counts.get(row.id, 0),
        )
        for row in rows
    )


def _folders(unit: Unit) -> tuple[PlaceStatus, ...]:
    held = (
        sa.select(copies.c.mailbox_id, sa.func.count().label("held"))
        .where(copies.c.removed_at.is_(None))
        .group_by(copies.c.mailbox_id)
    )
    counts = _pairs(unit, held)
    rows = unit.execute(
        sa.select(mailboxes, mail_accounts.c.name.label("account"))
        .join(mail_accounts, mail_accounts.c.id == mailboxes.c.account_id)
        .order_by(mail_accounts.c.name, mailboxes.c.name)
    )
    return tuple(
        PlaceStatus(
            name=f"{row.account}: {row.name}",
            kind=row.role,
            last_success_at=row.last_success_at,
            error=row.last_error or row.alarm or ("the folder is gone from the mailbox" if row.missing else ""),
            error_at=None,
            login_needed=False,
            count=counts.get(row.id, 0),
        )
        for row in rows
    )


def _held_by_crm(unit: Unit) -> dict[str, int]:
    held = sa.select(records.c.crm, sa.func.count()).where(records.c.state != "deleted").group_by(records.c.crm)
    return _pairs(unit, held)


def _crms(unit: Unit, counts: Mapping[str, int]) -> tuple[PlaceStatus, ...]:
    return tuple(
        PlaceStatus(
            row.name,
            row.backend,
            row.last_success_at,
            row.last_error,
            row.last_error_at,
            row.login_needed,
            counts.get(row.name, 0),
            held_back="" if row.confirmed_at is not None else waiting(unit, row.name).in_words(),
        )
        for row in unit.execute(sa.select(crms).order_by(crms.c.name))
    )
