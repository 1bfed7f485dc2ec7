"""A form for somebody else's page: plain HTML that posts to us; its page gives it its look."""

from __future__ import annotations

from agent.web_forms.markup import Markup
from agent.web_forms.page import form_element
from crm_model.web_forms import WebForm

PATH = "/f/"
"""Where forms are at an outpost: /f/NAME the page, /f/NAME.json for programs."""


def snippet_of(form: WebForm, language: str, base: str) -> Markup:
    """The form's HTML; `base` is the outpost's address without a slash at its end. One element a line."""
    html = form_element(form, language, action=f"{base}{PATH}{form.name}?lang={language}")
    return Markup(html.replace("><div", ">\n<div").replace("><p", ">\n<p").replace("></form", ">\n</form"))


def confirm_address(base: str, submission: str, language: str) -> str:
    """Where the mail of a double opt-in leads; `submission` is its id."""
    return f"{base}{PATH}confirm/{submission}?lang={language}"
