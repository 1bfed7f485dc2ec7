"""Every screen as it is drawn: at 80x24 and 200x60, dark and light, and every word of it readable.

An app is started once for each screen and takes the other size and theme while it stands there, as a terminal does.
`--snapshot-update` after a change that was meant and looked at.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from pytest_textual_snapshot import SVGImageExtension
from syrupy.assertion import SnapshotAssertion
from textual.app import App
from textual.color import Color
from textual.pilot import Pilot
from textual.theme import Theme

from agent.demo.working_copy import sample_mails, write_maildir
from crm_model.mail import DeliveryState
from hitchpost.first_run import FirstRunSteps
from sync import edits
from sync.edits import Wish
from sync.store.database import Store
from sync.store.tables import mail_accounts, outgoing
from tests.screens.conftest import NOW
from tests.screens.test_screens_first_run import choose, to_the_mailbox, type_in
from tests.screens.test_screens_settings import CONFIG, described, tried
from tests.screens.test_screens_which_deal import two_deals
from tui.app import FirstRunApp, HitchpostApp
from tui.gateway import Gateway
from tui.screens.reading import ReadingScreen
from tui.settings_gateway import SettingsGateway
from tui.themes import DARK, LIGHT

AnyPilot = Pilot[Any]
Settle = Callable[[AnyPilot], Awaitable[None]]
Press = Callable[..., Awaitable[None]]
Looks = Callable[..., None]
Way = Callable[[AnyPilot], Awaitable[None]]

SIZES = {"80x24": (80, 24), "200x60": (200, 60)}
THEMES = {"dark": DARK, "light": LIGHT}
LEAST_CONTRAST = 4
"""WCAG 2 asks 3 of what is large or bold and 4.5 of running text; what is chosen or selected stands between."""

STAGE = ("tab", "tab", "j", "j", "j", "j", "j")
RULE = ("j", "x", "A")
TRIAGE = {
    "triage": (),
    "conversation": ("tab",),
    "sidebar": ("tab", "tab"),
    "lead_suggested": ("j", "tab", "tab"),
    "choice_suggested": ("j", "j", "tab", "tab"),
    "marked": ("space", "space"),
    "why": ("j", "w"),
    "why_not": ("j", "X"),
    "record_picker": ("l", "=fjord"),
    "thread_picker": ("ampersand",),
    "stage_picker": ("s",),
    "owner_picker": ("e", "=owner", "enter"),
    "field_picker": ("e",),
    "field_editor": ("e", "=close", "enter"),
    "field_in_place": (*STAGE, "enter"),
    "field_refused": (*STAGE, "enter", "=x", "enter"),
    "field_history": (*STAGE, "H"),
    "lead_form": ("j", "c"),
    "conversion": ("G", "C"),
    "note": ("n",),
    "note_of_several_lines": ("n", "=likes green", "down"),
    "task": ("t",),
    "conflict": ("v",),
    "troubles": ("G", "v"),
    "rule_form": RULE,
    "rules": (*RULE, "enter", "E"),
    "undo_list": ("U",),
    "undo_list_filled": ("j", "x", "a", "U"),
    "reply": ("r", "=Yes, gladly."),
    "forward": ("F", "=kari at fjord", "ctrl+s"),
    "template_picker": ("r", "ctrl+t"),
    "file_picker": ("r", "ctrl+o"),
    "send_later": ("r", "ctrl+l", "=mon 9"),
    "outbox": ("F", "=ola at home", "escape", "O"),
    "search": ("slash", "=brianza"),
    "search_records": ("slash", "=is:bogus fjord"),
    "view_saved": ("V",),
    "help": ("question_mark",),
    "settings": ("comma",),
    "settings_typed": ("comma", "tab", "enter"),
    "settings_wrong": ("comma", "tab", "j", "enter", "ctrl+u", "=1", "enter"),
    "settings_choice": ("comma", "n"),
    "settings_diff": ("comma", "tab", "enter", "=x", "enter", "ctrl+s"),
}
BUSY = {
    "due": (),
    "next_touch": ("G", "h", "=neste tirsdag ring"),
    "many": ("j", "j", "space", "space", "space"),
    "views": ("f",),
    "cold": ("f", "=going", "enter"),
    "leads": ("f", "=leads", "enter"),
    "pipeline": ("P", "G"),
    "sent": ("f", "=sent", "enter"),
    "problems": ("f", "=problems", "enter"),
    "noise": ("f", "=noise", "enter"),
    "archived": ("f", "=archived", "enter"),
    "nothing": ("f", "=put off", "enter"),
}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own, in which a configuration and two files lie; what was said stays, however slow the machine."""
    monkeypatch.setattr("tui.widgets.status_line._SECONDS", 3600.0)
    for pause in ("COUNTS_SECONDS", "LIST_SECONDS"):
        monkeypatch.setattr(f"tui.screens.reading.{pause}", 0.0)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    monkeypatch.setattr("getpass.getuser", lambda: "kari")
    monkeypatch.chdir(tmp_path)
    Path("config.toml").write_text(CONFIG)
    return tmp_path


@pytest.fixture
def app(gateway: Gateway) -> HitchpostApp:
    return HitchpostApp(gateway, settings=lambda: SettingsGateway(Path("config.toml"), tried, described))


@pytest.fixture
def busy(floor: Store) -> Store:
    """Håkon is to be called today, a mail left, one did not, and the mailbox wants a sign-in."""
    edits.set_next_touch(floor, 7, Wish(NOW - timedelta(hours=3), NOW.date(), "ring Håkon"), "Ola Hansen")
    with floor.write() as unit:
        for number, state in enumerate((DeliveryState.SENT, DeliveryState.FAILED), 1):
            draft = {"to": "kari@fjord-design.example", "subject": f"Offer, version {number}", "thread_id": 1}
            error = "550 5.1.1 no such user" if state is DeliveryState.FAILED else ""
            row = {"node": f"n{number}@x", "account": "work", "draft": draft, "recipients": [], "error": error}
            at = NOW - timedelta(days=3 - number)
            unit.execute(outgoing.insert().values(**row, state=state.value, created_at=at, sent_at=at))
        trouble = {"last_error": "the password is wrong; run: hitchpost mailbox test work", "login_needed": True}
        unit.execute(mail_accounts.update().values(**trouble))
    return floor


@pytest.fixture
def looks(snapshot: SnapshotAssertion, settle: Settle, tmp_path: Path) -> Looks:
    """`looks(app, way)` goes the way, then compares what stands there in both sizes and themes."""
    kept = snapshot.use_extension(SVGImageExtension)

    async def session(app: App[Any], way: Way, themes: Mapping[str, Theme]) -> list[str]:
        wrong: list[str] = []
        async with app.run_test(size=SIZES["80x24"]) as pilot:
            await settle(pilot)
            await way(pilot)
            for screen in app.screen_stack * 2:  # a look finds that something moved, the next one brings the counts
                if isinstance(screen, ReadingScreen):
                    screen.poll()
                    await settle(pilot)
            for (size, cells), (name, theme) in product(SIZES.items(), themes.items()):
                if pilot.app.size != cells:
                    await pilot.resize_terminal(*cells)
                    await settle(pilot)
                app.theme = theme.name
                await settle(pilot)
                await pilot.wait_for_scheduled_animations()
                wrong += [f"{size} {name}: {problem}" for problem in hard_to_read(app)]
                picture = app.export_screenshot(title=app.title, simplify=True)
                if kept(name=f"{size}-{name}") != picture:
                    drawn = tmp_path / f"{size}-{name}.svg"
                    drawn.write_text(picture)
                    wrong.append(f"{size} {name} looks otherwise now, see {drawn}")
        return wrong

    def compare(app: App[Any], way: Way, themes: Mapping[str, Theme] = THEMES) -> None:
        app.register_theme(LIGHT)
        wrong = asyncio.run(session(app, way, themes))
        assert not wrong, "\n".join(wrong)

    return compare


def hard_to_read(app: App[Any]) -> set[str]:
    """Words whose colour is too near to what they stand on; those behind a dialog are dimmed with intent."""
    found = set()
    strips = app.screen._compositor.render_strips()
    front = app.screen.children[0].region if app.screen.is_modal else app.screen.region
    for strip in (each.crop(front.x, front.right) for each in strips[front.y : front.bottom]):
        for text, style, _ in strip:
            if style is None or not any(map(str.isalnum, text)) or not style.color or not style.bgcolor:
                continue
            words, ground = Color.from_rich_color(style.color), Color.from_rich_color(style.bgcolor)
            dark, light = sorted((luminance(words), luminance(ground)))
            contrast = (light + 0.05) / (dark + 0.05)
            if contrast < LEAST_CONTRAST:
                found.add(f"“{text.strip()}” {words.hex} on {ground.hex}: {contrast:.1f}")
    return found


def luminance(colour: Color) -> float:
    """As WCAG 2 has it, from 0 to 1."""
    red, green, blue = (
        (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4) for part in colour.normalized
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("name", TRIAGE)
def test_drawn(name: str, app: HitchpostApp, looks: Looks, press: Press) -> None:
    looks(app, lambda pilot: press(pilot, *TRIAGE[name]))


@pytest.mark.parametrize("theme", THEMES)
def test_palette_drawn(theme: str, app: HitchpostApp, looks: Looks, press: Press) -> None:
    """Textual's own screen keeps the theme in which it was opened."""
    app.theme = THEMES[theme].name
    looks(app, lambda pilot: press(pilot, "colon"), {theme: THEMES[theme]})


@pytest.mark.usefixtures("busy")
@pytest.mark.parametrize("name", BUSY)
def test_drawn_when_much_is_up(name: str, app: HitchpostApp, looks: Looks, press: Press) -> None:
    looks(app, lambda pilot: press(pilot, *BUSY[name]))


def test_drawn_when_a_deal_is_asked(floor: Store, app: HitchpostApp, looks: Looks, press: Press) -> None:
    two_deals(floor)
    looks(app, lambda pilot: press(pilot, "j", "j", "tab", "tab"))


@pytest.mark.parametrize("pages", range(5))
def test_drawn_on_the_first_run(pages: int, home: Path, looks: Looks, settle: Settle) -> None:
    write_maildir(home / "mail", list(sample_mails(NOW)))

    async def way(pilot: AnyPilot) -> None:
        for page in range(pages):
            if page == 0:
                await type_in(pilot, "Kari", "Fjordlys", "fjordlys.example", "NO")
            if page == 1:
                await choose(pilot, "maildir", settle)
                await type_in(pilot, "~/mail")
            await pilot.press("ctrl+n")
            await settle(pilot)

    looks(FirstRunApp(FirstRunSteps(home / "etc" / "config.toml")), way)


def test_drawn_where_the_mailbox_is_asked(home: Path, looks: Looks, settle: Settle) -> None:
    async def way(pilot: AnyPilot) -> None:
        await to_the_mailbox(pilot, settle)
        await choose(pilot, "imap", settle)

    looks(FirstRunApp(FirstRunSteps(home / "etc" / "config.toml")), way)
