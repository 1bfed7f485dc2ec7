"""A copy, an end, an age: what people are given over what is known of their reading, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from types import ModuleType

import pytest

from crm_model.happenings import Event, Happening
from crm_model.tracking import ConsentState, Hit, Purpose, Scope, TokenKind, TrackingMode
from sync import edits
from sync.composing.draft import Draft
from sync.store import consents, happenings, hits, outgoing, tracked_mail, tracking_privacy
from sync.store.database import Store
from sync.store.tables import consents as consent_log
from sync.store.tables import happenings as told_things
from sync.store.tables import track_hits, track_tokens, tracked_mails
from tests.contract.test_store_tracking import MACHINE, NOW, OLA, PERSON, tracking

YEAR = timedelta(days=366)


@pytest.fixture
def sent(any_store: Store, seeds: ModuleType) -> Store:
    """A mail followed by person and one that is counted, each with a hit of a person and one of a machine."""
    seeds.seed(any_store, conversations=2, people=4)
    with any_store.write() as unit:
        for number, mode in ((1, TrackingMode.INDIVIDUAL), (2, TrackingMode.AGGREGATE)):
            row = outgoing.insert(unit, f"ours{number}@us.example", Draft(account="work"), author="Kari", now=NOW)
            outgoing.change(unit, row, state="sent", sent_at=NOW, message_id=2 * number)
            new = tracking(str(number), mode)
            if mode is TrackingMode.AGGREGATE:
                new = tracking_of_nobody(str(number))
            tracked_mail.keep(unit, row, new, NOW)
            hits.add(unit, [hit(f"person{number}", f"open{number}"), hit(f"machine{number}", f"click{number}")])
        verdicts = {f"person{number}": PERSON for number in (1, 2)} | {f"machine{number}": MACHINE for number in (1, 2)}
        hits.settle(unit, verdicts)
    return any_store


def tracking_of_nobody(mark: str) -> tracked_mail.NewTracking:
    named = tracking(mark, TrackingMode.AGGREGATE)
    tokens = tuple(replace(each, token=replace(each.token, recipient="")) for each in named.tokens)
    return replace(named, tokens=tokens)


def hit(event: str, token: str) -> Hit:
    kind = TokenKind.OPEN if token.startswith("open") else TokenKind.CLICK
    return Hit(event, token, kind, NOW + timedelta(seconds=75), "GET", "Mozilla/5.0 Chrome/143", "203.0.113.0/24")


def rows(store: Store, after: timedelta) -> dict[str, tuple[timedelta, str, str]]:
    """What is left of each hit when the store was cleaned `after` the mail was sent: age, network, program."""
    with store.write() as unit:
        tracking_privacy.purge(unit, NOW + after, YEAR)
    with store.read() as unit:
        found = unit.execute(track_hits.select()).all()
    return {row.event: (row.at - NOW, row.network, row.user_agent[:11]) for row in found}


def test_hits_become_coarser_and_go(sent: Store) -> None:
    fine = (timedelta(seconds=75), "203.0.113.0/24", "Mozilla/5.0")
    assert set(rows(sent, timedelta(hours=1)).values()) == {fine}
    midnight = -timedelta(hours=NOW.hour)
    day = rows(sent, timedelta(days=2))
    assert (day["person1"], day["machine1"]) == (fine, fine)
    assert day["person2"] == (midnight, "", "Mozilla/5.0")
    assert day["machine2"] == (midnight, "203.0.113.0/24", "Mozilla/5.0")
    week = rows(sent, timedelta(days=8))
    assert week["person1"] == (timedelta(minutes=1), "", "Mozilla/5.0")
    assert week["machine1"] == (timedelta(minutes=1), "203.0.113.0/24", "Mozilla/5.0")
    assert {row[1:] for row in rows(sent, timedelta(days=31)).values()} == {("", "")}
    with sent.read() as unit:
        assert hits.unjudged(unit, "2") == []
        assert {row.recipient for row in unit.execute(track_tokens.select())} == {OLA, ""}
    assert rows(sent, YEAR + timedelta(days=1)) == {}
    with sent.read() as unit:
        assert {row.recipient for row in unit.execute(track_tokens.select())} == {""}


def test_what_nobody_judged_yet_is_not_made_coarser(sent: Store) -> None:
    with sent.write() as unit:
        hits.add(unit, [hit("new", "open1")])
    assert rows(sent, timedelta(days=8))["new"][1] == "203.0.113.0/24"


def test_a_copy_holds_all_that_is_known(sent: Store) -> None:
    edits.set_consent(sent, OLA, [Purpose.OPEN], ConsentState.REFUSED, source="on the phone", author="Kari")
    with sent.read() as unit:
        data = tracking_privacy.personal_data(unit, OLA.upper())
    assert [(each.state, each.source) for each in data.consents] == [(ConsentState.REFUSED, "on the phone")]
    assert {(each.kind, each.url) for each in data.tokens} == {("open", ""), ("click", "https://us.example/prices")}
    assert [(each.kind, each.who, each.reasons) for each in data.events] == [
        ("click", "machine", ("a burst",)),
        ("open", "human", ("it stayed",)),
    ]
    with sent.read() as unit:
        nobody = tracking_privacy.personal_data(unit, "else@bergen.example")
    assert (nobody.tokens, nobody.events, nobody.consents) == ((), (), ())


def test_erasing_leaves_links_that_work_and_ends_that_hold(sent: Store) -> None:
    refused = [Purpose.OPEN, Purpose.CLICK, Purpose.MAIL]
    edits.set_consent(sent, OLA, refused, ConsentState.REFUSED, source="a letter", author="Kari")
    with sent.write() as unit:
        told = Happening("opened:1:ola", Event.OPENED, NOW, message_id=2, data={"mail": {"to": OLA}})
        happenings.add(unit, [told], {}, NOW)
    assert edits.erase_tracking(sent, OLA.upper()) == 2
    with sent.write() as unit:
        assert {row.event for row in unit.execute(track_hits.select())} == {"person2", "machine2"}
        assert hits.add(unit, [hit("late", "click1")]) == 0
        assert unit.execute(consent_log.select()).all() == []
        assert [each.scope for each in consents.suppressed(unit, [OLA])[OLA]] == [Scope.MAIL, Scope.TRACKING]
        assert tracked_mail.links_of(unit, 1)
        everything = [
            unit.execute(table.select()).all() for table in (track_tokens, tracked_mails, track_hits, told_things)
        ]
    assert OLA not in repr(everything)
    assert "late" not in repr(everything)


def test_consent_given_anew_lifts_the_end(any_store: Store) -> None:
    def say(state: ConsentState, *purposes: Purpose) -> tuple[Scope, ...]:
        edits.set_consent(any_store, OLA, purposes, state, source="on the phone", author="Kari")
        with any_store.read() as unit:
            return tuple(each.scope for each in consents.suppressed(unit, [OLA]).get(OLA, ()))

    assert say(ConsentState.REFUSED, Purpose.OPEN) == ()
    assert say(ConsentState.REFUSED, Purpose.OPEN, Purpose.CLICK) == (Scope.TRACKING,)
    assert say(ConsentState.REFUSED, Purpose.MAIL) == (Scope.MAIL, Scope.TRACKING)
    assert say(ConsentState.GIVEN, Purpose.CLICK) == (Scope.MAIL,)
    assert say(ConsentState.GIVEN, Purpose.MAIL) == ()


def test_consent_taken_back_stops_recording(sent: Store) -> None:
    edits.set_consent(sent, OLA, [Purpose.OPEN], ConsentState.UNKNOWN, source="on the phone", author="Kari")
    with sent.write() as unit:
        hits.add(unit, [hit("new-open", "open1"), hit("new-click", "click1")])
        found = {row.event for row in unit.execute(track_hits.select())}
    assert "new-click" in found
    assert "new-open" not in found


def test_a_time_stays_a_time(sent: Store) -> None:
    rows(sent, timedelta(days=8))
    with sent.read() as unit:
        assert all(isinstance(row.at, datetime) and row.at.tzinfo for row in unit.execute(track_hits.select()))
