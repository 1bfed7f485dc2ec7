"""The fields of the embedded CRM, with its stages, statuses and limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from crm_model.errors import ConfigError
from crm_model.records import FieldSpec, FieldType, RecordKind


@dataclass(frozen=True, slots=True)
class Stage:
    """A sales stage and the probability, in percent, that it stands for."""

    value: str
    label: str
    probability: int


STAGES = (
    Stage("new", "New", 10),
    Stage("qualified", "Qualified", 15),
    Stage("proposal", "Proposal in preparation", 20),
    Stage("proposal_sent", "Proposal sent", 30),
    Stage("negotiation", "Negotiation", 80),
    Stage("weak_response", "Weak response", 5),
    Stage("won", "Won", 100),
    Stage("lost", "Lost", 0),
)
CONVERTED = "converted"
STATUSES = (
    ("new", "New"),
    ("open", "Open"),
    ("qualified", "Qualified"),
    ("disqualified", "Disqualified"),
    (CONVERTED, "Converted"),
)
CURRENCIES = tuple((code, code) for code in ("NOK", "SEK", "DKK", "EUR", "GBP", "USD", "CHF", "PLN", "RUB"))

_LINE, _TEXT, _URL, _EMAIL = 255, 65_536, 2_000, 254
_LEAD, _CONTACT, _ACCOUNT = RecordKind.LEAD, RecordKind.CONTACT, RecordKind.ACCOUNT


def _line(name: str, label: str, *, required: bool = False) -> FieldSpec:
    return FieldSpec(name, label, FieldType.TEXT, required=required, max_length=_LINE)


def _link(name: str, label: str, target: RecordKind, *, read_only: bool = False) -> FieldSpec:
    return FieldSpec(name, label, FieldType.REFERENCE, target=target, read_only=read_only)


_EMAILS = (
    FieldSpec("email", "E-mail", FieldType.EMAIL, max_length=_EMAIL),
    FieldSpec("other_emails", "Other e-mails", FieldType.EMAILS, max_length=_EMAIL),
)
_PHONES = (
    FieldSpec("phone", "Phone", FieldType.PHONE, max_length=100),
    FieldSpec("mobile", "Mobile", FieldType.PHONE, max_length=100),
)
_ADDRESS = (
    _line("street", "Street"),
    _line("postcode", "Postcode"),
    _line("city", "City"),
    _line("country", "Country"),
)
_NAMES = (_line("first_name", "First name"), _line("last_name", "Last name"))
_OWNER = FieldSpec("owner", "Owner", FieldType.OWNER)
_WEBSITE = FieldSpec("website", "Website", FieldType.URL, max_length=_URL)
_DESCRIPTION = FieldSpec("description", "Description", FieldType.LONG_TEXT, max_length=_TEXT)

SPECS: dict[RecordKind, tuple[FieldSpec, ...]] = {
    RecordKind.LEAD: (
        *_NAMES,
        *_EMAILS,
        *_PHONES,
        _line("title", "Title"),
        _line("company", "Company"),
        _WEBSITE,
        *_ADDRESS,
        FieldSpec("status", "Status", FieldType.PICKLIST, options=STATUSES),
        _line("source", "Source"),
        _DESCRIPTION,
        _OWNER,
        FieldSpec("next_contact_on", "Next contact", FieldType.DATE),
        _link("converted_contact_id", "Became contact", _CONTACT, read_only=True),
        _link("converted_account_id", "Became account", _ACCOUNT, read_only=True),
        _link("converted_opportunity_id", "Became opportunity", RecordKind.OPPORTUNITY, read_only=True),
    ),
    RecordKind.CONTACT: (
        *_NAMES,
        *_EMAILS,
        *_PHONES,
        _line("title", "Title"),
        *_ADDRESS,
        _link("account_id", "Account", _ACCOUNT),
        _OWNER,
        _DESCRIPTION,
    ),
    RecordKind.ACCOUNT: (
        _line("name", "Name", required=True),
        _WEBSITE,
        FieldSpec("domains", "Mail domains", FieldType.TEXTS, max_length=253),
        _PHONES[0],
        _line("industry", "Industry"),
        _link("parent_id", "Part of", _ACCOUNT),
        _OWNER,
        _DESCRIPTION,
    ),
    RecordKind.OPPORTUNITY: (
        _line("name", "Name", required=True),
        _link("account_id", "Account", _ACCOUNT),
        _link("contact_id", "Contact", _CONTACT),
        FieldSpec("other_contacts", "Other contacts", FieldType.REFERENCES, target=_CONTACT),
        FieldSpec("stage", "Stage", FieldType.PICKLIST, options=tuple((stage.value, stage.label) for stage in STAGES)),
        FieldSpec("probability", "Probability", FieldType.PERCENT),
        FieldSpec("amount", "Amount", FieldType.MONEY),
        FieldSpec("currency", "Currency", FieldType.PICKLIST, options=CURRENCIES),
        FieldSpec("closes_on", "Closes on", FieldType.DATE),
        _line("number", "Number"),
        _OWNER,
        _DESCRIPTION,
    ),
}


@dataclass(frozen=True, slots=True)
class Choices:
    """The stages of opportunities and the statuses of leads of one such CRM; a new record has the first of them."""

    stages: tuple[Stage, ...] = STAGES
    statuses: tuple[tuple[str, str], ...] = STATUSES

    def specs(self, kind: RecordKind) -> tuple[FieldSpec, ...]:
        """The fields of a kind with these choices."""
        options = {
            (RecordKind.LEAD, "status"): self.statuses,
            (RecordKind.OPPORTUNITY, "stage"): tuple((stage.value, stage.label) for stage in self.stages),
        }
        return tuple(replace(spec, options=options.get((kind, spec.name), spec.options)) for spec in SPECS[kind])

    def defaults(self, kind: RecordKind) -> dict[str, str]:
        """What a new record has where nothing is given."""
        if kind is RecordKind.LEAD:
            return {"status": self.statuses[0][0]}
        return {"stage": self.stages[0].value} if kind is RecordKind.OPPORTUNITY else {}

    def probability(self, stage: str) -> int:
        """What a stage stands for, in percent."""
        return next(each.probability for each in self.stages if each.value == stage)


def parse_choices(stages: Sequence[str], statuses: Sequence[str]) -> Choices:
    """Choices as the configuration writes them: "Tilbud sendt 30" (name and percent), "Qualified"; none: the usual.

    Errors: ConfigError.
    """
    return Choices(
        stages=tuple(_stage(text) for text in stages) or STAGES,
        statuses=(*((_value(text), text.strip()) for text in statuses), STATUSES[-1]) if statuses else STATUSES,
    )


def _stage(text: str) -> Stage:
    label, _, percent = text.strip().rpartition(" ")
    if not label or not percent.isascii() or not percent.isdecimal() or int(percent) > 100:
        raise ConfigError(f"write a stage with its probability, as “Tilbud sendt 30”, not “{text}”", key="stages")
    return Stage(_value(label), label.strip(), int(percent))


def _value(label: str) -> str:
    """What is stored for a choice: it stays the same when only capitals or blanks of its name change."""
    value = "_".join(label.casefold().split())
    if not value or value == CONVERTED:
        raise ConfigError(f"“{label}” can't be the name of a choice", key="statuses")
    return value
