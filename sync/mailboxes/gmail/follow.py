"""What happened since the last time: Gmail's history, folded to what each message came to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from crm_model.errors import Unreachable
from sync.mailboxes.contract import KnownIds, MailPage
from sync.mailboxes.gmail.api import Answer, Api
from sync.mailboxes.gmail.cursor import Cursor
from sync.mailboxes.gmail.fetching import Fetching
from sync.mailboxes.gmail.labels import HIDDEN, Labels
from sync.mailboxes.gmail.messages import label_ids
from sync.mailboxes.gmail.scan import mail_since

_CHANGES = ("labelsAdded", "labelsRemoved")


@dataclass(slots=True)
class Fate:
    """What a message came to. `labels` None where the history does not tell; `back` out of the bin, junk or a draft."""

    labels: frozenset[str] | None = None
    added: bool = False
    back: bool = False
    gone: bool = False


@dataclass(slots=True)
class _Outcome:
    fetch: list[str] = field(default_factory=list)
    flags: dict[str, frozenset[str]] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)


def fold(records: Sequence[Answer]) -> dict[str, Fate]:
    """The fate of each message in the records, which are oldest first; the last word counts."""
    fates: dict[str, Fate] = {}
    for record in records:
        for entry in record.get("messagesAdded", ()):
            fate = _fate(fates, entry)
            fate.added, fate.gone, fate.labels = True, False, _told(entry)
        for kind in _CHANGES:
            for entry in record.get(kind, ()):
                fate = _fate(fates, entry)
                fate.labels = _told(entry)
                fate.back = fate.back or (kind == "labelsRemoved" and not HIDDEN.isdisjoint(entry.get("labelIds", ())))
        for entry in record.get("messagesDeleted", ()):
            _fate(fates, entry).gone = True
    return fates


@dataclass(frozen=True, slots=True)
class Follow:
    """The history's `records` since `cursor`; `after` is where they end."""

    api: Api
    labels: Labels
    cursor: Cursor
    known: KnownIds
    records: Sequence[Answer]
    after: str

    def pages(self) -> Iterator[MailPage]:
        """All pages; only the last one moves the cursor."""
        outcome = self._settle(fold(self.records))
        text, owner = self.cursor.to_text(), self.cursor.owner
        fetching = Fetching(self.api, self.labels, owner)
        if outcome.fetch:
            fetching.find_large(mail_since(None))
            fetching.add(outcome.fetch)
        while fetching:
            load = fetching.load()
            outcome.removed += load.gone
            yield MailPage(owner, load.messages, text, more=True, remaining=len(fetching), failed=load.failed)
        end = replace(self.cursor, history=self.after).to_text()
        yield MailPage(owner, (), end, more=False, remaining=0, removed=outcome.removed, flags=outcome.flags)

    def _settle(self, fates: dict[str, Fate]) -> _Outcome:
        """What has to be done, newest first."""
        self._complete(fates)
        held = self.known(list(fates)) if fates else set()
        outcome = _Outcome()
        for number, fate in reversed(fates.items()):
            if fate.gone or (fate.labels is not None and not HIDDEN.isdisjoint(fate.labels)):
                outcome.removed.append(number)
                continue
            if fate.back or number not in held:
                outcome.fetch.append(number)
            if fate.labels is not None:  # of what is fetched too: the store may have it by then, with older flags
                outcome.flags[number] = self.labels.flags(fate.labels)
        return outcome

    def _complete(self, fates: dict[str, Fate]) -> None:
        """Ask for labels that the history left out."""
        untold = [each for each, fate in fates.items() if fate.labels is None and not fate.gone and not fate.added]
        if not untold:
            return
        fetched = self.api.get_many(untold, "minimal")
        for number, answer in fetched.found.items():
            fates[number].labels = label_ids(answer)
        for number in fetched.gone:
            fates[number].gone = True
        if len(fetched.found) + len(fetched.gone) < len(untold):
            raise Unreachable("Gmail did not tell the labels of all messages; it will be tried again.")


def _fate(fates: dict[str, Fate], entry: Answer) -> Fate:
    return fates.setdefault(str(entry["message"]["id"]), Fate())


def _told(entry: Answer) -> frozenset[str] | None:
    message = entry["message"]
    return label_ids(message) if "labelIds" in message else None
