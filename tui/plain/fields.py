"""Fields of a record edited line by line, and conflicts settled."""

from __future__ import annotations

from crm_model.records import FieldSpec, FieldType, FieldValue
from crm_model.safe_text import safe_line
from tui.gateway import ConflictView, FieldView, Gateway, RecordView
from tui.keymap import KEYS
from tui.layout.conflict import conflict_lines
from tui.plain.talk import WIDTH, Talk
from tui.retelling import retold
from tui.values import BadValue, typed_value
from tui.widgets.field_input import choices_of, hint_words
from tui.words import mark, say

_EMPTY = "-"
_SIDES = mark("m keep mine · t take theirs · e another value · nothing: later")


def edit_field(talk: Talk, gateway: Gateway, record: RecordView, name: str) -> None:
    """Ask which field, unless its name's beginning is given, then for its value."""
    fields = [field for field in record.fields if not field.spec.read_only]
    labels = [field.spec.label for field in fields]
    shown = [f"{field.spec.label}: {field.display}" for field in fields]
    place = talk.place_of(name, labels) if name else talk.pick(say("Which field? Nothing leaves them."), shown)
    if place is None:
        return
    field = fields[place]
    if field.conflict:
        _settle(talk, gateway, field.conflict, field.spec)
        return
    try:
        value = _asked(talk, gateway, record, field)
    except BadValue as error:
        talk.tell(f"! {safe_line(retold(str(error)))}")
        return
    if value == field.value:
        talk.tell(say("Left as it is."))
        return
    gateway.change_record(record.id, {field.spec.name: value}, {field.spec.name: field.value})
    talk.tell(say("{fields} changed ({key[undo]} undoes)", key=KEYS, fields=safe_line(field.spec.label)))


def settle_conflicts(talk: Talk, gateway: Gateway, record: RecordView) -> None:
    """One after the other."""
    specs = {field.spec.name: field.spec for field in record.fields}
    for conflict in record.conflicts:
        spec = specs.get(conflict.field, FieldSpec(conflict.field, conflict.field, FieldType.TEXT))
        _settle(talk, gateway, conflict, spec)
    if not record.conflicts:
        talk.tell(say("No conflicts here."))


def _settle(talk: Talk, gateway: Gateway, conflict: ConflictView, spec: FieldSpec) -> None:
    talk.tell(safe_line(spec.label))
    talk.lines(conflict_lines(conflict, spec, WIDTH, gateway.clock))
    choice = talk.ask_for(say(_SIDES))
    if choice == "m":
        gateway.resolve(conflict.id, "mine")
        talk.tell(say("Conflict settled: kept as you had it ({key[undo]} undoes)", key=KEYS))
    elif choice == "t":
        gateway.resolve(conflict.id, "theirs")
        talk.tell(say("Conflict settled: taken from the CRM ({key[undo]} undoes)", key=KEYS))
    elif choice == "e":
        try:
            value = typed_value(spec, talk.ask_for(_new_value(spec)), gateway.clock)
        except BadValue as error:
            talk.tell(f"! {safe_line(retold(str(error)))}")
            return
        gateway.resolve(conflict.id, "edited", value)
        talk.tell(say("{fields} changed ({key[undo]} undoes)", key=KEYS, fields=safe_line(spec.label)))
    else:
        talk.tell(say("Left as it is."))


def _asked(talk: Talk, gateway: Gateway, record: RecordView, field: FieldView) -> FieldValue:
    """The value that is wanted, the old one if nothing is typed. Errors: BadValue."""
    spec = field.spec
    if spec.type is FieldType.REFERENCE:
        return _reference(talk, gateway, field)
    if choices := choices_of(spec, gateway.owners_of(record.crm) if spec.type is FieldType.OWNER else ()):
        place = talk.pick(say("Which one? Nothing leaves it."), [label for _, label in choices])
        return field.value if place is None else _chosen(spec, choices[place][0])
    talk.tell(f"{safe_line(spec.label)}: {safe_line(field.display) or say('(empty)')}")
    if spec.type is FieldType.LONG_TEXT:
        return "\n".join(talk.ask_text()) or field.value
    typed = talk.ask_for(_new_value(spec))
    if not typed:
        return field.value
    return typed_value(spec, "" if typed == _EMPTY else typed, gateway.clock)


def _chosen(spec: FieldSpec, value: str) -> FieldValue:
    return value == "yes" if spec.type is FieldType.BOOLEAN else value


def _reference(talk: Talk, gateway: Gateway, field: FieldView) -> FieldValue:
    kinds = frozenset({field.spec.target}) if field.spec.target else None
    words = talk.ask_for(say("Words of its name; nothing leaves it."))
    rows = gateway.search_records(words, kinds) if words else ()
    place = talk.pick(say("Which one? Nothing leaves it."), [f"{row.title}, {row.subtitle}" for row in rows])
    return field.value if place is None else gateway.reference(rows[place].id)


def _new_value(spec: FieldSpec) -> str:
    hint = hint_words(spec.type)
    asked = say("New value; nothing leaves it, - empties it.")
    return f"{asked} ({hint})" if hint else asked
