"""A form's whole way: filled in by a real browser at the real outpost, a lead in the embedded CRM in the end."""

from __future__ import annotations

import contextlib
import json
import os
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journey.workplace import Workplace
from tests.servers import browser as browsers
from tests.servers.needed import need
from tests.servers.outpost import RunningOutpost, running_outpost

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
PERSON = {
    "Navn": "Nina Dahl",
    "E-post": "nina@dahlbygg.example",
    "Hva gjelder det?": "Vi trenger en ny nettside i mars.",
}
WAIT_MILLISECONDS = 2_100  # nobody fills in a form faster


@dataclass(frozen=True, slots=True)
class Form:
    """A workplace with forms, its outpost and a browser."""

    work: Workplace
    running: RunningOutpost
    browser: Browser

    def open(self, path: str = "/f/kontakt", *, width: int = 1_000, language: str = "nb-NO", **more: Any) -> Page:
        context = self.browser.new_context(viewport={"width": width, "height": 900}, locale=language, **more)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.goto(f"{self.running.url}{path}")
        return page

    def leads(self) -> list[dict[str, Any]]:
        """What the agent made of everything so far: the leads' fields, as the screen has them."""
        self.work.run("sync")
        found = [self.work.json("record", str(lead["id"])) for lead in self.work.json("leads")]
        return [{field["spec"]["name"]: field["value"] for field in record["fields"]} for record in found]

    def in_the_crm(self) -> list[dict[str, Any]]:
        """The leads as the embedded CRM holds them."""
        with contextlib.closing(sqlite3.connect(self.work.crm_file)) as crm:
            return [json.loads(row) for (row,) in crm.execute("SELECT fields FROM records WHERE kind = 'lead'")]

    def files_in_the_crm(self) -> list[tuple[str, bytes]]:
        """Every file that hangs on a record of the embedded CRM, by name."""
        with contextlib.closing(sqlite3.connect(self.work.crm_file)) as crm:
            return list(crm.execute("SELECT name, content FROM files ORDER BY id"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    need(browsers.is_installed(), browsers.PACKAGE)
    with browsers.running_browser() as found:
        yield found


@pytest.fixture
def form(tmp_path: Path, browser: Browser) -> Iterator[Form]:
    """A workplace of one's own, for tests that make leads."""
    with forms_served(tmp_path, browser) as found:
        yield found


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Form]:
    """One for all tests that only look."""
    with forms_served(tmp_path_factory.mktemp("shown"), browser) as found:
        yield found


@contextlib.contextmanager
def forms_served(folder: Path, browser: Browser) -> Iterator[Form]:
    work = Workplace(folder)
    with running_outpost(folder) as running:
        work.config.write_text(f"""
author = "Ingrid"
database = "{work.database}"
[organisation]
domains = ["nordvik.example"]
default_region = "NO"
[web]
listen = "127.0.0.1:{running.port}"
folder = "outpost"
[[crm]]
name = "local"
backend = "local"
path = "{work.crm_file}"
[[form]]
name = "kontakt"
title = "Kontakt oss"
intro = "Fortell oss kort hva du tenker på, så ringer vi deg."
languages = ["no", "en", "sv", "it", "ru"]
leads = "auto"
privacy_url = "https://www.nordvik.example/personvern"
[[form.consent]]
name = "news"
text = "Send meg nyhetsbrevet"
to = "mail"
[[form]]
name = "ring"
title = "Ring meg"
languages = ["no"]
leads = "auto"
field = [{{ name = "email", kind = "email", required = true }}, {{ name = "phone", kind = "phone", required = true }}]
""")
        work.run("sync")
        yield Form(work, running, browser)


def fill(page: Page, answers: dict[str, str]) -> None:
    for label, value in answers.items():
        page.get_by_label(re.compile(f"^{re.escape(label)}")).fill(value)


def picture(page: Page, name: str) -> None:
    """Kept for the documentation where HITCHPOST_PICTURES names a folder."""
    folder = os.environ.get("HITCHPOST_PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / f"form-{name}.png", full_page=True)


def test_a_filled_form_is_a_lead_with_its_file_and_a_second_form_adds_to_it(form: Form, tmp_path: Path) -> None:
    page = form.open(width=560)
    (tmp_path / "plan.pdf").write_bytes(PDF)
    fill(page, PERSON)
    page.get_by_label("Vedlegg").set_input_files(tmp_path / "plan.pdf")
    page.get_by_label("Send meg nyhetsbrevet").check()
    page.wait_for_timeout(WAIT_MILLISECONDS)
    picture(page, "page")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", name="Takk")).to_be_visible()
    [lead] = form.leads()
    assert (lead["first_name"], lead["email"]) == ("Nina", "nina@dahlbygg.example")
    assert lead["description"] == PERSON["Hva gjelder det?"]
    [thread] = form.work.json("threads")
    shown = form.work.json("thread", str(thread["id"]))
    [message] = shown["messages"]
    [attached] = message["attachments"]
    assert attached["name"] == "plan.pdf"
    (tmp_path / "out").mkdir()
    form.work.run("attachment", str(message["id"]), attached["part"], "--to", str(tmp_path / "out"))
    assert (tmp_path / "out" / "plan.pdf").read_bytes() == PDF
    assert form.files_in_the_crm() == [("plan.pdf", PDF)]
    [record] = form.work.json("leads")
    [file] = form.work.json("record", str(record["id"]))["around"]["files"]
    assert (file["name"], file["hanging"]) == ("plan.pdf", "done")

    second = form.open("/f/ring")
    fill(second, {"E-post": PERSON["E-post"], "Telefon": "22 33 44 55"})
    second.wait_for_timeout(WAIT_MILLISECONDS)
    second.get_by_role("button", name="Send").click()
    expect(second.get_by_role("heading", name="Takk")).to_be_visible()
    [lead] = form.leads()
    assert lead["phone"] == "+4722334455"
    assert len(form.work.json("thread", str(thread["id"]))["messages"]) == 2
    [held] = form.in_the_crm()
    assert (held["email"], held["phone"]) == ("nina@dahlbygg.example", "+4722334455")
    assert form.files_in_the_crm() == [("plan.pdf", PDF)]
    form.work.run("audit")


def test_mistakes_are_told_beside_their_fields_and_with_a_way_to_them(form: Form, tmp_path: Path) -> None:
    page = form.open(width=560)
    (tmp_path / "program.pdf").write_bytes(b"MZ\0\0")
    fill(page, PERSON | {"E-post": "nina"})
    page.get_by_label("Vedlegg").set_input_files(tmp_path / "program.pdf")
    page.wait_for_timeout(WAIT_MILLISECONDS)
    page.get_by_role("button", name="Send").click()
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    picture(page, "mistakes")
    assert page.get_by_label("Navn").input_value() == "Nina Dahl"
    summary.get_by_role("link", name=re.compile("E-post")).click()
    expect(page.get_by_label("E-post")).to_be_focused()
    described = page.get_by_label("E-post").get_attribute("aria-describedby") or ""
    assert "må være en adresse" in page.locator(f"#{described.split()[-1]}").inner_text()
    fill(page, {"E-post": PERSON["E-post"]})
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", name="Takk")).to_be_visible()
    assert len(form.leads()) == 1


def test_the_keyboard_alone_is_enough(form: Form) -> None:
    page = form.open()
    page.wait_for_timeout(WAIT_MILLISECONDS)
    keys = page.keyboard
    keys.press("Tab")
    keys.type("Nina Dahl")
    for answer in ("Dahl Bygg", "nina@dahlbygg.example", "22 33 44 55", "Vi trenger en ny nettside.", "200 000"):
        keys.press("Tab")
        keys.type(answer)
    keys.press("Tab")  # the file
    keys.press("Tab")
    keys.press("Space")  # the box
    expect(page.get_by_label("Send meg nyhetsbrevet")).to_be_checked()
    keys.press("Tab")
    keys.press("Tab")  # past the link on privacy to the button
    expect(page.get_by_role("button", name="Send")).to_be_focused()
    keys.press("Enter")
    expect(page.get_by_role("heading", name="Takk")).to_be_visible()
    [lead] = form.leads()
    assert lead["company"] == "Dahl Bygg"


def test_an_impatient_double_click_is_one_submission(form: Form) -> None:
    page = form.open()
    fill(page, PERSON)
    page.wait_for_timeout(WAIT_MILLISECONDS)
    page.get_by_role("button", name="Send").dblclick(no_wait_after=True)
    expect(page.get_by_role("heading", name="Takk")).to_be_visible()
    page.go_back()
    page.wait_for_timeout(WAIT_MILLISECONDS)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", name="Takk")).to_be_visible()
    assert len(form.leads()) == 1
    [thread] = form.work.json("threads")
    assert len(form.work.json("thread", str(thread["id"]))["messages"]) == 1


@pytest.mark.parametrize("width", [320, 360])
def test_nothing_sticks_out_on_a_telephone(shown: Form, width: int) -> None:
    page = shown.open(width=width, color_scheme="dark", has_touch=True)
    picture(page, "telephone")
    for _ in range(2):  # the page, then the page with mistakes
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        boxes = [
            each.bounding_box() for each in page.locator("input:not([type=hidden]):visible, textarea, button").all()
        ]
        assert all(box and box["x"] >= 0 and box["x"] + box["width"] <= width for box in boxes)
        page.locator("button").click()
        expect(page.get_by_role("alert")).to_be_visible()


@pytest.mark.parametrize(
    ("language", "word"), [("it-IT", "Invia"), ("ru-RU", "Отправить"), ("sv-SE", "Skicka"), ("en-GB", "Send")]
)
def test_the_page_works_without_script_and_loads_nothing(shown: Form, language: str, word: str) -> None:
    page = shown.open(language=language, java_script_enabled=False)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.reload()
    expect(page.get_by_role("button", name=word)).to_be_visible()
    assert asked == [f"{shown.running.url}/f/kontakt"]
    assert complaints == []


def test_what_is_typed_never_runs(shown: Form) -> None:
    page = shown.open()
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    evil = "\"'><img src=x onerror=alert(1)><script>alert(2)</script>"
    fill(page, PERSON | {"Navn": evil, "E-post": "x", "Hva gjelder det?": f"</textarea>{evil}"})
    page.wait_for_timeout(WAIT_MILLISECONDS)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert page.get_by_label("Navn").input_value() == evil
    assert dialogs == []
