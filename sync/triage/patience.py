"""How long a conversation may rest before somebody should be reminded."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Patience:
    """Days since the last mail: our own turn is late, their answer is due, everybody's silence means going cold."""

    our_turn_days: int = 2
    reply_due_days: int = 5
    cold_days: int = 10
