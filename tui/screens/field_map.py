"""How a CRM's fields are ours: the list to pick from, and the form that changes the rule of one field."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from crm_model.errors import Rejected
from crm_model.records import FieldSpec, FieldType, RecordKind
from tui.gateway import Gateway
from tui.layout.field_map import CONFLICT_WORDS, DIRECTION_WORDS, direction_sign, row_details, values_text
from tui.layout.record import kind_words
from tui.screens.form import FormField, FormScreen, Section, Values
from tui.screens.picker import Choice, Picker
from tui.settings_gateway import Direction, FieldRow, OnConflict, SetRule
from tui.words import mark, say


class FieldMapList(Picker[FieldRow]):
    """Ends with the field to change, or None. `read` gives all of them; it may take a moment."""

    PLACEHOLDER = mark("Type to narrow: a field, a label, lead, pinned, …")
    NOTHING = mark("No field found.")

    def __init__(self, gateway: Gateway, crm: str, read: Callable[[], Sequence[FieldRow]]) -> None:
        super().__init__(gateway)
        self._crm, self._read = crm, read
        self._rows: Sequence[FieldRow] | None = None

    @property
    def title_words(self) -> str:
        return say("Fields of {crm}: ours, and the CRM's", crm=self._crm)

    def rows_of(self, kind: RecordKind) -> Sequence[FieldRow]:
        """All fields of one kind of record."""
        return [row for row in self._rows or () if row.kind is kind]

    def find(self, text: str) -> Sequence[Choice[FieldRow]]:
        if self._rows is None:
            self._rows = self._read()
        words = text.casefold().split()
        choices = [_choice(row) for row in self._rows]
        return [each for each in choices if all(word in _text(each) for word in words)]


def _choice(row: FieldRow) -> Choice[FieldRow]:
    name = f"{row.ours} {direction_sign(row.direction)} {row.theirs or '–'}"
    return Choice(row, name, row_details(row), kind_words(row.kind))


def _text(choice: Choice[Any]) -> str:
    return f"{choice.tag} {choice.title} {choice.detail}".casefold()


class FieldRuleForm(FormScreen):
    """One field: what it is called there, which way its values go, whose edit wins, whether it is pinned.

    Ends with words if something changed; `changes` then holds what. `rows` are all fields, to choose theirs from.
    """

    KEY_WORDS = mark("Tab next field · ^s takes it, to be looked at before it is written · Esc leaves")

    def __init__(self, gateway: Gateway, crm: str, row: FieldRow, rows: Sequence[FieldRow]) -> None:
        super().__init__(gateway)
        self._crm, self._row, self._rows = crm, row, rows
        self.changes: tuple[SetRule, ...] = ()

    @property
    def title_words(self) -> str:
        return say(
            "{kind} {field}, as {crm} has it", kind=kind_words(self._row.kind), field=self._row.ours, crm=self._crm
        )

    def sections(self) -> Sequence[Section]:
        rule, row = self._row.rule, self._row
        theirs = sorted({(each.theirs, each.label or each.theirs) for each in self._rows if each.theirs})
        there = tuple((name, f"{name} · {label}" if label != name else name) for name, label in theirs)
        ways = tuple((each.value, say(DIRECTION_WORDS[each])) for each in Direction)
        wins = tuple((each.value, say(CONFLICT_WORDS[each])) for each in OnConflict)
        pins = (("yes", say("Yes")), ("no", say("No")))
        fields = (
            FormField(_asked("ours", say("Our name"), FieldType.TEXT, required=True), row.ours),
            FormField(_asked("field", say("Theirs"), FieldType.PICKLIST, there), row.theirs, there),
            FormField(_asked("direction", say("Which way"), FieldType.PICKLIST, ways), rule.direction.value, ways),
            FormField(
                _asked("on_conflict", say("Both edited"), FieldType.PICKLIST, wins), rule.on_conflict.value, wins
            ),
            FormField(_asked("pin", say("Pinned"), FieldType.BOOLEAN), rule.pin, pins),
            FormField(_asked("label", say("Label"), FieldType.TEXT), rule.label),
            FormField(_asked("values", say("Values ours=theirs"), FieldType.TEXT), values_text(rule.values)),
        )
        return [Section("rule", "", fields)]

    def store(self, values: Values) -> str:
        typed = values.get("rule", {})
        ours = str(typed.get("ours", "")).strip()
        if not ours.replace("_", "").isalnum():
            words = say("Letters, digits and _ only.")
            raise Rejected(words, field_errors={"ours": words})
        before, wanted = _keys(self._row), _wanted(self._row, typed)
        if ours != self._row.ours:
            if any(each.ours == ours for each in self._rows):
                words = say("Another field has this name.")
                raise Rejected(words, field_errors={"ours": words})
            gone = [SetRule(self._crm, self._row.kind, self._row.ours, key, "") for key, held in before.items() if held]
            wanted["field"] = str(typed.get("field") or self._row.theirs)
            self.changes = (*gone, *(self._set(ours, key, text) for key, text in wanted.items() if text))
        else:
            changed = (key for key, text in wanted.items() if text != before[key])
            self.changes = tuple(self._set(ours, key, wanted[key]) for key in changed)
        return say("Looked at and written with ^s") if self.changes else say("Nothing changed")

    def _set(self, ours: str, key: str, text: str) -> SetRule:
        return SetRule(self._crm, self._row.kind, ours, key, text)


def _asked(
    name: str, label: str, sort: FieldType, options: tuple[tuple[str, str], ...] = (), *, required: bool = False
) -> FieldSpec:
    return FieldSpec(name, label, sort, required=required, options=options)


def _keys(row: FieldRow) -> dict[str, str]:
    """The rule as the file has it, "" for what is left at its default."""
    rule = row.rule
    return {
        "field": rule.theirs,
        "direction": "" if rule.direction is Direction.BOTH else rule.direction.value,
        "on_conflict": "" if rule.on_conflict is OnConflict.ASK else rule.on_conflict.value,
        "pin": "yes" if rule.pin else "",
        "label": rule.label,
        "values": values_text(rule.values),
    }


def _wanted(row: FieldRow, typed: dict[str, Any]) -> dict[str, str]:
    """What was typed in the same shape. What the CRM's description says anyway needs no rule."""
    theirs = str(typed.get("field") or "")
    direction, wins = str(typed.get("direction") or ""), str(typed.get("on_conflict") or "")
    return {
        "field": row.rule.theirs if theirs == row.theirs else theirs,
        "direction": "" if direction == Direction.BOTH else direction,
        "on_conflict": "" if wins == OnConflict.ASK else wins,
        "pin": "yes" if typed.get("pin") else "",
        "label": str(typed.get("label") or ""),
        "values": str(typed.get("values") or ""),
    }
