"""Mail made by a form on our own or a campaign site: the person in the form is who counts."""

from __future__ import annotations

from dataclasses import replace

from agent.judging.evidence import Evidence
from agent.judging.finding import reason
from agent.judging.forms import Form, likeness, may_be_form, read_form
from crm_model.links import Verdict, VerdictKind

_LEAST = 4
_NO_LEAD = frozenset((VerdictKind.SPAM, VerdictKind.PITCH, VerdictKind.RECRUITING))


def check(mail: Evidence) -> Verdict | None:
    """A form's mail makes a lead unless what was typed into it is advertising, fraud or a job application."""
    if mail.is_reply or (mail.from_us and mail.sender in {email for _, email in mail.organisation.colleagues}):
        return None
    if not may_be_form(mail):
        return None
    form = read_form(mail.message.text[:20_000])
    points = likeness(mail, form)
    if points < _LEAST:
        return None
    content = _judge_content(mail, form)
    why = [reason("web_form", f"{form.known} known labels of a form")]
    if content is not None and content.kind in _NO_LEAD:
        return Verdict(VerdictKind.WEB_FORM, 0.9, creates_lead=False, reasons=(*why, *content.reasons))
    odds = min(0.98, 0.72 + 0.05 * points)
    return Verdict(VerdictKind.WEB_FORM, round(odds, 3), creates_lead=True, reasons=tuple(why))


def _judge_content(mail: Evidence, form: Form) -> Verdict | None:
    """What the typed text alone would be, as a stranger's mail."""
    typed = "\n".join(value for name, value in form.values.items() if name in ("message", "subject", "service"))
    typed = typed or "\n".join(value for _, value in form.others)
    inner = replace(
        mail.message, text=typed, html="", from_=None, headers={}, attachments=(), in_reply_to=(), references=()
    )
    return mail.judge_again(inner) if typed.strip() else None
