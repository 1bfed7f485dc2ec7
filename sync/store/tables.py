"""The tables of the local database. `migrations/` builds the same; a test proves it.

A message row always has an outcome: the column can't be null. A copy is where a mailbox holds the message.
`seq` columns take the change counter's value (`database.next_seq`): what the TUI asks for is `seq > last seen`.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

from sync.store.columns import BigId, Json, UtcTime

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _id() -> Column[int]:
    return Column("id", BigId, primary_key=True, autoincrement=True)


def _text(name: str, default: str = "") -> Column[str]:
    return Column(name, Text, nullable=False, server_default=default)


def _flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False, server_default="0")


change_counter = Table(
    "change_counter",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("value", BigId, nullable=False),
)

# --- mailboxes ---------------------------------------------------------------------------------------------

mail_accounts = Table(
    "mail_accounts",
    metadata,
    _id(),
    Column("name", Text, nullable=False, unique=True),
    _text("kind"),
    Column("last_success_at", UtcTime),
    Column("last_error_at", UtcTime),
    _text("last_error"),
    _flag("login_needed"),
)

mailboxes = Table(
    "mailboxes",
    metadata,
    _id(),
    Column("account_id", BigId, ForeignKey("mail_accounts.id", ondelete="CASCADE"), nullable=False),
    Column("key", Text, nullable=False),
    _text("name"),
    _text("role"),
    _text("generation"),
    _text("cursor"),
    _flag("missing"),
    Column("last_success_at", UtcTime),
    _text("last_error"),
    UniqueConstraint("account_id", "key"),
)

# --- mail --------------------------------------------------------------------------------------------------

threads = Table(
    "threads",
    metadata,
    _id(),
    Column("family_id", BigId, nullable=False, index=True),  # see sync.store.threads
    _text("subject"),
    _text("people"),
    _text("snippet"),
    Column("last_at", UtcTime),
    Column("message_count", Integer, nullable=False, server_default="0"),
    Column("unread_count", Integer, nullable=False, server_default="0"),
    Column("attachment_count", Integer, nullable=False, server_default="0"),
    _text("last_direction"),
    _flag("linked"),
    _flag("suggested"),
    _flag("noise"),  # every message in it is ignored
    Column("archived_at", UtcTime),
    Column("merged_into", BigId),
    Column("seq", BigId, nullable=False, server_default="0"),
    Index(  # every list's order and filters, so that listing reads the index alone
        "ix_threads_newest",
        *("last_at", "id", "archived_at", "noise", "linked", "suggested"),
        *("unread_count", "last_direction", "merged_into"),
    ),
    Index("ix_threads_seq", "seq"),
)

messages = Table(
    "messages",
    metadata,
    _id(),
    Column("key", Text, nullable=False, unique=True),
    Column("thread_id", BigId, ForeignKey("threads.id"), nullable=False, index=True),
    Column("node", Text, nullable=False, index=True),
    Column("thread_facts", Json, nullable=False),  # {chain, hints, tags, parties}: see sync.threads.ThreadFacts
    _text("message_id"),
    _text("subject_key"),  # base subject + counterparty; see sync.thread_facts
    _flag("orphan_reply"),  # a reply by its subject that names no message
    _text("subject"),
    _text("from_name"),
    Column("from_email", Text, nullable=False, server_default="", index=True),
    Column("recipients", Json, nullable=False),  # [[field, name, email], …], field to|cc|bcc|reply-to
    Column("sent_at", UtcTime),
    Column("received_at", UtcTime, nullable=False),
    Column("size", BigId, nullable=False, server_default="0"),
    _text("direction"),
    _flag("unread"),
    Column("attachments", Json, nullable=False),  # [[name, type, size, part], …]
    _flag("truncated"),
    _text("verdict"),
    Column("probability", Float, nullable=False, server_default="0"),
    Column("outcome", Text, nullable=False),
    _text("rule"),
    Column("reasons", Json, nullable=False),  # [[rule, evidence], …]
    Column("retry_at", UtcTime),
    Index("ix_messages_subject_key", "subject_key"),
    Index("ix_messages_outcome", "outcome"),
)

message_texts = Table(
    "message_texts",
    metadata,
    Column("message_id", BigId, ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    _text("subject"),
    _text("people"),
    _text("body"),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("message_id", BigId, ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("raw", LargeBinary, nullable=False),
    _text("error"),
)

copies = Table(
    "copies",
    metadata,
    _id(),
    Column("mailbox_id", BigId, ForeignKey("mailboxes.id", ondelete="CASCADE"), nullable=False),
    Column("generation", Text, nullable=False),
    Column("uid", Text, nullable=False),
    Column("message_id", BigId, ForeignKey("messages.id"), nullable=False, index=True),
    _text("flags"),
    Column("removed_at", UtcTime),
    UniqueConstraint("mailbox_id", "generation", "uid"),
)

thread_nodes = Table(
    "thread_nodes",
    metadata,
    Column("node", Text, primary_key=True),
    Column("family_id", BigId, nullable=False, index=True),
)

thread_cuts = Table(
    "thread_cuts",
    metadata,
    Column("node", Text, primary_key=True),
    _text("author"),
    Column("created_at", UtcTime, nullable=False),
)

thread_joins = Table(
    "thread_joins",
    metadata,
    Column("node_a", Text, primary_key=True),
    Column("node_b", Text, primary_key=True),
    _text("author"),
    Column("created_at", UtcTime, nullable=False),
)

# --- records -----------------------------------------------------------------------------------------------

crms = Table(
    "crms",
    metadata,
    _id(),
    Column("name", Text, nullable=False, unique=True),
    _text("backend"),
    Column("last_success_at", UtcTime),
    Column("last_error_at", UtcTime),
    _text("last_error"),
    _flag("login_needed"),
)

crm_cursors = Table(
    "crm_cursors",
    metadata,
    Column("crm", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    _text("cursor"),
    Column("rescan_seq", BigId),  # set while all is read anew: what was not seen since then is gone
)

crm_fields = Table(  # what the backend last described, so that the TUI can edit without asking it
    "crm_fields",
    metadata,
    Column("crm", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("specs", Json, nullable=False),
    Column("owners", Json, nullable=False),
    Column("described_at", UtcTime),
)

records = Table(
    "records",
    metadata,
    _id(),
    Column("crm", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("remote_id", Text),  # null until the CRM has it
    Column("fields", Json, nullable=False),  # as the person sees them: base + own edits
    Column("base", Json, nullable=False),  # as the CRM last had them
    _text("revision"),
    _text("title"),
    _text("state", "live"),  # live | deleted | converted
    Column("modified_at", UtcTime),
    _text("modified_by"),
    _text("url"),
    Column("account_ref", Text, nullable=False, server_default=""),  # fields.account_id, for look-ups
    Column("activities_at", UtcTime),  # when its activities were read; null asks for it
    Column("seen_seq", BigId, nullable=False, server_default="0"),  # when the CRM last named it
    Column("seq", BigId, nullable=False, server_default="0"),
    UniqueConstraint("crm", "kind", "remote_id"),
    Index("ix_records_account", "account_ref", "kind", "crm"),
    Index("ix_records_newest", "kind", "state", "modified_at", "id"),
    Index("ix_records_title", "title"),
    Index("ix_records_seq", "seq"),
)

record_emails = Table(
    "record_emails",
    metadata,
    Column("email", Text, primary_key=True),
    Column("record_id", BigId, ForeignKey("records.id", ondelete="CASCADE"), primary_key=True, index=True),
)

record_domains = Table(
    "record_domains",
    metadata,
    Column("domain", Text, primary_key=True),
    Column("record_id", BigId, ForeignKey("records.id", ondelete="CASCADE"), primary_key=True, index=True),
)

record_mentions = Table(  # the people of a deal, the parent of an account: whom a record names by reference
    "record_mentions",
    metadata,
    Column("reference", Text, primary_key=True),
    Column("record_id", BigId, ForeignKey("records.id", ondelete="CASCADE"), primary_key=True, index=True),
)

record_texts = Table(  # what a record is found by while typing
    "record_texts",
    metadata,
    Column("record_id", BigId, ForeignKey("records.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    _text("words"),
)

activities = Table(
    "activities",
    metadata,
    _id(),
    Column("crm", Text, nullable=False),
    Column("remote_id", Text),
    Column("key", Text, nullable=False, unique=True),
    _text("kind"),
    Column("record_id", BigId, ForeignKey("records.id", ondelete="CASCADE"), nullable=False, index=True),
    _text("subject"),
    _text("body"),
    _text("author"),
    _text("direction"),
    _text("message_id"),
    Column("at", UtcTime, nullable=False),
    Column("due_at", UtcTime),
    _flag("done"),
    Column("removed_at", UtcTime),
    UniqueConstraint("crm", "remote_id", "record_id"),
)

links = Table(
    "links",
    metadata,
    _id(),
    Column("thread_id", BigId, ForeignKey("threads.id"), nullable=False),
    Column("record_id", BigId, ForeignKey("records.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("message_id", BigId, ForeignKey("messages.id"), nullable=False),  # where the evidence stood
    _text("rule"),
    _text("evidence"),
    Column("odds", Float, nullable=False, server_default="1"),
    _text("author"),  # "agent" or a person
    Column("created_at", UtcTime, nullable=False),
    Column("removed_at", UtcTime),  # a tombstone: the agent never links these two again
    UniqueConstraint("thread_id", "record_id"),
)

suggestions = Table(
    "suggestions",
    metadata,
    _id(),
    Column("thread_id", BigId, ForeignKey("threads.id"), nullable=False, index=True),
    Column("message_id", BigId, ForeignKey("messages.id"), nullable=False, unique=True),
    _text("kind"),  # create_lead | link
    Column("email", Text, nullable=False, server_default="", index=True),  # fields.email, lower case
    Column("fields", Json, nullable=False),
    Column("candidates", Json, nullable=False),  # [[record id, odds, rule, evidence], …]
    Column("odds", Float, nullable=False, server_default="0"),
    Column("reasons", Json, nullable=False),
    _text("state", "open"),  # open | accepted | rejected | superseded
    Column("created_at", UtcTime, nullable=False),
    Column("decided_at", UtcTime),
    Index("ix_suggestions_state", "state"),
)

# --- changes -----------------------------------------------------------------------------------------------

outbox = Table(
    "outbox",
    metadata,
    _id(),
    Column("key", Text, nullable=False, unique=True),
    Column("crm", Text, nullable=False),
    _text("kind"),
    Column("record_id", BigId, ForeignKey("records.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("activity_id", BigId, ForeignKey("activities.id", ondelete="CASCADE")),
    Column("fields", Json, nullable=False),
    Column("base", Json, nullable=False),
    Column("details", Json, nullable=False),  # conversion, or activity update
    _text("author"),
    _text("state", "pending"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_at", UtcTime),
    Column("claimed_until", UtcTime),
    _text("claimed_by"),
    _text("error"),
    Column("field_errors", Json, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("settled_at", UtcTime),
    Index("ix_outbox_due", "crm", "state", "id"),
)

conflicts = Table(
    "conflicts",
    metadata,
    _id(),
    Column("record_id", BigId, ForeignKey("records.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("field", Text, nullable=False),
    Column("base", Json),
    Column("mine", Json),
    Column("theirs", Json),
    _text("mine_by"),
    Column("mine_at", UtcTime),
    _text("theirs_by"),
    Column("theirs_at", UtcTime),
    _text("state", "open"),  # open | mine | theirs | edited
    Column("created_at", UtcTime, nullable=False),
    Column("settled_at", UtcTime),
    Index("ix_conflicts_state", "state"),
)

actions = Table(
    "actions",
    metadata,
    _id(),
    Column("at", UtcTime, nullable=False),
    _text("author"),
    _text("kind"),
    _text("label"),  # what undo shows: "linked to Acme"
    Column("undo", Json, nullable=False),  # what the compensating change needs
    Column("undone_at", UtcTime),
)

preferences = Table(  # settings that edits need wherever they are made: the TUI has no settings of its own
    "preferences",
    metadata,
    Column("name", Text, primary_key=True),
    _text("value"),
)
