"""vtiger's query language as its server reads it: lexer, grammar, and where it lets MySQL have its way."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

_TOKEN = re.compile(r"(\w+|'(?:[^']|'')+'|\(|\)|(?:\+|-)?\d+|,|\*|=|<=|>=|<|>|!=|;)|[ \t\r\n]+")
_CAP = 100


class QueryError(Exception):
    """What the server answers: its code and message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass(slots=True)
class Condition:
    column: str
    operator: str
    values: list[str]


@dataclass(slots=True)
class Query:
    """`alternatives` are ORed, the conditions in each ANDed: SQL's precedence."""

    columns: list[str]
    module: str
    alternatives: list[list[Condition]] = field(default_factory=list)
    order: list[str] = field(default_factory=list)
    descending: bool = False
    offset: int = 0
    limit: int = _CAP


_UNREADABLE = "\0"


def tokens_of(text: str) -> list[str]:
    """The tokens up to what the lexer can't read, like an empty literal; the parser may fail before that."""
    found, at = [], 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            return [*found, _UNREADABLE]
        if match[1] is not None:
            found.append(match[1])
        at = match.end()
    return found


class _Parser:
    def __init__(self, tokens: list[str]) -> None:
        self.tokens, self.at = tokens, 0

    def peek(self) -> str:
        token = self.tokens[self.at] if self.at < len(self.tokens) else ""
        if token == _UNREADABLE:
            raise QueryError("INTERNAL_SERVER_ERROR", "Unknown Error while processing request")
        return token

    def take(self, kind: str, fits: Callable[[str], bool]) -> str:
        token = self.peek()
        if not token or not fits(token):
            raise self.unexpected(kind)
        self.at += 1
        return token

    def word(self, kind: str) -> str:
        return self.take(kind, lambda token: re.fullmatch(r"\w+", token) is not None)

    def key(self, *keys: str) -> bool:
        if self.peek().lower() in keys:
            self.at += 1
            return True
        return False

    def unexpected(self, expected: str) -> QueryError:
        token = self.peek()
        last = self.tokens[self.at - 1] if self.at else ""
        if not token:
            what = f"token '{last}' Unexpected End of Input(0)"
        elif token == "(":
            what = "token '(' Unexpected PARENOPEN(()"
        elif not self.at:
            what = f"token '{token}' Unexpected Unknown({token})"
        else:
            what = f"token '{token}' Unexpected COLUMNNAME({token})"
        return QueryError("QUERY_SYNTAX_ERROR", f"Syntax Error on line 1: {what}, expected one of: {expected}")


def parse(text: str) -> Query:
    parser = _Parser(tokens_of(text))
    if not parser.key("select"):
        raise parser.unexpected("SELECT")
    columns = _columns(parser)
    if not parser.key("from"):
        raise parser.unexpected("FRM")
    query = Query(columns, parser.word("TABLENAME"))
    if parser.key("where"):
        query.alternatives = _conditions(parser)
    if parser.key("order"):
        _order(parser, query)
    if parser.key("limit"):
        _limit(parser, query)
    parser.take("SEMICOLON", lambda token: token == ";")
    return query


def _columns(parser: _Parser) -> list[str]:
    if parser.key("*"):
        return ["*"]
    if parser.peek().lower() == "count":
        parser.at += 4
        return ["count(*)"]
    columns = [parser.word("COLUMNNAME")]
    while parser.key(","):
        columns.append(parser.word("COLUMNNAME"))
    return columns


def _conditions(parser: _Parser) -> list[list[Condition]]:
    alternatives = [[_condition(parser)]]
    while True:
        if parser.key("and"):
            alternatives[-1].append(_condition(parser))
        elif parser.key("or"):
            alternatives.append([_condition(parser)])
        else:
            return alternatives


def _condition(parser: _Parser) -> Condition:
    column = parser.word("COLUMNNAME")
    operator = parser.take("EQ", lambda token: token.lower() in ("=", "!=", "<", ">", "<=", ">=", "in", "like")).lower()
    if operator != "in":
        return Condition(column, operator, [parser.take("VALUE", _is_value)])
    parser.take("PARENOPEN", lambda token: token == "(")
    values = [parser.take("VALUE", _is_value)]
    while parser.key(","):
        values.append(parser.take("VALUE", _is_value))
    parser.take("PARENCLOSE", lambda token: token == ")")
    return Condition(column, operator, values)


def _is_value(token: str) -> bool:
    return token.startswith("'") or re.fullmatch(r"[+-]?\w+", token) is not None


def _order(parser: _Parser, query: Query) -> None:
    parser.take("ORDERBY", lambda token: token.lower() == "by")
    query.order.append(parser.word("COLUMNNAME"))
    while parser.key(","):
        query.order.append(parser.word("COLUMNNAME"))
    query.descending = parser.key("desc")
    parser.key("asc")


def _limit(parser: _Parser, query: Query) -> None:
    numbers = [int(parser.take("VALUE", str.isdecimal))]
    if parser.key(","):
        numbers.append(int(parser.take("VALUE", str.isdecimal)))
    query.offset = numbers[0] if len(numbers) == 2 else 0
    query.limit = min(numbers[-1], _CAP)


def mysql_text(token: str) -> str:
    """A literal as MySQL reads it: doubled quotes, and backslashes that nobody doubled.

    Errors: QueryError where a backslash ends the quotes early: there the rest would have been read as SQL.
    """
    if not token.startswith("'"):
        return token
    inner, text, at = token[1:-1], [], 0
    while at < len(inner):
        char = inner[at]
        if char == "\\":
            if at + 1 == len(inner):
                raise QueryError("DATABASE_QUERY_ERROR", "Database error while performing requested operation")
            following = inner[at + 1]
            text.append({"n": "\n", "r": "\r", "t": "\t", "0": "\0", "b": "\b", "Z": "\x1a"}.get(following, following))
            if following == "'":
                raise QueryError("DATABASE_QUERY_ERROR", "Database error while performing requested operation")
            at += 2
            continue
        text.append(char)
        at += 2 if char == "'" else 1
    return "".join(text)


Row = Mapping[str, str]


def select_rows(query: Query, rows: Sequence[Row], numeric: Callable[[str], bool]) -> Iterator[Row]:
    """The rows of a page. `numeric` says which columns hold numbers or ids."""
    kept = [row for row in rows if _fits(query, row, numeric)]

    def key(column: str) -> Callable[[Row], tuple[float, str]]:
        return lambda row: (
            (_number(row.get(column, "")), "") if numeric(column) else (0.0, row.get(column, "").casefold())
        )

    for index, column in reversed(list(enumerate(query.order or ["id"]))):
        kept.sort(key=key(column), reverse=query.descending and index == len(query.order) - 1)
    yield from kept[query.offset : query.offset + query.limit]


def _fits(query: Query, row: Row, numeric: Callable[[str], bool]) -> bool:
    if not query.alternatives:
        return True
    return any(all(_holds(condition, row, numeric) for condition in every) for every in query.alternatives)


def _holds(condition: Condition, row: Row, numeric: Callable[[str], bool]) -> bool:
    held = row.get(condition.column, "")
    wanted = [mysql_text(value) for value in condition.values]
    if condition.operator == "like":
        pattern = "".join(".*" if char == "%" else "." if char == "_" else re.escape(char) for char in wanted[0])
        return re.fullmatch(pattern, held, re.IGNORECASE | re.DOTALL) is not None
    if condition.column == "id" and not all("x" in value for value in wanted):
        return False
    if numeric(condition.column):
        numbers = [_number(value) for value in wanted]
        return (
            _number(held) in numbers
            if condition.operator in ("=", "in")
            else _ordered(condition.operator, (_number(held) > numbers[0]) - (_number(held) < numbers[0]))
        )
    texts, text = [value.casefold() for value in wanted], held.casefold()
    if condition.operator in ("=", "in"):
        return text in texts
    return _ordered(condition.operator, (text > texts[0]) - (text < texts[0]))


def _ordered(operator: str, sign: int) -> bool:
    return {"!=": sign != 0, "<": sign < 0, ">": sign > 0, "<=": sign <= 0, ">=": sign >= 0}[operator]


def _number(text: str) -> float:
    """Of "10x7" the 7."""
    found = re.match(r"-?\d+(\.\d+)?", text.partition("x")[2] or text)
    return float(found[0]) if found else 0.0
