"""A person's e-mail addresses in SuiteCRM, which echoes a change of them as done and ignores it.

The main address is taken only by a record that has none. So a new one is first linked (nothing is lost if we die),
the unwanted are unlinked, and if then another one leads, all are, the main one is set, and the others come back.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from crm_adapters.suitecrm.dialect import Dialect, Row
from crm_adapters.suitecrm.values import addresses_of
from crm_model.errors import Rejected, UnknownOutcome

_LINK = "email_addresses"
_FIELDS = ("email1", "email2")


def add_addresses(dialect: Dialect, module: str, record_id: str, emails: Sequence[str]) -> None:
    """Link further addresses with a record."""
    for email in emails:
        dialect.relate(module, record_id, _LINK, "EmailAddresses", dialect.address_id(email))


def set_addresses(dialect: Dialect, module: str, row: Row, wanted: Sequence[str]) -> None:
    """Make these the addresses of a record, the first one its main one. Errors: Rejected where the server won't."""
    held = addresses_of(row)
    if _same(held, wanted):
        return
    known = {email.lower() for email in held}
    kept = {email.lower() for email in wanted}
    add_addresses(dialect, module, row.id, [email for email in wanted if held and email.lower() not in known])
    _unlink(dialect, module, row.id, keep=kept)
    now = _addresses_now(dialect, module, row.id)
    if wanted and (not held or held[0].lower() != wanted[0].lower() or not _same(now[:1], wanted[:1])):
        _unlink(dialect, module, row.id, keep=frozenset())
        dialect.update(module, row.id, {"email1": wanted[0]})
        add_addresses(dialect, module, row.id, wanted[1:])
        now = _addresses_now(dialect, module, row.id)
    if not _same(now, wanted):
        sentence = "The CRM kept the old e-mail address; change it there."
        raise Rejected(f"The change was refused: {sentence}", field_errors={"email": sentence})


def _unlink(dialect: Dialect, module: str, record_id: str, *, keep: frozenset[str] | set[str]) -> None:
    for each in dialect.related(module, record_id, _LINK, ("email_address",)):
        if each.values.get("email_address", "").lower() not in keep:
            with contextlib.suppress(UnknownOutcome):  # whoever called looks what came of it
                dialect.unrelate(module, record_id, _LINK, each.id)


def _addresses_now(dialect: Dialect, module: str, record_id: str) -> list[str]:
    row = dialect.get(module, record_id, _FIELDS, (_LINK,))
    return addresses_of(row) if row is not None else []


def _same(one: Sequence[str], other: Sequence[str]) -> bool:
    """The same main address and the same others, in any order."""
    first, second = ([email.lower() for email in emails] for emails in (one, other))
    return first[:1] == second[:1] and set(first) == set(second)
