"""People's wishes for their mailboxes go out: claimed, made with one call per folder and change, settled."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from crm_model.changes import ChangeState
from crm_model.errors import ConfigError, CursorExpired, HitchpostError, LoginNeeded, NotFound, NotSupported, TryLater
from crm_model.mail import MailboxChange, MailboxChangeKind, MailboxRole
from sync.mailboxes.contract import Folder, MailSource
from sync.push import wait_seconds
from sync.store import Store, mail, mailbox_changes, mailboxes
from sync.store.database import Unit
from sync.store.mailbox_changes import Target, Wish

_log = logging.getLogger(__name__)
_LEASE_SECONDS = 300.0
_AT_ONCE = 200
_LOOKS = 8
"""So often a message is looked for that is not where it was: moved by another program, and not yet seen there."""

_MOVES = frozenset({MailboxChangeKind.ARCHIVE, MailboxChangeKind.UNARCHIVE, MailboxChangeKind.MOVE})

Place = tuple[str, str, MailboxChange]
"""Folder key, generation and what to do there."""


def push_wishes(store: Store, source: MailSource, folders: Sequence[Folder], account_id: int, worker: str) -> int:
    """Make every change that is due in this account; how many were made. Errors: those of the store, LoginNeeded."""
    pusher = _Pusher(store, source, {folder.key: folder for folder in folders}, account_id)
    while pusher.push(worker):
        pass
    return pusher.made


class _Pusher:
    """The wishes of one account, batch by batch."""

    def __init__(self, store: Store, source: MailSource, folders: dict[str, Folder], account_id: int) -> None:
        self._store, self._source, self._folders, self._account_id = store, source, folders, account_id
        self.made = 0

    def push(self, worker: str) -> bool:
        """One batch; whether there may be another."""
        with self._store.write() as unit:
            wishes = mailbox_changes.claim(
                unit,
                self._account_id,
                worker,
                limit=_AT_ONCE,
                now=datetime.now(UTC),
                lease_seconds=_LEASE_SECONDS,
            )
            targets = mailbox_changes.targets(unit, self._account_id, wishes)
        places = _by_place(wishes, targets)
        about = {each.id: each for each in wishes}
        self._settle_homeless([each for each in wishes if each.id not in {target.wish_id for target in targets}])
        troubled: set[int] = set()
        for (key, generation, change), found in places.items():
            waiting = [target for target in found if target.wish_id not in troubled]
            troubled |= self._make(key, generation, change, waiting, about)
        done = {target.wish_id for target in targets} - troubled
        with self._store.write() as unit:
            mailbox_changes.settle(unit, done, ChangeState.DONE, datetime.now(UTC))
        self.made += len(done)
        return len(wishes) == _AT_ONCE and bool(done)

    def _make(
        self, key: str, generation: str, change: MailboxChange, found: Sequence[Target], about: dict[int, Wish]
    ) -> set[int]:
        """Change these copies; the wishes that could not be met now."""
        folder = self._folders.get(key) or Folder(key, key, MailboxRole.OTHER)
        ids = {target.wish_id for target in found}
        if not found:
            return set()
        try:
            absent = set(self._source.apply(folder, generation, change, [target.uid for target in found]))
        except NotSupported as error:
            self._refuse(ids, error)
        except LoginNeeded as error:
            self._postpone(ids, about, error)
            raise
        except (TryLater, CursorExpired, NotFound, ConfigError) as error:
            self._postpone(ids, about, error)
        else:
            if change.kind in _MOVES and folder.role is not MailboxRole.ALL:
                self._forget_copies(generation, found)
                return set()
            moved = {target.wish_id for target in found if target.uid in absent}
            self._look_again([about[each] for each in moved])
            return moved
        return ids

    def _forget_copies(self, generation: str, found: Sequence[Target]) -> None:
        """What was moved is no longer there; a later wish must not look for it in the old place."""
        with self._store.write() as unit:
            uids = [target.uid for target in found]
            mail.mark_removed(unit, found[0].mailbox_id, generation, uids, datetime.now(UTC))

    def _settle_homeless(self, wishes: Sequence[Wish]) -> None:
        """Nothing to do for a message that lies where it is to go; another may be moved, and not yet seen there."""
        with self._store.write() as unit:
            done = [each.id for each in wishes if self._has_its_place(unit, each)]
            mailbox_changes.settle(unit, done, ChangeState.DONE, datetime.now(UTC))
        self._look_again([each for each in wishes if each.id not in done])

    def _has_its_place(self, unit: Unit, wish: Wish) -> bool:
        if wish.change.kind is MailboxChangeKind.UNARCHIVE:
            return mailbox_changes.is_in_inbox(unit, self._account_id, wish.message_id)
        return wish.change.kind in _MOVES

    def _look_again(self, wishes: Sequence[Wish]) -> None:
        """A look counts where the last pass could see everything; tries that failed for another reason don't."""
        now = datetime.now(UTC)
        for each in wishes:
            with self._store.write() as unit:
                looks = each.attempts if each.was_unseen else 1
                looks -= bool(mailboxes.trouble_of(unit, self._account_id))
                if looks < _LOOKS:
                    later = now + timedelta(seconds=wait_seconds(max(1, looks), None))
                    mailbox_changes.look_later(unit, each.id, later, looks)
                elif each.change.kind in _MOVES:
                    sentence = "The message was not found in the archive; move it back in the mailbox itself."
                    mailbox_changes.settle(unit, [each.id], ChangeState.REFUSED, now, sentence)
                else:  # deleted: there is nothing to mark
                    mailbox_changes.settle(unit, [each.id], ChangeState.DONE, now)

    def _refuse(self, ids: set[int], error: HitchpostError) -> None:
        with self._store.write() as unit:
            mailbox_changes.settle(unit, ids, ChangeState.REFUSED, datetime.now(UTC), str(error))
        _log.info("mailbox_change_refused", extra={"account": self._account_id, "count": len(ids)})

    def _postpone(self, ids: set[int], about: dict[int, Wish], error: HitchpostError) -> None:
        attempts = max(about[each].attempts for each in ids)
        asked = error.retry_after_seconds if isinstance(error, TryLater) else None
        later = datetime.now(UTC) + timedelta(seconds=wait_seconds(attempts, asked))
        with self._store.write() as unit:
            mailbox_changes.postpone(unit, ids, later, str(error))
        _log.info("mailbox_change_postponed", extra={"account": self._account_id, "count": len(ids)})


def _by_place(wishes: Sequence[Wish], targets: Sequence[Target]) -> dict[Place, list[Target]]:
    changes = {each.id: each.change for each in wishes}
    places: dict[Place, list[Target]] = defaultdict(list)
    for target in targets:
        places[(target.folder_key, target.generation, changes[target.wish_id])].append(target)
    return places
