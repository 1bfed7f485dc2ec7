"""The screen's door to the configuration file, as `tui.gateway` is its door to the database."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from crm_model.errors import ConfigError, NotSupported
from sync.settings import change, parse
from sync.settings.change import AddEntry, Change, Proposal, RemoveEntry, SetKey
from sync.settings.outline import SEVERAL, SettingGroup, SettingRow, Sort, kinds_of
from tui.keymap import keymap_of
from tui.words import say

__all__ = [
    "SEVERAL",
    "AddEntry",
    "Change",
    "Proposal",
    "RemoveEntry",
    "SetKey",
    "SettingGroup",
    "SettingRow",
    "SettingsGateway",
    "Sort",
    "TryPlace",
    "kinds_of",
]

TryPlace = Callable[[str, str], Sequence[str]]
"""Tries a mail account, CRM or hook (its table, its name) and says in lines what came of it. Errors: HitchpostError."""


class SettingsGateway:
    """One configuration file. Every call may take a moment: from workers only."""

    def __init__(self, path: Path, try_place: TryPlace | None = None) -> None:
        self.path, self._try_place = path, try_place

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

    def try_place(self, table: str, entry: str) -> Sequence[str]:
        """What trying it says. Errors: HitchpostError with the mend."""
        if self._try_place is None:
            raise NotSupported(say("Nothing can be tried from here."), feature="try")
        return self._try_place(table, entry)
