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

_MOST_WORDS = 8
_LONGEST_WORD = 40
_SHORTEST_PREFIX = 3
_WORD = re.compile(r"[^\W_]+")


def words_of(text: str) -> list[str]:
    """The words that a search asks for, without anything that a query language could read."""
    return [word[:_LONGEST_WORD] for word in _WORD.findall(normalize("NFC", safe_line(text)).lower())][:_MOST_WORDS]


def threads_with(unit: Unit, text: str) -> sa.ColumnElement[bool] | None:
    """A condition on `threads`: some message of it holds all of `text`. None if `text` has no word."""
    words = words_of(text)
    if not words:
        return None
    if len(words) == 1 and len(words[0]) < _SHORTEST_PREFIX:
        return _heading_has(words[0])
    hits = sa.select(messages.c.thread_id).where(messages.c.id.in_(_message_hits(unit, words)))
    return threads.c.id.in_(hits)


def _heading_has(word: str) -> sa.ColumnElement[bool]:
    # One or two letters begin half of all words: only the list's own subject and people are worth looking at.
    heading = sa.literal(" ").concat(threads.c.subject).concat(" ").concat(threads.c.people)
    return heading.icontains(f" {word}", autoescape=True)


def _message_hits(unit: Unit, words: list[str]) -> sa.Select[tuple[int]]:
    if unit.dialect.name == "sqlite":
        hits = sa.text("SELECT rowid AS id FROM message_search WHERE message_search MATCH :words")
        return _newest(hits.bindparams(words=_fts5_query(words)))
    hits = sa.text(f"SELECT message_id AS id FROM message_texts WHERE {MESSAGE_VECTOR} @@ to_tsquery('simple', :words)")
    return _newest(hits.bindparams(words=_tsquery(words)))


def _newest(hits: sa.TextClause) -> sa.Select[tuple[int]]:
    found = hits.columns(sa.column("id", sa.Integer)).subquery("hits")
    newest = sa.select(found.c.id).order_by(found.c.id.desc()).limit(MOST_HITS).subquery("newest_hits")
    return sa.select(newest.c.id)


def _fts5_query(words: list[str]) -> str:
    *whole, last = words
    return " ".join([*(f'"{word}"' for word in whole), f'"{last}"*'])


def _tsquery(words: list[str]) -> str:
    *whole, last = words
    return " & ".join([*(f"'{word}'" for word in whole), f"'{last}':*"])


def record_ids(unit: Unit, text: str, kinds: Collection[RecordKind] | None, limit: int) -> list[int]:
    """Live records that hold all of `text`: those whose title begins with it first, then by title."""
    words = words_of(text)
    if not words:
        return []
    if unit.dialect.name == "sqlite":
        hits = sa.text("SELECT rowid AS id FROM record_search WHERE record_search MATCH :words")
        found = _newest(hits.bindparams(words=_fts5_query(words)))
    else:
        hits = sa.text(
            f"SELECT record_id AS id FROM record_texts WHERE {RECORD_VECTOR} @@ to_tsquery('simple', :words)"
        )
        found = _newest(hits.bindparams(words=_tsquery(words)))
    query = sa.select(records.c.id).where(records.c.id.in_(found), records.c.state == "live")
    if kinds is not None:
        query = query.where(records.c.kind.in_([kind.value for kind in kinds]))
    begins = records.c.title.istartswith(safe_line(text), autoescape=True)
    query = query.order_by(sa.case((begins, 0), else_=1), records.c.title, records.c.id).limit(limit)
    return list(unit.execute(query).scalars())
