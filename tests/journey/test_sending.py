"""Sending with the installed command: written, listed, held, sent, mended; and killed at any moment, sent once."""

from __future__ import annotations

import contextlib
import random
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crm_model.mail import DeliveryState
from sync.store import deliveries
from sync.store.database import Store
from sync.store.schema import open_store
from sync.store.tables import outgoing
from tests.journey.workplace import Workplace, deliver
from tests.servers.scripted_smtp import ScriptedSmtp, Taken, running_smtp

MAILS = 12


@pytest.fixture
def server(workplace: Workplace) -> Iterator[ScriptedSmtp]:
    """A server that saves what it takes in Sent, as Gmail and Exchange do; the workplace sends through it."""
    sent = workplace.maildir / ".Sent"
    for name in ("cur", "new", "tmp"):
        (sent / name).mkdir(parents=True)
    with running_smtp() as running:
        text = workplace.config.read_text()
        smtp = f"""sender = "Ingrid <ingrid@nordvik.example>"
smtp_host = "127.0.0.1"
smtp_port = {running.port}
smtp_tls = "none"
"""
        account = f'path = "{workplace.maildir}"\n'
        template = '\n[[template]]\nname = "offer"\ntext = "Hi {{person.first_name}}"\n'
        text = text.replace(account, account + smtp).replace("poll_seconds", "undo_send_seconds = 0\npoll_seconds")
        workplace.config.write_text(text + template)
        running.on_taken = lambda mail: save(sent, mail)
        yield running


def save(sent: Path, mail: Taken) -> None:
    node = mail.data.partition(b"Message-ID: <")[2].partition(b">")[0].decode()
    (sent / "cur" / f"{time.time_ns()}.{node}:2,S").write_bytes(mail.data)


def test_from_the_command_line(workplace: Workplace, server: ScriptedSmtp) -> None:
    deliver(workplace, 1, sender="Ola Li <ola@bergen.example>", subject="Question")
    workplace.run("sync")
    (thread,) = workplace.json("threads", "--view", "all")
    offer = workplace.folder / "offer.pdf"
    offer.write_bytes(b"%PDF")
    reply = workplace.json("send", "--reply", str(thread["id"]), "--text", "Yes.", "--attach", str(offer))
    later = workplace.json("send", "--to", "per@x.example", "--subject", "Later", "--empty", "--at", "+2d")
    states = {row["id"]: row["state"] for row in workplace.json("outbox", "list")}
    assert states == {reply["mail"]: "waiting", later["mail"]: "waiting"}
    workplace.run("outbox", "cancel", str(later["mail"]))
    assert workplace.json("outbox", "show", str(later["mail"]))["subject"] == "Later"
    assert "own mail: 1 sent" in workplace.run("sync")
    (taken,) = server.taken
    assert taken.recipients == ("ola@bergen.example",)
    assert b"In-Reply-To: <1@firm.example>" in taken.data
    assert b"Subject: Re: Question" in taken.data
    assert [row["state"] for row in workplace.json("outbox", "list")] == ["draft"]
    workplace.run("outbox", "drop", str(later["mail"]))
    assert len(workplace.json("thread", str(thread["id"]))["messages"]) == 2


def test_what_is_wrong_is_said_and_nothing_is_kept(workplace: Workplace, server: ScriptedSmtp) -> None:
    for words in (
        ("--to", "ola"),
        ("--to", "ola@x.example", "--attach", "/nowhere/a.pdf"),
        ("--to", "ola@x.example", "--template", "offer"),
        ("--to", "ola@x.example", "--template", "no such"),
        ("--record", "99"),
    ):
        workplace.run("send", *words, "--empty", exit_code=1)
    workplace.run("send", "--to", "ola@x.example", "--empty", "--at", "yesterday", exit_code=2)
    workplace.run("send", "--to", "ola@x.example", "--subject", "Nothing in it", exit_code=2)
    shown = workplace.json("send", "--to", "Ola <ola@x.example>", "--text", "Hi", "--dry-run")
    assert (shown["to"], shown["text"]) == ("Ola <ola@x.example>", "Hi")
    assert workplace.json("outbox", "list") == []


def test_killed_at_any_moment_each_mail_leaves_once(workplace: Workplace, server: ScriptedSmtp) -> None:
    with contextlib.closing(open_store(workplace.database)) as store:
        workplace.run("send", "--to", "first@x.example", "--text", "Hei")
        workplace.run("sync")
        hurry(store)
        workplace.run("sync")  # by now it is known that the server saves what it sends
        put_out(store, workplace)
        chance, kills = random.Random(3), 0
        server.drip_seconds = 0.001
        while waiting(store) and kills < 8:
            process, before = workplace.start("sync"), len(server.taken)
            while len(server.taken) == before and process.poll() is None:
                time.sleep(0.002)
            time.sleep(chance.uniform(0, 0.06))
            process.kill()
            process.communicate()
            kills += 1
        server.drip_seconds = 0
        for _ in range(3):
            hurry(store)
            workplace.run("sync")
        counted = Counter(mail.recipients for mail in server.taken)
        assert len(counted) == MAILS + 1
        assert set(counted.values()) == {1}
        assert kills > 1
        assert states(store) == {DeliveryState.SENT}
        copies = list((workplace.maildir / ".Sent").glob("[cn]*/*"))
        assert len(copies) == MAILS + 1


def put_out(store: Store, workplace: Workplace) -> None:
    from sync import edits
    from sync.composing.draft import Draft
    from sync.settings import load

    desk = load(workplace.config).desk
    for number in range(MAILS):
        edits.send_mail(store, Draft(to=f"p{number}@x.example", subject=f"Mail {number}"), desk, "Ingrid")


def waiting(store: Store) -> bool:
    return states(store) != {DeliveryState.SENT}


def states(store: Store) -> set[DeliveryState]:
    with store.read() as unit:
        return {each.state for each in deliveries.listed(unit, tuple(DeliveryState), limit=1000)}


def hurry(store: Store) -> None:
    """Let what waits for its time be due, and the minutes be over in which a server may still save a copy."""
    now = datetime.now(UTC)
    with store.write() as unit:
        unit.execute(outgoing.update().where(outgoing.c.next_at.is_not(None)).values(next_at=now))
        handed = outgoing.c.handed_at.is_not(None)
        unit.execute(outgoing.update().where(handed).values(handed_at=now - timedelta(minutes=10)))
