"""A page read in a second process is the page read here, and the loss of that process costs nothing."""

from __future__ import annotations

import os
import signal
from datetime import UTC, datetime

import pytest

from agent import reading_ahead
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


def page(first: int = 0) -> MailPage:
    raws = [RawMessage(str(number), letter(number), len(letter(number))) for number in range(first, first + 60)]
    return MailPage("1", [*raws, RawMessage("bad", b"", 0)], "c", more=True, failed={"x": "not now"})


@pytest.mark.timeout(120)
def test_both_processes_read_alike_and_a_killed_one_is_made_good(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_ahead, "_MESSAGES_FIRST", 0)
    here = PageReader(PLACE, RULES, NOW).read(store, page())
    ahead = ReadingAhead(store, RULES)
    try:
        assert ahead.begin(PLACE, page(), NOW)() == here
        assert ahead._pool is not None
        (process,) = ahead._pool._processes.values()
        os.kill(process.pid, signal.SIGKILL)
        assert ahead.begin(PLACE, page(), NOW)() == here
        assert ahead._broken
        assert ahead.begin(PLACE, page(), NOW)() == here
    finally:
        ahead.close()


def test_a_few_messages_are_read_here(store: Store) -> None:
    ahead = ReadingAhead(store, RULES)
    assert len(ahead.begin(PLACE, page(), NOW)()) == 62
    assert ahead._pool is None
