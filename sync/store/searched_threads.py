"""Conversations that a search asks for: what its operators say of them, and words in their messages.

Words are looked up from whichever side is small: all messages that hold them, or all messages of the conversations
that the operators leave. Where both are many, the newest of these conversations count (`MOST_LEFT`), without
operators the messages stored last (`search.MOST_HITS`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import sqlalchemy as sa

from crm_model.mail import Direction
from sync.search_query import Place, SearchQuery, State, StateTerm, TextTerm
from sync.store.database import Unit
from sync.store.search import MOST_HITS, matching_messages, newest_messages
from sync.store.searched_records import threads_of
from sync.store.tables import messages, threads

MOST_LEFT = 1_000
"""Conversations whose messages are looked at for a common word."""

MOST_HEADINGS = 20_000
"""Rows of the list looked at for a search of one or two letters."""

_SHORTEST_PREFIX = 3
_T = threads.c
_NEWEST_FIRST = (_T.last_at.desc(), _T.id.desc())
_STATES: dict[State, sa.ColumnElement[bool]] = {
    State.UNREAD: _T.unread_count > 0,
    State.LINKED: _T.linked.is_(True),
    State.UNLINKED: _T.linked.is_(False),
    State.SUGGESTED: _T.suggested.is_(True),
    State.WAITING: sa.and_(_T.last_direction == Direction.INCOMING.value, _T.noise.is_(False)),
    State.THEIRS: _T.last_direction == Direction.OUTGOING.value,
    State.ARCHIVED: _T.archived_at.is_not(None),
    State.NOISE: sa.and_(_T.noise.is_(True), _T.linked.is_(False)),
    State.ATTACHMENT: _T.attachment_count > 0,
}


def narrowed(unit: Unit, query: sa.Select[int], search: SearchQuery) -> sa.Select[int]:
    """A newest-first query of thread ids, kept to those that the search asks for."""
    if search.finds_nothing:
        return query.where(sa.false())
    query = query.where(*(_state(term) for term in search.states))
    for record in search.records:
        inside = _T.id.in_(threads_of(unit, record))
        query = query.where(~inside if record.negated else inside)
    if search.after is not None:
        query = query.where(_T.last_at >= search.after)
    if search.before is not None:
        query = query.where(_T.last_at < search.before)
    wanted, unwanted = ([term for term in search.texts if term.negated is negated] for negated in (False, True))
    if wanted:
        query = _holding(unit, query, wanted, search)
    for term in unwanted:
        query = _without(unit, query, term)
    return query


def _state(term: StateTerm) -> sa.ColumnElement[bool]:
    return sa.not_(_STATES[term.state]) if term.negated else _STATES[term.state]


def _holding(unit: Unit, query: sa.Select[int], terms: list[TextTerm], search: SearchQuery) -> sa.Select[int]:
    """Kept to conversations in which one message holds all of these."""
    last = terms[-1]
    if last.unfinished and len(last.words[-1]) < _SHORTEST_PREFIX:
        if len(search.texts) == 1 and len(last.words) == 1 and last.place is Place.ANYWHERE:
            return _with_heading(query, last.words[0])
        terms = _short_end(unit, terms)
    if not terms:
        return query
    hits = newest_messages(unit, terms, MOST_HITS + 1)
    if len(hits) > MOST_HITS:
        left = list(unit.execute(query.limit(MOST_LEFT + 1)).scalars())
        if len(left) <= MOST_LEFT or search.has_operators:
            return _newest_of(unit, _held_among(unit, left[:MOST_LEFT], terms))
    return query.where(_T.id.in_(sa.select(messages.c.thread_id).where(messages.c.id.in_(_these(unit, hits)))))


def _short_end(unit: Unit, terms: list[TextTerm]) -> list[TextTerm]:
    """Half of all words begin with these one or two letters: they count as a word, or not until more is typed."""
    *others, last = terms
    exact = [*others, replace(last, unfinished=False)]
    if newest_messages(unit, exact, 1):
        return exact
    return [*others, *([replace(last, words=last.words[:-1], unfinished=False)] if len(last.words) > 1 else [])]


def _with_heading(query: sa.Select[int], start: str) -> sa.Select[int]:
    """One or two letters alone: only what the newest rows of the list themselves show."""
    newest = query.limit(MOST_HEADINGS).subquery("newest")
    heading = sa.literal(" ").concat(_T.subject).concat(" ").concat(_T.people)
    found = sa.select(_T.id).join(newest, newest.c.id == _T.id)
    found = found.where(heading.icontains(f" {start}", autoescape=True))
    return found.order_by(*_NEWEST_FIRST)


def _without(unit: Unit, query: sa.Select[int], term: TextTerm) -> sa.Select[int]:
    """Without conversations in which a message holds this; of a very common word, the newest that are left."""
    hits = newest_messages(unit, [term], MOST_HITS + 1)
    if len(hits) <= MOST_HITS:
        return query.where(_T.id.not_in(sa.select(messages.c.thread_id).where(messages.c.id.in_(_these(unit, hits)))))
    left = list(unit.execute(query.limit(MOST_LEFT)).scalars())
    held = set(_held_among(unit, left, [term]))
    return _newest_of(unit, [thread_id for thread_id in left if thread_id not in held])


def _newest_of(unit: Unit, thread_ids: Sequence[int]) -> sa.Select[int]:
    """These alone, newest first: what they were chosen by needs no second look."""
    return sa.select(_T.id).where(_T.id.in_(_these(unit, thread_ids))).order_by(*_NEWEST_FIRST)


def _held_among(unit: Unit, thread_ids: Sequence[int], terms: Sequence[TextTerm]) -> list[int]:
    """Those of these conversations in which a message holds the terms."""
    inside = sa.select(messages.c.id).where(messages.c.thread_id.in_(_these(unit, thread_ids)))
    found = matching_messages(unit, terms)
    if unit.dialect.name == "postgresql":  # it takes looking at every message's words for cheap
        unit.execute(sa.select(sa.func.set_config("enable_seqscan", "off", True)))
    # The sign keeps SQLite from asking the index once for every message: it goes through the hits instead.
    each = sa.literal_column("+hits.id") if unit.dialect.name == "sqlite" else found.c.id
    ids = list(unit.execute(sa.select(found.c.id).where(each.in_(inside))).scalars())
    query = sa.select(messages.c.thread_id).where(messages.c.id.in_(_these(unit, ids))).distinct()
    return list(unit.execute(query).scalars())


def _these(unit: Unit, ids: Sequence[int]) -> sa.Select[int]:
    """Any number of ids as a subquery with one parameter."""
    if unit.dialect.name == "sqlite":
        return sa.select(sa.func.json_each(json.dumps(list(ids))).table_valued("value").c.value)
    return sa.select(sa.func.unnest(sa.cast(list(ids), sa.ARRAY(sa.BigInteger))))
