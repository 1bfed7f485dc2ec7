"""The root of the command line, which says in help and errors nothing but what helps a person: no type of a flag."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup, TyperOption

_LIBRARY_WORDS = "Value error, "  # how pydantic, below typer, begins every sentence of its own


class PlainGroup(TyperGroup):
    """Everything below it speaks like it."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        _name_no_types(self, typer.Context(self, **self.context_settings))
        return super().main(*args, **kwargs)

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            error.message = error.message.removeprefix(_LIBRARY_WORDS)
            raise


def _name_no_types(command: Any, root: typer.Context) -> None:
    for option in [*command.params, command.get_help_option(root)]:
        if isinstance(option, TyperOption) and option.is_flag:
            option.metavar = ""
    for below in getattr(command, "commands", {}).values():
        _name_no_types(below, root)
