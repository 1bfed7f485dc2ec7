"""Nothing from a mail or a CRM reaches the terminal raw: hostile texts in every field, and the bytes that leave."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from rich.cells import cell_len

from benchmarks.terminal import COLUMNS, Terminal
from benchmarks.workplace import Desk, hitchpost_desk, maildir_account
from sync.store.columns import metadata
from sync.store.database import Unit
from sync.store.schema import open_store
from tests import seeds
from tests.forked import run_command

ATTACKS = (
    "\x1b]52;c;UFdORUQ=\x07",  # into the clipboard
    "\x1b]8;;https://evil.example\x1b\\",  # a link that says one thing and goes elsewhere
    "\x1b]0;owned\x07",
    "\x1b[31;5m",
    "\x1b[2J\x1b[H",
    "\x1bP+q544e\x1b\\",
    "\x9b31;5m",
    "\x9d52;c;UFdORUQ=\x9c",
    "\x07\x08\x0e\x7f",
    "\u202e\u2066\u200f\u061c",
    "\u200b\u2060\ufeff\u00ad",
)
HOSTILE = f"Ev{'e'.join(ATTACKS)}ח山👩"
FORBIDDEN = tuple(
    each.encode()
    for each in (
        *("\x1b]52", "\x1b]8;;https://evil", "\x1b]0;owned", "\x1b[31;5m", "\x1bP+q", "\x07", "\x0e", "\x7f"),
        *"\x80\x84\x85\x8d\x90\x9b\x9c\x9d\x9e\x9f",
        *"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c\u200b\u2060\ufeff\u00ad",
    )
)
SHOWN = {
    "messages": ("subject", "from_name", "from_email", "rule"),
    "message_texts": ("subject", "people", "sender", "body"),
    "threads": ("subject", "people", "snippet"),
    "records": ("title", "modified_by", "url"),
    "links": ("evidence", "author"),
    "mail_accounts": ("last_error",),
    "crms": ("last_error",),
}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A store in which every text that people see attacks the terminal."""
    (tmp_path / "mail" / "cur").mkdir(parents=True)
    (tmp_path / "mail" / "new").mkdir()
    made = hitchpost_desk(tmp_path / "desk", maildir_account(tmp_path / "mail"))
    store = open_store(f"sqlite:///{made.folder}/hitchpost.sqlite3")
    seeds.seed(store, conversations=20, people=12, words=5)
    with store.write() as unit:
        _poison(unit)
    store.close()
    return made


def _poison(unit: Unit) -> None:
    tables = metadata.tables
    for name, columns in SHOWN.items():
        unit.execute(tables[name].update().values({column: tables[name].c[column] + HOSTILE for column in columns}))
    records, fields = tables["records"], tables["crm_fields"]
    for row in unit.execute(sa.select(records)).all():
        worse = {name: f"{value}{HOSTILE}" if name != "account_id" else value for name, value in row.fields.items()}
        unit.execute(records.update().where(records.c.id == row.id).values(fields=worse, base=worse))
    for row in unit.execute(sa.select(fields)).all():
        specs = [{**spec, "label": spec["label"] + HOSTILE} for spec in row.specs]
        owners = [{**owner, "name": owner["name"] + HOSTILE} for owner in row.owners]
        here = sa.and_(fields.c.crm == row.crm, fields.c.kind == row.kind)
        unit.execute(fields.update().where(here).values(specs=specs, owners=owners))
    common = {"crm": seeds.CRM, "author": HOSTILE, "at": seeds.START, "subject": HOSTILE, "body": HOSTILE}
    for record_id in range(1, 13):
        unit.execute(
            tables["activities"].insert().values(key=f"a{record_id}", kind="note", record_id=record_id, **common)
        )
        unit.execute(
            tables["field_history"]
            .insert()
            .values(record_id=record_id, field="email", before=HOSTILE, after="b", author=HOSTILE, at=seeds.START)
        )
    links, mails = tables["links"], tables["messages"]
    for row in unit.execute(
        sa.select(mails.c.thread_id, sa.func.min(mails.c.id).label("id")).group_by(mails.c.thread_id)
    ):
        known = {"thread_id": row.thread_id, "record_id": row.thread_id % 12 + 1, "message_id": row.id}
        said = {"rule": HOSTILE, "evidence": HOSTILE, "author": HOSTILE, "created_at": seeds.START}
        unit.execute(links.insert().values(**known, **said))
    files = [[HOSTILE, HOSTILE, 1000, "2"]]
    unit.execute(tables["messages"].update().values(attachments=files, reasons=[["rule", HOSTILE]]))


def bad_bytes(output: bytes) -> list[bytes]:
    output = re.sub(rb"\x1b\]22;[a-z-]*\x07", b"", output)  # Textual names the mouse pointer's shape
    return [each for each in FORBIDDEN if each in output]


COMMANDS = (
    ("threads", "--view", "all"),
    ("threads", "--view", "all", "--search", f"foo:{HOSTILE} is:{HOSTILE} before:{HOSTILE}"),
    ("threads", "--view", "all", "--json"),
    ("thread", "1"),
    ("thread", "1", "--json"),
    ("leads",),
    *(("record", str(number)) for number in range(1, 5)),
    ("record", "1", "--json"),
    ("status",),
    ("rules", "list"),
    ("outbox", "list"),
)


def test_the_commands_print_nothing_raw(desk: Desk) -> None:
    for command in COMMANDS:
        ran = run_command("--config", str(desk.folder / "config.toml"), *command, env=os.environ)
        assert ran.returncode == 0, (command, ran.stderr[-500:])
        assert bad_bytes((ran.stdout + ran.stderr).encode()) == [], command


@pytest.fixture
def screen(desk: Desk) -> Iterator[Terminal]:
    program = Path(sys.executable).with_name("hitchpost")
    shown = Terminal((program, "--config", desk.folder / "config.toml", "tui"))
    yield shown
    shown.close()


SCREENS = (
    (b"w", b"Linked to"),
    (b"?", b"Next conversation"),
    (b"H", b"Choose a field"),
    (b"/Ev\x1b[B", b"before:oct"),
    (b"\x1b", b"Conversations"),
    (b"e", b"to narrow"),
    (b"s", b"has no stage"),
    (b"lAcme", b"Enter takes"),
    (b"c", b"creates the lead"),
    (b"U", b"Undo which"),
    (b"v", b"Conflicts and refused"),
    (b"O", b"Outbox"),
    (b"f", b"Show which list"),
    (b"n", b"Note:"),
)


def test_no_screen_draws_anything_raw(screen: Terminal) -> None:
    screen.wait_for(b"Ev")
    drawn = b"".join(screen.press(keys).output for keys in (b"jj", b"\t", b"z}"))
    drawn += b"".join(_opened(screen, keys, title) for keys, title in SCREENS)
    assert b"Eve" in drawn
    assert bad_bytes(drawn) == []


def _opened(screen: Terminal, keys: bytes, title: bytes) -> bytes:
    """All that is drawn until the title was, and Esc after it. Errors: AssertionError where it never is.

    A busy machine may read Esc and the next key at once, as Alt and that key: such a key is pressed again.
    """
    drawn = b""
    for _ in range(6):
        drawn += screen.draw(keys, title, seconds=15)
        drawn += screen.draw(b"\x1b", b"Conversations", seconds=3)
        if title in drawn:
            return drawn
    raise AssertionError((keys, title))


def test_a_line_keeps_its_width_whatever_stands_in_it() -> None:
    from tui.cells import cut, fit

    for text in (HOSTILE, "山田 太郎 の見積り", "שלום עולם", "👩‍👩‍👧 family", "e\u0301" * 40):
        for width in range(1, COLUMNS):
            assert cell_len(fit(text, width)) == width
            assert cell_len(cut(text, width)) <= width
