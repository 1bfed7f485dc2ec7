"""The agent's doubt in itself: it counts all mail from time to time, and when a folder grew without intake."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence

from agent.rules import Rules
from crm_model.options import Connection
from sync.audit import AuditReport, audit_account
from sync.mailboxes.contract import Folder, MailSource
from sync.store import mailboxes
from sync.store.database import Store

_log = logging.getLogger(__name__)

_FIRST_SECONDS = 600.0
_EVERY_SECONDS = 6 * 3600.0


class SelfAudit:
    """When an account is to be audited, and what follows from it: repair, and an alarm for what can't be had."""

    def __init__(self, account: Connection, store: Store, rules: Rules) -> None:
        self._account, self._store, self._rules = account, store, rules
        self._due_at = time.monotonic() + _FIRST_SECONDS
        self._counted: dict[str, tuple[int, int]] = {}

    def look(self, folders: Sequence[Folder]) -> bool:
        """After a pass over these folders: whether an audit is due."""
        with self._store.read() as unit:
            held = mailboxes.held_by_folder(unit, self._account.name)
        suspicious = False
        for folder in folders:
            total, here = folder.total, held.get(folder.key, 0)
            if total is None:
                continue
            before = self._counted.get(folder.key)
            if before is not None and total > before[0] and here <= before[1]:
                suspicious = True
                _log.warning("no_intake", extra={"account": self._account.name, "grew_by": total - before[0]})
            self._counted[folder.key] = (total, here)
        return suspicious or time.monotonic() >= self._due_at

    def run(self, source: MailSource) -> None:
        """Audit, fetch what is missing, audit again; an alarm for what is missing still. Errors: the source's."""
        self._due_at = time.monotonic() + _EVERY_SECONDS
        report = audit_account(self._store, source, self._account.name)
        if report.missing_count:
            # Reading takes long to import: an audit that finds nothing goes without.
            from agent.repair import repair

            _log.warning("audit_missing", extra={"account": self._account.name, "count": report.missing_count})
            repair(self._store, source, self._account.name, report, self._rules)
            report = audit_account(self._store, source, self._account.name)
        self._raise_alarms(report)

    def _raise_alarms(self, report: AuditReport) -> None:
        alarms = {folder.key: _alarm(len(folder.missing)) for folder in report.folders if not folder.error}
        with self._store.write() as unit:
            mailboxes.set_alarms(unit, self._account.name, alarms)


def _alarm(missing: int) -> str:
    return f"{missing} messages of this folder are not here; “hitchpost audit --repair” fetches them" if missing else ""
