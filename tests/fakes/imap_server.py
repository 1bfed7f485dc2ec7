"""An IMAP server over a `World`, with faults by chance: what real ones do on bad days, all in one place."""

from __future__ import annotations

import contextlib
import random
import re
import socket
import threading
import time
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message

from tests.fakes.imap_world import Box, Held, World

PROFILES = {
    "plain": "IMAP4rev1",
    "condstore": "IMAP4rev1 ENABLE CONDSTORE UIDPLUS SPECIAL-USE LIST-EXTENDED",
    "qresync": "IMAP4rev1 ENABLE CONDSTORE QRESYNC UIDPLUS MOVE SPECIAL-USE LIST-EXTENDED ID",
}
_ITEM = re.compile(r"BODY\.PEEK\[([^\]]*)\](?:<0\.(\d+)>)?|[A-Z0-9.]+")


class Cut(Exception):
    """The connection ends here, after these bytes."""


class RigServer:
    """`fault_rate` is the chance of a fault for each command; `faults` counts them by name.

    Without `indexes_headers` a search by a header finds nothing.
    """

    indexes_headers = True

    def __init__(self, world: World, profile: str = "qresync", *, fault_rate: float = 0.0, seed: int = 1) -> None:
        self.world, self.capabilities = world, PROFILES[profile]
        self.fault_rate, self.dice = fault_rate, random.Random(seed)
        self.faults: Counter[str] = Counter()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            connection.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._open.append(connection)
                threading.Thread(target=_Talk(self, connection).run, daemon=True).start()

    def fault(self, _command: str) -> str:
        """What goes wrong with this command, "" mostly."""
        if self.dice.random() >= self.fault_rate:
            return ""
        name = self.dice.choice(("cut", "drop", "bye", "no", "bad", "limit", "noise", "delay", "drip", "nil"))
        self.faults[name] += 1
        return name


class _Talk:
    """One connection."""

    def __init__(self, server: RigServer, connection: socket.socket) -> None:
        self.server, self.world, self.connection = server, server.world, connection
        self.name, self.enabled = "", ""
        self.numbers: list[int] = []

    def run(self) -> None:
        with contextlib.suppress(OSError, Cut), self.connection, self.connection.makefile("rb") as lines:
            self.connection.sendall(b"* OK rig ready\r\n")
            for line in lines:
                tag, _, command = line.decode("latin-1").strip().partition(" ")
                self._answer(tag, command)
                if command.upper() == "LOGOUT":
                    return

    def _answer(self, tag: str, command: str) -> None:
        fault = "" if command.upper().startswith(("LOGIN", "LOGOUT", "CAPABILITY")) else self.server.fault(command)
        if fault in ("no", "bad", "limit"):
            word = {"no": "NO [SERVERBUG] not now", "bad": "BAD what", "limit": "NO [LIMIT] Rate limit hit"}[fault]
            self.connection.sendall(f"{tag} {word}\r\n".encode())
            return
        if fault == "drop":
            raise Cut
        if fault == "bye":
            self.connection.sendall(b"* BYE going down\r\n")
            raise Cut
        with self.world.lock:
            told, result = self._perform(command, nil=fault == "nil")
        answer = told + f"{tag} {result}\r\n".encode()
        if fault == "noise":
            answer = b"* 1 FETCH (FLAGS (\\Seen))\r\n* 9 RECENT\r\n* OK Still here\r\n" + answer
        if fault == "cut":
            self.connection.sendall(answer[: self.server.dice.randrange(len(answer))])
            raise Cut
        if fault == "drip":
            head, answer = answer[:200], answer[200:]
            for start in range(0, len(head), 20):
                self.connection.sendall(head[start : start + 20])
                time.sleep(0.001)
        if fault == "delay":
            time.sleep(0.05)
        self.connection.sendall(answer)

    def _perform(self, command: str, *, nil: bool) -> tuple[bytes, str]:
        word, _, rest = command.partition(" ")
        match word.upper():
            case "STATUS":
                return self._status(_quoted(rest))
            case "SELECT" | "EXAMINE":
                return self._select(_quoted(rest))
            case "UID":
                return self._uid(rest, nil=nil)
            case "ENABLE":
                self.enabled = rest
        simple = {
            "CAPABILITY": f"* CAPABILITY {self.server.capabilities}\r\n".encode(),
            "ENABLE": f"* ENABLED {rest}\r\n".encode(),
            "LOGOUT": b"* BYE bye\r\n",
        }
        return self._list() if word.upper() == "LIST" else simple.get(word.upper(), b""), "OK done"

    def _list(self) -> bytes:
        return b"".join(f'* LIST ({box.role}) "/" "{box.name}"\r\n'.encode() for box in self.world.boxes.values())

    @property
    def _condstore(self) -> bool:
        return "CONDSTORE" in self.server.capabilities

    def _status(self, name: str) -> tuple[bytes, str]:
        box = self.world.boxes.get(name)
        if box is None:
            return b"", "NO [NONEXISTENT] no such mailbox"
        told = f"MESSAGES {len(box.held)} UIDNEXT {box.uidnext} UIDVALIDITY {box.uidvalidity}"
        told += f" HIGHESTMODSEQ {box.modseq}" if self._condstore else ""
        return f'* STATUS "{name}" ({told})\r\n'.encode(), "OK done"

    def _select(self, name: str) -> tuple[bytes, str]:
        box = self.world.boxes.get(name)
        if box is None:
            self.name = ""
            return b"", "NO [NONEXISTENT] no such mailbox"
        self.name, self.numbers = name, sorted(box.held)
        lines = [f"{len(box.held)} EXISTS", "0 RECENT", f"OK [UIDVALIDITY {box.uidvalidity}] x"]
        lines += [f"OK [UIDNEXT {box.uidnext}] x", "OK [PERMANENTFLAGS (\\Seen \\Flagged \\*)] x"]
        lines.append(f"OK [HIGHESTMODSEQ {box.modseq}] x" if self._condstore else "OK x")
        return "".join(f"* {line}\r\n" for line in lines).encode(), "OK [READ-WRITE] done"

    def _uid(self, rest: str, *, nil: bool) -> tuple[bytes, str]:
        box = self.world.boxes.get(self.name)
        if box is None:
            return b"", "NO [NONEXISTENT] no mailbox selected"
        kind, _, rest = rest.partition(" ")
        if kind.upper() == "SEARCH":
            found = " ".join(str(uid) for uid in self._search(box, rest))
            return f"* SEARCH {found}".rstrip().encode() + b"\r\n", "OK done"
        uids, _, items = rest.partition(" ")
        chosen = [box.held[uid] for uid in _read_set(uids, box)]
        if kind.upper() == "STORE":
            return _store(box, chosen, items), "OK done"
        told = b""
        if (since := re.search(r"\(CHANGEDSINCE (\d+)( VANISHED)?\)", items)) is not None:
            if since[2] and self.enabled != "QRESYNC":
                return b"", "BAD QRESYNC is not enabled"
            items = items[: since.start()]
            chosen = [held for held in chosen if held.modseq > int(since[1])]
            gone = [uid for uid, modseq in box.gone.items() if modseq > int(since[1])]
            if since[2] and gone:
                told = f"* VANISHED (EARLIER) {','.join(map(str, gone))}\r\n".encode()
        return told + b"".join(self._fetched(held, items, nil=nil) for held in chosen), "OK done"

    def _search(self, box: Box, criteria: str) -> Iterator[int]:
        words = criteria.split()
        found = self.numbers if words and words[0][0].isdigit() else sorted(box.held)
        while words:
            word = words.pop(0)
            if word == "UID":
                wanted = set(_read_set(words.pop(0), box))
                found = [uid for uid in found if uid in wanted]
            elif word == "HEADER":
                header, value = words.pop(0).lower(), words.pop(0).strip('"')
                found = [uid for uid in found if self.server.indexes_headers and _has(box.held[uid], header, value)]
            elif ":" in word:
                first, last = map(int, word.split(":"))
                found = found[first - 1 : last]
        return (uid for uid in found if uid in box.held)

    def _fetched(self, held: Held, items: str, *, nil: bool) -> bytes:
        told = [b"UID %d" % held.uid]
        for found in _ITEM.finditer(items.strip("()")):
            match found[0]:
                case "FLAGS":
                    told.append(f"FLAGS ({' '.join(sorted(held.flags))})".encode())
                case "INTERNALDATE":
                    told.append(f'INTERNALDATE "{held.at:%d-%b-%Y %H:%M:%S} +0000"'.encode())
                case "RFC822.SIZE":
                    told.append(b"RFC822.SIZE %d" % len(held.data))
                case "BODYSTRUCTURE":
                    told.append(b"BODYSTRUCTURE " + _structure(message_from_bytes(held.data)))
                case item if item.startswith("BODY"):
                    told.append(_section(held.data, found[1] or "", int(found[2] or 0), nil=nil))
        return b"* %d FETCH (%b)\r\n" % (self._number(held), b" ".join(told))

    def _number(self, held: Held) -> int:
        return self.numbers.index(held.uid) + 1 if len(self.numbers) < 1000 and held.uid in self.numbers else 1


def _store(box: Box, chosen: list[Held], items: str) -> bytes:
    """`+FLAGS.SILENT (…)` or `-FLAGS.SILENT (…)`: nothing is told of it."""
    flags = set(items.partition("(")[2].rstrip(")").split())
    for held in chosen:
        changed = held.flags | flags if items.startswith("+") else held.flags - flags
        if changed != held.flags:
            box.mark(held.uid, changed)
    return b""


def _section(data: bytes, name: str, limit: int, *, nil: bool) -> bytes:
    shown = name.encode() + (b"]<0>" if limit else b"]")
    if nil:
        return b"BODY[%b NIL" % shown
    head, _, _ = data.partition(b"\r\n\r\n")
    if name == "HEADER":
        body = head + b"\r\n\r\n"
    elif name.startswith("HEADER.FIELDS"):
        lines = [line for line in head.split(b"\r\n") if line.lower().startswith(b"message-id:")]
        body = b"\r\n".join([*lines, b"", b""])
    elif name:
        part = message_from_bytes(data)
        for number in name.split("."):
            part = part.get_payload()[int(number) - 1] if part.is_multipart() else part
        body = str(part.get_payload()).encode()
    else:
        body = data
    body = body[:limit] if limit else body
    return b"BODY[%b {%d}\r\n%b" % (shown, len(body), body)


def _structure(part: Message) -> bytes:
    if part.is_multipart():
        inner = b"".join(_structure(each) for each in part.get_payload())
        boundary = str(part.get_boundary()).encode()
        return b'(%b "mixed" ("boundary" "%b") NIL NIL NIL)' % (inner, boundary)
    body = str(part.get_payload()).encode()
    name = part.get_filename()
    parameters = f'("name" "{name}")' if name else '("charset" "utf-8")'
    encoding = part.get("Content-Transfer-Encoding", "7bit")
    kind, sub = part.get_content_type().split("/")
    lines = f" {body.count(chr(10).encode())}" if kind == "text" else ""
    placed = '("attachment" NIL)' if part.get("Content-Disposition") else "NIL"
    return f'("{kind}" "{sub}" {parameters} NIL NIL "{encoding}" {len(body)}{lines} NIL {placed} NIL NIL)'.encode()


def _has(held: Held, header: str, value: str) -> bool:
    return value in (message_from_bytes(held.data).get(header) or "")


def _quoted(text: str) -> str:
    return text.partition('"')[2].partition('"')[0] if '"' in text else text.split(" ", maxsplit=1)[0]


def _read_set(text: str, box: Box) -> list[int]:
    held = sorted(box.held)
    top, wanted = held[-1] if held else 0, set[int]()
    for part in text.split(","):
        first, _, last = part.partition(":")
        ends = [top if end == "*" else int(end) for end in (first, last or first)]
        wanted.update(held[bisect_left(held, min(ends)) : bisect_right(held, max(ends))])
    return sorted(wanted)
