"""Making a lead of a conversation, or of the agent's suggestion with changes."""

from __future__ import annotations

from collections.abc import Sequence

from crm_model.mail import Direction
from crm_model.records import FieldSpec, FieldType, FieldValue, RecordKind
from tui.gateway import ConversationView, Gateway
from tui.screens.form import FormField, FormScreen, Section, Values
from tui.widgets.field_input import choices_of
from tui.words import mark, say

_FIRST = ("first_name", "last_name", "company", "email", "phone", "title", "status", "source", "description")


class LeadForm(FormScreen):
    """Prefilled from the open suggestion, else from who wrote."""

    TITLE_WORDS = mark("New lead")
    KEY_WORDS = mark("* required · Tab next field · ^s creates the lead · Esc leaves")

    def __init__(self, gateway: Gateway, conversation: ConversationView) -> None:
        super().__init__(gateway)
        self._conversation = conversation
        suggestion = conversation.suggestion
        self._suggestion = suggestion if suggestion and not suggestion.candidates else None

    def sections(self) -> Sequence[Section]:
        specs = [spec for spec in self.gateway.fields_of(RecordKind.LEAD) if is_typed(spec)]
        rank = {name: place for place, name in enumerate(_FIRST)}
        specs.sort(key=lambda spec: rank.get(spec.name, len(rank)))
        known = dict(self._suggestion.fields) if self._suggestion else sender_fields(self._conversation)
        owners = self.gateway.owners_of()
        fields = [FormField(spec, known.get(spec.name), choices_of(spec, owners)) for spec in specs]
        return [Section("lead", say("Lead"), fields)]

    def store(self, values: Values) -> str:
        fields = values.get("lead", {})
        if self._suggestion:
            self.gateway.accept(self._suggestion.id, fields=fields)
        else:
            self.gateway.create_lead(self._conversation.thread.id, fields)
        return say("Lead created")


def is_typed(spec: FieldSpec) -> bool:
    """Whether a form can ask for this field: not read-only, not a reference."""
    return not spec.read_only and spec.type is not FieldType.REFERENCE


def sender_fields(conversation: ConversationView) -> dict[str, FieldValue]:
    """Name and address of the first person who wrote to us."""
    for message in conversation.messages:
        if message.direction is Direction.INCOMING and message.from_.email:
            first, _, last = message.from_.name.strip().rpartition(" ")
            fields = {"first_name": first, "last_name": last, "email": message.from_.email}
            return {name: value for name, value in fields.items() if value}
    return {}
