"""The SQL that clients of the legacy REST send: what its filter refuses, what crashes, what it drops silently."""

from __future__ import annotations

import re

from tests.fakes.suitecrm.modules import Module

_STRING = re.compile(r"'(?:[^'\\]|''|\\.)*'", re.DOTALL)
_SUBSELECT = re.compile(r"\(\s*select\b.*\)", re.IGNORECASE | re.DOTALL)
_TABLES = re.compile(r"\b(?:from|join)\s+(\w+)", re.IGNORECASE)
_ALLOWED_TABLES = {"email_addr_bean_rel", "email_addresses", "emails", "emails_beans", "emails_text"}
_FORBIDDEN = re.compile(r"\b(?:union|exists|sleep|benchmark|load_file|user_hash)\b|--|/\*|;", re.IGNORECASE)


class Refused(Exception):
    """Fault 40: the filter says no."""


def checked_query(module: Module, query: str) -> str:
    """The condition for SQLite. Errors: Refused. An unknown or unqualified column makes SQLite fail: a crash."""
    if not query.strip():
        return "1"
    bare = _STRING.sub("''", query)
    if bare.count("'") % 2 or _FORBIDDEN.search(bare):
        raise Refused
    inner = "".join(_SUBSELECT.findall(bare))
    if set(_TABLES.findall(inner)) - _ALLOWED_TABLES:
        raise Refused
    outer = _SUBSELECT.sub("", bare)
    for name in module.fields:
        if re.search(rf"(?<![.\w]){name}\b(?!\s*\()", outer):
            return f"ambiguous.{name}"  # joined tables have it, too
    return _STRING.sub(_for_sqlite, query)


def checked_order(module: Module, order_by: str) -> str:
    """ORDER BY of bare names; a qualified or unknown one drops all of it."""
    parts = [part.split() for part in order_by.split(",") if part.split()]
    if not parts or any("." in part[0] or part[0] not in module.fields for part in parts):
        return ""
    return "ORDER BY " + ", ".join(
        f"{module.table}.{part[0]} {'DESC' if part[-1].lower() == 'desc' else 'ASC'}" for part in parts
    )


def _for_sqlite(found: re.Match[str]) -> str:
    """MySQL escapes with backslashes, SQLite by doubling."""
    text = re.sub(r"\\(.)", r"\1", found[0][1:-1].replace("''", "\\'"), flags=re.DOTALL)
    return "'" + text.replace("'", "''") + "'"
