"""Converting a lead: the contact, the account it joins or makes, and the opportunity if there is one."""

from __future__ import annotations

from collections.abc import Sequence

from crm_model.records import Conversion, FieldSpec, FieldType, FieldValue, RecordKind
from tui.gateway import Gateway, RecordView
from tui.screens.form import FormField, FormScreen, Section, Values
from tui.screens.lead_form import is_typed
from tui.widgets.field_input import choices_of
from tui.words import mark, say

_NEW = "new"
_CONTACT = ("first_name", "last_name", "email", "phone", "title")
_ACCOUNT = ("name", "website", "phone")
_OPPORTUNITY = ("name", "stage", "amount", "currency", "closes_on", "close_date")


class ConversionForm(FormScreen):
    """No account or opportunity is made when its name is empty. Accounts that may be the same are offered to join."""

    KEY_WORDS = mark("* required · Tab next field · ^s converts the lead · Esc leaves")

    def __init__(self, gateway: Gateway, lead: RecordView) -> None:
        super().__init__(gateway)
        self._lead = lead
        self._known = {field.spec.name: field.value for field in lead.fields}

    @property
    def title_words(self) -> str:
        return say("Convert {lead}", lead=self._lead.title)

    def sections(self) -> Sequence[Section]:
        company = str(self._known.get("company") or "")
        return [
            Section("contact", say("Contact"), self._fields(RecordKind.CONTACT, _CONTACT, self._known)),
            Section("join", say("Account"), [self._join(company)]),
            Section(
                "account",
                say("New account (leave the name empty for none)"),
                self._fields(RecordKind.ACCOUNT, _ACCOUNT, {**self._known, "name": company}),
            ),
            Section(
                "opportunity",
                say("Opportunity (leave the name empty for none)"),
                self._fields(RecordKind.OPPORTUNITY, _OPPORTUNITY, {"name": company or self._lead.title}),
            ),
        ]

    def _fields(self, kind: RecordKind, names: Sequence[str], known: dict[str, FieldValue]) -> list[FormField]:
        specs = {spec.name: spec for spec in self.gateway.fields_of(kind, self._lead.crm) if is_typed(spec)}
        fields = []
        for name in names:
            if spec := specs.get(name):
                # Whether a field must be filled depends on what is made of the form; the CRM says so then.
                asked = FieldSpec(spec.name, spec.label, spec.type, options=spec.options, max_length=spec.max_length)
                fields.append(FormField(asked, known.get(name), choices_of(spec, ())))
        return fields

    def _join(self, company: str) -> FormField:
        found = self.gateway.search_records(company, frozenset({RecordKind.ACCOUNT})) if company else ()
        options = tuple(
            (str(row.id), say("join {account}", account=row.title)) for row in found[:8] if row.crm == self._lead.crm
        )
        spec = FieldSpec(
            "account", say("Join or make"), FieldType.PICKLIST, options=((_NEW, say("make a new account")), *options)
        )
        same = next((str(row.id) for row in found if row.title.casefold() == company.casefold()), _NEW)
        return FormField(spec, same if same in dict(spec.options) else _NEW, spec.options)

    def store(self, values: Values) -> str:
        chosen = str(values.get("join", {}).get("account", _NEW))
        joined = "" if chosen == _NEW else self.gateway.reference(int(chosen))
        account, opportunity = values.get("account", {}), values.get("opportunity", {})
        conversion = Conversion(
            account=account if account.get("name") and not joined else {},
            contact=values.get("contact", {}),
            opportunity=opportunity if opportunity.get("name") else {},
            account_id=joined,
        )
        self.gateway.convert(self._lead.id, conversion)
        return say("{lead} converted", lead=self._lead.title)
