"""What a person wants of a conversation that is put off."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Wish:
    """A next touch: when, on which of the person's own days, and what is to be done then ("" for nothing said)."""

    at: datetime
    on: date
    what: str = ""
