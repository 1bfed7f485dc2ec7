"""Telling hooks what happened: each happening to each hook, in order, again and again until it is taken or given up.

    claim ── POST ── 2xx                    delivered
                  ├─ 410                    the receiver is gone: all that waits for it fails
                  ├─ no answer, 408, 429, 5xx  later: a hook that fails holds back what comes after
                  └─ other                  failed: the receiver does not want it

A call whose answer was lost is made again with the same webhook-id; the receiver knows it by that.
"""

from __future__ import annotations

import contextlib
import json
import logging
import random
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from agent.hooks.calling import Receiver, Told
from agent.hooks.signing import signed_headers
from crm_model.errors import ConfigError, TryLater
from crm_model.options import Connection
from sync.hooks import wanted_events
from sync.store import happenings, hook_deliveries, mail_happenings
from sync.store.database import Store
from sync.store.hook_deliveries import Delivery

_log = logging.getLogger(__name__)
_LEASE_SECONDS = 120.0
_PAUSES = tuple(timedelta(seconds=each) for each in (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400))
"""Between tries, as standardwebhooks.com advises: the last one comes some three days after the first."""

_PASSING = frozenset((408, 425, 429))
_GONE = 410
_KEPT = timedelta(days=90)


def notice(store: Store, hooks: Sequence[Connection], now: datetime) -> None:
    """Look at what moved, keep what happened with a delivery for each hook that wants it."""
    wanted = wanted_events(hooks)
    with store.read() as unit:  # most of the time there is nothing, and a writer holds up all others
        more = happenings.has_news(unit) or mail_happenings.has_news(unit)
    while more:
        with store.write() as unit:
            found, more = happenings.notice_records(unit, now)
            happenings.add(unit, [*found, *mail_happenings.notice_mail(unit)], wanted, now)


def forget_old(store: Store, now: datetime) -> None:
    """What nobody waits for any more goes after ninety days."""
    with store.write() as unit:
        hook_deliveries.forget_before(unit, now - _KEPT)


def tell_due(hooks: Sequence[Connection], store: Store, stop: threading.Event) -> None:
    """Tell every hook all that is due; one hook's trouble keeps only its own deliveries."""
    for hook in hooks:
        if not stop.is_set():
            _tell(hook, store, stop)


def _tell(hook: Connection, store: Store, stop: threading.Event) -> None:
    with store.read() as unit:
        if not hook_deliveries.has_due(unit, [hook.name], _now()):
            return
    try:
        receiver, secret = Receiver(hook), hook.secret()
    except ConfigError as error:
        _log.warning("hook_misconfigured", extra={"hook": hook.name, "key": error.key})
        with store.write() as unit:
            hook_deliveries.hold_back(unit, hook.name, _now() + _PAUSES[1], str(error))
        return
    with contextlib.closing(receiver):
        while not stop.is_set():
            with store.write() as unit:
                delivery = hook_deliveries.claim(unit, hook.name, now=_now(), lease_seconds=_LEASE_SECONDS)
            if delivery is None or not _tell_one(receiver, secret, delivery, store):
                return


def tell_test(hook: Connection) -> int:
    """The status that a signed test call is answered with. Errors: ConfigError, Unreachable."""
    body = json.dumps({"id": "test", "event": "test", "occurred_at": _now().isoformat()}).encode()
    with contextlib.closing(Receiver(hook)) as receiver:
        return receiver.post(body, signed_headers(hook.secret(), "test", _now(), body)).status


def body_of(delivery: Delivery) -> bytes:
    """What is sent: the same bytes at every try."""
    packed = {"id": delivery.key, "event": delivery.event.value, "occurred_at": delivery.at.isoformat()}
    return json.dumps({**packed, **delivery.data}, sort_keys=True).encode()


def _tell_one(receiver: Receiver, secret: str, delivery: Delivery, store: Store) -> bool:
    """Whether the hook can be told the next one."""
    body = body_of(delivery)
    try:
        told = receiver.post(body, signed_headers(secret, delivery.key, _now(), body))
    except (TryLater, ConfigError) as error:
        return _later(store, delivery, 0, str(error), None)
    return _settle(store, delivery, told)


def _settle(store: Store, delivery: Delivery, told: Told) -> bool:
    if told.status in _PASSING or told.status >= 500:
        return _later(store, delivery, told.status, f"it answered {told.status}", told.retry_after_seconds)
    with store.write() as unit:
        if 200 <= told.status < 300:
            hook_deliveries.settle(unit, delivery.id, state="delivered", status=told.status, error="", now=_now())
            return True
        error = f"it answered {told.status} and does not want this"
        hook_deliveries.settle(unit, delivery.id, state="failed", status=told.status, error=error, now=_now())
        if told.status == _GONE:
            closed = hook_deliveries.close_hook(
                unit, delivery.hook, "the receiver is gone (410): remove the hook", _now()
            )
            _log.warning("hook_gone", extra={"hook": delivery.hook, "failed": closed})
    return told.status != _GONE


def _later(store: Store, delivery: Delivery, status: int, error: str, after_seconds: float | None) -> bool:
    """Always False: what comes after waits as well, so that a receiver hears things in their order."""
    attempts, now = delivery.attempts + 1, _now()
    with store.write() as unit:
        if attempts > len(_PAUSES):
            given_up = f"given up after {attempts} tries: {error}"
            hook_deliveries.settle(unit, delivery.id, state="failed", status=status, error=given_up, now=now)
            return False
        pause = _PAUSES[attempts - 1] * random.uniform(1.0, 1.2)  # noqa: S311  # jitter, no secret
        next_at = now + max(pause, timedelta(seconds=min(after_seconds or 0.0, 86_400.0)))
        hook_deliveries.postpone(unit, delivery.id, attempts=attempts, status=status, error=error, next_at=next_at)
        hook_deliveries.hold_back(unit, delivery.hook, next_at, error)
    return False


def _now() -> datetime:
    return datetime.now(UTC)
