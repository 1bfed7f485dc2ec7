"""vtiger's query language: literals that can't break out, and the few forms of SELECT that it understands.

No parentheses, no joins, no empty literal; at most 100 rows, silently; a direction counts for the last column only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from crm_model.field_values import clean_text

MOST_ROWS = 100
_LONGEST_LIST = 1_200  # characters: a query travels in the address, which servers cut or refuse from 2 KB on


def literal(text: str) -> str:
    """A quoted text. The server doubles no backslash on the way to MySQL, so a single one would end our quotes.

    Errors: ValueError for an empty one, which the server's lexer can't read.
    """
    cleaned = clean_text(text)
    if not cleaned:
        raise ValueError("vtiger's query language has no empty text")
    return "'" + cleaned.replace("\\", "\\\\").replace("'", "''") + "'"


def equals(column: str, value: str) -> str:
    return f"{column} = {literal(value)}"


def among(column: str, values: Iterable[str]) -> str:
    return f"{column} in ({', '.join(literal(value) for value in values)})"


def begins(column: str, start: str) -> str:
    """`start` must hold neither % nor _."""
    return f"{column} like {literal(start + '%')}"


def select(
    module: str, where: str = "", *, columns: str = "*", order: str = "id", offset: int = 0, limit: int = MOST_ROWS
) -> str:
    """The text of a query. `order` may end in "desc"."""
    condition = f" where {where}" if where else ""
    return f"select {columns} from {module}{condition} order by {order} limit {offset}, {min(limit, MOST_ROWS)};"


def count(module: str) -> str:
    return f"select count(*) from {module};"


def portions(values: Sequence[str]) -> Iterator[list[str]]:
    """The values in lists short enough for one query, each value once."""
    part: list[str] = []
    length = 0
    for value in dict.fromkeys(values):
        size = len(literal(value).encode()) + 2
        if part and (length + size > _LONGEST_LIST or len(part) >= MOST_ROWS):
            yield part
            part, length = [], 0
        part.append(value)
        length += size
    if part:
        yield part
