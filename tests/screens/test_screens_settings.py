"""The configuration in the screen: every key seen, changed, shown as a diff, tried, written."""

from __future__ import annotations

import tomllib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Label, OptionList

from crm_model.errors import ConfigError, Unreachable
from crm_model.records import FieldSpec, FieldType, RecordKind
from tui.app import HitchpostApp
from tui.gateway import Gateway
from tui.screens.field_map import FieldMapList, FieldRuleForm
from tui.screens.settings import SettingsScreen
from tui.settings_gateway import SettingsGateway

Settle = Callable[[Pilot[None]], Awaitable[None]]
Press = Callable[..., Awaitable[None]]
CONFIG = """# ours
author = "Ola Hansen"
poll_seconds = 60

[organisation]
name = "Byrå AS"
domains = ["byraa.example"]

[[mail_account]]
name = "work"
kind = "maildir"
path = "~/Maildir"
"""


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = Path("config.toml")
    path.write_text(CONFIG)
    return path


def tried(table: str, name: str) -> Sequence[str]:
    if table == "crm":
        raise Unreachable("crm.company.example can't be reached; check its address")
    return [f"{table} {name}", "INBOX: 12"]


@pytest.fixture
def app(gateway: Gateway, config: Path) -> HitchpostApp:
    return HitchpostApp(gateway, settings=lambda: SettingsGateway(config, tried))


async def choose(pilot: Pilot[None], group: str, key: str) -> None:
    """Put the cursors on a group and a key of it."""
    groups, rows = pilot.app.screen.query_one("#groups", OptionList), pilot.app.screen.query_one("#rows", OptionList)
    groups.highlighted = next(
        at for at in range(groups.option_count) if group in str(groups.get_option_at_index(at).prompt)
    )
    await pilot.pause()
    rows.highlighted = next(
        at for at in range(rows.option_count) if str(rows.get_option_at_index(at).prompt).startswith(key)
    )
    rows.focus()


def described(crm: str) -> Mapping[RecordKind, Sequence[FieldSpec]]:
    assert crm == "house"
    budget = FieldSpec("budget_c", "Budget", FieldType.MONEY, extra=True)
    return {RecordKind.LEAD: (FieldSpec("phone", "Phone", FieldType.PHONE, vendor_name="phone_work"), budget)}


@pytest.fixture
def mapped(gateway: Gateway, config: Path) -> HitchpostApp:
    """The screen over a configuration with a CRM that describes its fields."""
    config.write_text(
        f'{CONFIG}\n[[crm]]\nname = "house"\nbackend = "local"\npath = "crm.sqlite3"\nuser = "O <o@x.example>"\n'
    )
    return HitchpostApp(gateway, settings=lambda: SettingsGateway(config, tried, described))


def fields_of(config: Path) -> object:
    return tomllib.loads(config.read_text())["crm"][0].get("fields")


def test_a_field_of_a_crm_is_mapped_in_a_form_and_written_after_the_diff(
    mapped: HitchpostApp, config: Path, play: Callable[..., None], settle: Settle, press: Press
) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        await press(pilot, "comma")
        await choose(pilot, "CRM house", "fields")
        await press(pilot, "enter")
        assert isinstance(mapped.screen, FieldMapList)
        lines = mapped.screen.query_one(OptionList)
        told = [str(lines.get_option_at_index(at).prompt) for at in range(lines.option_count)]
        assert [" ".join(each.split()) for each in told] == [
            "Lead phone ↔ phone_work Phone", "Lead budget_c ↔ budget_c Budget · not shown"
        ]  # fmt: skip
        await press(pilot, "=budget", "enter")
        assert isinstance(mapped.screen, FieldRuleForm)
        first = mapped.screen.query(Input).first()
        first.value = "bud get"
        await press(pilot, "ctrl+s")
        assert "Letters, digits" in str(mapped.screen.query(".field.wrong .field-error").first(Label).render())
        first.value = "budget"
        await press(pilot, "ctrl+s")
        assert isinstance(mapped.screen, SettingsScreen)
        assert fields_of(config) is None, "nothing is written before the diff"
        await press(pilot, "ctrl+s", "enter")
        assert fields_of(config) == {"lead": {"budget": {"field": "budget_c"}}}

    play(journey, of=mapped, size=(120, 40))


def test_a_rule_that_says_what_is_so_anyway_is_no_change(
    mapped: HitchpostApp, play: Callable[..., None], settle: Settle, press: Press
) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        await press(pilot, "comma")
        await choose(pilot, "CRM house", "fields")
        await press(pilot, "enter", "=phone", "enter", "ctrl+s", "ctrl+s")
        assert isinstance(mapped.screen, SettingsScreen)
        assert "Nothing is changed yet" in said(mapped)

    play(journey, of=mapped)


def test_a_text_of_several_lines_keeps_them(
    gateway: Gateway, config: Path, play: Callable[..., None], settle: Settle, press: Press
) -> None:
    config.write_text(f'{CONFIG}signature = "Ola\\nByrå AS"\n')
    app = HitchpostApp(gateway, settings=lambda: SettingsGateway(config, tried))

    async def journey(pilot: Pilot[None]) -> None:
        await press(pilot, "comma")
        await choose(pilot, "Mailbox work", "signature")
        await press(pilot, "enter", "enter", "=Bergen", "ctrl+s", "ctrl+s", "enter")
        account = tomllib.loads(config.read_text())["mail_account"][0]
        assert account["signature"] == "Ola\nByrå AS\nBergen"

    play(journey, of=app)


def said(app: HitchpostApp) -> str:
    return str(app.screen.query_one(".dialog-error", Label).render())


def test_a_value_is_changed_after_a_look_at_the_diff(
    app: HitchpostApp, config: Path, play: Callable[..., None], settle: Settle
) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        await pilot.press("comma")
        await settle(pilot)
        await choose(pilot, "General", "poll_seconds")
        await pilot.press("enter")
        assert app.screen.query_one("#typed", Input).value == "60"
        await pilot.press("backspace", "backspace", "3", "0", "enter")
        await settle(pilot)
        assert tomllib.loads(config.read_text())["poll_seconds"] == 60, "nothing is written yet"
        await pilot.press("ctrl+s")
        await settle(pilot)
        await pilot.press("enter")
        await settle(pilot)
        assert tomllib.loads(config.read_text())["poll_seconds"] == 30
        assert "written" in said(app)
        await pilot.press("escape")
        assert not isinstance(app.screen, SettingsScreen)

    play(journey, of=app)


def test_what_would_not_work_is_said_at_once_and_can_be_taken_back(
    app: HitchpostApp, config: Path, play: Callable[..., None], settle: Settle
) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        await pilot.press("comma")
        await settle(pilot)
        await choose(pilot, "General", "poll_seconds")
        await pilot.press("enter", "backspace", "1", "enter")
        await settle(pilot)
        assert "at least 5" in said(app)
        await pilot.press("ctrl+s", "enter")
        await settle(pilot)
        assert config.read_text() == CONFIG
        await pilot.press("escape")
        assert isinstance(app.screen, SettingsScreen), "the first Escape warns"
        await pilot.press("u")
        await settle(pilot)
        assert said(app) == ""

    play(journey, of=app)


def test_a_mailbox_is_added_with_its_kind_and_tried(
    app: HitchpostApp, config: Path, play: Callable[..., None], settle: Settle
) -> None:
    async def journey(pilot: Pilot[None]) -> None:
        await pilot.press("comma")
        await settle(pilot)
        await pilot.press("n")
        await settle(pilot)
        await pilot.press(*"maildir", "enter")
        await settle(pilot)
        assert "path" in said(app)
        await choose(pilot, "Mailbox maildir", "path")
        await pilot.press("enter", *"/mail", "enter")
        await settle(pilot)
        assert said(app) == ""
        await pilot.press("t")
        assert "^s" in said(app), "what is not written can't be tried"
        await pilot.press("ctrl+s", "enter")
        await settle(pilot)
        assert tomllib.loads(config.read_text())["mail_account"][1] == {
            "name": "maildir",
            "kind": "maildir",
            "path": "/mail",
        }
        await choose(pilot, "Mailbox work", "path")
        await pilot.press("t")
        await settle(pilot)
        assert "INBOX: 12" in said(app)

    play(journey, of=app)


def test_keys_that_clash_are_found_before_they_are_written(config: Path) -> None:
    gateway = SettingsGateway(config)
    proposal = gateway.propose([], CONFIG + '\n[keys]\nown = { archive = "u" }\n')
    assert "“u” means archive and undo" in proposal.problem
    with pytest.raises(ConfigError, match="means archive and undo"):
        gateway.write(proposal)
    assert gateway.propose([], CONFIG + '\n[keys]\nown = { archive = "f9" }\n').problem == ""
