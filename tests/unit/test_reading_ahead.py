"""A page read in a second process is the page read here, and the loss of that process costs nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.page_reads import PageReader
from agent.reading_ahead import ReadingAhead
from agent.rules import Place, Rules
from crm_model.mail import MailboxRole, RawMessage
from crm_model.organisation import Organisation
from sync.mailboxes.contract import MailPage
from sync.mailboxes.testing import letter
from sync.store import Store

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
PLACE = Place(1, MailboxRole.INBOX)
RULES = Rules(organisation=Organisation())


def page(remaining: int | None = None) -> MailPage:
    raws = [RawMessage(str(number), letter(number), len(letter(number))) for number in range(60)]
    failed = {"x": "not now"}
    return MailPage("1", [*raws, RawMessage("bad", b"", 0)], "c", more=True, remaining=remaining, failed=failed)


@pytest.mark.timeout(120)
def test_both_processes_read_alike_and_a_killed_one_is_made_good(store: Store) -> None:
    here = PageReader(PLACE, RULES, NOW).read(store, page())
    ahead = ReadingAhead(store, RULES)
    try:
        assert ahead.begin(PLACE, page(remaining=5_000), NOW).reads() == here
        assert ahead._started is not None
        ahead._started.result(60)
        first, second, third = (ahead.begin(PLACE, page(), NOW) for _ in range(3))
        assert not third.is_elsewhere  # the second process has enough to do
        third.read_meanwhile()
        assert first.reads() == second.reads() == third.reads() == here
        assert ahead._pool is not None
        (process,) = ahead._pool._processes.values()
        os.kill(process.pid, signal.SIGKILL)
        assert ahead.begin(PLACE, page(), NOW).reads() == here
        assert ahead._broken
        assert ahead.begin(PLACE, page(), NOW).reads() == here
    finally:
        ahead.close()


def test_a_few_messages_are_read_here(store: Store) -> None:
    ahead = ReadingAhead(store, RULES)
    for each in (page(), page(remaining=100), replace(page(), messages=())):
        underway = ahead.begin(PLACE, each, NOW)
        assert not underway.is_elsewhere
        assert len(underway.reads()) == len(each.messages) + 1
    assert ahead._pool is None


@pytest.mark.timeout(120)
def test_the_second_process_ends_with_a_killed_agent(tmp_path: Path) -> None:
    script = (
        "import sys, time\n"
        "from tests.unit.test_reading_ahead import NOW, PLACE, RULES, ReadingAhead, page\n"
        "from sync.store.schema import open_store\n"
        "if __name__ == '__main__':\n"
        "    ahead = ReadingAhead(open_store(sys.argv[1]), RULES)\n"
        "    ahead.begin(PLACE, page(remaining=5_000), NOW)\n"
        "    ahead._started.result(60)\n"
        "    print('begun', flush=True)\n"
        "    time.sleep(100)\n"
    )
    (tmp_path / "program.py").write_text(script)
    command = [sys.executable, str(tmp_path / "program.py"), f"sqlite:///{tmp_path / 'x.db'}"]
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    agent = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)
    assert agent.stdout is not None
    assert agent.stdout.readline() == b"begun\n"
    agent.kill()
    # The second process holds the pipe open as long as it lives.
    assert agent.communicate(timeout=30) == (b"", None)
