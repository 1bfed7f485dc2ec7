"""Conversations by what their records are: the company, the stage, the owner."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from crm_model.field_values import LOCAL_REFERENCE
from crm_model.records import RecordKind
from sync.search_query import Facet, RecordTerm, words_of
from sync.store.batches import batches
from sync.store.database import Unit
from sync.store.search import newest_records
from sync.store.tables import crm_fields, links, records

_MOST_COMPANIES = 500
_R = records.c
_STAGES = (RecordKind.OPPORTUNITY.value, RecordKind.LEAD.value)


def threads_of(unit: Unit, term: RecordTerm) -> sa.Select[int]:
    """The ids of conversations that are linked to a record of this kind."""
    found = sa.select(links.c.thread_id).where(links.c.removed_at.is_(None))
    if term.facet is Facet.COMPANY:
        return found.where(links.c.record_id.in_(sorted(_of_company(unit, term.text))))
    if term.facet is Facet.STAGE:
        asked = _R.stage.in_(sorted(_stages(unit, term.text)))
        return found.where(links.c.record_id.in_(sa.select(_R.id).where(asked, _R.kind.in_(_STAGES))))
    owned = sa.select(_R.id).where(_R.owner_ref.in_(sorted(_owners(unit, term.text))))
    return found.where(links.c.record_id.in_(owned))


def _of_company(unit: Unit, text: str) -> set[int]:
    """Accounts of this name or domain with all that hangs on them, and leads that state the company."""
    accounts = newest_records(unit, text, RecordKind.ACCOUNT, _MOST_COMPANIES)
    found = set(accounts)
    for some in batches(accounts):
        known = unit.execute(sa.select(_R.id, _R.remote_id, _R.crm).where(_R.id.in_(some))).all()
        crms = {(reference, row.crm) for row in known for reference in (row.remote_id, f"{LOCAL_REFERENCE}{row.id}")}
        rows = unit.execute(
            sa.select(_R.id, _R.crm, _R.account_ref).where(_R.account_ref.in_({ref for ref, _ in crms if ref}))
        )
        found.update(row.id for row in rows if (row.account_ref, row.crm) in crms)
    words = words_of(text)
    leads = newest_records(unit, text, RecordKind.LEAD, _MOST_COMPANIES)
    for some in batches(leads):
        rows = unit.execute(sa.select(_R.id, _R.fields["company"].as_string().label("company")).where(_R.id.in_(some)))
        found.update(row.id for row in rows if _begins_all(words, row.company or ""))
    return found


def _stages(unit: Unit, text: str) -> set[str]:
    """The values of stages and statuses whose name begins with this; the text itself where no CRM has described any."""
    wanted = text.casefold()
    return {text} | {
        value
        for value, label in _options(unit)
        if value.casefold().startswith(wanted) or label.casefold().startswith(wanted)
    }


def _options(unit: Unit) -> Iterator[tuple[str, str]]:
    for specs in unit.execute(sa.select(crm_fields.c.specs).where(crm_fields.c.kind.in_(_STAGES))).scalars():
        for spec in specs:
            if spec["name"] in ("stage", "status"):
                yield from ((value, label) for value, label in spec.get("options") or ())


def _owners(unit: Unit, text: str) -> set[str]:
    words = words_of(text)
    found: set[str] = set()
    for owners in unit.execute(sa.select(crm_fields.c.owners)).scalars():
        named = ((owner["id"], f"{owner['name']} {owner.get('email', '')}") for owner in owners)
        found.update(owner_id for owner_id, name in named if _begins_all(words, name))
    return found


def _begins_all(words: tuple[str, ...], text: str) -> bool:
    """Whether each word begins one of the text."""
    held = words_of(text)
    return all(any(each.startswith(word) for each in held) for word in words)
