"""The plain desk of the installed program at a real terminal: a reply, a field and a conflict, line by line."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

from crm_model.mail import DeliveryState
from crm_model.records import RecordKind
from sync import queries
from sync.store.schema import open_store

COMMAND = str(Path(sys.executable).with_name("hitchpost"))


def typed_in(words: list[str], lines: list[str]) -> str:
    """Run a command at a terminal and type a line whenever it asks for one; what the terminal showed."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(words, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True) as process:
        os.close(theirs)
        shown, left = b"", list(lines)
        with contextlib.suppress(OSError):  # how Linux says that the other end of a terminal is closed
            while taken := os.read(ours, 1024):
                shown += taken
                if left and shown.endswith(b"\n> "):
                    os.write(ours, f"{left.pop(0)}\n".encode())
    os.close(ours)
    assert (process.returncode, left) == (0, []), shown.decode()
    return shown.decode()


def test_a_person_who_hears_the_screen_works_through_the_demo(tmp_path: Path) -> None:
    subprocess.run([COMMAND, "demo", "--dir", tmp_path, "--no-tui"], check=True, capture_output=True)
    config = tmp_path / "config.toml"
    shown = typed_in(
        [COMMAND, "--config", str(config), "tui", "--plain"],
        [
            *("/min side is:linked", "v", "t"),
            *("e prob", "55", "e closes", "2026-12-30"),
            *("r", "Hei,", "det passer fint.", ".", "s", "q"),
        ],
    )
    assert not re.search("[\x1b\x07\x00─│▌]", shown), "nothing is drawn"
    assert "Conflict settled: taken from the CRM (u undoes)" in shown
    assert "Leaves in 10 s: u takes it back" in shown
    with contextlib.closing(open_store(f"sqlite:///{tmp_path / 'hitchpost.sqlite3'}")) as store:
        found = queries.search_records(store, "min side", [RecordKind.OPPORTUNITY], limit=1)[0]
        record, (mail,) = queries.record(store, found.id), queries.outbox(store)
        held = {field.spec.label: field.value for field in record.fields}
        assert record.conflicts == ()
        assert (held["Amount"], held["Probability"], held["Closes on"]) == ("1150000.00", 55, "2026-12-30")
        assert mail.state is DeliveryState.WAITING
        assert queries.mail_draft(store, mail.id).text.startswith("Hei,\ndet passer fint.\n")
