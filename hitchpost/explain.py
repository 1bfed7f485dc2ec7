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
    """The same kind of error, its sentence with the mend."""
    said = str(error).rstrip().removesuffix(".").replace(_AGAIN, "")
    if isinstance(error, ConfigError):
        place = f"crm “{crm.name}”" + (f": {error.key}" if error.key else "")
        return ConfigError(error.problem, file=file, key=place, nearest=error.nearest)
    if isinstance(error, LoginNeeded):
        mend = f"look at its user in {file}, or give another secret: hitchpost crm test {crm.name} --new-secret"
        return LoginNeeded(f"{said}; {mend}", account=crm.name)
    if isinstance(error, RateLimited | Busy):
        return type(error)(f"{said}; wait a little, then test again")
    if isinstance(error, TryLater):
        return Unreachable(f"{said}; check its address in {file} and whether this machine reaches it, then test again")
    if isinstance(error, Rejected | NotFound | NotSupported):
        return HitchpostError(f"{said}; the user may lack rights there: ask who looks after {crm.name}")
    return error
