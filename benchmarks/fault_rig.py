"""A mail account that misbehaves while an agent that is killed reads it: nothing lost, nothing doubled, trouble told.

    python -m benchmarks.fault_rig [20000] [--profile qresync|condstore|plain] [--seed 1]

10,000 messages take 80 s of a processor and 140 MB, the mailbox's own content included; the time grows with their
number.

The server (`tests.fakes.imap_server`) cuts, drops, drips, refuses, forgets bodies; other programs deliver, move,
flag, label and delete mail, rename folders and have the server renumber them; we label mail meanwhile; every few passes
the agent gets kill -9.
"""

from __future__ import annotations

import argparse
import random
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from agent.mail_pass import sync_mail
from agent.rules import Rules
from agent.summary import Tally
from crm_model.mail import MailboxChange, MailboxChangeKind
from crm_model.options import Connection
from crm_model.organisation import Organisation
from sync import queries
from sync.audit import audit_account
from sync.mailboxes.imap import IMAP
from sync.store import Store, mailbox_changes, tables
from sync.store.schema import open_store
from sync.store.tables import copies, mailboxes, messages
from tests.fakes.imap_server import RigServer
from tests.fakes.imap_world import World

RULES = Rules(organisation=Organisation(domains=frozenset({"nordvik.example"})))
LABEL = "CRM/Lead"
_PASSES_TO_SETTLE = 6


@dataclass(slots=True)
class Outcome:
    """What came of a run: `lost` and `doubled` are Message-IDs, `untold` passes in trouble that status did not show.

    `unmet` are messages without the label that we gave them, or with one that we took away; `stale` copies whose
    flags are not the server's.
    """

    held: int = 0
    stored: int = 0
    lost: tuple[str, ...] = ()
    doubled: tuple[str, ...] = ()
    strays: int = 0
    unmet: tuple[str, ...] = ()
    stale: int = 0
    wishes: int = 0
    untold: int = 0
    passes: int = 0
    troubled: int = 0
    kills: int = 0
    missing: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    peak_megabytes: int = 0

    @property
    def is_clean(self) -> bool:
        """Whether nothing was lost, doubled, left behind or kept from `status`."""
        return not (self.lost or self.doubled or self.strays or self.unmet or self.stale or self.untold or self.missing)


class Rig:
    """One run: a world, its server, a database, and an agent's passes over them."""

    def __init__(self, place: Path, profile: str, seed: int) -> None:
        self.dice = random.Random(seed)
        self.world = World(seed)
        self.server = RigServer(self.world, profile, seed=seed)
        self.url = f"sqlite:///{place / 'rig.db'}"
        self.store: Store = open_store(self.url)
        self.outcome = Outcome()
        self.has_modseqs = profile != "plain"
        self.wanted: dict[str, bool] = {}

    @property
    def account(self) -> Connection:
        folders = tuple(sorted(self.world.boxes))
        return account_at(self.server.port, folders)

    def run(self, count: int, *, chunk: int, kill_rate: float, fault_rate: float) -> Outcome:
        began = time.monotonic()
        while self.world.delivered < count:
            self.world.deliver(min(chunk, count - self.world.delivered))
            for _ in range(self.dice.randint(1, 4)):
                self.world.disturb()
            self._label()
            self.server.fault_rate = fault_rate
            if self.dice.random() < kill_rate:
                self._killed_pass()
            else:
                self._pass()
        self.server.fault_rate = 0.0
        for _ in range(_PASSES_TO_SETTLE):
            self._retry_at_once()
            self._pass()
        self._judge()
        self.outcome.seconds = time.monotonic() - began
        self.outcome.peak_megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        self.store.close()
        self.server.close()
        return self.outcome

    def _pass(self) -> None:
        tally = Tally()
        sync_mail([self.account], self.store, RULES, tally, report=lambda _: None, stop=threading.Event())
        self.outcome.passes += 1
        self.outcome.troubled += bool(tally.errors)
        if tally.errors and not queries.status(self.store).mail_accounts[0].error:
            self.outcome.untold += 1

    def _killed_pass(self) -> None:
        """A pass in a process of its own that is killed at any moment after its start."""
        folders = ",".join(sorted(self.world.boxes))
        command = [sys.executable, "-m", "benchmarks.fault_rig", "--one-pass", self.url, str(self.server.port), folders]
        process = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(self.dice.uniform(0, 1.5))
        process.kill()
        process.wait()
        process.stdout.close()
        self.outcome.kills += 1

    def _label(self) -> None:
        """Somebody here gives some mail a label, and takes it from other mail."""
        now = datetime.now(UTC)
        with self.store.write() as unit:
            newest = unit.execute(sa.select(sa.func.max(messages.c.id))).scalar_one() or 0
            chosen = self.dice.sample(range(1, newest + 1), min(newest, self.dice.randint(0, 10)))
            query = sa.select(messages.c.id, messages.c.message_id).where(messages.c.message_id != "")
            for row in unit.execute(query.where(messages.c.id.in_(chosen))).all():
                add = not self.wanted.get(row.message_id, False)
                kind = MailboxChangeKind.ADD_FLAG if add else MailboxChangeKind.REMOVE_FLAG
                mailbox_changes.wish(unit, [row.id], MailboxChange(kind, LABEL), author="me", now=now)
                self.wanted[row.message_id] = add
                self.outcome.wishes += 1

    def _retry_at_once(self) -> None:
        """What failed is due, without the wait of a quarter of an hour."""
        past = datetime.now(UTC) - timedelta(seconds=1)
        wishes = tables.mailbox_changes
        with self.store.write() as unit:
            unit.execute(messages.update().where(messages.c.retry_at.is_not(None)).values(retry_at=past))
            unit.execute(wishes.update().where(wishes.c.next_at.is_not(None)).values(next_at=past))

    def _judge(self) -> None:
        held, outcome = self.world.ids(), self.outcome
        source = IMAP.open(self.account)
        outcome.missing = audit_account(self.store, source, "rig").missing_count
        source.close()
        with self.store.read() as unit:
            there = sa.and_(copies.c.removed_at.is_(None), ~mailboxes.c.missing)
            # What stands for a message that was never fetched waits a week where its folder is gone.
            here = sa.exists().where(copies.c.message_id == messages.c.id, mailboxes.c.id == copies.c.mailbox_id, there)
            counted = sa.select(messages.c.message_id).where(sa.or_(messages.c.message_id != "", here))
            stored = Counter(unit.execute(counted).scalars())
            query = sa.select(sa.func.count()).select_from(copies.join(mailboxes)).where(there)
            live = int(unit.execute(query).scalar_one())
            place = sa.select(mailboxes.c.key, copies.c.uid, copies.c.flags)
            kept = {
                (row.key, row.uid): row.flags for row in unit.execute(place.join_from(copies, mailboxes).where(there))
            }
        outcome.held, outcome.stored = len(held), sum(stored.values())
        outcome.lost = tuple(sorted(held - set(stored)))
        outcome.doubled = tuple(sorted(each for each, times in stored.items() if times > 1 or not each))
        outcome.strays = live - self.world.count()
        labelled = self.world.labelled(LABEL)
        wrong = (each for each, wanted in self.wanted.items() if each in held and (each in labelled) != wanted)
        outcome.unmet = tuple(sorted(wrong))
        if self.has_modseqs:
            told = self.world.flags()
            outcome.stale = sum(frozenset(kept.get(place, "?").split()) != flags for place, flags in told.items())
        outcome.faults, outcome.events = self.server.faults, Counter(self.world.done)


def account_at(port: int, folders: tuple[str, ...]) -> Connection:
    """The account as the configuration would have it."""
    given = {"host": "127.0.0.1", "port": port, "user": "me", "tls": "none", "folders": folders}
    return Connection("rig", "imap", given, secret=lambda: "secret")


def one_pass(url: str, port: str, folders: str) -> None:
    """What the killed process does."""
    store = open_store(url)
    print("begun", flush=True)
    account = account_at(int(port), tuple(folders.split(",")))
    sync_mail([account], store, RULES, Tally(), report=lambda _: None, stop=threading.Event())
    store.close()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("count", type=int, nargs="?", default=20_000)
    options.add_argument("--profile", default="qresync")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--one-pass", nargs=3)
    given = options.parse_args()
    if given.one_pass:
        one_pass(*given.one_pass)
        return
    with tempfile.TemporaryDirectory() as place:
        rig = Rig(Path(place), given.profile, given.seed)
        outcome = rig.run(given.count, chunk=max(50, given.count // 100), kill_rate=0.15, fault_rate=0.03)
    print(outcome)
    sys.exit(not outcome.is_clean)


if __name__ == "__main__":
    main()
