"""One round with the outpost: what it heard is collected and judged; what is too old for keeping goes, once a day."""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from threading import Event
from types import MappingProxyType
from typing import Any

from agent.hooks.hearing import hook_forms, hook_pages, hook_takers
from agent.intake.taking import form_intake, form_pages, form_takers
from agent.outpost.connecting import connect_outpost
from agent.outpost.contract import Outpost
from agent.tracking.collecting import Take, collect_all, take_again
from agent.tracking.rejudging import judge_due
from crm_model.errors import HitchpostError
from crm_model.web_events import WebEvent
from sync.settings import Settings
from sync.store import heard_hooks, outposts, preferences, tracking_privacy
from sync.store.database import Store
from sync.store.outposts import OUTPOST

_log = logging.getLogger(__name__)

_PURGED, _A_DAY, _A_MONTH = "tracking_purged_at", timedelta(days=1), timedelta(days=30.5)
_TOLD, _TELL_AGAIN = "outpost_pages", timedelta(minutes=5)
_NOBODY: Mapping[type[WebEvent], Take] = MappingProxyType({})


def outpost_pass(settings: Settings, store: Store, stop: Event, takers: Mapping[type[WebEvent], Take] = _NOBODY) -> int:
    """How many events came. Errors: those of the outpost, noted for `hitchpost status`, and of the store."""
    policy, count = settings.desk.tracking, 0
    intake = form_intake(settings, hook_forms(settings))
    if intake is not None:
        takers = {**form_takers(intake), **hook_takers(settings, intake), **takers}
        intake.expire(datetime.now(UTC))
    try:
        with contextlib.closing(connect_outpost(settings.web)) as outpost:
            _publish(outpost, {**form_pages(settings), **hook_pages(settings)}, store)
            count = collect_all(store, outpost, takers, stop.is_set)
    except HitchpostError as error:
        with store.write() as unit:
            outposts.note_error(unit, OUTPOST, str(error))
        raise
    finally:
        judge_due(store, policy)
        _clean_daily(store, policy.retention_months * _A_MONTH, takers)
    return count


def _publish(outpost: Outpost, pages: Mapping[str, Mapping[str, Any]], store: Store) -> None:
    """Tell the outpost what to show when that has changed, and from time to time: it may have been set up anew."""
    now, digest = datetime.now(UTC), hashlib.sha256(json.dumps(pages, sort_keys=True).encode()).hexdigest()
    with store.read() as unit:
        told, _, at = preferences.get(unit, _TOLD).partition(" ")
    if told == digest and now - datetime.fromisoformat(at) < _TELL_AGAIN:
        return
    outpost.publish_pages(pages)
    with store.write() as unit:
        preferences.put(unit, _TOLD, f"{digest} {now.isoformat()}")


def _clean_daily(store: Store, retention: timedelta, takers: Mapping[type[WebEvent], Take]) -> None:
    now = datetime.now(UTC)
    with store.read() as unit:
        last = preferences.get(unit, _PURGED)
    if last and now - datetime.fromisoformat(last) < _A_DAY:
        return
    with store.write() as unit:
        gone = tracking_privacy.purge(unit, now, retention)
        heard_hooks.forget_before(unit, now - _A_MONTH)
        preferences.put(unit, _PURGED, now.isoformat())
    taken = take_again(store, takers)
    _log.info("tracking_cleaned", extra={"hits": gone, "taken": taken})
