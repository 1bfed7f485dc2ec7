"""Modules that are imported when something of them is first used: the screen stands before the database is open."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType


class Later(ModuleType):
    """Stands for the module of this name. Its first use may take half a second: in workers only."""

    def __getattr__(self, name: str) -> object:
        return getattr(import_module(self.__name__), name)
