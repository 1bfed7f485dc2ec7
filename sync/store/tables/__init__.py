"""The tables of the local database. `migrations/` builds the same; a test proves it.

A message row always has an outcome: the column can't be null. A copy is where a mailbox holds the message.
`seq` columns take the change counter's value (`database.next_seq`): what the TUI asks for is `seq > last seen`.
"""

from sync.store.columns import metadata
from sync.store.tables.addresses import address_reports
from sync.store.tables.changes import (
    actions,
    change_counter,
    conflicts,
    field_history,
    outbox,
    preferences,
    saved_views,
)
from sync.store.tables.decisions import field_offers, filing_rules, lessons, links, next_touches, suggestions
from sync.store.tables.happenings import happenings, heard_hooks, hook_deliveries, noticed_crms, record_marks
from sync.store.tables.mail import (
    copies,
    mail_accounts,
    mailbox_changes,
    mailboxes,
    message_texts,
    messages,
    quarantine,
    thread_cuts,
    thread_joins,
    thread_nodes,
    threads,
)
from sync.store.tables.outgoing import outgoing, outgoing_files
from sync.store.tables.records import (
    activities,
    crm_cursors,
    crm_fields,
    crms,
    record_domains,
    record_emails,
    record_mentions,
    record_phones,
    record_texts,
    records,
)
from sync.store.tables.tracking import (
    consents,
    outposts,
    stranded_events,
    suppressions,
    track_hits,
    track_tokens,
    tracked_links,
    tracked_mails,
)

__all__ = [
    "actions",
    "activities",
    "address_reports",
    "change_counter",
    "conflicts",
    "consents",
    "copies",
    "crm_cursors",
    "crm_fields",
    "crms",
    "field_history",
    "field_offers",
    "filing_rules",
    "happenings",
    "heard_hooks",
    "hook_deliveries",
    "lessons",
    "links",
    "mail_accounts",
    "mailbox_changes",
    "mailboxes",
    "message_texts",
    "messages",
    "metadata",
    "next_touches",
    "noticed_crms",
    "outbox",
    "outgoing",
    "outgoing_files",
    "outposts",
    "preferences",
    "quarantine",
    "record_domains",
    "record_emails",
    "record_marks",
    "record_mentions",
    "record_phones",
    "record_texts",
    "records",
    "saved_views",
    "stranded_events",
    "suggestions",
    "suppressions",
    "thread_cuts",
    "thread_joins",
    "thread_nodes",
    "threads",
    "track_hits",
    "track_tokens",
    "tracked_links",
    "tracked_mails",
]
