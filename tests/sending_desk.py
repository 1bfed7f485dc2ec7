"""A desk for tests of sending: a Maildir account that sends through a scripted SMTP server, and the agent's steps."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from agent.daemon import run_pass
from agent.outpost.connecting import connect_outpost
from agent.sending.round import send_due
from agent.summary import PassSummary, Tally
from crm_model.mail import DeliveryState
from crm_model.records import RecordKind
from sync import edits, queries
from sync.composing.draft import Draft
from sync.settings import Settings, parse
from sync.store import records
from sync.store.database import Store
from sync.store.outgoing import StoredOutgoing, get
from sync.store.tables import outgoing
from sync.views import ConversationView, DeliveryView
from tests.servers.scripted_smtp import ScriptedSmtp

CONFIGURATION = """
author = "Kari"
undo_send_seconds = {undo}
log_mail = "text"
[organisation]
domains = ["fjord.example"]
[[mail_account]]
name = "work"
kind = "maildir"
path = "{folder}/Maildir"
sender = "Kari Nordmo <kari@fjord.example>"
signature = "Kari"
smtp_host = "127.0.0.1"
smtp_port = {port}
smtp_tls = "none"
{more}
[[crm]]
name = "local"
backend = "local"
path = "{folder}/crm.db"
"""
ENQUIRY = b"""From: Ola Li <ola@bergen.example>
To: kari@fjord.example
Subject: Tilbud
Message-ID: <ask@bergen.example>
Date: Mon, 02 Mar 2026 08:00:00 +0000

Hei Kari, kan vi f\xc3\xa5 et tilbud?
"""


@dataclass
class SendingDesk:
    """One person at one desk. `folder` holds the Maildir."""

    store: Store
    folder: Path
    server: ScriptedSmtp
    undo: int = 0
    more: str = ""

    def __post_init__(self) -> None:
        for box in ("Maildir", "Maildir/.Sent"):
            for place in ("cur", "new", "tmp"):
                (self.folder / box / place).mkdir(parents=True, exist_ok=True)

    @property
    def settings(self) -> Settings:
        text = CONFIGURATION.format(folder=self.folder, port=self.server.port, undo=self.undo, more=self.more)
        return parse(text, self.folder / "config.toml")

    def send(self, to: str = "ola@bergen.example", *, text: str = "Hei", **draft: Any) -> int:
        written = Draft(to=to, text=text, subject=draft.pop("subject", "Tilbud"), **draft)
        return edits.send_mail(self.store, written, self.settings.desk, "Kari")

    def step(self) -> Tally:
        """What the agent's sending loop does when it wakes."""
        settings, tally = self.settings, Tally()
        from agent.daemon import rules_of

        for account in settings.mail_accounts:
            send_due(
                account,
                self.store,
                settings.desk,
                rules_of(settings),
                tally,
                accounts=settings.mail_accounts,
                stop=threading.Event(),
                open_outpost=(lambda: connect_outpost(settings.web)) if settings.has_outpost else None,
            )
        return tally

    def pass_(self) -> PassSummary:
        """A whole pass of the agent: mail in, mail out, CRM."""
        return run_pass(self.settings, self.store, lambda _progress: None)

    def mail(self, outgoing_id: int) -> StoredOutgoing:
        with self.store.read() as unit:
            found = get(unit, outgoing_id)
        assert found is not None
        return found

    def state(self, outgoing_id: int) -> DeliveryState:
        return self.mail(outgoing_id).state

    def set(self, outgoing_id: int, **values: Any) -> None:
        """Bend the row, as another time or a killed agent would have left it."""
        with self.store.write() as unit:
            unit.execute(outgoing.update().where(outgoing.c.id == outgoing_id).values(**values))

    def hurry(self, outgoing_id: int, **ago: float) -> None:
        """Let the time that something waits for be over."""
        self.set(outgoing_id, next_at=datetime.now(UTC) - timedelta(seconds=1))
        if ago:
            self.set(outgoing_id, handed_at=datetime.now(UTC) - timedelta(**ago))

    def conversation(self, outgoing_id: int) -> ConversationView:
        row = next(each for each in self.outbox_and_sent() if each.id == outgoing_id)
        assert row.thread_id is not None
        return queries.conversation(self.store, row.thread_id)

    def outbox_and_sent(self) -> tuple[DeliveryView, ...]:
        from sync.store import deliveries

        with self.store.read() as unit:
            return deliveries.listed(unit, tuple(DeliveryState))

    def receive(self, data: bytes = ENQUIRY, name: str = "1.ask.test") -> None:
        (self.folder / "Maildir" / "new" / name).write_bytes(data)

    def sent_folder(self) -> list[EmailMessage]:
        files = sorted((self.folder / "Maildir" / ".Sent").glob("[cn]*/*"))
        return [message_from_bytes(path.read_bytes(), policy=default) for path in files]

    def server_saves(self, mail: Any) -> None:
        """What Gmail and Exchange do when they take a mail."""
        path = self.folder / "Maildir" / ".Sent" / "cur" / f"{len(self.server.taken)}.server:2,S"
        path.write_bytes(b"Received: by us\r\n" + mail.data)

    def contact(self, **fields: str) -> int:
        with self.store.write() as unit:
            made = {"first_name": "Ola", "last_name": "Li", "email": "ola@bergen.example", **fields}
            return records.insert_local(unit, "local", RecordKind.CONTACT, made)

    def rows(self, table: sa.Table) -> list[sa.Row[Any]]:
        with self.store.read() as unit:
            return list(unit.execute(table.select()))
