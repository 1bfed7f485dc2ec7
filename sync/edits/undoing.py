"""Taking back what a person did: the steps of the action in reverse, as changes of their own where the CRM has them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from crm_model.errors import NotFound, Rejected
from sync.edits.activities import undo_activity, undo_done
from sync.edits.conflicts import undo_settled
from sync.edits.conversion import undo_converting
from sync.edits.edit import Edit
from sync.edits.field_offers import undo_offer
from sync.edits.filing_rules import undo_filing_added, undo_filing_changed, undo_filing_removed
from sync.edits.linking import (
    undo_asked,
    undo_attached,
    undo_link,
    undo_logged,
    undo_outcomes,
    undo_unattached,
    undo_withdrawn,
)
from sync.edits.records import undo_changed, undo_created
from sync.edits.saved_views import undo_view
from sync.edits.sending import undo_sending
from sync.edits.threads import undo_archived, undo_reshaped
from sync.edits.touches import undo_touched
from sync.store import actions
from sync.store.database import Store
from sync.store.thread_summary import refresh_threads

REVERSE: dict[str, Callable[..., None]] = {
    "activity": undo_activity,
    "archived": undo_archived,
    "asked": undo_asked,
    "attached": undo_attached,
    "changed": undo_changed,
    "converting": undo_converting,
    "created": undo_created,
    "done": undo_done,
    "filing_added": undo_filing_added,
    "filing_changed": undo_filing_changed,
    "filing_removed": undo_filing_removed,
    "link": undo_link,
    "logged": undo_logged,
    "offer": undo_offer,
    "outcomes": undo_outcomes,
    "reshaped": undo_reshaped,
    "sending": undo_sending,
    "touched": undo_touched,
    "settled": undo_settled,
    "unattached": undo_unattached,
    "view": undo_view,
    "withdrawn": undo_withdrawn,
}
"""How each step that `Edit.remember` kept is taken back."""


def undo(store: Store, action_id: int | None, author: str) -> str:
    """Take back an action, or this person's last one (None); its label, and what stays nevertheless.

    All of it or, with an error, nothing.

    Errors: Rejected if it is undone already or was built upon since; NotSupported if the CRM can't take it back.
    """
    with store.write() as unit:
        action = actions.newest(unit, author) if action_id is None else actions.get(unit, action_id)
        if action is None:
            raise NotFound("There is nothing to undo.")
        if action.undone:
            raise Rejected("That is undone already.")
        now = datetime.now(UTC)
        taking = Edit(unit, author, now, action.id)
        for kind, *values in reversed(action.undo["steps"]):
            REVERSE[kind](taking, *values)
        refresh_threads(unit, taking.threads)
        actions.mark_undone(unit, action.id, now)
        return f"{action.label}; {taking.label}" if taking.label else action.label
