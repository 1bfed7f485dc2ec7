"""A small sales floor that screen tests look at; its clock stands still on Wed 18 November 2026, 14:00 in Oslo."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from types import ModuleType
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pytest_textual_snapshot import SVGImageExtension
from textual.pilot import Pilot
from textual.widgets import Input, TextArea
from textual.worker import WorkerCancelled, WorkerFailed

from crm_model.mail import Address
from crm_model.records import RecordKind
from sync.composing.draft import Desk, Identity, Template
from sync.store.agent_lock import held_agent_lock
from sync.store.database import Store, Unit, next_seq
from sync.store.record_facts import facts_of
from sync.store.record_words import words_of
from sync.store.tables import (
    activities,
    conflicts,
    links,
    mail_accounts,
    message_texts,
    messages,
    outbox,
    record_emails,
    record_texts,
    records,
    suggestions,
    thread_nodes,
    threads,
)
from tui.app import HitchpostApp
from tui.gateway import Gateway
from tui.times import Clock

SVGImageExtension.file_extension = "svg"  # the plugin sets the name that syrupy had before version 5

NOW = datetime(2026, 11, 18, 13, 0, tzinfo=UTC)
CLOCK = Clock(lambda: NOW, ZoneInfo("Europe/Oslo"))
DESK = Desk(
    identities=(
        Identity("work", Address("ola@byraa.example", "Ola Hansen"), "Ola\nByrå AS"),
        Identity("home", Address("ola@home.example", "Ola"), "Ola H."),
    ),
    templates=(
        Template("offer", "Hei {{person.first_name}},\n\nhere is {{opportunity.name}}.", "Offer"),
        Template("town", "How is {{account.town}}?"),
    ),
)
US = ("Ola Hansen", "ola@byraa.example")
KARI = ("Kari Nordmann", "kari@fjord-design.example")
GIULIA = ("Giulia Conti", "giulia@contiarredi.example")
LARS = ("Lars Öberg", "lars@oberg.example")

_QUOTE = "\n".join(f"> line {number} of what was said before" for number in range(1, 13))
_OFFER = """Hi Ola,

thanks for the meeting on Monday. The board likes the direction, and we would like to go on with the second
alternative: new website, shop and the integration with our stock system.

Two things before we sign:
 - can the launch be moved to the end of February?
 - is the hosting for the first year included in 480 000?

The requirements are attached. I am in the office until Friday.

On Mon, 16 Nov 2026 at 10:12, Ola Hansen wrote:
"""
_ENQUIRY = """Good morning,

we are a furniture maker in Brianza, 40 people, and look for a partner who can build a web shop for dealers in
Norway and Sweden. We would like to start in January; our budget is about 60 000 euro.

Could you call me this week at +39 031 555 0147?

Giulia Conti
Conti Arredi Srl"""


class StandingTime(datetime):
    """The time of the sales floor, for what is stored while somebody presses keys."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> StandingTime:
        return cls.fromtimestamp(NOW.timestamp(), tz)


@pytest.fixture(autouse=True)
def standing_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is stored while a picture is drawn would otherwise be younger every day."""
    monkeypatch.setattr("sync.edits.edit.datetime", StandingTime)


@pytest.fixture
def floor(store: Store, seeds: ModuleType) -> Iterator[Store]:
    """Eight conversations: linked, to decide (a lead, a choice), noise, wide and hostile ones, one archived."""
    with store.write() as unit:
        seq = next_seq(unit)
        unit.execute(
            mail_accounts.insert().values(name="work", kind="imap", last_success_at=NOW - timedelta(minutes=4))
        )
        seeds.describe(unit)
        _records(unit, seq)
        _threads(unit, seq)
        _decisions(unit)
        _under_way(unit)
    with held_agent_lock(store):
        yield store


@pytest.fixture
def gateway(floor: Store) -> Gateway:
    return Gateway(floor, author="Ola Hansen", crm="local", clock=CLOCK, desk=DESK)


@pytest.fixture
def app(gateway: Gateway) -> HitchpostApp:
    return HitchpostApp(gateway)


@pytest.fixture(autouse=True)
def still_cursors(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A blinking cursor would be another picture every half second."""
    monkeypatch.setattr(Input, "cursor_blink", False)
    monkeypatch.setattr(TextArea, "cursor_blink", False)
    yield


Journey = Callable[[Pilot[None]], Awaitable[None]]


@pytest.fixture
def play(app: HitchpostApp) -> Callable[..., None]:
    """`play(journey, size=(200, 60))` runs a journey through the app after its first paint."""

    def run(journey: Journey, size: tuple[int, int] = (200, 60), of: HitchpostApp | None = None) -> None:
        async def session() -> None:
            async with (of or app).run_test(size=size) as pilot:
                await settle(pilot)
                await journey(pilot)

        asyncio.run(session())

    return run


async def settle(pilot: Pilot[None]) -> None:
    """Wait until workers, the pause after a cursor move and the drawing are done."""
    await pilot.pause(0.06)
    for _ in range(3):
        for worker in list(pilot.app.workers):
            with contextlib.suppress(WorkerCancelled, WorkerFailed):
                await worker.wait()
        await pilot.pause()


@pytest.fixture(name="settle")
def _settle() -> Callable[[Pilot[None]], Awaitable[None]]:
    return settle


@pytest.fixture
def press() -> Callable[..., Awaitable[None]]:
    """`await press(pilot, "l", "=fjord", "enter")`: each key or text, then all that follows from it."""

    async def run(pilot: Pilot[None], *keys: str) -> None:
        for key in keys:
            await pilot.press(*(_typed(key[1:]) if key.startswith("=") else [key]))
            await settle(pilot)

    return run


def _typed(text: str) -> list[str]:
    return ["space" if letter == " " else letter for letter in text]


@pytest.fixture
def app_over() -> Callable[[Store], HitchpostApp]:
    """An app over any store, with the same clock."""
    return lambda store: HitchpostApp(Gateway(store, author="Ola Hansen", crm="local", clock=CLOCK))


def _at(days: float, hours: float = 0) -> datetime:
    return NOW - timedelta(days=days, hours=hours)


def _records(unit: Unit, seq: int) -> None:
    website = {"stage": "proposal", "probability": 30, "amount": "480000.00", "close_date": "2026-12-11"}
    rows: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("account", "Fjord Design AS", {"name": "Fjord Design AS", "website": "https://fjord-design.example"}),
        ("contact", "Kari Nordmann", {**_person(KARI), "phone": "+47 22 55 50 10", "account_id": "r1"}),
        ("opportunity", "New website 2027", {"name": "New website 2027", "account_id": "r1", **website}),
        ("account", "Öberg Industri AB", {"name": "Öberg Industri AB", "website": "https://oberg.example"}),
        ("contact", "Lars Öberg", {**_person(LARS), "account_id": "r4"}),
        (
            "opportunity",
            "Service agreement",
            {"name": "Service agreement", "account_id": "r4", "stage": "qualified", "amount": "96000.00"},
        ),
        (
            "opportunity",
            "Spare parts portal",
            {"name": "Spare parts portal", "account_id": "r4", "stage": "new", "amount": "210000.00"},
        ),
        (
            "lead",
            "Håkon Dahl",
            {
                "first_name": "Håkon",
                "last_name": "Dahl",
                "company": "Dahl Bygg",
                "email": "hd@dahlbygg.example",
                "status": "new",
            },
        ),
    )
    for number, (kind, title, fields) in enumerate(rows, start=1):
        _record(unit, number, kind, title, fields={**fields, "owner_id": "u1"}, seq=seq)


def _person(who: tuple[str, str]) -> dict[str, Any]:
    first, _, last = who[0].partition(" ")
    return {"first_name": first, "last_name": last, "email": who[1]}


def _record(unit: Unit, number: int, kind: str, title: str, *, fields: dict[str, Any], seq: int) -> None:
    unit.execute(
        records.insert().values(
            id=number,
            crm="local",
            kind=kind,
            remote_id=f"r{number}",
            fields=fields,
            base=fields,
            revision="1",
            title=title,
            state="live",
            modified_at=_at(6),
            modified_by="Kari Nordmann",
            account_ref=fields.get("account_id", ""),
            **facts_of(RecordKind(kind), fields),
            stage=fields.get("stage") or fields.get("status") or "",
            owner_ref=fields.get("owner_id", ""),
            seq=seq,
        )
    )
    unit.execute(record_texts.insert().values(record_id=number, words=words_of(RecordKind(kind), fields)))
    if "email" in fields:
        unit.execute(record_emails.insert().values(email=fields["email"], record_id=number))


def _threads(unit: Unit, seq: int) -> None:
    thread = _ThreadMaker(unit, seq)
    thread.add(
        "Re: New website 2027",
        [
            (US, _at(9), "Hi Kari,\n\nhere is the offer we talked about.\n\nOla", ["offer.pdf"], False),
            (KARI, _at(2, 1), "Thank you, I take it to the board on Monday.", [], False),
            (KARI, _at(0, 1.5), _OFFER + _QUOTE, ["requirements v2.docx", "stock-api.pdf"], True),
        ],
        linked=True,
    )
    thread.add("Web shop for dealers in Norway", [(GIULIA, _at(0, 3.2), _ENQUIRY, [], True)], suggested=True)
    thread.add(
        "Question about the agreement",
        [(LARS, _at(1, 2), "Hi,\n\nwhat would it cost to add two sites to it?\n\nLars", [], False)],
        suggested=True,
    )
    thread.add(
        "Weekly digest: 14 things you missed",
        [(("Growth Hacker Weekly", "news@growth.example"), _at(1, 5), "Unsubscribe below.", [], False)],
        noise=True,
        verdict="newsletter",
    )
    thread.add(
        "お見積りのお願い（至急）🙂 – ノルウェー語のサイト",
        [(("山田 太郎", "yamada@tokyo.example"), _at(3), "はじめまして。\n\n見積もりをお願いします。", [], False)],
    )
    thread.add(
        "\x1b[31mRed\x1b[0m \u202eesrever\u202c and שלום עולם",
        [
            (
                ("\x1b]0;own\x07Eve\x00 [bold]Mallory[/]", "eve@evil.example"),
                _at(5),
                "\x1b[2J[red]boo[/red]\x07",
                [],
                False,
            )
        ],
    )
    thread.add(
        "Kitchen for the site office",
        [
            (("Håkon Dahl", "hd@dahlbygg.example"), _at(20), "Do you also build booking pages?", [], False),
            (US, _at(15), "We do. When can I call?", [], False),
        ],
        linked=True,
    )
    thread.add(
        "Invoice 20244", [(("Regnskap", "ap@tall.example"), _at(400), "Attached.", ["inv.pdf"], False)], archived=True
    )


class _ThreadMaker:
    """Adds conversations; messages are numbered in the order they come."""

    def __init__(self, unit: Unit, seq: int) -> None:
        self.unit, self.seq, self.threads, self.messages = unit, seq, 0, 0

    def add(self, subject: str, mails: list[Any], *, verdict: str = "enquiry", **flags: bool) -> None:
        self.threads += 1
        last = mails[-1]
        them = next((mail[0] for mail in mails if mail[0] != US), US)
        self.unit.execute(
            threads.insert().values(
                id=self.threads,
                family_id=self.threads,
                subject=subject.removeprefix("Re: "),
                people=them[0],
                snippet=last[2].replace("\n", " ")[:120],
                last_at=last[1],
                message_count=len(mails),
                unread_count=sum(mail[4] for mail in mails),
                attachment_count=sum(len(mail[3]) for mail in mails),
                last_direction="outgoing" if last[0] == US else "incoming",
                linked=flags.get("linked", False),
                suggested=flags.get("suggested", False),
                noise=flags.get("noise", False),
                archived_at=_at(2) if flags.get("archived") else None,
                seq=self.seq,
            )
        )
        outcome = next((word for word in ("linked", "suggested") if flags.get(word)), "held")
        for place, mail in enumerate(mails):
            self._message(subject, place, mail, verdict=verdict, outcome="ignored" if flags.get("noise") else outcome)

    def _message(self, subject: str, place: int, mail: Any, *, verdict: str, outcome: str) -> None:
        who, at, text, files, unread = mail
        self.messages += 1
        before = [f"m{self.messages - 1}@x"] if place else []
        facts = {"chain": before, "parties": [who[1]]}
        self.unit.execute(
            messages.insert().values(
                id=self.messages,
                key=f"k{self.messages}",
                thread_id=self.threads,
                node=f"m{self.messages}@x",
                thread_facts=facts,
                message_id=f"m{self.messages}@x",
                subject=subject,
                from_name=who[0],
                from_email=who[1],
                recipients=[["to", *(KARI if who == US else US)]],
                sent_at=at,
                received_at=at,
                size=2000,
                direction="outgoing" if who == US else "incoming",
                unread=unread,
                attachments=[[name, "application/pdf", 184_300, "2"] for name in files],
                verdict=verdict,
                probability=0.93,
                outcome=outcome,
                rule="known_address",
                reasons=[["known_address", f"{who[1]} is known"]],
            )
        )
        self.unit.execute(
            message_texts.insert().values(
                message_id=self.messages, subject=subject, sender=f"{who[0]} {who[1]}", body=text
            )
        )
        self.unit.execute(thread_nodes.insert().values(node=f"m{self.messages}@x", family_id=self.threads))


def _decisions(unit: Unit) -> None:
    for thread_id, record_id, message_id, evidence in (
        (1, 3, 3, "the only open opportunity of Fjord Design AS"),
        (1, 2, 1, "kari@fjord-design.example is her address"),
        (7, 8, 8, "hd@dahlbygg.example is his address"),
    ):
        unit.execute(
            links.insert().values(
                thread_id=thread_id,
                record_id=record_id,
                message_id=message_id,
                rule="known_address",
                evidence=evidence,
                odds=0.97,
                author="agent",
                created_at=_at(9),
            )
        )
    _suggestion(
        unit,
        thread_id=2,
        message_id=4,
        kind="create_lead",
        fields={
            "first_name": "Giulia",
            "last_name": "Conti",
            "company": "Conti Arredi Srl",
            "email": GIULIA[1],
            "phone": "+39 031 555 0147",
        },
        candidates=[],
        reasons=[["asks_for_offer", "asks for a partner and names a budget"], ["unknown", "nobody has this address"]],
    )
    _suggestion(
        unit,
        thread_id=3,
        message_id=5,
        kind="link",
        fields={},
        candidates=[
            [6, 0.61, "words", "“agreement” stands in its name"],
            [7, 0.22, "account", "open opportunity of Öberg Industri AB"],
            [5, 0.17, "known_address", "lars@oberg.example is his address"],
        ],
        reasons=[["several_open", "Öberg Industri AB has two open opportunities"]],
    )


def _suggestion(unit: Unit, **values: Any) -> None:
    unit.execute(suggestions.insert().values(odds=0.91, state="open", created_at=_at(0, 3), **values))


def _under_way(unit: Unit) -> None:
    """A conflict, a pending and a refused change, and what happened with the records."""
    rows: tuple[tuple[int, str, str, float, Any, bool], ...] = (
        (3, "email", "Re: New website 2027", 0.1, None, False),
        (3, "call", "Went through the offer, wants hosting included", 1, None, False),
        (3, "task", "Send the contract", 2, _at(-2), False),
        (3, "note", "Board decides on Monday", 6, None, False),
        (8, "note", "Met at the fair", 30, None, False),
    )
    for number, (record_id, kind, subject, days, due, done) in enumerate(rows, start=1):
        unit.execute(
            activities.insert().values(
                id=number,
                crm="local",
                remote_id=f"a{number}",
                key=f"a{number}",
                kind=kind,
                record_id=record_id,
                subject=subject,
                author="Ola Hansen",
                at=_at(days),
                due_at=due,
                done=done,
            )
        )
    unit.execute(
        conflicts.insert().values(
            record_id=3,
            field="amount",
            base="450000.00",
            mine="480000.00",
            theirs="465000.00",
            mine_by="Ola Hansen",
            mine_at=_at(0, 2),
            theirs_by="Kari Lund",
            theirs_at=_at(0, 4),
            state="open",
            created_at=_at(0, 1),
        )
    )
    change = {"crm": "local", "kind": "update", "details": {}, "author": "Ola Hansen", "created_at": _at(0, 1)}
    unit.execute(
        outbox.insert().values(
            **change, key="o1", record_id=3, fields={"stage": "proposal"}, base={"stage": "qualified"}, field_errors={}
        )
    )
    unit.execute(
        outbox.insert().values(
            **change,
            key="o2",
            record_id=8,
            fields={"phone": "12"},
            base={},
            state="refused",
            error="The phone number is too short.",
            field_errors={"phone": "The phone number is too short."},
        )
    )
