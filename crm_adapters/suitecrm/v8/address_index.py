"""Who holds which e-mail address, for a server whose JSON:API can't search for them: read once, then kept up to date.

A record shows two addresses here; who is known by a third one only is not found.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import TYPE_CHECKING

from crm_adapters.places import OVERLAP

if TYPE_CHECKING:
    from crm_adapters.suitecrm.dialect import Dialect

_FIELDS = ("email1", "email2")
_PAGE = 500


class AddressIndex:
    """Addresses and ids alone are held: some hundred bytes for a person."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._read_at: dict[str, datetime] = {}
        self._holders: defaultdict[tuple[str, str], set[str]] = defaultdict(set)

    def holders(self, module: str, email: str) -> frozenset[str]:
        """Ids of records that hold, or held, an address."""
        self._catch_up(module)
        return frozenset(self._holders.get((module, email.lower()), ()))

    def _catch_up(self, module: str) -> None:
        began, since, after = self._dialect.now(), self._read_at.get(module), ""
        while True:
            rows = self._dialect.changed(module, _FIELDS, (), since=since, after=after, limit=_PAGE)
            for row in rows:
                for name in _FIELDS:
                    if email := row.values.get(name):
                        self._holders[module, email.lower()].add(row.id)
            if len(rows) < _PAGE:
                break
            after = rows[-1].id
        self._read_at[module] = began - OVERLAP
