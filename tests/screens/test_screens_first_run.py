"""From nothing to a configuration by the pages of the first run: with a real mailbox, wrong answers, and back."""

from __future__ import annotations

import asyncio
import stat
import tomllib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Label, Select

from agent.demo.working_copy import sample_mails, write_maildir
from crm_model.errors import ConfigError
from hitchpost.first_run import FirstRunSteps
from sync.settings import WEB_FORMS, load
from tui.app import FirstRunApp
from tui.first_steps import Page

Settle = Callable[[Pilot[bool]], Awaitable[None]]
Journey = Callable[[Pilot[bool]], Awaitable[None]]


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    monkeypatch.setenv("HOME", str(tmp_path))
    write_maildir(tmp_path / "mail", list(sample_mails(datetime.now(UTC))))
    return tmp_path / "etc" / "config.toml"


def run(app: FirstRunApp, journey: Journey, settle: Settle, size: tuple[int, int] = (80, 24)) -> bool | None:
    async def session() -> bool | None:
        async with app.run_test(size=size) as pilot:
            await settle(pilot)
            await journey(pilot)
        return app.return_value

    return asyncio.run(session())


def title(pilot: Pilot[bool]) -> str:
    return str(pilot.app.screen.query_one("#title", Label).render())


def said(pilot: Pilot[bool]) -> str:
    return str(pilot.app.screen.query_one(".dialog-error", Label).render())


async def type_in(pilot: Pilot[bool], *texts: str) -> None:
    """Into the inputs of the page, from the first on."""
    for control, text in zip(pilot.app.screen.query(Input), texts, strict=False):
        control.value = text
    await pilot.pause()


async def choose(pilot: Pilot[bool], value: str, settle: Settle) -> None:
    pilot.app.screen.query(Select).first().value = value
    await settle(pilot)


async def to_the_mailbox(pilot: Pilot[bool], settle: Settle) -> None:
    await type_in(pilot, "Kari", "Fjordlys", "fjordlys.example", "NO")
    await pilot.press("ctrl+n")
    await settle(pilot)
    assert title(pilot).startswith("2 of 5")


def test_five_pages_lead_to_a_configuration_and_show_what_would_be_done(file: Path, settle: Settle) -> None:
    async def journey(pilot: Pilot[bool]) -> None:
        await to_the_mailbox(pilot, settle)
        await choose(pilot, "maildir", settle)
        await type_in(pilot, str(file.parents[1] / "mail"))
        for page in ("3 of 5", "4 of 5", "5 of 5"):
            await pilot.press("ctrl+n")
            await settle(pilot)
            assert title(pilot).startswith(page)
        lines = [str(label.render()) for label in pilot.app.screen.query("VerticalScroll Label").results(Label)]
        assert any("newsletter" in line for line in lines)
        assert any("a lead" in line for line in lines)
        assert not file.exists(), "nothing is written before the last page"
        await pilot.press("ctrl+n")
        await settle(pilot)

    assert run(FirstRunApp(FirstRunSteps(file)), journey, settle) is True
    settings = load(file)
    assert (settings.author, settings.leads.mode, settings.crms[0].kind) == ("Kari", "suggest", "local")
    assert settings.mail_accounts[0].text("path") == str(file.parents[1] / "mail")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_forms_are_no_mailbox_to_choose_and_a_wrong_domain_names_no_file_that_is_not_there(file: Path) -> None:
    steps = FirstRunSteps(file)
    kinds = [value for value, _ in steps.questions(Page.MAILBOX, {})[0].choices]
    assert "imap" in kinds
    assert WEB_FORMS not in kinds, "they come with the first form"
    with pytest.raises(ConfigError, match=r"^organisation\.domains number 1: must be a domain"):
        steps.check(Page.PERSON, {"person.author": "Kari", "person.domains": "no_domain"})


def test_a_mailbox_that_can_t_be_read_says_why_and_may_be_kept_all_the_same(file: Path, settle: Settle) -> None:
    async def journey(pilot: Pilot[bool]) -> None:
        await to_the_mailbox(pilot, settle)
        await choose(pilot, "imap", settle)
        await pilot.press("ctrl+n")
        await settle(pilot)
        assert "is needed" in said(pilot)
        await type_in(pilot, "127.0.0.1", "kari", "swordfish")
        await pilot.press("ctrl+n")
        await settle(pilot)
        assert title(pilot).startswith("2 of 5")
        assert "127.0.0.1" in said(pilot)
        await pilot.press("ctrl+n")
        await settle(pilot)
        assert title(pilot).startswith("3 of 5"), "a second time goes on"
        await pilot.press("escape")
        await settle(pilot)
        assert pilot.app.screen.query(Input).first().value == "127.0.0.1"
        await pilot.press("ctrl+q")

    assert not run(FirstRunApp(FirstRunSteps(file)), journey, settle)
    assert not file.exists()


def test_secrets_go_to_a_private_file_and_never_into_the_configuration(file: Path) -> None:
    answers = {
        "person.author": "Kari",
        "person.domains": "fjordlys.example",
        "mailbox.kind": "imap",
        "mailbox.host": "imap.fjordlys.example",
        "mailbox.user": "kari",
        "mailbox.secret": "swordfish",
        "crm.kind": "espocrm",
        "crm.url": "https://crm.fjordlys.example",
        "crm.user": "kari",
        "crm.secret": "marlin",
        "privacy.leads": "auto",
        "privacy.log_mail": "off",
    }
    FirstRunSteps(file).finish(answers)
    text = file.read_text()
    assert "swordfish" not in text
    assert "marlin" not in text
    settings = load(file)
    assert settings.mail_accounts[0].secret() == "swordfish"
    assert settings.crms[-1].secret() == "marlin"
    assert (settings.leads.crm, settings.leads.mode, settings.log_mail) == ("office", "auto", "off")
    assert {stat.S_IMODE(path.stat().st_mode) for path in file.parent.iterdir()} == {0o600}


def test_what_would_not_be_valid_leaves_nothing(file: Path) -> None:
    answers = {"person.domains": "fjordlys.example", "mailbox.kind": "maildir", "mailbox.path": "a\0b"}
    with pytest.raises(Exception, match="path"):
        FirstRunSteps(file).finish(answers)
    assert not file.exists()


def test_every_kind_of_mailbox_and_crm_asks_what_it_can_t_do_without(file: Path) -> None:
    steps = FirstRunSteps(file)
    for page in (Page.MAILBOX, Page.CRM):
        for kind, _ in steps.questions(page, {})[0].choices:
            asked = steps.questions(page, {f"{page}.kind": kind})
            assert asked[0].value == kind
            assert all(each.help or each.choices or each.secret for each in asked[1:])


def test_the_configuration_is_toml_of_few_words(file: Path) -> None:
    FirstRunSteps(file).finish({"person.author": "Kari", "person.domains": "fjordlys.example", "mailbox.kind": ""})
    assert "mail_account" not in tomllib.loads(file.read_text())
