"""How an outpost is: what waits in its spool, whether its disk takes more."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass

from agent.outpost.collecting import waiting_bytes
from agent.outpost.ground import Ground
from agent.outpost.register import Register

_LITTLE_SPACE_BYTES = 256 * 2**20


@dataclass(frozen=True, slots=True)
class OutpostState:
    """`waiting_seconds`: how long the oldest event waits at most, 0 where none does; `problem` is a sentence or ""."""

    waiting_bytes: int
    waiting_seconds: float
    free_bytes: int
    problem: str = ""


def look_at(ground: Ground, register: Register) -> OutpostState:
    """Errors: those of the register, OSError."""
    waiting, since = waiting_bytes(ground, register.places())
    free = shutil.disk_usage(ground.folder).free
    problem = "little room is left on the outpost's disk; free some" if free < _LITTLE_SPACE_BYTES else ""
    return OutpostState(waiting, max(0.0, time.time() - since) if since else 0.0, free, problem)
