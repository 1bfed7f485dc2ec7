"""Progress as lines, and logs that carry events and never what a library has to say."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from agent.summary import PassSummary, Progress
from hitchpost.commands.sync import summary_lines
from hitchpost.progress import rate, shown_progress


def test_lines_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with shown_progress() as show:
        for done in (1, 50, 200):
            show(Progress("mail", "work", "INBOX\x1b[2J", done, 200))
        show(Progress("push", "local", "", 3, None))
    assert capsys.readouterr().err.splitlines() == [
        "mail work INBOX: 1 of 200",
        "mail work INBOX: 200 of 200",
        "push local: 3",
    ]


def test_rate_is_told_once_it_means_something() -> None:
    assert [rate(0, 9), rate(5, 0.1), rate(9_000, 3)] == ["", "", "3,000/s"]


def test_summary_in_words() -> None:
    summary = PassSummary(
        outcomes={"linked": 2, "ignored": 1, "held": 0},
        threads=2,
        links=3,
        leads_suggested=1,
        changes_pushed=4,
        seconds=1.5,
    )
    assert summary_lines(summary) == [
        "messages: 3 - 1 ignored, 2 linked",
        "threads: 2, links: 3",
        "leads: 0 made, 1 suggested",
        "changes: 4 pushed, 0 refused, 0 in conflict; records fetched: 0",
        "took 1.5 s (2 messages/s)",
    ]


LOGGING = """
import logging
from hitchpost.logs import start_logs
start_logs(quiet={quiet})
logging.getLogger("agent.daemon").info("mail_pass", extra={{"messages": 3}})
logging.getLogger("imapclient.protocol").error("LOGIN kari %s", "hunter2")
try:
    raise ValueError("from kari@fjordlys.example")
except ValueError:
    logging.getLogger("sync.push").exception("push_crashed")
"""


@pytest.mark.parametrize(("quiet", "events"), [(False, ["mail_pass", "library", "push_crashed"]), (True, None)])
def test_logs_are_events_and_fields(quiet: bool, events: list[str] | None) -> None:
    program = LOGGING.format(quiet=quiet)
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    lines = [json.loads(line) for line in ran.stderr.splitlines()]
    assert [line["event"] for line in lines] == (events or ["library", "push_crashed"])
    assert "hunter2" not in ran.stderr
    assert "kari" not in ran.stderr
    assert lines[-1]["exception"].startswith("ValueError")
    assert {"level", "logger", "timestamp"} <= lines[0].keys()
    assert quiet or lines[0]["messages"] == 3


def test_a_screen_s_faults_go_to_a_file_and_only_faults(tmp_path: Path) -> None:
    program = f"""
import logging
from pathlib import Path
from hitchpost.logs import start_logs
start_logs(quiet=True, file=Path({str(tmp_path / "screen.log")!r}))
logging.getLogger("tui.app").info("opened")
assert not Path({str(tmp_path / "screen.log")!r}).exists()
logging.getLogger("tui.app").error("worker_crashed")
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stderr == ""
    (line,) = (tmp_path / "screen.log").read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["event"] == "worker_crashed"
