"""Filing rules on both databases: kept, listed, changed, undone; their effect on mail that is here."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from types import ModuleType

import pytest

from crm_model.errors import NotFound, Rejected
from crm_model.links import FilingRule
from sync import edits, filing, queries
from sync.store.database import Store
from sync.store.tables import messages
from sync.store.thread_summary import refresh_threads

ME = "Kari"
DAYS = 365_000  # the seeds are of no particular year


@pytest.fixture
def desk(any_store: Store, seeds: ModuleType) -> Store:
    seeds.seed(any_store, conversations=12, people=8)
    with any_store.write() as unit:
        refresh_threads(unit, range(1, 13))
    return any_store


def rules(store: Store) -> list[tuple[int, str, tuple[str, ...], int | None]]:
    return [(row.rule.id, row.rule.sender, row.rule.words, row.rule.record_id) for row in queries.filing_rules(store)]


def test_a_rule_is_kept_once_changed_removed_and_each_undone(desk: Store) -> None:
    rule = filing.rule_of("@Acme7.example", "Hosting", 1)
    edits.add_filing_rule(desk, rule, ME)
    edits.add_filing_rule(desk, rule, ME)
    [(number, *kept)] = rules(desk)
    assert kept == ["@acme7.example", ("hosting",), 1]
    edits.change_filing_rule(desk, replace(filing.rule_of("p7@acme7.example", "", None), id=number), ME)
    assert rules(desk) == [(number, "p7@acme7.example", (), None)]
    edits.undo(desk, None, ME)
    assert rules(desk) == [(number, "@acme7.example", ("hosting",), 1)]
    edits.remove_filing_rule(desk, number, ME)
    assert rules(desk) == []
    edits.undo(desk, None, ME)
    assert rules(desk) == [(number, "@acme7.example", ("hosting",), 1)]
    with pytest.raises(NotFound):
        edits.remove_filing_rule(desk, 99, ME)
    with pytest.raises(NotFound):
        edits.add_filing_rule(desk, replace(rule, record_id=99_999), ME)


def test_its_effect_is_what_accepting_it_files(desk: Store) -> None:
    with desk.read() as unit:
        sender = unit.execute(messages.select().where(messages.c.thread_id == 3)).first().from_email  # type: ignore[union-attr]
    rule = filing.rule_of("@" + sender.rpartition("@")[2], "", 1)
    before = queries.rule_effect(desk, rule, DAYS)
    assert 3 in before.new_threads
    assert before.subjects
    edits.add_filing_rule(desk, rule, ME, past_days=DAYS)
    after = queries.rule_effect(desk, rule, DAYS)
    assert (after.new_threads, after.linked_threads) == ((), before.linked_threads + len(before.new_threads))
    edits.undo(desk, None, ME)
    assert 3 in queries.rule_effect(desk, rule, DAYS).new_threads
    assert rules(desk) == []


def test_a_correction_teaches_a_rule_until_it_is_kept(desk: Store) -> None:
    edits.link_thread(desk, 3, 1, ME)
    [taught] = queries.proposed_rules(desk)
    assert taught.rule == queries.rule_taught_by(desk, 3, 1)
    assert taught.rule.record_id == 1
    edits.add_filing_rule(desk, taught.rule, ME)
    assert queries.proposed_rules(desk) == ()


def test_words_that_no_rule_can_have(desk: Store) -> None:
    for sender in ("", "acme", "@", "@acme", "a b@acme.example", "x@@y.z"):
        with pytest.raises(Rejected) as caught:
            filing.rule_of(sender, "", 1)
        assert "sender" in caught.value.field_errors
    with pytest.raises(Rejected):
        filing.rule_of("@acme.example", "one two three four five six", 1)
    assert filing.rule_of("@a_c%.example", "50% ' OR 1=1", 1).words == ("50", "or")
    assert queries.rule_effect(desk, filing.rule_of("@a_c%.example", "", 1), DAYS).mails == 0


def test_the_winner_is_the_rule_that_says_most() -> None:
    wide, narrow = FilingRule("@acme.example", (), 1, 1), FilingRule("@acme.example", ("hosting",), 2, 2)
    person = FilingRule("eva@acme.example", (), 3, 3)
    words = filing.folded_words("Hostingen vår, åpne")
    assert filing.winner((wide, narrow, person), ["eva@acme.example"], words) == narrow
    assert filing.winner((wide, person), ["eva@acme.example"], words) == person
    assert filing.winner((wide, person), ["eva@it.acme.example"], words) == wide
    assert filing.winner((wide,), ["eva@notacme.example"], words) is None


def test_times_are_the_rules_own(desk: Store) -> None:
    edits.add_filing_rule(desk, filing.rule_of("@acme7.example", "", 1), ME)
    [row] = queries.filing_rules(desk)
    assert (row.author, row.broken) == (ME, False)
    assert row.created_at <= datetime.now(UTC)
