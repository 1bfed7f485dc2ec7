"""Mail made by a form on our own or a campaign site: the person in the form is who counts."""

from __future__ import annotations

from dataclasses import replace

from agent.judging.evidence import Evidence
from agent.judging.finding import reason
from agent.judging.forms import Form, likeness, may_be_form, read_form
from agent.judging.rules import content
from crm_model.links import Verdict, VerdictKind
from crm_model.mail import Message

_LEAST = 4
_LIKELIER = 0.5  # than not: that what was typed is advertising, fraud or an application, whichever of them
_NO_LEAD = frozenset((VerdictKind.SPAM, VerdictKind.PITCH, VerdictKind.RECRUITING))


def check(mail: Evidence) -> Verdict | None:
    """A form's mail makes a lead unless what was typed into it is advertising, fraud or a job application."""
    form = form_of(mail)
    if form is None:
        return None
    typed = _typed(mail, form)
    letter = mail.seen_as(typed) if typed is not None else None
    why = [reason("web_form", f"{form.known} known labels of a form")]
    if letter is not None and content.share_of(letter, _NO_LEAD) >= _LIKELIER:
        return Verdict(VerdictKind.WEB_FORM, 0.9, creates_lead=False, reasons=(*why, *content.check(letter).reasons))
    odds = min(0.98, 0.72 + 0.05 * likeness(mail, form))
    return Verdict(VerdictKind.WEB_FORM, round(odds, 3), creates_lead=True, reasons=tuple(why))


def form_of(mail: Evidence) -> Form | None:
    """The filled form that a message is, None if it is none."""
    if mail.is_reply or (mail.from_us and mail.sender in {email for _, email in mail.organisation.colleagues}):
        return None
    if not may_be_form(mail):
        return None
    form = read_form(mail.message.text[:20_000])
    return form if likeness(mail, form) >= _LEAST else None


def typed_message(mail: Evidence) -> Message | None:
    """What a visitor typed into a form, as a stranger's letter; None if this is no form's mail."""
    form = form_of(mail)
    return _typed(mail, form) if form is not None else None


def _typed(mail: Evidence, form: Form) -> Message | None:
    typed = "\n".join(value for name, value in form.values.items() if name in ("message", "subject", "service"))
    typed = typed or "\n".join(value for _, value in form.others)
    if not typed.strip():
        return None
    return replace(
        mail.message, text=typed, html="", from_=None, headers={}, attachments=(), in_reply_to=(), references=()
    )
