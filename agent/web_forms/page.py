"""Pages for people: plain HTML that needs no script, works by keyboard and on a narrow screen, and loads nothing."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from agent.web_forms.checking import label_of
from agent.web_forms.markup import Markup, joined, tag
from agent.web_forms.texts import say
from crm_model.web_forms import FILE_TYPES, TRAP, FormField, InputKind, WebForm

STYLE = """
:root{color-scheme:light dark;--line:#6b7280;--ink:#111827;--paper:#fff;--bad:#b91c1c;--go:#1d4ed8}
@media(prefers-color-scheme:dark){:root{--line:#9ca3af;--ink:#f3f4f6;--paper:#111827;--bad:#fca5a5;--go:#93c5fd}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:1.0625rem/1.5 system-ui,sans-serif}
main{max-width:38rem;margin:0 auto;padding:1.5rem 1rem 3rem}
h1{font-size:1.6rem;line-height:1.25;margin:0 0 1rem}
h2{font-size:1.15rem;margin:0 0 .5rem}
.field{margin:0 0 1.25rem}
label,legend{display:block;font-weight:600;margin:0 0 .25rem;overflow-wrap:anywhere}
label .hint{display:inline}
.hint{display:block;font-weight:400;font-size:.95rem}
input,textarea,select{width:100%;font:inherit;color:inherit;background:transparent;border:2px solid var(--line);
border-radius:.35rem;padding:.55rem .65rem;min-height:2.9rem}
select{background:var(--paper)}
textarea{min-height:9rem;resize:vertical}
input[type=checkbox]{width:1.4rem;min-height:0;height:1.4rem;margin:.1rem .6rem 0 0;flex:none}
.box{display:flex;align-items:flex-start}
.box label{font-weight:400;margin:0}
.wrong{color:var(--bad);font-weight:600;margin:0 0 .35rem;overflow-wrap:anywhere}
[aria-invalid=true]{border-color:var(--bad)}
.summary{border:3px solid var(--bad);border-radius:.35rem;padding:1rem;margin:0 0 1.5rem}
.summary a{color:var(--bad);font-weight:600;overflow-wrap:anywhere}
.summary ul{margin:0;padding-left:1.2rem}
button{font:inherit;font-weight:600;color:var(--paper);background:var(--go);border:2px solid var(--go);
border-radius:.35rem;padding:.65rem 1.6rem;min-height:3rem;cursor:pointer}
a{color:var(--go)}
:focus-visible{outline:3px solid var(--go);outline-offset:2px}
.trap{position:absolute;left:-200vw;height:1px;overflow:hidden}
"""

STYLE_HASH = "sha256-" + base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode("ascii")
"""For the Content-Security-Policy: this style and no other."""

_HTML_LANGUAGE = {"no": "nb"}
_INPUT_TYPES = {InputKind.EMAIL: "email", InputKind.PHONE: "tel", InputKind.FILE: "file"}
_AUTOCOMPLETE = {
    "name": "name",
    "first_name": "given-name",
    "last_name": "family-name",
    "company": "organization",
    "email": "email",
    "phone": "tel",
    "title": "organization-title",
    "website": "url",
}


@dataclass(frozen=True, slots=True)
class Filled:
    """What stands in a form when it is shown: values and sentences by field; `remark` is about all of it."""

    values: Mapping[str, str] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)
    remark: str = ""
    had_files: bool = False


def form_page(form: WebForm, language: str, ticket: str, filled: Filled = Filled()) -> str:
    """The whole page."""
    troubled = bool(filled.problems or filled.remark)
    parts = [tag("h1", form.title)]
    if troubled:
        parts.append(_summary(form, language, filled))
    if form.intro:
        parts.append(tag("p", form.intro))
    parts.append(form_element(form, language, filled, action=f"?lang={language}", ticket=ticket))
    title = f"{say(language, 'problems')}: {form.title}" if troubled else form.title
    return _page(language, title, *parts)


def form_element(form: WebForm, language: str, filled: Filled = Filled(), *, action: str, ticket: str = "") -> Markup:
    """The form alone; what a page of somebody else embeds has no ticket and is known by where it comes from."""
    has_files = any(each.kind is InputKind.FILE for each in form.fields)
    parts = [_question(form, each, language, filled) for each in form.fields]
    parts += [_box(each.name, each.text, each.version, each.required, filled) for each in form.consents]
    parts.append(_trap(form, language))
    if ticket:
        parts.append(tag("input", type="hidden", name="csrf", value=ticket))
    if form.privacy or form.privacy_url:
        parts.append(_privacy(form, language))
    parts.append(tag("p", tag("button", say(language, "send"), type="submit")))
    encoding = "multipart/form-data" if has_files else None
    return tag(
        "form", *parts, method="post", action=action, enctype=encoding, novalidate=bool(ticket), accept_charset="utf-8"
    )


def message_page(language: str, title: str, *paragraphs: str) -> str:
    """A page that only says something."""
    return _page(language, title, tag("h1", title), *(tag("p", each) for each in paragraphs))


def confirm_page(language: str) -> str:
    """A page with a button: programs open links, only people press."""
    button = tag("p", tag("button", say(language, "confirm_button"), type="submit"))
    title = say(language, "confirm_title")
    asked = tag("form", button, method="post", action=f"?lang={language}")
    return _page(language, title, tag("h1", title), tag("p", say(language, "confirm_text")), asked)


def _page(language: str, title: str, *parts: str) -> str:
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="robots", content="noindex"),
        tag("title", title),
        tag("style", Markup(STYLE)),
    )
    page = tag("html", head, tag("body", tag("main", *parts)), lang=_HTML_LANGUAGE.get(language, language))
    return f"<!doctype html>\n{page}\n"


def _summary(form: WebForm, language: str, filled: Filled) -> Markup:
    """What is wrong, with a way to each place; it has the focus when the page opens."""
    links = [tag("li", tag("a", words, href=f"#{_id(name)}")) for name, words in filled.problems.items()]
    parts = [tag("h2", say(language, "problems"), id="problems-title")]
    if filled.remark:
        parts.append(tag("p", filled.remark))
    if links:
        parts.append(tag("ul", *links))
    if filled.had_files:
        parts.append(tag("p", say(language, "again")))
    return tag(
        "div", *parts, class_="summary", role="alert", tabindex="-1", autofocus=True, aria_labelledby="problems-title"
    )


def _question(form: WebForm, asked: FormField, language: str, filled: Filled) -> Markup:
    value = filled.values.get(asked.name, asked.value)
    if asked.kind is InputKind.HIDDEN:
        return tag("input", type="hidden", name=asked.name, value=value)
    problem = filled.problems.get(asked.name, "")
    hint = _hint(form, asked, language)
    parts = [_label(asked, language)]
    if hint:
        parts.append(tag("span", hint, id=f"{_id(asked.name)}-hint", class_="hint"))
    parts += _told(asked.name, problem)
    parts.append(_control(form, asked, language, value, _described(asked.name, hint, problem)))
    return tag("div", *parts, class_="field")


def _label(asked: FormField, language: str) -> Markup:
    optional = "" if asked.required else joined(" ", tag("span", say(language, "optional"), class_="hint"))
    return tag("label", label_of(asked, language), optional, for_=_id(asked.name))


def _told(name: str, problem: str) -> list[Markup]:
    return [tag("p", problem, id=f"{_id(name)}-wrong", class_="wrong")] if problem else []


def _described(name: str, hint: str, problem: str) -> str | None:
    found = [f"{_id(name)}-hint"] if hint else []
    return " ".join([*found, f"{_id(name)}-wrong"] if problem else found) or None


def _hint(form: WebForm, asked: FormField, language: str) -> str:
    if asked.kind is not InputKind.FILE:
        return ""
    limits = {"count": form.file_count, "size": form.file_bytes // 1_000_000, "types": ", ".join(form.file_types)}
    return say(language, "files", **limits)


def _control(form: WebForm, asked: FormField, language: str, value: str, described: str | None) -> Markup:
    shared: dict[str, str | bool | int | None] = {
        "id": _id(asked.name),
        "name": asked.name,
        "required": asked.required,
        "autocomplete": _AUTOCOMPLETE.get(asked.means),
        "aria_describedby": described,
        "aria_invalid": "true" if described and described.endswith("-wrong") else None,
    }
    if asked.kind is InputKind.TEXTAREA:
        # A line break right behind the tag belongs to it, not to the text: without ours a first one would be lost.
        return tag("textarea", Markup("\n"), value, rows=6, maxlength=asked.max_length, **shared)
    if asked.kind is InputKind.CHOICE:
        options = [tag("option", say(language, "choose"), value="")]
        options += [tag("option", each, value=each, selected=each == value) for each in asked.choices]
        return tag("select", *options, **shared)
    if asked.kind is InputKind.FILE:
        kinds = ",".join(f".{extension}" for kind in form.file_types for extension in FILE_TYPES[kind][1])
        return tag("input", type="file", multiple=form.file_count > 1, accept=kinds, **shared)
    return tag("input", type=_INPUT_TYPES.get(asked.kind, "text"), value=value, maxlength=asked.max_length, **shared)


def _box(name: str, text: str, version: str, required: bool, filled: Filled) -> Markup:
    problem = filled.problems.get(name, "")
    box = tag(
        "input",
        type="checkbox",
        id=_id(name),
        name=name,
        value=version,
        required=required,
        checked=filled.values.get(name) == version,
        aria_describedby=_described(name, "", problem),
        aria_invalid="true" if problem else None,
    )
    return tag(
        "div", *_told(name, problem), tag("div", box, tag("label", text, for_=_id(name)), class_="box"), class_="field"
    )


def _trap(form: WebForm, language: str) -> Markup:
    words = say(language, "trap")
    box = tag("input", type="text", id=_id(TRAP), name=TRAP, tabindex=-1, autocomplete="off")
    # The style stands in a class on our page; an embedding page has no such class, so `hidden` holds there.
    return tag("div", tag("label", words, for_=_id(TRAP)), box, class_="trap", aria_hidden="true", hidden=True)


def _privacy(form: WebForm, language: str) -> Markup:
    link = tag("a", say(language, "privacy"), href=form.privacy_url, rel="noopener") if form.privacy_url else ""
    return tag("p", form.privacy, " " if form.privacy and link else "", link)


def _id(name: str) -> str:
    return f"f-{name}"
