"""What a mail account holds: folders with uids, mod-sequences and expunged messages (RFC 3501, RFC 7162)."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

START = datetime(2024, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Held:
    """A message in a folder."""

    uid: int
    data: bytes
    at: datetime
    flags: set[str]
    modseq: int


@dataclass(slots=True)
class Box:
    """A folder. `gone` are expunged uids with their mod-sequence."""

    name: str
    uidvalidity: int
    role: str = ""
    uidnext: int = 1
    modseq: int = 1
    held: dict[int, Held] = field(default_factory=dict)
    gone: dict[int, int] = field(default_factory=dict)

    def add(self, data: bytes, at: datetime, flags: set[str]) -> Held:
        self.modseq += 1
        held = Held(self.uidnext, data, at, set(flags), self.modseq)
        self.held[held.uid] = held
        self.uidnext += 1
        return held

    def expunge(self, uid: int) -> None:
        self.modseq += 1
        self.gone[uid] = self.modseq
        del self.held[uid]

    def mark(self, uid: int, flags: set[str]) -> None:
        self.modseq += 1
        self.held[uid].flags, self.held[uid].modseq = flags, self.modseq


class World:
    """One account and what other programs do to it. Every change is made under `lock`."""

    def __init__(self, seed: int) -> None:
        self.lock = threading.RLock()
        self.dice = random.Random(seed)
        self.boxes = {
            "INBOX": Box("INBOX", 100),
            "Sent": Box("Sent", 101, "\\Sent"),
            "Archive": Box("Archive", 102, "\\Archive"),
            "Clients": Box("Clients", 103),
        }
        self.delivered = 0
        self.serial = 200
        self.done: list[str] = []

    def deliver(self, count: int) -> None:
        """Mail comes in, some of it with an attachment."""
        with self.lock:
            for _ in range(count):
                self.delivered += 1
                name = self.dice.choice(("INBOX", "INBOX", "INBOX", "Sent", self._other()))
                at = START + timedelta(minutes=self.delivered)
                data = letter(self.delivered, large=self.dice.random() < 0.02)
                self.boxes[name].add(data, at, {"\\Seen"} if self.dice.random() < 0.5 else set())

    def disturb(self) -> None:
        """One thing that another mail program, or the server's admin, might do."""
        with self.lock:
            act = self.dice.choice(
                (self._move, self._move, self._flag, self._flag, self._expunge, self._renumber, self._rename)
            )
            act()
            self.done.append(act.__name__)

    def ids(self) -> set[str]:
        """The Message-IDs that the account holds now."""
        with self.lock:
            return {message_id(held.data) for box in self.boxes.values() for held in box.held.values()}

    def flags(self) -> dict[tuple[str, str], frozenset[str]]:
        """The flags of every message, in lower case, by folder and uid."""
        with self.lock:
            return {
                (name, str(held.uid)): frozenset(flag.lower() for flag in held.flags)
                for name, box in self.boxes.items()
                for held in box.held.values()
            }

    def labelled(self, label: str) -> set[str]:
        """The Message-IDs that carry a keyword now."""
        with self.lock:
            boxes = self.boxes.values()
            return {message_id(held.data) for box in boxes for held in box.held.values() if label in held.flags}

    def count(self) -> int:
        with self.lock:
            return sum(len(box.held) for box in self.boxes.values())

    def _other(self) -> str:
        return next(name for name in self.boxes if name.startswith("Clients"))

    def _some(self, box: Box, most: int) -> list[int]:
        return self.dice.sample(sorted(box.held), min(len(box.held), self.dice.randint(1, most)))

    def _move(self) -> None:
        source, goal = self.dice.sample(sorted(self.boxes), 2)
        for uid in self._some(self.boxes[source], 30):
            held = self.boxes[source].held[uid]
            self.boxes[goal].add(held.data, held.at, held.flags)
            self.boxes[source].expunge(uid)

    def _flag(self) -> None:
        box = self.boxes[self.dice.choice(sorted(self.boxes))]
        for uid in self._some(box, 30):
            box.mark(uid, box.held[uid].flags ^ {self.dice.choice(("\\Seen", "\\Flagged", "$Label1"))})

    def _expunge(self) -> None:
        box = self.boxes[self.dice.choice(sorted(self.boxes))]
        for uid in self._some(box, 5):
            box.expunge(uid)

    def _renumber(self) -> None:
        """UIDVALIDITY changes and all uids with it."""
        box = self.boxes[self.dice.choice(sorted(self.boxes))]
        self.serial += 1
        fresh = Box(box.name, self.serial, box.role)
        for held in sorted(box.held.values(), key=lambda each: each.uid):
            fresh.add(held.data, held.at, held.flags)
        self.boxes[box.name] = fresh

    def _rename(self) -> None:
        box = self.boxes.pop(self._other())
        self.serial += 1
        box.name = f"Clients {self.serial}"
        self.boxes[box.name] = box


def letter(number: int, *, large: bool = False) -> bytes:
    """A message of its own; a large one has an attachment of 40 kB."""
    head = (
        f"From: Writer {number} <w{number % 300}@firm{number % 40}.example>\r\nTo: me@nordvik.example\r\n"
        f"Subject: Letter {number}\r\nMessage-ID: <{number}@rig.example>\r\n"
        f"Date: Mon, 01 Jan 2024 08:{number % 60:02}:00 +0000\r\n"
    )
    text = f"Hei,\r\n\r\nthis is letter {number} of many.\r\n"
    if not large:
        return f"{head}\r\n{text}".encode()
    line = "QUJD" * 19
    body = f"{line}\r\n" * 520
    return (
        f'{head}MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b{number}"\r\n\r\n'
        f"--b{number}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
        f'--b{number}\r\nContent-Type: application/pdf; name="offer {number}.pdf"\r\n'
        f"Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment\r\n\r\n{body}\r\n--b{number}--\r\n"
    ).encode()


def message_id(data: bytes) -> str:
    return data.partition(b"Message-ID: <")[2].partition(b">")[0].decode()
