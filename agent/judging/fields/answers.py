"""The fields of a lead as a form of our own asked for them."""

from __future__ import annotations

from agent.intake.envelope import read_answers
from agent.judging.evidence import Evidence
from agent.judging.fields import names
from agent.judging.fields.phones import best_number
from agent.judging.fields.region import regions_of
from crm_model.records import FieldValue

_SPLIT = ("name", "first_name", "last_name", "email", "phone", "message")


def read_answer_fields(mail: Evidence) -> tuple[dict[str, FieldValue], dict[str, str]]:
    """Everything that was stated, as it was stated; a telephone number in E.164 if it is one."""
    answers = read_answers(mail.message)
    if answers is None:
        return {}, {}
    stated = answers.fields
    email = stated.get("email", "").lower()
    first, last = names.split(stated.get("name", ""), email) if stated.get("name") else ("", "")
    fields: dict[str, FieldValue] = {
        "first_name": stated.get("first_name") or first,
        "last_name": stated.get("last_name") or last or ("" if first else stated.get("name", "")),
        "email": email,
        "phone": _phone(mail, stated.get("phone", ""), email),
        **{name: value for name, value in stated.items() if name not in _SPLIT},
        "description": stated.get("message", ""),
    }
    found: dict[str, FieldValue] = {name: value for name, value in fields.items() if value}
    return found, dict.fromkeys(found, f"form {answers.form}")


def _phone(mail: Evidence, typed: str, email: str) -> str:
    if not typed:
        return ""
    regions = regions_of(email.rpartition("@")[2], mail.message.text[:2_000], mail.organisation.default_region)
    return best_number([typed], regions, mail.organisation.phones) or typed
