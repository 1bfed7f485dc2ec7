"""Mail that came back: whom it did not reach, how finally, and which mail it was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from crm_model.safe_text import safe_line


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


class Standing(StrEnum):
    """What mail to an address can expect, by what came back from it."""

    OK = "ok"
    SOFT = "soft"
    HARD = "hard"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class AddressState:
    """An address by what came back: `reason` in the server's words, `message_id` the mail that said so.

    `back_on` is the first day that the person is back, None if unknown; `left`: the person works there no longer.
    """

    address: str
    standing: Standing = Standing.OK
    reason: str = ""
    at: datetime | None = None
    message_id: int | None = None
    back_on: date | None = None
    left: bool = False

    @property
    def doubt(self) -> str:
        """Why mail to it may not be read soon, in a sentence for whoever writes it; "" if nothing speaks against it."""
        address = safe_line(self.address)
        words = _DOUBTS.get(self.standing, "").format(address)
        if words:
            return f"{words} ({safe_line(self.reason)[:120]})." if self.reason else f"{words}."
        if self.left:
            return f"Whoever had {address} has left."
        return f"{address} is away and back on {self.back_on.isoformat()}." if self.back_on is not None else ""


_DOUBTS = {
    Standing.HARD: "Mail to {0} comes back, the address does not work",
    Standing.SOFT: "Mail to {0} came back lately, it could not be taken",
    Standing.BLOCKED: "The server of {0} refused our mail",
}
