"""The top line names the command that mends a sign-in."""

from __future__ import annotations

import pytest

from crm_model.errors import LoginNeeded
from crm_model.options import Connection
from sync.oauth import sign_in_refused
from sync.views import Configured, PlaceStatus, StatusView
from tui.times import Clock
from tui.widgets.header_bar import HeaderBar, _troubles


def status(name: str, error: str, *, login_needed: bool = True) -> StatusView:
    return StatusView((PlaceStatus(name, "gmail", None, error, None, login_needed=login_needed, count=0),), (), ())


@pytest.mark.parametrize(("name", "typed"), [("work", "work"), ("my mail", '"my mail"')])
def test_a_dead_sign_in_names_its_command(name: str, typed: str) -> None:
    error = str(sign_in_refused(Connection(name, "gmail", {}, lambda: ""), "Token has been expired or revoked."))
    [(words, _)] = _troubles(status(name, error))
    assert words == f"! sign in: hitchpost mailbox sign-in {typed}"


def test_a_password_that_is_refused_names_the_account() -> None:
    error = str(LoginNeeded("imap.example refused the sign-in for work. Check user and password.", account="work"))
    assert _troubles(status("work", error))[0][0] == "! sign in: work"


def test_a_narrow_line_gives_up_words_before_it_cuts_numbers() -> None:
    bar = HeaderBar(Clock())
    bar.show_status(StatusView((), (), (), unread=12, suggestions=11, conflicts=1, agent_runs=False))
    told = ["".join(words for words, _ in bar._parts(given_up)) for given_up in range(4)]
    assert "hitchpost agent" in told[0]
    assert [len(each) for each in told] == sorted((len(each) for each in told), reverse=True)
    assert len(told[1]) <= 80
    for each in told:
        assert "no agent runs" in each
        assert "12 unread · 11 to decide · 1 conflict" in each


def test_other_trouble_is_no_sign_in() -> None:
    assert _troubles(status("work", "Gmail failed.", login_needed=False))[0][0] == "! trouble: work"


def test_what_the_configuration_no_longer_names_is_no_trouble() -> None:
    folders = tuple(PlaceStatus(f"{name}: INBOX", "", None, "", None, login_needed=False, count=1) for name in "ab")
    crm = PlaceStatus("hubspot", "hubspot", None, "", None, login_needed=False, count=1, held_back="make 2 leads")
    known = StatusView(status("gone", "Gmail failed.", login_needed=False).mail_accounts, folders, (crm,), threads=3)
    assert len(_troubles(known)) == 2
    kept = Configured(frozenset({"a"}), frozenset({"local"})).keep(known)
    assert _troubles(kept) == []
    assert (kept.folders, kept.threads) == (folders[:1], 3)
    assert Configured(frozenset(), frozenset()).keep(known).folders == ()
