"""Signing in to vtiger: a challenge answered with the access key, or name and key with every call in the cloud."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import md5

from crm_adapters.vtiger.faults import REPLACED_CHALLENGE, NotLetIn
from crm_adapters.vtiger.modules import Module

_TRIES = 3
_MOST_CLOCK_SECONDS = 366 * 86_400.0
_RANDOM = random.SystemRandom()


@dataclass(slots=True)
class Findings:
    """What we learnt of a server with one login; all adapters of this user share it.

    `missing` are operations that don't work there, `closed` modules where we may make nothing, `people` names of users
    by id, `lists_users` whether we may ask for them, `decimals` to how many ours amounts are rounded; `became` holds,
    by number of a lead, what it was made into by hand, as far as `read_up_to` (the last id seen of each module).
    """

    missing: set[str] = field(default_factory=set)
    closed: set[str] = field(default_factory=set)
    modules: dict[str, Module] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)
    lists_users: bool = True
    decimals: int | None = None
    became: dict[str, dict[str, str]] = field(default_factory=dict)
    read_up_to: dict[str, str] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True, slots=True)
class Session:
    """Who we are at the server. `clock_seconds` is how far its clock is before ours; `name` is "" in the cloud."""

    name: str = field(repr=False)
    user_id: str
    user: str
    email: str
    version: str
    clock_seconds: float = field(default=0.0, compare=False)
    findings: Findings = field(default_factory=Findings, compare=False, repr=False)

    def server_time(self) -> int:
        """Unix seconds by the server's clock."""
        return int(time.time() + self.clock_seconds)


Ask = Callable[[str, str, Mapping[str, str]], object]
"""An operation, called without a session: method, operation, parameters."""


def sign_in(ask: Ask, user: str, access_key: str) -> Session:
    """Log in by challenge. Errors: LoginNeeded.

    A user has one challenge at a time: whoever asks for the next one takes it from whoever has not answered yet. So a
    refusal right after a challenge may only mean that another program signed in at that moment.
    """
    for attempt in range(1, _TRIES + 1):
        challenge = _mapping(ask("GET", "getchallenge", {"username": user}))
        clock = _seconds(challenge.get("serverTime")) - time.time() if challenge.get("serverTime") else 0.0
        clock = clock if abs(clock) < _MOST_CLOCK_SECONDS else 0.0  # nonsense, infinity and "not a number" too
        # The protocol's own digest of token and key; no choice of ours.
        answer = md5(
            f"{challenge.get('token', '')}{access_key}".encode("utf-8", "replace"), usedforsecurity=False
        ).hexdigest()
        try:
            return _session(_mapping(ask("POST", "login", {"username": user, "accessKey": answer})), clock)
        except NotLetIn as error:
            if attempt == _TRIES or error.code not in REPLACED_CHALLENGE:
                raise
        time.sleep(_RANDOM.uniform(0.05, 0.3) * attempt)
    raise AssertionError("the last try returns or raises")


def who_am_i(answer: object) -> Session:
    """The session of the cloud, from its operation `me`."""
    found = _mapping(answer)
    return Session(
        "",
        str(found.get("id", "")),
        _full_name(found, str(found.get("user_name", ""))),
        str(found.get("email1", "")),
        "cloud",
    )


def _session(result: Mapping[str, object], clock_seconds: float) -> Session:
    return Session(
        str(result.get("sessionName", "")),
        str(result.get("userId", "")),
        _full_name(result, str(result.get("username", ""))),
        str(result.get("email", "")),
        str(result.get("vtigerVersion", "")),
        clock_seconds,
    )


def _full_name(found: Mapping[str, object], otherwise: str) -> str:
    parts = (str(found.get(part) or "").strip() for part in ("first_name", "last_name"))
    return " ".join(part for part in parts if part) or otherwise


def _seconds(value: object) -> float:
    try:
        return float(str(value))
    except ValueError:
        return 0.0


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}
