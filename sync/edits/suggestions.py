"""Answering the agent's questions, and making a lead of a conversation."""

from __future__ import annotations

from crm_model.errors import NotFound, Rejected
from crm_model.links import CREATE_LEAD
from crm_model.records import Fields, RecordKind
from sync.edits.edit import Edit, edit, named, shortened
from sync.edits.fitting import fit_lead
from sync.edits.linking import link, settle_questions
from sync.edits.records import create
from sync.store import suggestions, thread_wishes
from sync.store.conversations import surviving_thread
from sync.store.database import Store
from sync.store.links import CREATED_FROM_MAIL
from sync.views import SuggestionView


def create_lead(store: Store, thread_id: int, crm: str, fields: Fields, author: str) -> int:
    """Make a lead of a conversation and link it; the record's id."""
    with edit(store, "create_lead", author) as making:
        return _lead_from(making, surviving_thread(making.unit, thread_id), crm, fields)


def accept_suggestion(
    store: Store,
    suggestion_id: int,
    author: str,
    *,
    record_id: int | None = None,
    fields: Fields | None = None,
    crm: str,
) -> int:
    """Say yes: link to `record_id` if given, else make the lead (with `fields` over those suggested) or link the best.

    `crm` is where a new lead goes.
    """
    with edit(store, "accept_suggestion", author) as making:
        accept(making, _open_question(making, suggestion_id), crm=crm, record_id=record_id, fields=fields)
    return making.action_id


def accept(
    making: Edit, asked: SuggestionView, *, crm: str, record_id: int | None = None, fields: Fields | None = None
) -> None:
    """Say yes within an edit under way."""
    thread_id = surviving_thread(making.unit, asked.thread_id)
    suggestions.decide(making.unit, [asked.id], "accepted", making.now)
    making.remember("asked", thread_id, [asked.id])
    if record_id is None and asked.kind == CREATE_LEAD:
        _lead_from(making, thread_id, crm, fit_lead(making.unit, crm, {**asked.fields, **(fields or {})}))
    else:
        record = making.record(record_id if record_id is not None else _best(asked))
        link(making, thread_id, record)
        making.label = f"linked to {named(record)}"
    making.threads.add(thread_id)


def reject_suggestion(store: Store, suggestion_id: int, author: str, *, remark: str = "") -> int:
    """Say no, and why if the person says: the agent does not ask this again."""
    with edit(store, "reject_suggestion", author) as making:
        reject(making, _open_question(making, suggestion_id), remark)
    return making.action_id


def reject(making: Edit, asked: SuggestionView, remark: str = "") -> None:
    """Say no within an edit under way."""
    thread_id = surviving_thread(making.unit, asked.thread_id)
    suggestions.decide(making.unit, [asked.id], "rejected", making.now, remark=remark)
    making.remember("asked", thread_id, [asked.id])
    making.threads.add(thread_id)
    why = f" ({shortened(remark)})" if remark else ""
    making.label = f"said no for {shortened(thread_wishes.heading(making.unit, thread_id))}{why}"


def _lead_from(making: Edit, thread_id: int, crm: str, fields: Fields) -> int:
    lead = create(making, crm, RecordKind.LEAD, fields)
    link(making, thread_id, lead, CREATED_FROM_MAIL, "made of this conversation")
    settle_questions(making, thread_id, "superseded")
    for other in suggestions.held_for(making.unit, str(fields.get("email") or "")):
        link(making, other, lead, CREATED_FROM_MAIL, "from the person of the lead; made")
    making.label = f"made the lead {named(lead)}"
    return lead.id


def _open_question(making: Edit, suggestion_id: int) -> SuggestionView:
    asked = suggestions.get(making.unit, suggestion_id)
    if asked is None:
        raise NotFound("This suggestion is no longer here.")
    if suggestions.state_of(making.unit, suggestion_id) != "open":
        raise Rejected("Somebody has decided on this suggestion already.")
    return asked


def _best(asked: SuggestionView) -> int:
    if not asked.candidates:
        raise NotFound("None of the suggested records exists any more; choose another one.")
    return asked.candidates[0].record_id
