"""What stands beside a line of any list when it is chosen: a conversation, its record, and what is best done next."""

from __future__ import annotations

from dataclasses import replace

from crm_model.errors import NotFound
from sync import desk_queries, queries
from sync.desk_views import Deskview, ProblemRow
from sync.opened import NO_CONVERSATION, Opened
from sync.store.database import Store
from sync.triage import MOST_STEPS, Situation, Step, StepKind, next_steps
from sync.viewer import Viewer
from sync.views import ConversationView, Mailview, RecordView


def open_key(store: Store, view: Mailview | Deskview, key: int, viewer: Viewer, record_id: int | None) -> Opened:
    """A line of a list by its key. Errors: NotFound."""
    match view:
        case Deskview.LEADS | Deskview.PIPELINE:
            return open_record(store, record_id or key, viewer, asked_id=key)
        case Deskview.SENT:
            row = desk_queries.sent_rows(store, [key]).get(key)
            thread_id = row.delivery.thread_id if row else None
            return _opened_or_nothing(store, key, thread_id, viewer, record_id)
        case Deskview.PROBLEMS:
            problem = next((each for each in desk_queries.all_problems(store) if each.id == key), None)
            if problem is not None and (wanted := record_id or problem.record_id):
                return open_record(store, wanted, viewer, asked_id=key)
            found = _opened_or_nothing(store, key, problem.thread_id if problem else None, viewer, record_id)
            return _with_problem(found, problem) if problem else found
        case _:
            return open_thread(store, key, viewer, record_id, asked_id=key)


def open_thread(store: Store, thread_id: int, viewer: Viewer, record_id: int | None, *, asked_id: int) -> Opened:
    """A conversation with one of its records, or with any record asked for."""
    conversation = queries.conversation(store, thread_id, viewer)
    wanted = record_id or next((link.record_id for link in conversation.links if not link.broken), None)
    try:
        record = queries.record(store, wanted) if wanted is not None else None
    except NotFound:
        record = None
    return _opened(asked_id, conversation, record, viewer)


def open_record(store: Store, record_id: int, viewer: Viewer, *, asked_id: int) -> Opened:
    """A record with its newest conversation; what the agent asks about that is not shown here."""
    record = queries.record(store, record_id)
    newest = next((row.id for row in record.threads), None)
    conversation = queries.conversation(store, newest, viewer) if newest is not None else NO_CONVERSATION
    return _opened(asked_id, replace(conversation, suggestion=None), record, viewer)


def _opened_or_nothing(store: Store, key: int, thread_id: int | None, viewer: Viewer, record_id: int | None) -> Opened:
    if thread_id is None:
        return Opened(key, NO_CONVERSATION, None)
    return open_thread(store, thread_id, viewer, record_id, asked_id=key)


def _with_problem(found: Opened, problem: ProblemRow) -> Opened:
    """What went wrong, in words; for mail that did not leave, what can be done about it comes first."""
    if problem.outgoing_id is None:
        return replace(found, remark=problem.words)
    step = Step(StepKind.MEND_MAIL, 1.0, problem.words, about_id=problem.outgoing_id)
    return replace(found, steps=(step, *found.steps)[:MOST_STEPS])


def _opened(asked_id: int, conversation: ConversationView, record: RecordView | None, viewer: Viewer) -> Opened:
    steps = next_steps(Situation(conversation, record, viewer.now, viewer.patience))
    return Opened(asked_id, conversation, record, steps)
