"""Marks that a creation leaves on what it made, so that the same creation is known again.

vtiger keeps no keys of ours, but every record says where it came from (`source`, 100 characters, in capitals): given at
the creation, never changed afterwards, searchable. `key_field` names another field where that one is not to be had.

    HITCHPOST-<digest of the key>                           a record
    HITCHPOST-LEAD-<number of the lead>-<digest>            what a lead became
    HITCHPOST-<digest of the content>-<record>-<digest>     one entry of an activity, on one record
"""

from __future__ import annotations

import hashlib
import re

_PREFIX = "HITCHPOST-"
_LEAD = re.compile(r"HITCHPOST-LEAD-(?P<lead>[0-9]+)-(?P<digest>[0-9A-F]+)")
_ENTRY = re.compile(r"HITCHPOST-(?P<content>[0-9A-F]{24})-(?P<record>[0-9]+X[0-9]+)-(?P<call>[0-9A-F]{12})")


def digest(text: str, length: int = 24) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:length].upper()


def for_record(key: str) -> str:
    return f"{_PREFIX}{digest(key)}"


def for_lead(lead_id: str, key: str) -> str:
    return f"{all_of_lead(lead_id)}{digest(key)}"


def all_of_lead(lead_id: str) -> str:
    """How the marks of everything begin that a lead became."""
    return f"{_PREFIX}LEAD-{lead_id.partition('x')[2]}-"


ALL_LEADS = f"{_PREFIX}LEAD-"


def lead_in(mark: str) -> tuple[str, str]:
    """Number of the lead and digest of the key, ("", "") for another mark."""
    found = _LEAD.fullmatch(mark)
    return (found["lead"], found["digest"]) if found is not None else ("", "")


def for_entry(content: str, record_id: str, key: str) -> str:
    return f"{entries_on(content, record_id)}{digest(key, 12)}"


def entries_on(content: str, record_id: str) -> str:
    """How the marks begin of what holds this content on this record, whoever logged it."""
    return f"{_PREFIX}{digest(content)}-{record_id.upper()}-"


def family_of(mark: str) -> tuple[str, str] | None:
    """What the entries of one logged activity share: how their marks begin and end. None for no mark of an entry."""
    found = _ENTRY.fullmatch(mark)
    return (f"{_PREFIX}{found['content']}-", f"-{found['call']}") if found is not None else None


def is_ours(mark: str) -> bool:
    return mark.startswith(_PREFIX)
