"""What filing rules mean in the mail that is here: a rule's effect on past days, the rules that corrections teach."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import sqlalchemy as sa

from crm_model.links import FilingRule
from crm_model.mail import Direction
from sync import filing
from sync.free_mail import is_free
from sync.store import filing_rules
from sync.store.database import Unit
from sync.store.links import BY_HAND
from sync.store.tables import links, messages, record_emails, records, suggestions
from sync.views import ProposedRule, RuleEffect

_EXAMPLES = 5
_MOST_CORRECTIONS = 200
_M = messages.c


def effect(unit: Unit, rule: FilingRule, days: int, since: datetime) -> RuleEffect:
    """What a rule would have done to mail since then, `days` in words."""
    meant = [
        mail
        for mail in filing_rules.past_mail(unit, rule.sender, since)
        if filing.speaks_of(rule, filing.folded_words(mail.text))
    ]
    subjects = {mail.thread_id: mail.subject for mail in reversed(meant)}
    linked, refused = filing_rules.linked_threads(unit, list(subjects), rule.record_id)
    fresh = [thread_id for thread_id in subjects if thread_id not in linked | refused]
    return RuleEffect(
        days=days,
        mails=len(meant),
        new_threads=tuple(fresh),
        linked_threads=len(linked),
        refused_threads=len(refused),
        subjects=tuple(subjects[thread_id] for thread_id in fresh[:_EXAMPLES]),
    )


def proposals(unit: Unit, since: datetime) -> tuple[ProposedRule, ...]:
    """Rules that the corrections since then teach and that are not kept yet: the newest correction first."""
    kept = {(rule.sender, rule.words, rule.record_id) for rule in filing_rules.active(unit)}
    found: dict[FilingRule, ProposedRule] = {}
    for rule, title in (*_links_by_hand(unit, since), *_refused_leads(unit, since)):
        if (rule.sender, rule.words, rule.record_id) not in kept:
            times = found[rule].corrections + 1 if rule in found else 1
            found[rule] = ProposedRule(rule, title, times)
    return tuple(found.values())


def taught_by(unit: Unit, thread_id: int, record_id: int | None) -> FilingRule | None:
    """The rule that filing a conversation there (None: refusing its lead) teaches, if anybody outside wrote."""
    incoming = (_M.thread_id == thread_id) & (_M.direction == Direction.INCOMING.value) & (_M.from_email != "")
    mail = unit.execute(sa.select(_M.from_email, _M.subject).where(incoming).order_by(_M.id.desc()).limit(1)).first()
    if mail is None:
        return None
    title = unit.execute(sa.select(records.c.title).where(records.c.id == record_id)).scalar() if record_id else ""
    return _taught(unit, mail.from_email, mail.subject, record_id, title or "")


def _links_by_hand(unit: Unit, since: datetime) -> Iterator[tuple[FilingRule, str]]:
    mail = messages.alias("mail")
    newest = (
        sa.select(mail.c.from_email)
        .where(mail.c.thread_id == links.c.thread_id, mail.c.direction == Direction.INCOMING.value)
        .where(mail.c.from_email != "")
        .order_by(mail.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = (
        sa.select(newest.label("email"), _M.subject, records.c.id, records.c.title)
        .select_from(links)
        .join(records, records.c.id == links.c.record_id)
        .join(messages, _M.id == links.c.message_id)
        .where(links.c.rule == BY_HAND, links.c.removed_at.is_(None), links.c.created_at >= since)
        .where(records.c.state == "live")
        .order_by(links.c.id.desc())
        .limit(_MOST_CORRECTIONS)
    )
    for row in unit.execute(query).all():
        if row.email:
            yield _taught(unit, row.email, row.subject, row.id, row.title), row.title


def _refused_leads(unit: Unit, since: datetime) -> Iterator[tuple[FilingRule, str]]:
    s = suggestions.c
    query = (
        sa.select(_M.from_email, _M.subject)
        .join(messages, _M.id == s.message_id)
        .where(s.state == "rejected", s.kind == "create_lead", s.decided_at >= since, _M.from_email != "")
        .order_by(s.id.desc())
        .limit(_MOST_CORRECTIONS)
    )
    for row in unit.execute(query).all():
        yield _taught(unit, row.from_email, "", None, ""), ""


def _taught(unit: Unit, email: str, subject: str, record_id: int | None, title: str) -> FilingRule:
    domain = email.rpartition("@")[2]
    return filing.proposed(email, subject, record_id, title, shared=is_free(domain) or _is_shared(unit, domain))


def _is_shared(unit: Unit, domain: str) -> bool:
    """Whether people of several accounts write from this domain."""
    escaped = domain.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    query = (
        sa.select(records.c.account_ref)
        .join(record_emails, record_emails.c.record_id == records.c.id)
        .where(record_emails.c.email.like(f"%@{escaped}", escape="\\"), records.c.account_ref != "")
        .distinct()
        .limit(2)
    )
    return len(unit.execute(query).all()) > 1
