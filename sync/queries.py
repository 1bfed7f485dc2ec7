"""Every view of the local database: each call is one consistent read and holds no lock."""

from __future__ import annotations

import dataclasses
from array import array
from collections.abc import Collection
from datetime import UTC, datetime, timedelta, tzinfo

from crm_model.errors import NotFound
from crm_model.links import FilingRule
from crm_model.records import FieldSpec, Owner, RecordKind
from sync.composing.answering import Answerable
from sync.composing.draft import Draft
from sync.field_changes import FieldChange
from sync.quotes import split_text
from sync.search_query import read_query
from sync.store import (
    actions,
    conversations,
    deliveries,
    due,
    field_specs,
    filing_effects,
    listing,
    next_touches,
    outgoing,
    outgoing_messages,
    outposts,
    preferences,
    record_views,
    search,
    timed_listing,
    tracking_privacy,
    tracking_summary,
)
from sync.store import consents as consent_log
from sync.store import filing_rules as rules
from sync.store import status as store_status
from sync.store import suggestions as questions
from sync.store import troubles as store_troubles
from sync.store.agent_lock import is_agent_running
from sync.store.consents import Consent
from sync.store.database import Store, last_seq
from sync.store.outposts import OUTPOST, OutpostState
from sync.store.tracking_privacy import PersonalData
from sync.tracking_views import HumanNews, SentMail
from sync.viewer import Viewer
from sync.views import (
    ActionRow,
    ConversationView,
    DeliveryView,
    FilingRuleRow,
    Mailview,
    MessageView,
    ProposedRule,
    RecordRow,
    RecordView,
    RuleEffect,
    StatusView,
    SuggestionView,
    ThreadRow,
    TroubleRow,
)

RULE_DAYS = 90
"""How far back a rule's effect is shown, and corrections are looked at."""


def seq(store: Store) -> int:
    """The place of the newest change: ask `…_changed_since` only when it grew."""
    with store.read() as unit:
        return last_seq(unit)


def thread_ids(
    store: Store,
    view: Mailview,
    text: str = "",
    *,
    now: datetime | None = None,
    zone: tzinfo | None = None,
    viewer: Viewer | None = None,
) -> array[int]:
    """The ids of a view's conversations, newest first; with `text`, those that it asks for (`sync.search_query`).

    The last word may be unfinished. Of very common words the newest mails count (`searched_threads`). Days begin in
    `zone`, the machine's own without one. A viewer's triage begins with what is due and leaves out what is put off.
    """
    search = read_query(text, now or datetime.now(UTC), zone) if text.strip() else None
    with store.read() as unit:
        if viewer is None:
            return listing.thread_ids(unit, view, search)
        return timed_listing.thread_ids(unit, view, search, viewer)


def search_remarks(text: str, *, now: datetime | None = None, zone: tzinfo | None = None) -> tuple[str, ...]:
    """What of a search was not understood, a sentence each."""
    return read_query(text, now or datetime.now(UTC), zone).remarks


def view_counts(store: Store, viewer: Viewer) -> dict[Mailview, int]:
    """How many conversations each view holds for this person now."""
    with store.read() as unit:
        return timed_listing.counts(unit, viewer)


def due_threads(store: Store, viewer: Viewer) -> tuple[int, ...]:
    """The conversations that came due for this person, the longest due first."""
    with store.read() as unit:
        return due.due_threads(unit, viewer)


def thread_rows(store: Store, ids: Collection[int]) -> dict[int, ThreadRow]:
    """The rows of these conversations by id; one that is gone is left out."""
    with store.read() as unit:
        return listing.thread_rows(unit, ids)


def threads_changed_since(store: Store, seq: int) -> list[int]:
    """The ids of conversations that are new or changed after `seq`, in the order of change."""
    with store.read() as unit:
        return listing.changed_since(unit, seq)


def conversation(store: Store, thread_id: int, viewer: Viewer | None = None) -> ConversationView:
    """A conversation, oldest message first; the id of one that was merged away leads to where it went.

    With a viewer's own next touch of it. Errors: NotFound.
    """
    with store.read() as unit:
        found = conversations.conversation(unit, thread_id)
        touch = next_touches.of_thread(unit, found.thread.id, viewer.author) if viewer else None
    messages = tuple(_in_parts(message) for message in found.messages)
    return dataclasses.replace(found, messages=messages, next_touch=touch)


def _in_parts(message: MessageView) -> MessageView:
    parts = split_text(message.text)
    return dataclasses.replace(message, text=parts.new, quoted=parts.quoted, signature=parts.signature)


def record(store: Store, record_id: int) -> RecordView:
    """A record with its fields, kin, activities, conversations and what is under way. Errors: NotFound."""
    with store.read() as unit:
        return record_views.record_view(unit, record_id)


def field_changes(store: Store, record_id: int, name: str, limit: int = 20) -> tuple[FieldChange, ...]:
    """Who changed a field of a record, from what to what, the newest change first."""
    with store.read() as unit:
        return record_views.field_changes(unit, record_id, name, limit)


def folded_sections(store: Store, author: str) -> frozenset[str]:
    """The sections of the sidebar that a person folded away."""
    with store.read() as unit:
        return frozenset(preferences.get(unit, f"{preferences.FOLDED}{author}").split())


def records_changed_since(store: Store, seq: int) -> list[int]:
    """The ids of records that are new or changed after `seq`, in the order of change."""
    with store.read() as unit:
        return record_views.changed_since(unit, seq)


def search_records(
    store: Store, text: str, kinds: Collection[RecordKind] | None = None, limit: int = 20
) -> tuple[RecordRow, ...]:
    """Live records that hold all words of `text`, the last one maybe unfinished; best title first."""
    with store.read() as unit:
        return record_views.record_rows(unit, search.record_ids(unit, text, kinds, limit))


def records_for_search(store: Store, text: str, limit: int = 20) -> tuple[RecordRow, ...]:
    """Live records that hold the words which a search looks for anywhere, of a person or a company; () without any."""
    words = read_query(text, datetime.now(UTC)).names
    with store.read() as unit:
        return record_views.record_rows(unit, search.record_ids(unit, words, None, limit))


def leads(store: Store) -> tuple[RecordRow, ...]:
    """Every lead that is neither converted nor deleted, latest change first."""
    return records_of_kind(store, RecordKind.LEAD, None)


def records_of_kind(store: Store, kind: RecordKind, limit: int | None = 100) -> tuple[RecordRow, ...]:
    """Live records of a kind, latest change first."""
    with store.read() as unit:
        return record_views.of_kind(unit, kind, limit)


def suggestions(store: Store, limit: int = 100) -> tuple[SuggestionView, ...]:
    """The agent's open questions, newest first."""
    with store.read() as unit:
        return questions.list_open(unit, limit)


def threads_from_same(store: Store, thread_id: int) -> tuple[int, ...]:
    """Conversations in which the person who wrote last in this one wrote too."""
    with store.read() as unit:
        return listing.threads_from_same(unit, thread_id)


def filing_rules(store: Store) -> tuple[FilingRuleRow, ...]:
    """What people taught, oldest rule first."""
    with store.read() as unit:
        return rules.listed(unit)


def rule_effect(store: Store, rule: FilingRule, days: int = RULE_DAYS, *, now: datetime | None = None) -> RuleEffect:
    """What a rule would have done to the mail of the last days before `now` (the clock's time)."""
    with store.read() as unit:
        return filing_effects.effect(unit, rule, days, (now or datetime.now(UTC)) - timedelta(days=days))


def proposed_rules(store: Store, days: int = RULE_DAYS) -> tuple[ProposedRule, ...]:
    """The rules that the corrections of the last days teach and that nobody keeps yet."""
    with store.read() as unit:
        return filing_effects.proposals(unit, datetime.now(UTC) - timedelta(days=days))


def rule_taught_by(store: Store, thread_id: int, record_id: int | None) -> FilingRule | None:
    """The rule that filing this conversation there (None: refusing its lead) teaches; None if nobody outside wrote."""
    with store.read() as unit:
        return filing_effects.taught_by(unit, conversations.surviving_thread(unit, thread_id), record_id)


def troubles(store: Store, limit: int = 100) -> tuple[TroubleRow, ...]:
    """Fields in conflict and refused changes of all records: what waits for a person."""
    with store.read() as unit:
        return store_troubles.troubles(unit, limit)


def undoable(store: Store, limit: int = 20) -> tuple[ActionRow, ...]:
    """What people did and can undo, newest first."""
    with store.read() as unit:
        return actions.undoable(unit, limit)


def outbox(store: Store) -> tuple[DeliveryView, ...]:
    """Drafts and mails that are not sent, newest first."""
    with store.read() as unit:
        return deliveries.listed(unit)


def sent_mails(store: Store, limit: int = 50) -> tuple[SentMail, ...]:
    """Mails that left, newest first, with what is known of their reading."""
    with store.read() as unit:
        return tracking_summary.sent_mails(unit, limit)


def human_news(store: Store, seq: int) -> tuple[HumanNews, ...]:
    """Opens and clicks that became a person's after `seq`, in the order of change."""
    with store.read() as unit:
        return tracking_summary.human_since(unit, seq)


def outpost(store: Store) -> tuple[OutpostState, int]:
    """How far the agent has collected, and how many events it could make nothing of."""
    with store.read() as unit:
        return outposts.state_of(unit, OUTPOST), len(outposts.stranded(unit))


def consents(store: Store) -> tuple[Consent, ...]:
    """The newest answer of each person and purpose, newest first."""
    with store.read() as unit:
        return consent_log.listed(unit)


def personal_data(store: Store, address: str) -> PersonalData:
    """All that tracking knows of an address."""
    with store.read() as unit:
        return tracking_privacy.personal_data(unit, address)


def mail_draft(store: Store, outgoing_id: int) -> Draft:
    """A mail of the outbox as it was written. Errors: NotFound."""
    with store.read() as unit:
        stored = outgoing.get(unit, outgoing_id)
    if stored is None:
        raise NotFound("This mail is no longer in the outbox.")
    return stored.draft


def answerable(store: Store, message_id: int) -> Answerable:
    """A message as replying to it needs it. Errors: NotFound."""
    with store.read() as unit:
        return outgoing_messages.answerable(unit, message_id)


def agent_runs(store: Store) -> bool:
    """Whether an agent works on this database now."""
    return is_agent_running(store)


def waiting_now(store: Store) -> StatusView:
    """Of the status what a screen tells all the time: who is in trouble, and what waits. The rest is left out."""
    with store.read() as unit:
        found = store_status.waiting_now(unit)
    return dataclasses.replace(found, agent_runs=is_agent_running(store))


def status(store: Store) -> StatusView:
    """How mail accounts, CRMs and queues are, and whether anybody works on them."""
    with store.read() as unit:
        found = store_status.status(unit)
    return dataclasses.replace(found, agent_runs=is_agent_running(store))


def fields_of(store: Store, crm: str, kind: RecordKind) -> tuple[FieldSpec, ...]:
    """The fields of a kind in a form's order, as the CRM last described them; () if it never did."""
    with store.read() as unit:
        return field_specs.fields_of(unit, crm, kind)


def owners_of(store: Store, crm: str) -> tuple[Owner, ...]:
    """Users of a CRM who can own records, by name."""
    with store.read() as unit:
        return field_specs.owners_of(unit, crm)
