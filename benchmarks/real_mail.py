"""Thousands of real messages, once as Maildir and once through Dovecot: every one an outcome, the same both ways.

    python -m benchmarks.real_mail FOLDER… [--limit N]

FOLDER holds mail in any shape (one message a file, mbox files, folders of them). Says the outcomes of both ways,
the messages whose outcome differs, what `audit` says, and how many leads were made.
"""

from __future__ import annotations

import argparse
import mailbox
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from sync.store.schema import open_store
from sync.store.tables import copies, messages, records
from tests.journey.workplace import Workplace, make_workplace
from tests.servers import dovecot

_NO_MAIL = {".json", ".xml", ".out", ".md", ".py", ".bin", ".html", ".gz"}
_PICTURES = {".bmp", ".exr", ".gif", ".jpg", ".pbm", ".pgm", ".png", ".ppm", ".ras", ".sgi", ".tiff", ".webp", ".xbm"}
_SOUNDS = {".aifc", ".aiff", ".au", ".wav"}
_START = datetime(2026, 1, 1, tzinfo=UTC)


def messages_under(folder: Path) -> Iterator[bytes]:
    """Every message in the files under `folder`, in order of their names."""
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        if path.suffix in _NO_MAIL | _PICTURES | _SOUNDS or path.name.startswith(("LICENSE", "COPYING", "README")):
            continue
        data = path.read_bytes()
        if data.startswith(b"From ") and data.count(b"\nFrom ") > 0:
            yield from (message.as_bytes() for message in mailbox.mbox(path, create=False))
        else:
            yield data


def fill_maildir(place: Workplace, found: list[bytes]) -> None:
    for number, data in enumerate(found):
        stamp = int((_START + timedelta(minutes=number)).timestamp())
        (place.maildir / "new" / f"{stamp}.M{number}P1.host").write_bytes(data)


def read_through_dovecot(place: Workplace, server: dovecot.Dovecot, found: list[bytes]) -> None:
    user = server.new_user()
    server.fill(user, ((data, _START + timedelta(minutes=number)) for number, data in enumerate(found)))
    text = place.config.read_text()
    account = f"""
[[mail_account]]
name = "work"
kind = "imap"
host = "127.0.0.1"
port = {server.plain_port}
tls = "none"
user = "{user}"
secret = {{ command = "cat {place.folder / "secret"}" }}
"""
    (place.folder / "secret").write_text(dovecot.PASSWORD)
    head, _, rest = text.partition("[[mail_account]]")
    place.config.write_text(head + account + rest[rest.index("[[crm]]") :])


def outcomes(place: Workplace) -> dict[int, tuple[str, str]]:
    """By number of the message, its outcome with verdict and rule, and its identity."""
    store = open_store(place.database)
    with store.read() as unit:
        rows = unit.execute(
            sa.select(copies.c.uid, messages.c.outcome, messages.c.verdict, messages.c.rule, messages.c.key).join(
                messages, messages.c.id == copies.c.message_id
            )
        )
        found = {_number(row.uid): (f"{row.outcome} {row.verdict} {row.rule}", row.key) for row in rows}
        made = unit.execute(sa.select(sa.func.count()).select_from(records)).scalar_one()
    store.close()
    print(f"  {len(found)} copies of {len({key for _, key in found.values()})} messages, {made} records made")
    for what, count in Counter(said.split()[0] for said, _ in found.values()).most_common():
        print(f"    {what:12} {count}")
    return found


def _number(uid: str) -> int:
    """Which message a Maildir name (`…M12P1.host`) or an IMAP uid (counted from 1) stands for."""
    return int(uid.partition(".M")[2].partition("P")[0]) if "." in uid else int(uid) - 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--limit", type=int)
    arguments = parser.parse_args()
    found = [data for folder in arguments.folders for data in messages_under(folder)][: arguments.limit]
    print(f"{len(found)} messages")
    ways: dict[str, dict[int, tuple[str, str]]] = {}
    with tempfile.TemporaryDirectory(prefix="hp-") as temporary:
        Path(temporary).chmod(0o755)  # Dovecot's own users pass through it
        server = dovecot.start(_made(Path(temporary) / "d"))
        try:
            for way in ("maildir", "dovecot"):
                place = make_workplace(_made(Path(temporary) / way))
                if way == "maildir":
                    fill_maildir(place, found)
                else:
                    read_through_dovecot(place, server, found)
                print(way)
                print("  " + place.run("sync").strip().replace("\n", "\n  "))
                print("  " + place.run("audit").strip().replace("\n", "\n  "))
                ways[way] = outcomes(place)
        finally:
            server.stop()
    one, other = ways["maildir"], ways["dovecot"]
    different = [number for number in range(len(found)) if one[number][0] != other[number][0]]
    changed = sum(one[number][1] != other[number][1] for number in range(len(found)))
    print(f"{len(different)} messages have another outcome, {changed} another identity (their bytes were changed)")
    for number in different[:20]:
        print(f"  {number}: {one[number][0]} | {other[number][0]}")
    return 1 if different else 0


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


if __name__ == "__main__":
    sys.exit(main())
