"""Mail that came back: whom it did not reach, how finally, and which mail it was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class BounceClass(StrEnum):
    """HARD: the address is wrong for good. SOFT: full, too large, for now. BLOCK: they don't want it from us.

    DELAYED: the server goes on trying.
    """

    HARD = "hard"
    SOFT = "soft"
    BLOCK = "block"
    DELAYED = "delayed"


@dataclass(frozen=True, slots=True)
class FailedRecipient:
    """One address that was not reached. `status` as in RFC 3463 ("5.1.1"), "" if none is told; `reason` in words."""

    address: str
    bounce: BounceClass
    status: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class BounceReport:
    """What a bounce says. `about` are the Message-IDs, without brackets, that the returned mail may be known by."""

    recipients: tuple[FailedRecipient, ...] = ()
    about: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Absence:
    """What an automatic answer says of being away. `back_on`: the first day back, None if it names none."""

    back_on: date | None = None
    left: bool = False
