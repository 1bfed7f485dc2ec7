"""Full-text search over mail and records: FTS5 on SQLite, tsvector on PostgreSQL.

Every word must occur; the last one may be unfinished. Hits come by recency of storing, never by rank: ranking a
common word costs a hundred times more.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from unicodedata import normalize

import sqlalchemy as sa

from crm_model.records import RecordKind
from crm_model.safe_text import safe_line
from sync.store.database import Unit
from sync.store.search_schema import MESSAGE_VECTOR, RECORD_VECTOR
from sync.store.tables import messages, records, threads

MOST_HITS = 5_000
"""Messages looked at for one search: of a commoner word the ones stored last."""

MOST_HEADINGS = 20_000
"""Rows of the list looked at for a search of one or two letters."""

_MOST_WORDS = 8
_LONGEST_WORD = 40
_SHORTEST_PREFIX = 3
_WORD = re.compile(r"[^\W_]+")


def words_of(text: str) -> list[str]:
    """The words that a search asks for, without anything that a query language could read."""
    return [word[:_LONGEST_WORD] for word in _WORD.findall(normalize("NFC", safe_line(text)).lower())][:_MOST_WORDS]


def narrowed(unit: Unit, query: sa.Select[tuple[int]], text: str) -> sa.Select[tuple[int]]:
    """A newest-first query of thread ids, kept to those where some message holds all of `text`."""
    words = words_of(text)
    if not words:
        return query.where(sa.false())
    if len(words[-1]) >= _SHORTEST_PREFIX or text[-1:].isspace():
        return query.where(_in_some_message(unit, words, unfinished=not text[-1:].isspace()))
    if len(words) == 1:
        return _with_heading(query, words[0])
    # Half of all words begin with these one or two letters: they count as a word, or not until more is typed.
    exact = unit.execute(_message_hits(unit, words, unfinished=False).limit(1)).first()
    return query.where(_in_some_message(unit, words if exact else words[:-1], unfinished=False))


def _with_heading(query: sa.Select[tuple[int]], start: str) -> sa.Select[tuple[int]]:
    """One or two letters alone: only what the newest rows of the list themselves show."""
    newest = query.limit(MOST_HEADINGS).subquery("newest")
    heading = sa.literal(" ").concat(threads.c.subject).concat(" ").concat(threads.c.people)
    found = sa.select(threads.c.id).join(newest, newest.c.id == threads.c.id)
    found = found.where(heading.icontains(f" {start}", autoescape=True))
    return found.order_by(threads.c.last_at.desc(), threads.c.id.desc())


def _in_some_message(unit: Unit, words: list[str], *, unfinished: bool) -> sa.ColumnElement[bool]:
    hits = _message_hits(unit, words, unfinished=unfinished)
    return threads.c.id.in_(sa.select(messages.c.thread_id).where(messages.c.id.in_(hits)))


def _message_hits(unit: Unit, words: list[str], *, unfinished: bool) -> sa.Select[tuple[int]]:
    if unit.dialect.name == "sqlite":
        found = "SELECT rowid AS id FROM message_search WHERE message_search MATCH :words"
    else:
        found = f"SELECT message_id AS id FROM message_texts WHERE {MESSAGE_VECTOR} @@ to_tsquery('simple', :words)"
    return _newest(sa.text(found).bindparams(words=_query(unit, words, unfinished=unfinished)))


def _newest(hits: sa.TextClause) -> sa.Select[tuple[int]]:
    found = hits.columns(sa.column("id", sa.Integer)).subquery("hits")
    newest = sa.select(found.c.id).order_by(found.c.id.desc()).limit(MOST_HITS).subquery("newest_hits")
    return sa.select(newest.c.id)


def _query(unit: Unit, words: list[str], *, unfinished: bool) -> str:
    """All of these words in the database's query language; the last one may go on if `unfinished`."""
    if unit.dialect.name == "sqlite":
        return " ".join(f'"{word}"' for word in words) + ("*" if unfinished else "")
    return " & ".join(f"'{word}'" for word in words) + (":*" if unfinished else "")


def record_ids(unit: Unit, text: str, kinds: Collection[RecordKind] | None, limit: int) -> list[int]:
    """Live records that hold all of `text`: those whose title begins with it first, then by title."""
    words = words_of(text)
    if not words:
        return []
    if unit.dialect.name == "sqlite":
        hits = "SELECT rowid AS id FROM record_search WHERE record_search MATCH :words"
    else:
        hits = f"SELECT record_id AS id FROM record_texts WHERE {RECORD_VECTOR} @@ to_tsquery('simple', :words)"
    found = _newest(sa.text(hits).bindparams(words=_query(unit, words, unfinished=True)))
    query = sa.select(records.c.id).where(records.c.id.in_(found), records.c.state == "live")
    if kinds is not None:
        query = query.where(records.c.kind.in_([kind.value for kind in kinds]))
    begins = records.c.title.istartswith(safe_line(text), autoescape=True)
    query = query.order_by(sa.case((begins, 0), else_=1), records.c.title, records.c.id).limit(limit)
    return list(unit.execute(query).scalars())
