"""What somebody filled in, checked against the form: clean values, or a sentence for each field to mend."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from agent.web_forms.texts import say, word_for
from agent.web_forms.uploads import Upload, clean_name, kind_of
from crm_model.errors import Rejected
from crm_model.safe_text import safe_line, safe_text
from crm_model.web_forms import FILE_TYPES, FormField, InputKind, WebForm
from sync.composing.recipients import read_recipients

_EMAIL = re.compile(r"[^\s@<>,;:\"()\[\]\\]{1,64}@[^\s@<>,;:\"()\[\]\\.]+(?:\.[^\s@<>,;:\"()\[\]\\.]+)+")
_PHONE = re.compile(r"\+?[\d\s()./\-–]*\d[\d\s()./\-–]*(?:(?:x|ext\.?|доб\.?)\s*\d{1,6})?", re.I)
_LONGEST_ADDRESS = 254
_TICKED = ("on", "true", "yes", "1")


@dataclass(frozen=True, slots=True)
class GoodFile:
    """A file that passed: its stream, a harmless name and its content type."""

    upload: Upload
    name: str
    content_type: str


@dataclass(slots=True)
class Checked:
    """`values` by field name, of a ticked box the version of its text; `problems` are sentences by field name."""

    values: dict[str, str] = field(default_factory=dict)
    files: list[GoodFile] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)


def label_of(asked: FormField, language: str) -> str:
    """What a field is called in a language."""
    labels = asked.labels
    own = labels.get(language) or word_for(language, asked.means)
    return own or next(iter(labels.values()), asked.name)


def is_address(text: str) -> bool:
    """Whether mail can be sent to this; for a form whose link nobody can be sent would be waited for in vain."""
    if len(text) > _LONGEST_ADDRESS or _EMAIL.fullmatch(text) is None:
        return False
    try:
        return len(read_recipients(text, "")) == 1
    except Rejected:
        return False


def check(form: WebForm, given: Mapping[str, str], files: Mapping[str, Sequence[Upload]], language: str) -> Checked:
    """Everything that the form asks; what it does not ask is dropped."""
    checked = Checked()
    for asked in form.fields:
        if asked.kind is InputKind.FILE:
            _check_files(form, asked, files.get(asked.name, ()), language, checked)
            continue
        value = _clean(asked, given.get(asked.name, asked.value if asked.kind is InputKind.HIDDEN else ""))
        if value:
            checked.values[asked.name] = value
        problem = _problem(asked, value, label_of(asked, language), language)
        if problem:
            checked.problems[asked.name] = problem
    if sum(map(len, files.values())) > form.file_count and not checked.problems.get(_file_field(form)):
        checked.problems[_file_field(form)] = say(language, "problem_file_count", count=form.file_count)
    for box in form.consents:
        ticked = given.get(box.name, "").strip()
        if ticked == box.version or ticked.lower() in _TICKED:
            checked.values[box.name] = box.version
        elif box.required:
            checked.problems[box.name] = say(language, "problem_required_box", label=box.text)
    return checked


def _file_field(form: WebForm) -> str:
    return next((each.name for each in form.fields if each.kind is InputKind.FILE), "")


def _clean(asked: FormField, value: str) -> str:
    return safe_text(value).strip() if asked.kind is InputKind.TEXTAREA else safe_line(value)


def _problem(asked: FormField, value: str, label: str, language: str) -> str:
    if not value:
        key = "required_choice" if asked.kind is InputKind.CHOICE else "required"
        return say(language, f"problem_{key}", label=label) if asked.required else ""
    if len(value) > asked.max_length:
        return say(language, "problem_too_long", label=label, most=asked.max_length, count=len(value))
    wrong = (
        (asked.kind is InputKind.EMAIL and not is_address(value))
        or (asked.kind is InputKind.PHONE and not (_PHONE.fullmatch(value) and 5 <= sum(map(str.isdigit, value)) <= 20))
        or (asked.kind is InputKind.CHOICE and value not in asked.choices)
    )
    return say(language, f"problem_{asked.kind.value}", label=label) if wrong else ""


def _check_files(form: WebForm, asked: FormField, found: Sequence[Upload], language: str, checked: Checked) -> None:
    for upload in found:
        problem, kind = _file_problem(form, upload, language)
        if problem:
            checked.problems.setdefault(asked.name, problem)
        else:
            checked.files.append(GoodFile(upload, clean_name(upload.name, kind), FILE_TYPES[kind][0]))
    if asked.required and not found:
        label = label_of(asked, language)
        checked.problems[asked.name] = say(language, "problem_required_file", label=label)


def _file_problem(form: WebForm, upload: Upload, language: str) -> tuple[str, str]:
    shown = safe_line(upload.name)[:80]
    if upload.size > form.file_bytes:
        return say(language, "problem_file_size", file=shown, size=form.file_bytes // 1_000_000), ""
    if not upload.size:
        return say(language, "problem_file_empty", file=shown), ""
    kind = kind_of(upload)
    if kind not in form.file_types:
        return say(language, "problem_file_type", file=shown, types=", ".join(form.file_types)), ""
    return "", kind
