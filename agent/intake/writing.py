"""A submission as the message that it becomes: the questions in its language, the answers as they were given."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from agent.intake.envelope import Attached, Envelope
from agent.web_forms.checking import label_of
from crm_model.safe_text import safe_line
from crm_model.web_events import Submission, UploadedFile
from crm_model.web_forms import TRAP, FormField, FormRules, InputKind, WebForm
from sync.mailboxes.web_forms.place import Name

_DIGEST, _PERSON = 32, 16


def name_of(submission: Submission, form: WebForm) -> Name:
    """What the submission's folder is called: the same for the same submission."""
    return Name(submission.at, digest_of(submission.id), _hashed(_whose(submission, form), _PERSON))


def digest_of(submission_id: str) -> str:
    """A submission's id as names and Message-IDs may show it: whoever reads it can confirm nothing."""
    return _hashed(submission_id, _DIGEST)


def envelope_of(submission: Submission, rules: FormRules, files: Sequence[UploadedFile], lost: int = 0) -> Envelope:
    """The message; `files` are those whose bytes are here, `lost` how many are not."""
    form, values = rules.form, submission.values
    name = name_of(submission, form)
    service = _meaning(submission, form, "service")
    owner = rules.owner(service)
    fields = _fields(submission, form) | ({"owner": owner} if owner else {})
    return Envelope(
        digest=name.digest,
        person=name.person,
        at=submission.at,
        form=form.name,
        title=form.title,
        sender=_meaning(submission, form, "email").lower(),
        name=_person(submission, form),
        lines=_lines(submission, form, lost),
        fields={**fields, "source": f"Web form: {form.title}"},
        leads=rules.leads,
        trapped=TRAP in values,
        files=[Attached(file.name, file.content_type) for file in files],
    )


def _meaning(submission: Submission, form: WebForm, means: str) -> str:
    return submission.values.get(form.meaning(means), "")


def _person(submission: Submission, form: WebForm) -> str:
    parts = (_meaning(submission, form, means) for means in ("name", "first_name", "last_name"))
    return safe_line(" ".join(part for part in parts if part))[:100]


def _whose(submission: Submission, form: WebForm) -> str:
    """What tells one person from another: the address, else the number, else nothing but this very submission."""
    email = _meaning(submission, form, "email").lower()
    phone = "".join(char for char in _meaning(submission, form, "phone") if char.isdigit())
    return email or phone or submission.id


def _fields(submission: Submission, form: WebForm) -> dict[str, str]:
    """The lead's fields; what means none keeps the form's name for it and is told in the lead's description."""
    found: dict[str, str] = {}
    for asked in form.fields:
        value = submission.values.get(asked.name, "")
        if value and asked.kind is not InputKind.FILE:
            found[asked.means or asked.name] = value
    if not form.fields:  # the form is gone from the configuration: what was sent under it is not
        found = {name: value for name, value in submission.values.items() if name != TRAP}
    return found


def _asking(field: FormField, language: str) -> str:
    label = label_of(field, language)
    return label if label.endswith(("?", ":")) else f"{label}:"


def _lines(submission: Submission, form: WebForm, lost: int) -> list[str]:
    """Every question that was answered, the long answers last."""
    asked = form.fields or tuple(FormField(name) for name in submission.values if name != TRAP)
    answered = [each for each in asked if submission.values.get(each.name)]
    short = [each for each in answered if each.kind is not InputKind.TEXTAREA]
    lines = [f"{_asking(each, submission.language)} {submission.values[each.name]}" for each in short]
    for each in answered:
        if each.kind is InputKind.TEXTAREA:
            lines += ["", _asking(each, submission.language), submission.values[each.name]]
    agreed = [f"[x] {box.text} ({box.version})" for box in form.consents if box.name in submission.values]
    lines += ["", *agreed] if agreed else []
    if lost:
        lines += ["", f"{lost} file(s) of this submission were lost at the outpost."]
    return lines


def _hashed(text: str, length: int) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:length]
