"""Judging what nobody judged yet, and all again when the rules are others: a mail's hits together, for bursts show."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

from agent.tracking.judging import OwnViews, SendContext, judge_hits, rules_version
from crm_model.tracking import Fetcher
from sync.store import hits
from sync.store.database import Store, Unit
from sync.store.hits import HitCase
from sync.tracking_policy import TrackingPolicy

_MEMORY = timedelta(days=30)
_MAILS = 50
_HOSTS = {
    **dict.fromkeys(("gmail.com", "googlemail.com"), "google"),
    **dict.fromkeys(("outlook.com", "hotmail.com", "live.com", "msn.com"), "microsoft"),
}


def judge_due(store: Store, policy: TrackingPolicy) -> int:
    """Judge every mail that has a hit these rules have not seen; how many mails those were."""
    version, judged = _version(policy), 0
    while True:
        with store.read() as unit:
            mails = hits.unjudged(unit, version, _MAILS)
        if not mails:
            return judged
        with store.write() as unit:
            _judge(unit, mails, version, policy)
        judged += len(mails)


def _judge(unit: Unit, mails: list[int], version: str, policy: TrackingPolicy) -> None:
    for case in hits.cases(unit, mails):
        verdicts = judge_hits(case.hits, _context(unit, case, policy))
        hits.settle(unit, {event: replace(each, rules_version=version) for event, each in verdicts.items()})


def _context(unit: Unit, case: HitCase, policy: TrackingPolicy) -> SendContext:
    since = datetime.now(UTC) - _MEMORY
    return SendContext(
        sent_at=case.sent_at,
        tokens=case.tokens,
        mail_host=_HOSTS.get(case.domain, ""),
        own=OwnViews(networks=frozenset(policy.own_networks), quoted_at=case.answered_at),
        scanned_from=hits.networks_of(unit, case.domain, [Fetcher.SCANNER], since),
    )


def _version(policy: TrackingPolicy) -> str:
    """The rules with what this configuration adds to them."""
    if not policy.own_networks:
        return rules_version()
    return f"{rules_version()}-{blake2b(repr(sorted(policy.own_networks)).encode(), digest_size=4).hexdigest()}"
