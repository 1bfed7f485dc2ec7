"""What a mailbox or CRM backend wants to be told: the configuration file, `--help` and the documentation read it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from crm_model.errors import ConfigError

OptionValue = str | int | bool | tuple[str, ...]


class OptionType(StrEnum):
    TEXT = "text"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    LIST = "list"
    PATH = "path"


@dataclass(frozen=True, slots=True)
class OptionSpec:
    """One key under a `[[mail_account]]` or `[[crm]]` table. `help` is one sentence for the documentation.

    `zero` is what 0 means, in words, where it is no number of anything.
    """

    name: str
    type: OptionType
    help: str
    required: bool = False
    default: OptionValue | None = None
    choices: tuple[str, ...] = ()
    zero: str = ""


def _nowhere(_secret: str) -> None:
    raise ConfigError("this connection has no place to keep a renewed secret")


@dataclass(frozen=True, slots=True)
class Connection:
    """A configured mail account or CRM: its name, its kind, checked options with defaults filled in.

    `secret` fetches the password or token when called, from wherever the configuration says; it raises
    ConfigError with the mend when there is none. A kind that needs several values keeps them there as one JSON object.
    `keep_secret` puts a renewed one (a refresh token that rotates) back; ConfigError where the place can't be written.
    """

    name: str
    kind: str
    options: Mapping[str, OptionValue]
    secret: Callable[[], str] = field(repr=False)
    keep_secret: Callable[[str], None] = field(default=_nowhere, repr=False)

    def text(self, option: str) -> str:
        """A text or path option, "" if absent."""
        return str(self.options.get(option, ""))

    def number(self, option: str, default: int) -> int:
        value = self.options.get(option, default)
        return value if isinstance(value, int) else default

    def names(self, option: str) -> tuple[str, ...]:
        """A list option, () if absent."""
        value = self.options.get(option, ())
        return value if isinstance(value, tuple) else ()
