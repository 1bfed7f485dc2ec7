"""The pages of forms: every text in every language, nothing that is typed becomes markup."""

from __future__ import annotations

import tomllib
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from agent.web.words import words
from agent.web_forms.page import Filled, confirm_page, form_element, form_page, message_page
from agent.web_forms.snippet import snippet_of
from agent.web_forms.texts import say
from crm_model.web_forms import LANGUAGES, USUAL_FIELDS, ConsentBox, FormField, InputKind, WebForm

EVIL = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>&lt;{}"
FORM = WebForm(
    "contact",
    "Contact",
    fields=(*USUAL_FIELDS, FormField("size", InputKind.CHOICE, labels={"en": "Size"}, choices=("small", "large"))),
    consents=(ConsentBox("news", "Send me news", "mail"),),
    file_types=("pdf",),
    privacy_url="https://company.example/privacy",
)


def parsed(html: str) -> LexborHTMLParser:
    return LexborHTMLParser(html)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_everything_with_the_same_gaps(language: str) -> None:
    def gaps(text: str) -> set[str]:
        return {part.partition("}")[0] for part in text.split("{")[1:]}

    own = (files("agent.web") / "words" / language / "form.toml").read_text(encoding="utf-8")
    english = {key: gaps(text) for key, text in words("en").items() if key.startswith("form.")}
    assert {f"form.{key}": gaps(text) for key, text in tomllib.loads(own).items()} == english


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_is_whole_for_people_who_see_or_hear_it(language: str) -> None:
    problems = {"email": "wrong", "file": "too large", "news": "tick", "size": "choose"}
    page = parsed(form_page(FORM, language, "ticket", Filled({"name": "Kari"}, problems, "once more", had_files=True)))
    assert page.css_first("html").attributes["lang"] in (*LANGUAGES, "nb")
    ids = [node.attributes["id"] for node in page.css("[id]")]
    assert len(ids) == len(set(ids))
    controls = page.css("input:not([type=hidden]), textarea, select")
    assert {node.attributes["for"] for node in page.css("label")} == {node.attributes["id"] for node in controls}
    told = [node.attributes["aria-describedby"] for node in page.css("[aria-describedby]")]
    assert set(" ".join(word for word in told if word).split()) <= set(ids)
    assert {(node.attributes["href"] or "")[1:] for node in page.css(".summary a")} <= set(ids)
    assert len(page.css("[aria-invalid=true]")) == 4
    assert page.css_first(".summary").attributes["role"] == "alert"
    assert page.css_first("#f-name").attributes["value"] == "Kari"
    assert page.css_first("#f-email").attributes["autocomplete"] == "email"
    assert page.css("script") == []
    assert "{" not in page.css_first("main").text()


def test_nothing_on_a_page_is_loaded_from_anywhere() -> None:
    page = parsed(form_page(FORM, "en", "ticket"))
    assert [node.tag for node in page.css("[src], link, iframe, object, embed")] == []
    assert [node.attributes["href"] for node in page.css("a")] == ["https://company.example/privacy"]


@pytest.mark.parametrize("field", [each.name for each in FORM.fields])
def test_what_is_typed_is_never_markup(field: str) -> None:
    page = form_page(FORM, "en", EVIL, Filled({field: EVIL}, {field: EVIL}, EVIL))
    assert parsed(page).css("script, img") == []
    assert EVIL not in page


def test_what_the_owner_wrote_is_never_markup_either() -> None:
    asked = FormField("size", InputKind.CHOICE, labels={"en": EVIL}, choices=(EVIL,), value=EVIL)
    form = WebForm("x", EVIL, EVIL, fields=(asked,), consents=(ConsentBox("c", EVIL, version=EVIL),), privacy=EVIL)
    shown = form_page(form, "en", "t") + message_page("en", EVIL, EVIL) + snippet_of(form, "en", "https://x.example")
    assert parsed(shown).css("script, img") == []


@given(st.text())
def test_a_text_comes_back_as_it_was_typed(text: str) -> None:
    typed = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    page = parsed(str(form_element(FORM, "en", Filled({"message": typed, "name": typed}), action="/", ticket="t")))
    assert page.css_first("textarea").text() == typed
    assert page.css_first("#f-name").attributes["value"] in (typed, typed or None)


def test_a_snippet_posts_to_us_and_holds_no_ticket() -> None:
    form = parsed(snippet_of(FORM, "no", "https://forms.company.example"))
    element = form.css_first("form")
    assert element.attributes["action"] == "https://forms.company.example/f/contact?lang=no"
    assert element.attributes["enctype"] == "multipart/form-data"
    assert form.css("[name=csrf], script, iframe") == []
    assert "Navn" in element.text()


def test_confirming_takes_a_press() -> None:
    form = parsed(confirm_page("sv")).css_first("form")
    assert form.attributes["method"] == "post"
    assert form.css_first("button").text() == say("sv", "confirm_button")
