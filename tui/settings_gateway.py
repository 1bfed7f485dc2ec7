"""The screen's door to the configuration file, as `tui.gateway` is its door to the database."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from crm_model.errors import ConfigError, NotSupported
from crm_model.records import FieldSpec, RecordKind
from sync.field_map import Direction, OnConflict
from sync.field_rows import FieldRow, Shown, field_rows
from sync.settings import change, parse
from sync.settings.change import AddEntry, Change, Proposal, RemoveEntry, SetKey, SetRule
from sync.settings.outline import SEVERAL, SettingGroup, SettingRow, Sort, kinds_of
from tui.keymap import keymap_of
from tui.words import say

__all__ = [
    "SEVERAL",
    "AddEntry",
    "Change",
    "Describe",
    "Direction",
    "FieldRow",
    "OnConflict",
    "Proposal",
    "RemoveEntry",
    "SetKey",
    "SetRule",
    "SettingGroup",
    "SettingRow",
    "SettingsGateway",
    "Shown",
    "Sort",
    "TryPlace",
    "kinds_of",
]

TryPlace = Callable[[str, str], Sequence[str]]
"""Tries a mail account, CRM or hook (its table, its name) and says in lines what came of it. Errors: HitchpostError."""

Describe = Callable[[str], Mapping[RecordKind, Sequence[FieldSpec]]]
"""The fields of a CRM by its name, as it describes them. Errors: HitchpostError."""


class SettingsGateway:
    """One configuration file. Every call may take a moment: from workers only."""

    def __init__(self, path: Path, try_place: TryPlace | None = None, describe: Describe | None = None) -> None:
        self.path, self._try_place, self._describe = path, try_place, describe

    def propose(self, changes: Sequence[Change], base: str | None = None) -> Proposal:
        """With the keys of the screen looked at, too. Errors: ConfigError."""
        proposal = change.propose(self.path, changes, base)
        return proposal if proposal.problem else replace(proposal, problem=self._key_problem(proposal.text))

    def _key_problem(self, text: str) -> str:
        settings = parse(text, self.path)
        try:
            keymap_of(settings.key_set, settings.own_keys, self.path)
        except ConfigError as error:
            return str(error)
        return ""

    def write(self, proposal: Proposal) -> None:
        """Errors: ConfigError; then nothing is written."""
        if proposal.problem:
            raise ConfigError(proposal.problem)
        change.write(self.path, proposal)

    def field_rows(self, proposal: Proposal, crm: str) -> tuple[FieldRow, ...]:
        """How the fields of a CRM would be ours, kind by kind. Errors: HitchpostError, with the mend."""
        if self._describe is None:
            raise NotSupported(say("No CRM can be asked from here."), feature="describe")
        field_map = change.field_map(self.path, proposal, crm)
        described = self._describe(crm)
        return tuple(row for kind, specs in described.items() for row in field_rows(kind, specs, field_map))

    def try_place(self, table: str, entry: str) -> Sequence[str]:
        """What trying it says. Errors: HitchpostError with the mend."""
        if self._try_place is None:
            raise NotSupported(say("Nothing can be tried from here."), feature="try")
        return self._try_place(table, entry)
