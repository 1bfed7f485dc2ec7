"""As much of SOQL as an adapter says: SELECT … FROM … WHERE (AND, OR, =, !=, <, >, IN) ORDER BY … LIMIT …"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Row = dict[str, Any]
_TOKEN = re.compile(r"\s*('(?:\\.|[^'\\])*'|>=|<=|!=|[=<>(),]|[^\s=<>!(),']+)")
_ESCAPES = {"n": "\n", "r": "\r"}


class Malformed(Exception):
    """What can't be parsed."""


@dataclass
class Query:
    fields: list[str]
    table: str
    where: Callable[[Row], bool]
    order: list[tuple[str, bool]]
    limit: int | None


def parse(text: str) -> Query:
    return _Parser(text).query()


class _Parser:
    def __init__(self, text: str) -> None:
        self.tokens = _TOKEN.findall(text)
        self.at = 0

    def query(self) -> Query:
        self.need("SELECT")
        fields = [self.take()]
        if self.peek() == "(":
            self.need("(")
            self.need(")")
            fields = ["COUNT()"]
        while self.peek() == ",":
            self.take()
            fields.append(self.take())
        self.need("FROM")
        table = self.take()
        where: Callable[[Row], bool] = lambda row: True  # noqa: E731
        if self.word("WHERE"):
            where = self.either()
        order: list[tuple[str, bool]] = []
        if self.word("ORDER"):
            self.need("BY")
            order.append(self.ordering())
            while self.peek() == ",":
                self.take()
                order.append(self.ordering())
        limit = int(self.take()) if self.word("LIMIT") else None
        if self.peek():
            raise Malformed(f"unexpected token: {self.peek()}")
        return Query(fields, table, where, order, limit)

    def ordering(self) -> tuple[str, bool]:
        name = self.take()
        return name, self.word("DESC") and not self.word("ASC")

    def either(self) -> Callable[[Row], bool]:
        parts = [self.both()]
        while self.word("OR"):
            parts.append(self.both())
        return lambda row: any(part(row) for part in parts)

    def both(self) -> Callable[[Row], bool]:
        parts = [self.one()]
        while self.word("AND"):
            parts.append(self.one())
        return lambda row: all(part(row) for part in parts)

    def one(self) -> Callable[[Row], bool]:
        if self.peek() == "(":
            self.take()
            inner = self.either()
            self.need(")")
            return inner
        name, sign = self.take(), self.take().upper()
        if sign == "IN":
            self.need("(")
            values = [_lower(self.value())]
            while self.peek() == ",":
                self.take()
                values.append(_lower(self.value()))
            self.need(")")
            return lambda row: _lower(row.get(name)) in values
        value = _lower(self.value())
        tests: dict[str, Callable[[Any], bool]] = {
            "=": lambda held: held == value,
            "!=": lambda held: held != value,
            ">": lambda held: held is not None and held > value,
            "<": lambda held: held is not None and held < value,
            ">=": lambda held: held is not None and held >= value,
        }
        if sign not in tests:
            raise Malformed(f"unknown operator: {sign}")
        return lambda row: tests[sign](_lower(row.get(name)))

    def value(self) -> Any:
        token = self.take()
        if token.startswith("'"):
            return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), token[1:-1])
        words = {"true": True, "false": False, "null": None}
        return words.get(token.lower(), token)

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self) -> str:
        if not self.peek():
            raise Malformed("unexpected end")
        self.at += 1
        return str(self.tokens[self.at - 1])

    def word(self, word: str) -> bool:
        if self.peek().upper() == word:
            self.at += 1
            return True
        return False

    def need(self, word: str) -> None:
        if not self.word(word):
            raise Malformed(f"{word} expected, {self.peek()} found")


def _lower(value: Any) -> Any:
    """Comparisons of text are without case; times are compared in one spelling."""
    if not isinstance(value, str):
        return value
    return value.replace("+0000", "Z").lower()
