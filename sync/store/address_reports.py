"""Addresses by what came back from them: a log of bounces and automatic answers, and the state that it makes.

Anybody can write a bounce or an automatic answer, in anybody's name. So a bounce counts for an address only if it
returns a mail that we sent to that address, and an answer that somebody left only if it names such a mail; one that
they are away, if the conversation holds one. What we sent left from here or lies in a folder of sent mail: a mail that
came is not ours because its From says so.

    bounce -> the mail it returns (by Message-ID) -> its recipient -> log row, the recipient's delivery, state
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from crm_model.bounces import Absence, AddressState, BounceClass, BounceReport, FailedRecipient, Standing
from crm_model.mail import Direction, MailboxRole
from crm_model.safe_text import safe_line
from sync.store import outgoing
from sync.store.batches import batches, insert_missing
from sync.store.database import Unit, next_seq
from sync.store.outgoing import Recipient, StoredOutgoing
from sync.store.tables import address_reports, copies, mailboxes, messages, record_emails, records
from sync.store.tables import outgoing as outgoing_rows

_A, _M = address_reports.c, messages.c
_AWAY, _LEFT = "away", "left"
_SENT = (MailboxRole.SENT.value, MailboxRole.ALL.value)
SOFT_WINDOW = timedelta(days=30)
SOFT_LIMIT = 4
"""So many soft bounces within the window are a hard one."""


def add_bounce(unit: Unit, message_id: int, report: BounceReport, at: datetime) -> tuple[FailedRecipient, ...]:
    """Keep what a bounce, stored as `message_id`, says of recipients of mail of ours; those that it is about."""
    sent = _returned(unit, report.about)
    if not sent:
        return ()
    failed = _of_recipients(report, sent)
    rows = [
        {
            "address": each.address,
            "kind": each.bounce.value,
            "status": each.status,
            "reason": safe_line(each.reason),
            "message_id": message_id,
            "at": at,
        }
        for each in failed
    ]
    insert_missing(unit, address_reports, rows)
    _show_on_records(unit, [each.address for each in failed])
    for stored in outgoing.of_messages(unit, list(sent)).values():
        _mark(unit, stored, {each.address: each for each in failed})
    return failed


def add_absence(
    unit: Unit, message_id: int, address: str, absence: Absence, at: datetime, *, answers: Collection[str]
) -> None:
    """Keep what an automatic answer, stored as `message_id`, says of its sender, as far as it can be believed.

    `answers`: the messages that it names, as nodes of threads.
    """
    if absence == Absence():
        return
    address = address.lower()
    answered = address in _everybody(_returned(unit, answers))
    row = {"address": address, "message_id": message_id, "at": at, "status": "", "reason": ""}
    if absence.back_on is not None and (answered or address in _everybody(_beside(unit, message_id))):
        insert_missing(unit, address_reports, [{**row, "kind": _AWAY, "back_on": absence.back_on.isoformat()}])
    if absence.left and answered:
        insert_missing(unit, address_reports, [{**row, "kind": _LEFT, "back_on": ""}])


def states_of(unit: Unit, addresses: Collection[str], now: datetime) -> dict[str, AddressState]:
    """By address in lower case; those from which nothing came back are left out.

    Whoever wrote to us after a bounce has an address that works.
    """
    reports: dict[str, list[Any]] = defaultdict(list)
    wanted = {each.lower() for each in addresses if each}
    for some in batches(wanted):
        for row in unit.execute(sa.select(address_reports).where(_A.address.in_(some)).order_by(_A.at, _A.id)):
            reports[row.address].append(row)
    if not reports:
        return {}
    heard = _last_heard(unit, reports)
    found = {address: _state(address, rows, heard.get(address), now) for address, rows in reports.items()}
    return {address: state for address, state in found.items() if state != AddressState(address)}


def has_any(unit: Unit, address: str) -> bool:
    """Whether anything came back from an address."""
    return unit.execute(sa.select(_A.id).where(_A.address == address.lower()).limit(1)).first() is not None


def forget(unit: Unit, address: str) -> None:
    """Erase what came back from an address."""
    unit.execute(address_reports.delete().where(_A.address == address.lower()))


def _show_on_records(unit: Unit, addresses: Collection[str]) -> None:
    """Let whoever looks at the records of these addresses know."""
    theirs = sa.select(record_emails.c.record_id).where(record_emails.c.email.in_(list(addresses)))
    unit.execute(records.update().where(records.c.id.in_(theirs)).values(seq=next_seq(unit)))


def _returned(unit: Unit, about: Collection[str]) -> dict[int, frozenset[str]]:
    """Messages of ours by their ids, with everybody they went to."""
    return _sent(unit, sa.or_(_M.node.in_(list(about)), _M.id.in_(_by_node(about)))) if about else {}


def _beside(unit: Unit, message_id: int) -> dict[int, frozenset[str]]:
    """The messages of ours in the conversation of a message, with everybody they went to."""
    conversation = sa.select(_M.thread_id).where(_M.id == message_id).scalar_subquery()
    return _sent(unit, _M.thread_id == conversation)


def _sent(unit: Unit, which: sa.ColumnElement[bool]) -> dict[int, frozenset[str]]:
    left_here = sa.select(outgoing_rows.c.message_id).where(outgoing_rows.c.message_id == _M.id)
    in_sent = sa.select(copies.c.id).join(mailboxes, mailboxes.c.id == copies.c.mailbox_id)
    in_sent = in_sent.where(copies.c.message_id == _M.id, mailboxes.c.role.in_(_SENT))
    query = sa.select(_M.id, _M.recipients).where(which, _M.direction == Direction.OUTGOING.value)
    return {
        row.id: frozenset(email.lower() for kind, _, email in row.recipients if kind != "reply-to")
        for row in unit.execute(query.where(sa.or_(left_here.exists(), in_sent.exists())))
    }


def _by_node(about: Collection[str]) -> sa.Select[tuple[int]]:
    """Mail that left from here keeps our Message-ID even where its server put another."""
    return sa.select(outgoing_rows.c.message_id).where(outgoing_rows.c.node.in_(list(about)))


def _everybody(sent: dict[int, frozenset[str]]) -> frozenset[str]:
    return frozenset(address for addresses in sent.values() for address in addresses)


def _of_recipients(report: BounceReport, sent: dict[int, frozenset[str]]) -> tuple[FailedRecipient, ...]:
    """The failures of whom the mail went to; of one that was passed on, the only one that it went to."""
    everybody = _everybody(sent)
    found = [each for each in report.recipients if each.address in everybody]
    if not found and len(everybody) == 1 and len(report.recipients) == 1:
        found = [replace(report.recipients[0], address=next(iter(everybody)))]
    return tuple(found)


def _mark(unit: Unit, stored: StoredOutgoing, failed: dict[str, FailedRecipient]) -> None:
    """The mail's own recipients, and a sentence for its writer. A delay changes nothing yet."""
    final = {address: each for address, each in failed.items() if each.bounce is not BounceClass.DELAYED}
    delayed = [address for address in failed if address not in final]
    recipients = [
        Recipient(each.email, "refused", final[each.email.lower()].reason) if each.email.lower() in final else each
        for each in stored.recipients
    ]
    sentences = [f"Came back from {address}: {_words(each)}" for address, each in final.items()]
    sentences += [f"Delayed on its way to {address}; its server goes on trying." for address in delayed if not final]
    if sentences and " ".join(sentences) != stored.error:
        outgoing.change(unit, stored.id, recipients=outgoing.pack_recipients(recipients), error=" ".join(sentences))


def _words(failed: FailedRecipient) -> str:
    """What it means, and what the server said."""
    meaning = {
        BounceClass.HARD: "the address does not work; ask for another.",
        BounceClass.SOFT: "it can't take mail now; try again later.",
        BounceClass.BLOCK: "its server does not want this mail from us; ask whoever runs your mail.",
    }[failed.bounce]
    return f"{meaning} ({failed.reason})" if failed.reason else meaning


def _last_heard(unit: Unit, addresses: Collection[str]) -> dict[str, datetime]:
    """When each of these wrote to us last."""
    query = sa.select(_M.from_email, sa.func.max(_M.received_at).label("at"))
    query = query.where(_M.from_email.in_(list(addresses)), _M.direction == Direction.INCOMING.value)
    query = query.where(_M.verdict != "bounce").group_by(_M.from_email)
    return {row.from_email: row.at for row in unit.execute(query)}


def _state(address: str, rows: list[Any], heard: datetime | None, now: datetime) -> AddressState:
    state = AddressState(address)
    bounces = [row for row in rows if row.kind in ("hard", "soft", "block") and (heard is None or row.at > heard)]
    soft = [row for row in bounces if row.kind == "soft" and now - row.at <= SOFT_WINDOW]
    hard = [row for row in bounces if row.kind == "hard"]
    recent = [row for row in bounces if now - row.at <= SOFT_WINDOW]
    if hard or len(soft) >= SOFT_LIMIT:
        state = _said(state, Standing.HARD, (hard or soft)[-1])
    elif recent:
        standing = Standing.BLOCKED if recent[-1].kind == "block" else Standing.SOFT
        state = _said(state, standing, recent[-1])
    away = [row for row in rows if row.kind == _AWAY and date.fromisoformat(row.back_on) > now.date()]
    if away:
        state = replace(state, back_on=date.fromisoformat(away[-1].back_on))
    return replace(state, left=any(row.kind == _LEFT for row in rows))


def _said(state: AddressState, standing: Standing, row: Any) -> AddressState:
    return replace(state, standing=standing, reason=row.reason or row.status, at=row.at, message_id=row.message_id)
