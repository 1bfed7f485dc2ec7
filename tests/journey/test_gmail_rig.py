"""Gmail at its worst: faults at any call, kill -9 at any moment, mail that moves meanwhile. Nothing is lost or doubled.

`make rig` runs it over 20,000 messages; HITCHPOST_RIG_MESSAGES says how many.
"""

from __future__ import annotations

import contextlib
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from sync.mailboxes.gmail.labels import HIDDEN
from sync.oauth.providers import GMAIL_MODIFY
from sync.store.database import Store
from sync.store.schema import open_store
from sync.store.tables import copies, messages
from tests.fakes.gmail import Chaos, FakeGmail, running_gmail
from tests.journey.workplace import Workplace

MESSAGES = int(os.environ.get("HITCHPOST_RIG_MESSAGES", "400"))
KILLS = 3 if MESSAGES < 5_000 else 12
NOW = datetime.now(UTC).replace(microsecond=0)


class World:
    """What other people and programs do to the mailbox while it is read."""

    def __init__(self, gmail: FakeGmail) -> None:
        self.gmail, self.mailbox, self.dice, self.number = gmail, gmail.mailbox, random.Random(17), 0
        self.label = self.mailbox.make_label("CRM/Lead")
        self.stop = threading.Event()
        self.forgets = 4

    def deliver(self) -> None:
        self.number += 1
        parent = f"References: <{self.number - 1}@firm.example>\r\n" if self.number % 3 else ""
        head = f"From: p{self.number % 50}@firm.example\r\nTo: sales@nordvik.example\r\nSubject: Project\r\n{parent}"
        raw = f"{head}Message-ID: <{self.number}@firm.example>\r\n\r\nText of mail {self.number}.\r\n"
        self.mailbox.deliver(raw.encode(), NOW - timedelta(minutes=MESSAGES * 2 - self.number))

    def change(self) -> None:
        """One thing that happens."""
        with self.mailbox.lock:
            uid = self.dice.choice(list(self.mailbox.mails))
            match self.dice.randrange(7):
                case 0:
                    self.mailbox.modify(uid, remove=["UNREAD"])
                case 1:
                    self.mailbox.modify(uid, add=[self.label])
                case 2:
                    self.mailbox.modify(uid, add=["STARRED"], remove=["INBOX"])
                case 3:
                    self.mailbox.trash(uid)
                case 4:
                    self.mailbox.modify(uid, add=["INBOX"], remove=["TRASH"])
                case 5:
                    self.mailbox.delete(uid)
                case _:
                    self.deliver()

    def run(self) -> None:
        while not self.stop.is_set():
            self.change()
            if self.forgets and self.dice.random() < 0.005:
                self.forgets -= 1
                self.mailbox.forget_history()
            time.sleep(0.02)


@pytest.fixture
def gmail() -> Iterator[FakeGmail]:
    with running_gmail() as server:
        yield server


def connect(place: Workplace, gmail: FakeGmail) -> None:
    """A configuration with the Gmail account, and its sign-in."""
    sign_in(place, gmail)
    table = f"""
[[mail_account]]
name = "gmail"
kind = "gmail"
user = "{gmail.mailbox.user}"
api_url = "{gmail.server.url}"
units_per_minute = 1000000000
secret = {{ file = "sign-in.json" }}
"""
    place.config.write_text(place.config.read_text() + table)


def sign_in(place: Workplace, gmail: FakeGmail) -> None:
    path = place.folder / "sign-in.json"
    path.write_text(gmail.oauth.secret(gmail.oauth.consent(gmail.mailbox.user, GMAIL_MODIFY), GMAIL_MODIFY))
    path.chmod(0o600)


def held(store: Store) -> int:
    with store.read() as unit:
        return int(unit.execute(sa.select(sa.func.count()).select_from(copies)).scalar_one())


def read_and_kill(place: Workplace, store: Store, dice: random.Random) -> None:
    """Let the agent work until it has stored something and a moment longer, then kill it."""
    before, process = held(store), place.start("agent")
    end = time.monotonic() + 20
    while held(store) <= before and process.poll() is None and time.monotonic() < end:
        time.sleep(0.02)
    time.sleep(dice.uniform(0, 0.8))
    process.kill()
    process.communicate()


def settle(place: Workplace, tries: int = 12) -> None:
    """Passes until one goes through without a fault."""
    for _ in range(tries):
        process = place.start("sync")
        process.communicate(timeout=900)
        if process.returncode == 0:
            return
    raise AssertionError("no pass went through")


def assert_equal_to_mailbox(store: Store, gmail: FakeGmail) -> None:
    shown = {mail.id: mail for mail in gmail.mailbox.mails.values() if HIDDEN.isdisjoint(mail.labels)}
    with store.read() as unit:
        rows = unit.execute(sa.select(copies.c.uid, copies.c.flags).where(copies.c.removed_at.is_(None))).all()
        keys = list(unit.execute(sa.select(messages.c.node)).scalars())
    there = {row.uid for row in rows}
    assert sorted(shown.keys() - there) == [], "lost"
    assert sorted(there - shown.keys()) == [], "gone from the mailbox, not from the store"
    assert len(rows) == len(there)
    assert [key for key, times in Counter(keys).items() if times > 1] == []
    for row in rows:
        labels, flags = shown[row.uid].labels, set(row.flags.split())
        assert ("\\seen" in flags) is ("UNREAD" not in labels), row.uid
        assert ("\\inbox" in flags) is ("INBOX" in labels), row.uid
        assert ("crm/lead" in flags) is bool(gmail.mailbox.labels.keys() & labels), row.uid


@pytest.mark.timeout(3600)
def test_nothing_is_lost_or_doubled(workplace: Workplace, gmail: FakeGmail) -> None:
    connect(workplace, gmail)
    world, dice = World(gmail), random.Random(23)
    for _ in range(MESSAGES):
        world.deliver()
    gmail.chaos = Chaos(random.Random(29), 0.002)
    meddling = threading.Thread(target=world.run)
    with contextlib.closing(open_store(workplace.database)) as store:
        meddling.start()
        try:
            for kill in range(KILLS):
                if kill == KILLS // 2:
                    gmail.oauth.expire_access()
                read_and_kill(workplace, store, dice)
            settle(workplace)
        finally:
            world.stop.set()
            meddling.join()
        gmail.oauth.revoke()
        workplace.start("sync").communicate()
        assert "hitchpost mailbox sign-in gmail" in " ".join(workplace.run("status").split())
        sign_in(workplace, gmail)
        gmail.chaos, seen = None, gmail.chaos.seen
        settle(workplace)
        assert_equal_to_mailbox(store, gmail)
    assert sum(seen.values()) > 0, "the rig made no faults"
    workplace.run("audit")
