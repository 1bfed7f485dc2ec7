"""A failed test of a connection as one sentence: what is wrong, and what mends it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from crm_model.errors import (
    Busy,
    ConfigError,
    HitchpostError,
    LoginNeeded,
    NotFound,
    NotSupported,
    RateLimited,
    Rejected,
    TryLater,
    Unreachable,
)

if TYPE_CHECKING:
    from crm_model.options import Connection

_AGAIN = "; it will be tried again"


def explained(error: HitchpostError, crm: Connection, file: Path) -> HitchpostError:
    """The same kind of error, its sentence with the mend, for a CRM that stands in the configuration."""
    if isinstance(error, ConfigError):
        place = f"crm “{crm.name}”" + (f": {error.key}" if error.key else "")
        return ConfigError(error.problem, file=file, key=place, nearest=error.nearest)
    sign_in = f"look at its user in {file}, or give another secret: hitchpost crm test {crm.name} --new-secret"
    address = f"check its address in {file} and whether this machine reaches it, then test again"
    return _mended(error, crm.name, sign_in=sign_in, address=address, again="test again")


def explained_new(error: HitchpostError, name: str) -> HitchpostError:
    """The same for one that is being added: no file holds it yet, so the mend is in the command itself."""
    if isinstance(error, ConfigError):
        is_option = bool(error.key) and str(error.key).isidentifier()  # a secret's error names its owner instead
        option = f"--set {error.key}" if is_option else error.key
        return ConfigError(error.problem, key=option, nearest=error.nearest)
    sign_in = "check its user (--set user) and its secret, and run this again"
    address = "check its address (--set url) and whether this machine reaches it, and run this again"
    return _mended(error, name, sign_in=sign_in, address=address, again="run this again")


def _mended(error: HitchpostError, name: str, *, sign_in: str, address: str, again: str) -> HitchpostError:
    said = str(error).rstrip().removesuffix(".").replace(_AGAIN, "")
    if isinstance(error, LoginNeeded):
        return LoginNeeded(f"{said}; {sign_in}", account=name)
    if isinstance(error, RateLimited | Busy):
        return type(error)(f"{said}; wait a little, then {again}")
    if isinstance(error, TryLater):
        return Unreachable(f"{said}; {address}")
    if isinstance(error, Rejected | NotFound | NotSupported):
        return HitchpostError(f"{said}; the user may lack rights there: ask who looks after {name}")
    return error
