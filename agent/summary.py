"""What a pass reports while it runs and when it is done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a pass is: `phase` is "mail", "push" or "pull"; `total` is None while nobody knows it."""

    phase: str
    account: str
    folder: str
    done: int
    total: int | None


ReportProgress = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class PassSummary:
    """One pass over all mailboxes and CRMs. `outcomes` counts this pass's new messages by outcome."""

    outcomes: dict[str, int] = field(default_factory=dict)
    threads: int = 0
    links: int = 0
    leads_created: int = 0
    leads_suggested: int = 0
    changes_pushed: int = 0
    changes_refused: int = 0
    conflicts: int = 0
    records_pulled: int = 0
    mails_sent: int = 0
    errors: tuple[str, ...] = ()
    seconds: float = 0.0


@dataclass(slots=True)
class Tally:
    """Counts that grow during a pass."""

    outcomes: Counter[str] = field(default_factory=Counter)
    threads: set[int] = field(default_factory=set)
    links: int = 0
    leads_created: int = 0
    leads_suggested: int = 0
    changes_pushed: int = 0
    changes_refused: int = 0
    conflicts: int = 0
    records_pulled: int = 0
    mails_sent: int = 0
    errors: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Count another tally in."""
        self.outcomes.update(other.outcomes)
        self.threads.update(other.threads)
        self.links += other.links
        self.leads_created += other.leads_created
        self.leads_suggested += other.leads_suggested
        self.changes_pushed += other.changes_pushed
        self.changes_refused += other.changes_refused
        self.conflicts += other.conflicts
        self.records_pulled += other.records_pulled
        self.mails_sent += other.mails_sent
        self.errors += other.errors

    def summary(self, seconds: float) -> PassSummary:
        return PassSummary(
            outcomes=dict(self.outcomes),
            threads=len(self.threads),
            links=self.links,
            leads_created=self.leads_created,
            leads_suggested=self.leads_suggested,
            changes_pushed=self.changes_pushed,
            changes_refused=self.changes_refused,
            conflicts=self.conflicts,
            records_pulled=self.records_pulled,
            mails_sent=self.mails_sent,
            errors=tuple(dict.fromkeys(self.errors)),
            seconds=seconds,
        )
