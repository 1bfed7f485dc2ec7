"""A store, the folder where submissions of web forms lie, and the agent that reads it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from agent.ingest import ingest_page
from agent.intake.arrival import FormIntake
from agent.rules import Place, Rules
from agent.summary import Tally
from crm_model.mail import Address, MailboxRole
from crm_model.options import Connection
from crm_model.organisation import Organisation
from crm_model.records import Fields, RecordKind
from crm_model.web_events import Submission
from crm_model.web_forms import USUAL_FIELDS, ConsentBox, FormRules, WebForm
from sync.composing.draft import Desk, Identity
from sync.mailboxes.contract import MailPage
from sync.mailboxes.web_forms import WEB_FORMS
from sync.mailboxes.web_forms.place import SubmissionPlace
from sync.store import mailboxes
from sync.store import records as record_rows
from sync.store.database import Store
from sync.store.tables import records
from sync.tracking_policy import TrackingPolicy

NOW = datetime(2026, 12, 1, 10, tzinfo=UTC)
OURS = Organisation(name="Nordvik", domains=frozenset({"nordvik.example"}), default_region="NO")
CONTACT = WebForm(
    "contact", "Kontakt oss", fields=USUAL_FIELDS, consents=(ConsentBox("news", "Send me news", "mail", "2"),)
)
CALLBACK = WebForm("callback", "Ring meg", fields=USUAL_FIELDS)
FORMS = (
    FormRules(CONTACT, leads="auto", owners={"web design": "kari", "": "ola"}),
    FormRules(CALLBACK, leads="auto"),
    FormRules(replace(CONTACT, name="asked", double_opt_in=True), leads="suggest"),
    FormRules(replace(CONTACT, name="plain")),
)
DESK = Desk(
    (Identity("work", Address("sales@nordvik.example")),),
    organisation=OURS,
    tracking=TrackingPolicy("https://t.nordvik.example"),
)
PERSON = {"name": "Nina Dahl", "email": "nina@dahlbygg.example", "message": "Vi trenger en ny nettside i mars."}


def submission(number: int, form: str = "contact", **values: str) -> Submission:
    return Submission(f"s{number}", NOW - timedelta(hours=1), form, {**PERSON, **values}, "no")


class World:
    """A store, the folder of submissions and the intake before them."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store, self.folder = store, folder
        self.place = SubmissionPlace(folder)
        self.intake = FormIntake(FORMS, self.place, DESK)
        self.rules = Rules(organisation=OURS, log_mail="text")
        self.source = WEB_FORMS.open(Connection("web forms", "web_forms", {"path": str(folder)}, secret=str))
        with store.write() as unit:
            account = mailboxes.open_account(unit, "web forms", "web_forms")
            [self.box] = self.source.folders()
            self.mailbox = mailboxes.open_mailbox(unit, account, self.box).id

    def take(self, *events: Submission, files: dict[str, bytes] | None = None) -> None:
        for event in events:
            with self.store.write() as unit:
                self.intake.take(unit, event, files or {})

    def read(self, role: MailboxRole = MailboxRole.FORMS) -> Tally:
        page = self.source.fetch_page(self.box, "", lambda uids: set())
        return self.ingest(page, role)

    def ingest(self, page: MailPage, role: MailboxRole) -> Tally:
        tally = Tally()
        ingest_page(self.store, Place(self.mailbox, role), page, self.rules, tally, now=NOW)
        return tally

    def rows(self, table: sa.Table) -> list[sa.Row[tuple[object, ...]]]:
        with self.store.read() as unit:
            return list(unit.execute(sa.select(table).order_by(*table.primary_key)))

    def record(self, kind: RecordKind, **fields: str) -> int:
        with self.store.write() as unit:
            return record_rows.insert_local(unit, "local", kind, fields)

    def fields(self, record_id: int) -> Fields:
        with self.store.read() as unit:
            found = record_rows.get(unit, record_id)
        assert found is not None
        return found.fields

    def leads(self) -> list[sa.Row[tuple[object, ...]]]:
        return [row for row in self.rows(records) if row.kind == "lead"]
