"""What people answered when they were asked, noted by hand; and the end of what is known of them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

from crm_model.tracking import ConsentState, Purpose
from sync.composing.recipients import read_recipients
from sync.consent import note
from sync.store import tracking_privacy
from sync.store.consents import Consent
from sync.store.database import Store


def set_consent(
    store: Store,
    address: str,
    purposes: Collection[Purpose],
    state: ConsentState,
    *,
    source: str,
    author: str,
    text_version: str = "",
) -> None:
    """Note what a person said of these purposes, and from where it is known. Errors: Rejected for no address."""
    now, email = datetime.now(UTC), _address(address)
    said = [Consent(email, each, state, source, now, text_version, author) for each in purposes]
    with store.write() as unit:
        note(unit, said, now)


def is_followed(store: Store, address: str) -> bool:
    """Whether tracking knows anything of an address. Errors: Rejected for no address."""
    email = _address(address)
    with store.read() as unit:
        return tracking_privacy.is_known(unit, email)


def erase_tracking(store: Store, address: str) -> int:
    """Delete what tracking knows of an address; how many opens and clicks. Errors: Rejected for no address."""
    with store.write() as unit:
        return tracking_privacy.erase(unit, _address(address), datetime.now(UTC))


def _address(text: str) -> str:
    return read_recipients(text.strip() or "?", "address")[0].email.lower()
