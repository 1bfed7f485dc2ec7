"""What a field's history is shown as."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A change of a field in words. `author` is "" where nobody is named; `in_crm`: it came from there."""

    at: datetime
    author: str
    before: str
    after: str
    in_crm: bool
