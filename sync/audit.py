"""The proof that nothing is lost: every message that a mailbox holds has an outcome in the store, or is named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice

from crm_model.errors import NotFound
from sync.mailboxes.contract import Folder, MailSource
from sync.store import audit as store_audit
from sync.store.database import Store

_BATCH = 5_000


@dataclass(frozen=True, slots=True)
class FolderAudit:
    """A folder's account: `held` messages in the mailbox = the sum of `outcomes` + `missing` (their uids).

    `error` says why the folder could not be listed; then nothing is known about it. Uids are those of `generation`.
    """

    name: str
    key: str
    held: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    error: str = ""
    generation: str = ""


@dataclass(frozen=True, slots=True)
class AuditReport:
    """All folders of a mail account that are read."""

    account: str
    folders: tuple[FolderAudit, ...]

    @property
    def missing_count(self) -> int:
        return sum(len(folder.missing) for folder in self.folders)

    @property
    def held(self) -> int:
        return sum(folder.held for folder in self.folders)

    @property
    def outcomes(self) -> dict[str, int]:
        """Messages by outcome over all folders."""
        total: Counter[str] = Counter()
        for folder in self.folders:
            total.update(folder.outcomes)
        return dict(total)

    @property
    def is_complete(self) -> bool:
        """Whether every folder could be listed and no message is missing."""
        return not self.missing_count and not any(folder.error for folder in self.folders)


def audit_account(store: Store, source: MailSource, account_name: str) -> AuditReport:
    """Compare what `source` holds now with the store. Errors: those of the source, but for a folder that is gone.

    Mail that came after the last pass counts as missing: run a pass first.
    """
    return AuditReport(
        account_name, tuple(_audit_folder(store, source, each, account_name) for each in source.folders())
    )


def _audit_folder(store: Store, source: MailSource, folder: Folder, account_name: str) -> FolderAudit:
    try:
        generation, uids = source.list_uids(folder)
    except NotFound as error:
        return FolderAudit(folder.name, folder.key, error=str(error))
    held, outcomes = 0, Counter[str]()
    missing: list[str] = []
    waiting = iter(uids)
    with store.read() as unit:
        place = store_audit.mailbox_id(unit, account_name, folder.key)
    while batch := list(islice(waiting, _BATCH)):
        found = _outcomes(store, place, generation, batch)
        held += len(batch)
        outcomes.update(found.values())
        missing.extend(uid for uid in batch if uid not in found)
    return FolderAudit(folder.name, folder.key, held, dict(outcomes), tuple(missing), generation=generation)


def _outcomes(store: Store, place: int | None, generation: str, uids: Iterable[str]) -> dict[str, str]:
    if place is None:
        return {}
    with store.read() as unit:
        return store_audit.outcomes_of(unit, place, generation, list(uids))
