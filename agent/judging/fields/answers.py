"""The fields of a lead as a form of our own asked for them."""

from __future__ import annotations

from agent.intake.envelope import read_answers
from agent.judging.evidence import Evidence
from agent.judging.fields import names
from agent.judging.fields.phones import read_phones, stated
from agent.judging.fields.region import regions_of
from crm_model.records import FieldValue

_SPLIT = ("name", "first_name", "last_name", "email", "phone", "message")


def read_answer_fields(mail: Evidence) -> tuple[dict[str, FieldValue], dict[str, str]]:
    """Everything that was stated, as it was stated; a telephone number in E.164 if it is one."""
    answers = read_answers(mail.message)
    if answers is None:
        return {}, {}
    given = answers.fields
    email = given.get("email", "").lower()
    first, last = names.split(given.get("name", ""), email) if given.get("name") else ("", "")
    fields: dict[str, FieldValue] = {
        "first_name": given.get("first_name") or first,
        "last_name": given.get("last_name") or last or ("" if first else given.get("name", "")),
        "email": email,
        **_phones(mail, given.get("phone", ""), email, given.get("message", "")),
        **{name: value for name, value in given.items() if name not in _SPLIT},
        "description": given.get("message", ""),
    }
    found: dict[str, FieldValue] = {name: value for name, value in fields.items() if value}
    return found, dict.fromkeys(found, f"form {answers.form}")


def _phones(mail: Evidence, typed: str, email: str, message: str) -> dict[str, str]:
    """A national number is of the sender's country or ours; only then of the country that the message speaks of."""
    if not typed:
        return {}
    domain, ours = email.rpartition("@")[2], mail.organisation.default_region
    regions = tuple(dict.fromkeys((*regions_of(domain, "", ours), *regions_of(domain, message, ours))))
    found = stated(read_phones([typed], regions, mail.organisation.phones, "form"))
    return {name: value for name, (value, _) in found.items()} or {"phone": typed}
