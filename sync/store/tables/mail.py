"""Mailboxes, messages and their copies, and the threads that messages make."""

from __future__ import annotations

import sqlalchemy as sa

from sync.store.columns import BigId, Json, UtcTime, flag, health, metadata, row_id, text

mail_accounts = sa.Table(
    "mail_accounts",
    metadata,
    row_id(),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    text("kind"),
    text("sent_by"),  # who puts sent mail into Sent: "" not known yet, ours, theirs (the server)
    *health(),
)

mailboxes = sa.Table(
    "mailboxes",
    metadata,
    row_id(),
    sa.Column("account_id", BigId, sa.ForeignKey("mail_accounts.id", ondelete="CASCADE"), nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    text("name"),
    text("role"),
    text("generation"),
    text("cursor"),
    flag("missing"),
    sa.Column("last_success_at", UtcTime),
    text("last_error"),
    text("alarm"),  # what the last audit found missing, in words
    sa.UniqueConstraint("account_id", "key"),
)

threads = sa.Table(
    "threads",
    metadata,
    row_id(),
    sa.Column("family_id", BigId, nullable=False, index=True),  # see sync.store.threads
    text("subject"),
    text("people"),
    text("snippet"),
    sa.Column("last_at", UtcTime),
    sa.Column("message_count", sa.Integer, nullable=False, server_default="0"),
    sa.Column("unread_count", sa.Integer, nullable=False, server_default="0"),
    sa.Column("attachment_count", sa.Integer, nullable=False, server_default="0"),
    text("last_direction"),
    flag("linked"),
    flag("suggested"),
    flag("noise"),  # every message in it is ignored
    sa.Column("archived_at", UtcTime),
    sa.Column("merged_into", BigId),
    sa.Column("seq", BigId, nullable=False, server_default="0"),
    sa.Index(  # every list's order and filters, so that listing reads the index alone
        "ix_threads_newest",
        *("last_at", "id", "archived_at", "noise", "linked", "suggested"),
        *("unread_count", "last_direction", "merged_into", "attachment_count"),
    ),
    sa.Index("ix_threads_seq", "seq"),
)

messages = sa.Table(
    "messages",
    metadata,
    row_id(),
    sa.Column("key", sa.Text, nullable=False, unique=True),
    sa.Column("thread_id", BigId, sa.ForeignKey("threads.id"), nullable=False, index=True),
    sa.Column("node", sa.Text, nullable=False, index=True),
    sa.Column("thread_facts", Json, nullable=False),  # see sync.threads.ThreadFacts
    text("message_id"),
    text("subject_key"),  # base subject + counterparty; see sync.thread_facts
    flag("orphan_reply"),  # a reply by its subject that names no message
    text("subject"),
    text("from_name"),
    sa.Column("from_email", sa.Text, nullable=False, server_default="", index=True),
    sa.Column("recipients", Json, nullable=False),  # [[field, name, email], …], field to|cc|bcc|reply-to
    sa.Column("sent_at", UtcTime),
    sa.Column("received_at", UtcTime, nullable=False),
    sa.Column("size", BigId, nullable=False, server_default="0"),
    text("direction"),
    flag("unread"),
    sa.Column("attachments", Json, nullable=False),  # [[name, type, size, part], …]
    flag("truncated"),
    text("verdict"),
    sa.Column("probability", sa.Float, nullable=False, server_default="0"),
    sa.Column("outcome", sa.Text, nullable=False),
    text("rule"),
    sa.Column("reasons", Json, nullable=False),  # [[rule, evidence], …]
    sa.Column("retry_at", UtcTime),
    sa.Index("ix_messages_subject_key", "subject_key"),
    sa.Index("ix_messages_outcome", "outcome"),
)

message_texts = sa.Table(
    "message_texts",
    metadata,
    sa.Column(
        "message_id", BigId, sa.ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    ),
    text("subject"),
    text("sender"),
    text("people"),  # everybody else whom its head names
    text("body"),
)

quarantine = sa.Table(
    "quarantine",
    metadata,
    sa.Column(
        "message_id", BigId, sa.ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    ),
    sa.Column("raw", sa.LargeBinary, nullable=False),
    text("error"),
)

copies = sa.Table(
    "copies",
    metadata,
    row_id(),
    sa.Column("mailbox_id", BigId, sa.ForeignKey("mailboxes.id", ondelete="CASCADE"), nullable=False),
    sa.Column("generation", sa.Text, nullable=False),
    sa.Column("uid", sa.Text, nullable=False),
    sa.Column("message_id", BigId, sa.ForeignKey("messages.id"), nullable=False, index=True),
    text("flags"),
    sa.Column("removed_at", UtcTime),
    sa.UniqueConstraint("mailbox_id", "generation", "uid"),
)

mailbox_changes = sa.Table(  # what people want of messages in their mailboxes: see sync.store.mailbox_changes
    "mailbox_changes",
    metadata,
    row_id(),
    sa.Column("account_id", BigId, sa.ForeignKey("mail_accounts.id", ondelete="CASCADE"), nullable=False),
    sa.Column("message_id", BigId, sa.ForeignKey("messages.id", ondelete="CASCADE"), nullable=False, index=True),
    text("kind"),
    text("value"),
    text("author"),
    text("state", "pending"),  # pending | claimed | done | refused | cancelled
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("next_at", UtcTime),
    sa.Column("claimed_until", UtcTime),
    text("claimed_by"),
    text("error"),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("settled_at", UtcTime),
    sa.Index("ix_mailbox_changes_due", "account_id", "state", "id"),
)

thread_nodes = sa.Table(
    "thread_nodes",
    metadata,
    sa.Column("node", sa.Text, primary_key=True),
    sa.Column("family_id", BigId, nullable=False, index=True),
)

thread_cuts = sa.Table(
    "thread_cuts",
    metadata,
    sa.Column("node", sa.Text, primary_key=True),
    text("author"),
    sa.Column("created_at", UtcTime, nullable=False),
)

thread_joins = sa.Table(
    "thread_joins",
    metadata,
    sa.Column("node_a", sa.Text, primary_key=True),
    sa.Column("node_b", sa.Text, primary_key=True),
    text("author"),
    sa.Column("created_at", UtcTime, nullable=False),
)
