"""The lessons of people's decisions on leads, counted anew whenever they have decided since."""

from __future__ import annotations

from collections import Counter

import sqlalchemy as sa

from crm_model.links import CREATE_LEAD
from sync.lessons import Lessons, lesson_words
from sync.store import preferences
from sync.store.batches import insert_many
from sync.store.database import Unit
from sync.store.links import CREATED_FROM_MAIL
from sync.store.tables import lessons, links, message_texts, messages, suggestions

_LEARNT = "lessons_learnt"
_MOST = 1_000  # the newest decisions; tastes change
_IN_ALL = ""  # the row that counts mails instead of a word
_S, _M = suggestions.c, messages.c
_DECIDED = sa.and_(_S.kind == CREATE_LEAD, _S.state.in_(("accepted", "rejected")))


def learnt(unit: Unit) -> Lessons:
    """What has been learnt so far; counted anew (some tenths of a second) where people have decided since."""
    state = _state(unit)
    if preferences.get(unit, _LEARNT) != state:
        _relearn(unit)
        preferences.put(unit, _LEARNT, state)
    counts = {row.word: (row.yes, row.no) for row in unit.execute(sa.select(lessons))}
    yes, no = counts.pop(_IN_ALL, (0, 0))
    return Lessons(yes, no, counts)


def _relearn(unit: Unit) -> None:
    """Count the words of the mails that the newest decisions were about, each once a mail."""
    yes: Counter[str] = Counter()
    no: Counter[str] = Counter()
    for row in unit.execute(_suggested()).all():
        (yes if row.wanted else no).update({_IN_ALL, *lesson_words(row.from_email, row.subject, row.body or "")})
    for made in unit.execute(_made()).all():
        yes.update({_IN_ALL, *lesson_words(made.from_email, made.subject, made.body or "")})
    unit.execute(lessons.delete())
    told = [word for word in {*yes, *no} if yes[word] + no[word] > 1 or word == _IN_ALL]
    insert_many(unit, lessons, [{"word": word, "yes": yes[word], "no": no[word]} for word in sorted(told)])


def _state(unit: Unit) -> str:
    decided = sa.select(sa.func.count(), sa.func.max(_S.decided_at)).where(_DECIDED)
    made = sa.select(sa.func.count()).where(links.c.rule == CREATED_FROM_MAIL, links.c.removed_at.is_(None))
    count, newest = unit.execute(decided).one()
    return f"{count} {newest and newest.isoformat()} {unit.execute(made).scalar_one()}"


def _suggested() -> sa.Select[tuple[str, str, str, bool]]:
    """Mail whose suggested lead a person accepted (`wanted`) or refused."""
    return (
        sa.select(_M.from_email, _M.subject, message_texts.c.body, (_S.state == "accepted").label("wanted"))
        .select_from(suggestions)
        .join(messages, _M.id == _S.message_id)
        .outerjoin(message_texts, message_texts.c.message_id == _M.id)
        .where(_DECIDED)
        .order_by(_S.decided_at.desc())
        .limit(_MOST)
    )


def _made() -> sa.Select[tuple[str, str, str]]:
    """Mail that a person made a lead of although nobody suggested it."""
    suggested = sa.select(_S.id).where(_S.thread_id == links.c.thread_id, _S.state == "accepted").exists()
    return (
        sa.select(_M.from_email, _M.subject, message_texts.c.body)
        .select_from(links)
        .join(messages, _M.id == links.c.message_id)
        .outerjoin(message_texts, message_texts.c.message_id == _M.id)
        .where(links.c.rule == CREATED_FROM_MAIL, links.c.removed_at.is_(None), ~suggested)
        .order_by(links.c.id.desc())
        .limit(_MOST)
    )
