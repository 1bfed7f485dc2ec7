"""A submission of a form of our own: what it says was asked for, so that only its content is in question."""

from __future__ import annotations

from dataclasses import replace

from agent.intake.envelope import Answers, read_answers
from agent.judging.evidence import Evidence
from agent.judging.finding import reason
from crm_model.links import Submitted, Verdict, VerdictKind
from crm_model.mail import Message

_SURE = 0.5  # that what was typed is advertising, fraud or an application
_NO_LEAD = frozenset((VerdictKind.SPAM, VerdictKind.PITCH, VerdictKind.RECRUITING))
_TYPED = ("message", "service", "title")


def check(mail: Evidence) -> Verdict | None:
    """A lead, unless a machine filled it in, one of us did, or what was typed is advertising."""
    answers = answers_of(mail)
    if answers is None:
        return None
    why = reason("own_form", f"the form “{answers.form}” was filled in")
    submitted = Submitted(answers.form, answers.leads)
    verdict = Verdict(VerdictKind.WEB_FORM, 0.97, creates_lead=True, reasons=(why,), submitted=submitted)
    if answers.trapped:
        trap = reason("own_form", "a field that no person sees was filled in")
        return replace(verdict, kind=VerdictKind.SPAM, creates_lead=False, reasons=(trap,))
    if mail.organisation.is_own(answers.fields.get("email", "").lower()):
        return replace(verdict, creates_lead=False, reasons=(why, reason("own_people", "by one of us")))
    text = "\n".join(answers.fields[name] for name in _TYPED if answers.fields.get(name)).strip()
    content = mail.judge_again(_typed(mail, text)) if text else None
    if content is not None and content.kind in _NO_LEAD and content.probability >= _SURE:
        return replace(verdict, creates_lead=False, reasons=(why, *content.reasons))
    return verdict


def answers_of(mail: Evidence) -> Answers | None:
    """The answers in a submission; None for mail, whatever it claims."""
    return read_answers(mail.message) if mail.context.submitted else None


def _typed(mail: Evidence, text: str) -> Message:
    """What was typed as a stranger's letter."""
    return replace(mail.message, text=text, html="", from_=None, headers={}, attachments=(), references=())
