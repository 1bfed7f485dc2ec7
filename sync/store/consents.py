"""Who agreed to what, as a log; and who wants no mail or no tracking, by a keyed hash that outlives the address."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from crm_model.safe_text import safe_line
from crm_model.tracking import ConsentState, Purpose, Scope
from sync.store import preferences
from sync.store.batches import batches, insert_many, insert_missing
from sync.store.database import Unit
from sync.store.tables import consents, suppressions

_C, _S = consents.c, suppressions.c
_KEY = "suppression_key"


@dataclass(frozen=True, slots=True)
class Consent:
    """One answer of a person, or of somebody who knows it. `address` in lower case; `text_version` of what was asked.

    `event` is the outpost's id where the answer came from there.
    """

    address: str
    purpose: Purpose
    state: ConsentState
    source: str
    at: datetime
    text_version: str = ""
    author: str = ""
    event: str | None = None


@dataclass(frozen=True, slots=True)
class Suppression:
    """An end that a person put to mail or tracking."""

    scope: Scope
    reason: str
    source: str
    at: datetime


def add(unit: Unit, new: Sequence[Consent]) -> bool:
    """Add to the log; False where these came from the outpost and are there already."""
    events = {each.event for each in new if each.event}
    if events and unit.execute(sa.select(_C.id).where(_C.event.in_(list(events))).limit(1)).first() is not None:
        return False
    rows = [
        {
            "address": each.address.lower(),
            "purpose": each.purpose.value,
            "state": each.state.value,
            "source": safe_line(each.source),
            "text_version": safe_line(each.text_version),
            "author": safe_line(each.author),
            "at": each.at,
            "event": each.event,
        }
        for each in new
    ]
    insert_many(unit, consents, rows)
    return True


def log_of(unit: Unit, address: str) -> tuple[Consent, ...]:
    """All that was ever said of an address, oldest first."""
    query = sa.select(consents).where(_C.address == address.lower()).order_by(_C.at, _C.id)
    return tuple(_consent(row) for row in unit.execute(query))


def listed(unit: Unit, limit: int | None = None) -> tuple[Consent, ...]:
    """What counts now: the newest answer of each address and purpose, newest first."""
    place = sa.func.row_number().over(partition_by=(_C.address, _C.purpose), order_by=(_C.at.desc(), _C.id.desc()))
    ranked = sa.select(consents, place.label("place")).subquery()
    query = sa.select(ranked).where(ranked.c.place == 1).order_by(ranked.c.at.desc(), ranked.c.id.desc()).limit(limit)
    return tuple(_consent(row) for row in unit.execute(query))


def states_of(unit: Unit, addresses: Collection[str]) -> dict[str, dict[Purpose, ConsentState]]:
    """What counts now for these addresses; who was never asked is unknown."""
    found = {each.lower(): dict.fromkeys(Purpose, ConsentState.UNKNOWN) for each in addresses}
    for some in batches(found):
        for row in unit.execute(sa.select(consents).where(_C.address.in_(some)).order_by(_C.at, _C.id)):
            found[row.address][Purpose(row.purpose)] = ConsentState(row.state)
    return found


def suppress(unit: Unit, address: str, scope: Scope, *, reason: str, source: str, now: datetime) -> None:
    """Put an end to mail or tracking; one that is there already stays as it is."""
    row = {"address_hash": _hash(unit, address), "scope": scope.value, "at": now}
    insert_missing(unit, suppressions, [{**row, "reason": safe_line(reason), "source": safe_line(source)}])


def lift(unit: Unit, address: str, scope: Scope) -> None:
    """A person agreed anew."""
    unit.execute(suppressions.delete().where(_S.address_hash == _hash(unit, address), _S.scope == scope.value))


def suppressed(unit: Unit, addresses: Collection[str]) -> dict[str, tuple[Suppression, ...]]:
    """The ends that these people put to something, by address in lower case; none for most."""
    if unit.execute(sa.select(_S.id).limit(1)).first() is None:
        return {}
    by_hash = {_hash(unit, each): each.lower() for each in addresses}
    found: dict[str, tuple[Suppression, ...]] = {}
    for some in batches(by_hash):
        for row in unit.execute(sa.select(suppressions).where(_S.address_hash.in_(some)).order_by(_S.scope)):
            address = by_hash[row.address_hash]
            found[address] = (*found.get(address, ()), Suppression(Scope(row.scope), row.reason, row.source, row.at))
    return found


def forget(unit: Unit, address: str) -> int:
    """Erase the log of an address; how many answers that were. Suppressions stay: they name nobody."""
    return unit.execute(consents.delete().where(_C.address == address.lower())).rowcount


def _hash(unit: Unit, address: str) -> str:
    key = preferences.get(unit, _KEY)
    if not key:
        key = secrets.token_hex(32)
        preferences.put(unit, _KEY, key)
    return hmac.new(bytes.fromhex(key), address.lower().encode(), hashlib.sha256).hexdigest()


def _consent(row: Any) -> Consent:
    return Consent(
        address=row.address,
        purpose=Purpose(row.purpose),
        state=ConsentState(row.state),
        source=row.source,
        at=row.at,
        text_version=row.text_version,
        author=row.author,
        event=row.event,
    )
