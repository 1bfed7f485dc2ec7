"""Who looks at the views, when, and how long things may rest before they should be reminded."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Patience:
    """Days since the last mail: our own turn is late, their answer is due, everybody's silence means going cold."""

    our_turn_days: int = 2
    reply_due_days: int = 5
    cold_days: int = 10


@dataclass(frozen=True, slots=True)
class Viewer:
    """`now` is aware, in the viewer's own zone."""

    author: str
    now: datetime
    patience: Patience = field(default_factory=Patience)
