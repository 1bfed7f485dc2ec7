"""Every command that a person can give: local rows, changes for the CRM and the action that undoes them, at once.

Each is one transaction and gives the action's id unless it says otherwise; 0 if nothing had to be changed.
Errors everywhere: NotFound for what is gone, Rejected with `field_errors` for what can't be, Busy.
"""

from __future__ import annotations

from sync.edits.activities import add_activity, complete_task
from sync.edits.bulk import accept_all, archive_all, link_all, put_off_all, reject_all
from sync.edits.conflicts import Choice, resolve_conflict
from sync.edits.consents import erase_tracking, is_followed, set_consent
from sync.edits.conversion import convert_lead
from sync.edits.field_offers import accept_offer, reject_offer
from sync.edits.filing_rules import add_filing_rule, change_filing_rule, remove_filing_rule
from sync.edits.linking import link_thread, unlink_thread
from sync.edits.looking import fold_sections
from sync.edits.records import change_record, create_record
from sync.edits.saved_views import forget_view, save_view
from sync.edits.sending import call_sent, drop_draft, save_draft, send_again, send_mail, take_back
from sync.edits.suggestions import accept_suggestion, create_lead, reject_suggestion
from sync.edits.threads import (
    archive_thread,
    join_threads,
    mark_read,
    mark_unread,
    see_thread,
    split_thread,
    unarchive_thread,
)
from sync.edits.touches import set_next_touch, take_up
from sync.edits.undoing import undo
from sync.touches import Wish

__all__ = [
    "Choice",
    "Wish",
    "accept_all",
    "accept_offer",
    "accept_suggestion",
    "add_activity",
    "add_filing_rule",
    "archive_all",
    "archive_thread",
    "call_sent",
    "change_filing_rule",
    "change_record",
    "complete_task",
    "convert_lead",
    "create_lead",
    "create_record",
    "drop_draft",
    "erase_tracking",
    "fold_sections",
    "forget_view",
    "is_followed",
    "join_threads",
    "link_all",
    "link_thread",
    "mark_read",
    "mark_unread",
    "put_off_all",
    "reject_all",
    "reject_offer",
    "reject_suggestion",
    "remove_filing_rule",
    "resolve_conflict",
    "save_draft",
    "save_view",
    "see_thread",
    "send_again",
    "send_mail",
    "set_consent",
    "set_next_touch",
    "split_thread",
    "take_back",
    "take_up",
    "unarchive_thread",
    "undo",
    "unlink_thread",
]
