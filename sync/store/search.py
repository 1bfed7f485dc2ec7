"""Full-text search over mail and records: FTS5 on SQLite, tsvector on PostgreSQL.

Every word must occur; the last one may be unfinished. Hits come by recency of storing, never by rank: ranking a
common word costs a hundred times more.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import sqlalchemy as sa

from crm_model.records import RecordKind
from crm_model.safe_text import safe_line
from sync.search_query import Place, TextTerm, words_of
from sync.store.database import Unit
from sync.store.search_schema import COLUMN_MARKS, RECORD_VECTOR
from sync.store.tables import records

MOST_HITS = 5_000
"""Messages looked at for one search: of a commoner word the ones stored last."""

MOST_PHRASES = 10_000
"""The same on PostgreSQL for words that must stand together."""

_COLUMNS = {Place.FROM: "sender", Place.TO: "people", Place.SUBJECT: "subject"}


def matching_messages(unit: Unit, terms: Sequence[TextTerm]) -> sa.Subquery:
    """The ids of messages that hold all of these terms."""
    if unit.dialect.name == "sqlite":
        query = " AND ".join(_fts5(term) for term in terms)
        found = sa.text("SELECT rowid AS id FROM message_search WHERE message_search MATCH :words")
        return _ids(found.bindparams(words=query))
    loose = " & ".join(_tsquery(replace(term, phrase=False)) for term in terms)
    if not any(term.phrase for term in terms):
        found = sa.text(
            "SELECT message_id AS id FROM message_texts WHERE search_vector @@ to_tsquery('simple', :words)"
        )
        return _ids(found.bindparams(words=loose))
    # Whether words stand together is seen in every row's own vector only: not in all rows that hold common words.
    found = sa.text(
        "SELECT id FROM (SELECT message_id AS id, search_vector FROM message_texts "
        "WHERE search_vector @@ to_tsquery('simple', :loose) ORDER BY message_id DESC LIMIT :most) AS held "
        "WHERE search_vector @@ to_tsquery('simple', :words)"
    )
    words = " & ".join(_tsquery(term) for term in terms)
    return _ids(found.bindparams(words=words, loose=loose, most=MOST_PHRASES))


def newest_messages(unit: Unit, terms: Sequence[TextTerm], limit: int) -> list[int]:
    """Those of these messages that were stored last, newest first."""
    found = matching_messages(unit, terms)
    return list(unit.execute(sa.select(found.c.id).order_by(found.c.id.desc()).limit(limit)).scalars())


def _ids(found: sa.TextClause) -> sa.Subquery:
    return found.columns(sa.column("id", sa.Integer)).subquery("hits")


def _fts5(term: TextTerm) -> str:
    """A term in FTS5's words; the last word may go on if it is unfinished."""
    star = " *" if term.unfinished else ""
    quoted = [" ".join(term.words)] if term.phrase else list(term.words)
    words = " AND ".join(f'"{word}"' for word in quoted) + star
    return f"{{{_COLUMNS[term.place]}}} : ({words})" if term.place in _COLUMNS else f"({words})"


def _tsquery(term: TextTerm) -> str:
    mark = COLUMN_MARKS[_COLUMNS[term.place]] if term.place in _COLUMNS else ""
    between = " <-> " if term.phrase else " & "
    words = between.join(f"'{mark}{word}'" for word in term.words)
    return f"({words}:*)" if term.unfinished else f"({words})"


def record_ids(unit: Unit, text: str, kinds: Collection[RecordKind] | None, limit: int) -> list[int]:
    """Live records that hold all of `text`: those whose title begins with it first, then by title."""
    if not words_of(text):
        return []
    found = _matching_records(unit, text)
    newest = sa.select(found.c.id).order_by(found.c.id.desc()).limit(MOST_HITS).subquery("newest_hits")
    query = sa.select(records.c.id).where(records.c.id.in_(sa.select(newest.c.id)), records.c.state == "live")
    if kinds is not None:
        query = query.where(records.c.kind.in_([kind.value for kind in kinds]))
    begins = records.c.title.istartswith(safe_line(text), autoescape=True)
    query = query.order_by(sa.case((begins, 0), else_=1), records.c.title, records.c.id).limit(limit)
    return list(unit.execute(query).scalars())


def newest_records(unit: Unit, text: str, kind: RecordKind, limit: int) -> list[int]:
    """Those live records of a kind that hold all of `text` and were stored last."""
    if not words_of(text):
        return []
    found = _matching_records(unit, text)
    of_kind = sa.select(records.c.id).where(records.c.kind == kind.value, records.c.state == "live")
    # The sign keeps SQLite from reading the record of every hit: it goes through the hits and an index of the kind.
    each = sa.literal_column("+hits.id") if unit.dialect.name == "sqlite" else found.c.id
    query = sa.select(found.c.id).where(each.in_(of_kind)).order_by(found.c.id.desc()).limit(limit)
    return list(unit.execute(query).scalars())


def _matching_records(unit: Unit, text: str) -> sa.Subquery:
    term = TextTerm(words_of(text), unfinished=True)
    if unit.dialect.name == "sqlite":
        hits = "SELECT rowid AS id FROM record_search WHERE record_search MATCH :words"
        return _ids(sa.text(hits).bindparams(words=_fts5(term)))
    hits = f"SELECT record_id AS id FROM record_texts WHERE {RECORD_VECTOR} @@ to_tsquery('simple', :words)"
    return _ids(sa.text(hits).bindparams(words=_tsquery(term)))
