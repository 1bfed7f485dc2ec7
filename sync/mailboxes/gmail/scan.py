"""A comparison of all ids: the first pass, or what takes its place when Gmail has forgotten the history.

    list ─ what the store lacks ─ fetch ─ pages      newest first
    list again, until nothing is lacking             the list moves while it is paged: a message may slip through
    stale: the labels of all messages, told by a list for each label; what is in no list is gone
    then the history from the beginning of the scan

Listing costs 5 units for 500 messages, so a scan that was broken off begins with the list again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from sync.mailboxes.contract import KnownIds, MailPage
from sync.mailboxes.gmail.api import Api
from sync.mailboxes.gmail.cursor import Cursor
from sync.mailboxes.gmail.fetching import Fetching
from sync.mailboxes.gmail.labels import Labels
from sync.mailboxes.idsets import PackedNames

_MAIL = "-in:chats -in:drafts"
_ROUNDS = 5
_FLAGS_AT_ONCE = 5_000


def mail_since(start: datetime | None) -> str:
    """The search for mail from `start` on; junk and the bin are left out by Gmail itself."""
    return f"{_MAIL} after:{int(start.timestamp())}" if start else _MAIL


@dataclass(slots=True)
class Scan:
    """`seen` is every id in any list so far, `held` those that the store had."""

    api: Api
    labels: Labels
    cursor: Cursor
    known: KnownIds
    since: datetime | None
    total: int
    seen: set[str] = field(default_factory=set)
    held: set[str] = field(default_factory=set)

    def pages(self) -> Iterator[MailPage]:
        """All pages; the last one has the cursor that the history goes on from."""
        text, owner = self.cursor.to_text(), self.cursor.owner
        yield from self._lacking(text)
        after = replace(self.cursor, scanning=False, stale=False).to_text()
        if not self.cursor.stale:
            yield MailPage(owner, (), after, more=True)
            return
        flags = self._flags()
        while len(flags) > _FLAGS_AT_ONCE:
            some = [flags.popitem() for _ in range(_FLAGS_AT_ONCE)]
            yield MailPage(owner, (), text, more=True, flags=dict(some))
        yield MailPage(owner, (), after, more=True, present=self._present(), flags=flags)

    def _lacking(self, text: str) -> Iterator[MailPage]:
        fetching = Fetching(self.api, self.labels, self.cursor.owner)
        query = mail_since(self.since)
        for _ in range(_ROUNDS):
            pages = fresh = 0
            for ids in self.api.list_ids(query):
                pages += 1
                lacking = self._unknown(ids)
                if lacking and not fresh:
                    fetching.find_large(query)
                fresh += len(lacking)
                fetching.add(lacking)
                while fetching:
                    load = fetching.load()
                    remaining = max(len(fetching), self.total - len(self.seen) + len(fetching))
                    yield MailPage(
                        self.cursor.owner,
                        load.messages,
                        text,
                        more=True,
                        remaining=remaining,
                        removed=load.gone,
                        failed=load.failed,
                    )
            if not fresh or pages < 2:  # a list of one page can't have moved
                return

    def _unknown(self, ids: list[str]) -> list[str]:
        """What has to be fetched; asked once for each id, since the store may be behind."""
        fresh = [each for each in dict.fromkeys(ids) if each not in self.seen]
        self.seen.update(fresh)
        held = self.known(fresh) if fresh else set()
        if self.cursor.stale:
            self.held |= held
        return [each for each in fresh if each not in held]

    def _flags(self) -> dict[str, frozenset[str]]:
        """The flags of all that the store had: a message's labels are those in whose lists it stands."""
        ids = self.labels.all_ids()
        marks: dict[str, int] = defaultdict(int)
        for place, label in enumerate(ids):
            for each in self.held & self.api.all_ids(_MAIL, labels=[label]):
                marks[each] |= 1 << place
        flags: dict[int, frozenset[str]] = {}
        for mark in {*marks.values(), 0}:
            flags[mark] = self.labels.flags(frozenset(ids[place] for place in range(len(ids)) if mark >> place & 1))
        return {each: flags[marks.get(each, 0)] for each in self.held}

    def _present(self) -> PackedNames:
        """Everything that is there, older than the backfill too."""
        return PackedNames(self.seen | self.api.all_ids(_MAIL))
