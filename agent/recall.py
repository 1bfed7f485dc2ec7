"""What a mailbox has only looked at, found again among the messages that the store holds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from agent.parsing.ids import parse_message_id
from sync.mailboxes.contract import Sighting
from sync.store.database import Store
from sync.store.recognition import Look, find_seen


def recall(store: Store, sightings: Sequence[Sighting]) -> dict[str, int]:
    """The messages that these are, by uid; those without Message-ID or date are nobody's."""
    now = datetime.now(UTC)
    looks = {
        each.uid: Look(node, each.size, min(each.received_at, now))
        for each in sightings
        if each.received_at is not None and (node := parse_message_id(each.message_id))
    }
    if not looks:
        return {}
    with store.read() as unit:
        return find_seen(unit, looks)
