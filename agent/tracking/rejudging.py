"""Judging what nobody judged yet, and all again when the rules are others: a mail's hits together, for bursts show."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache

from agent.tracking.judging import Lists, OwnEntries, OwnViews, SendContext, judge_hits
from agent.tracking.judging.lists import proxy_of_mailbox
from crm_model.tracking import Fetcher
from sync.store import hits, mailboxes
from sync.store.database import Store, Unit
from sync.store.hits import HitCase
from sync.tracking_policy import TrackingPolicy

_MEMORY = timedelta(days=30)
_MAILS = 50


def judge_due(store: Store, policy: TrackingPolicy) -> int:
    """Judge every mail that has a hit these rules have not seen; how many mails those were."""
    lists, judged = lists_of(policy), 0
    while True:
        with store.read() as unit:
            mails = hits.unjudged(unit, lists.version, _MAILS)
        if not mails:
            return judged
        with store.write() as unit:
            _judge(unit, mails, lists)
        judged += len(mails)


def lists_of(policy: TrackingPolicy) -> Lists:
    """The data files with what the configuration adds to them."""
    return _lists(
        OwnEntries(policy.own_networks, policy.scanner_networks, policy.scanner_agents, policy.person_networks)
    )


@lru_cache(maxsize=4)
def _lists(own: OwnEntries) -> Lists:
    return Lists(own)


def _judge(unit: Unit, mails: list[int], lists: Lists) -> None:
    own = frozenset(filter(None, (proxy_of_mailbox(kind) for kind in mailboxes.kinds(unit))))
    for case in hits.cases(unit, mails):
        hits.settle(unit, judge_hits(case.hits, _context(unit, case, lists, own)))


def _context(unit: Unit, case: HitCase, lists: Lists, own_proxies: frozenset[str]) -> SendContext:
    since = datetime.now(UTC) - _MEMORY
    return SendContext(
        sent_at=case.sent_at,
        tokens=case.tokens,
        own=OwnViews(proxies=own_proxies, quoted_at=case.answered_at),
        scanned_from=hits.networks_of(unit, case.domain, [Fetcher.SCANNER], since),
        read_from=hits.networks_of(unit, case.domain, [Fetcher.PERSON], since),
        lists=lists,
    )
