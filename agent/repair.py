"""Fetching what an audit found missing: one message at a time, each with an outcome of its own."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from agent.ingest import ingest_page
from agent.rules import Place, Rules
from agent.summary import Tally
from crm_model.errors import NotFound, TryLater
from crm_model.mail import RawMessage
from sync.audit import AuditReport
from sync.mailboxes.contract import Folder, MailPage, MailSource
from sync.store import mailboxes
from sync.store.database import Store
from sync.store.mailboxes import MailboxState

_log = logging.getLogger(__name__)

_AT_ONCE = 20


def repair(store: Store, source: MailSource, account: str, report: AuditReport, rules: Rules) -> Tally:
    """Store what is missing according to `report`; what was stored. Messages that are gone meanwhile are no loss.

    A folder that was renumbered since its last pass is left to the next one. Errors: those of the source.
    """
    tally, folders = Tally(), {folder.key: folder for folder in source.folders()}
    for audited in report.folders:
        folder = folders.get(audited.key)
        if not audited.missing or folder is None:
            continue
        with store.read() as unit:
            state = mailboxes.state_of(unit, account, folder.key)
        if state is None or state.generation != audited.generation:
            continue
        for page in _pages(source, folder, state, audited.missing):
            ingest_page(store, Place(state.id, folder.role), page, rules, tally, now=datetime.now(UTC))
        _log.warning("audit_repaired", extra={"account": account, "count": len(audited.missing)})
    return tally


def _pages(source: MailSource, folder: Folder, state: MailboxState, uids: Sequence[str]) -> Iterator[MailPage]:
    for start in range(0, len(uids), _AT_ONCE):
        failed: dict[str, str] = {}
        found = list(_fetched(source, folder, uids[start : start + _AT_ONCE], failed))
        yield MailPage(state.generation, found, state.cursor, more=True, failed=failed)


def _fetched(source: MailSource, folder: Folder, uids: Sequence[str], failed: dict[str, str]) -> Iterator[RawMessage]:
    for uid in uids:
        try:
            yield source.fetch(folder, uid)
        except NotFound:
            continue
        except TryLater as error:
            failed[uid] = str(error)
