"""Whether an outbox has anything to do: asked twice a second, so it needs none of what doing it needs."""

from __future__ import annotations

import socket
from datetime import UTC, datetime

from sync.store import outgoing
from sync.store.database import Store

WORKER = socket.gethostname()
"""Alike after a restart: an agent that was killed takes up at once what it held (one agent per database)."""


def is_due(store: Store, account: str) -> bool:
    """Whether there is anything to do now."""
    with store.read() as unit:
        return outgoing.has_due(unit, account, WORKER, datetime.now(UTC))
