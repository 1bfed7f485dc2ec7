"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sync.store.columns import BigId, Json, UtcTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_SQLITE_SEARCH = tuple(
    statement
    for name, table, key, columns in (
        ("message_search", "message_texts", "message_id", ("subject", "people", "body")),
        ("record_search", "record_texts", "record_id", ("words",)),
    )
    for statement in (
        f"CREATE VIRTUAL TABLE {name} USING fts5({', '.join(columns)}, content='{table}', content_rowid='{key}', "
        "tokenize='unicode61 remove_diacritics 2', prefix='3')",
        f"CREATE TRIGGER {table}_insert AFTER INSERT ON {table} BEGIN INSERT INTO {name}(rowid, {', '.join(columns)}) "
        f"VALUES (new.{key}, {', '.join('new.' + column for column in columns)}); END",
        f"CREATE TRIGGER {table}_delete AFTER DELETE ON {table} BEGIN "
        f"INSERT INTO {name}({name}, rowid, {', '.join(columns)}) "
        f"VALUES ('delete', old.{key}, {', '.join('old.' + column for column in columns)}); END",
        f"CREATE TRIGGER {table}_update AFTER UPDATE ON {table} BEGIN "
        f"INSERT INTO {name}({name}, rowid, {', '.join(columns)}) "
        f"VALUES ('delete', old.{key}, {', '.join('old.' + column for column in columns)}); "
        f"INSERT INTO {name}(rowid, {', '.join(columns)}) "
        f"VALUES (new.{key}, {', '.join('new.' + column for column in columns)}); END",
    )
)

# Addresses and numbers in pieces, as FTS5 takes them; PostgreSQL's parser keeps them whole. A tsvector holds 1 MB.
_PIECES = "to_tsvector('simple', translate(left({}, 200000), '@._-/:+', '       '))"
_MESSAGE_VECTOR = _PIECES.format("subject || ' ' || people || ' ' || body")
_RECORD_VECTOR = _PIECES.format("words")
_POSTGRESQL_SEARCH = (
    f"CREATE INDEX ix_message_texts_search ON message_texts USING gin ({_MESSAGE_VECTOR})",
    f"CREATE INDEX ix_record_texts_search ON record_texts USING gin ({_RECORD_VECTOR})",
)


def upgrade() -> None:
    op.create_table(
        "actions",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("author", sa.Text(), server_default="", nullable=False),
        sa.Column("kind", sa.Text(), server_default="", nullable=False),
        sa.Column("label", sa.Text(), server_default="", nullable=False),
        sa.Column("undo", Json, nullable=False),
        sa.Column("undone_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_actions")),
    )
    op.create_table(
        "change_counter",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("value", BigId, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change_counter")),
    )
    op.create_table(
        "crm_cursors",
        sa.Column("crm", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("cursor", sa.Text(), server_default="", nullable=False),
        sa.Column("rescan_seq", BigId, nullable=True),
        sa.PrimaryKeyConstraint("crm", "kind", name=op.f("pk_crm_cursors")),
    )
    op.create_table(
        "crm_fields",
        sa.Column("crm", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("specs", Json, nullable=False),
        sa.Column("owners", Json, nullable=False),
        sa.Column("described_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("crm", "kind", name=op.f("pk_crm_fields")),
    )
    op.create_table(
        "crms",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("backend", sa.Text(), server_default="", nullable=False),
        sa.Column("last_success_at", UtcTime(), nullable=True),
        sa.Column("last_error_at", UtcTime(), nullable=True),
        sa.Column("last_error", sa.Text(), server_default="", nullable=False),
        sa.Column("login_needed", sa.Boolean(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crms")),
        sa.UniqueConstraint("name", name=op.f("uq_crms_name")),
    )
    op.create_table(
        "mail_accounts",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), server_default="", nullable=False),
        sa.Column("last_success_at", UtcTime(), nullable=True),
        sa.Column("last_error_at", UtcTime(), nullable=True),
        sa.Column("last_error", sa.Text(), server_default="", nullable=False),
        sa.Column("login_needed", sa.Boolean(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_accounts")),
        sa.UniqueConstraint("name", name=op.f("uq_mail_accounts_name")),
    )
    op.create_table(
        "preferences",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_preferences")),
    )
    op.create_table(
        "records",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("crm", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("remote_id", sa.Text(), nullable=True),
        sa.Column("fields", Json, nullable=False),
        sa.Column("base", Json, nullable=False),
        sa.Column("revision", sa.Text(), server_default="", nullable=False),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("state", sa.Text(), server_default="live", nullable=False),
        sa.Column("modified_at", UtcTime(), nullable=True),
        sa.Column("modified_by", sa.Text(), server_default="", nullable=False),
        sa.Column("url", sa.Text(), server_default="", nullable=False),
        sa.Column("account_ref", sa.Text(), server_default="", nullable=False),
        sa.Column("activities_at", UtcTime(), nullable=True),
        sa.Column("seen_seq", BigId, server_default="0", nullable=False),
        sa.Column("seq", BigId, server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_records")),
        sa.UniqueConstraint("crm", "kind", "remote_id", name=op.f("uq_records_crm_kind_remote_id")),
    )
    op.create_index("ix_records_account", "records", ["account_ref", "kind", "crm"], unique=False)
    op.create_index("ix_records_newest", "records", ["kind", "state", "modified_at", "id"], unique=False)
    op.create_index("ix_records_seq", "records", ["seq"], unique=False)
    op.create_index("ix_records_title", "records", ["title"], unique=False)
    op.create_table(
        "thread_cuts",
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("node", name=op.f("pk_thread_cuts")),
    )
    op.create_table(
        "thread_joins",
        sa.Column("node_a", sa.Text(), nullable=False),
        sa.Column("node_b", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("node_a", "node_b", name=op.f("pk_thread_joins")),
    )
    op.create_table(
        "thread_nodes",
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("family_id", BigId, nullable=False),
        sa.PrimaryKeyConstraint("node", name=op.f("pk_thread_nodes")),
    )
    op.create_index(op.f("ix_thread_nodes_family_id"), "thread_nodes", ["family_id"], unique=False)
    op.create_table(
        "threads",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("family_id", BigId, nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("people", sa.Text(), server_default="", nullable=False),
        sa.Column("snippet", sa.Text(), server_default="", nullable=False),
        sa.Column("last_at", UtcTime(), nullable=True),
        sa.Column("message_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("unread_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("attachment_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_direction", sa.Text(), server_default="", nullable=False),
        sa.Column("linked", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("suggested", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("noise", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("archived_at", UtcTime(), nullable=True),
        sa.Column("merged_into", BigId, nullable=True),
        sa.Column("seq", BigId, server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_threads")),
    )
    op.create_index(op.f("ix_threads_family_id"), "threads", ["family_id"], unique=False)
    op.create_index(
        "ix_threads_newest",
        "threads",
        [
            "last_at",
            "id",
            "archived_at",
            "noise",
            "linked",
            "suggested",
            "unread_count",
            "last_direction",
            "merged_into",
        ],
        unique=False,
    )
    op.create_index("ix_threads_seq", "threads", ["seq"], unique=False)
    op.create_table(
        "activities",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("crm", sa.Text(), nullable=False),
        sa.Column("remote_id", sa.Text(), nullable=True),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), server_default="", nullable=False),
        sa.Column("record_id", BigId, nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("body", sa.Text(), server_default="", nullable=False),
        sa.Column("author", sa.Text(), server_default="", nullable=False),
        sa.Column("direction", sa.Text(), server_default="", nullable=False),
        sa.Column("message_id", sa.Text(), server_default="", nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("due_at", UtcTime(), nullable=True),
        sa.Column("done", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("removed_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["record_id"], ["records.id"], name=op.f("fk_activities_record_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activities")),
        sa.UniqueConstraint("crm", "remote_id", "record_id", name=op.f("uq_activities_crm_remote_id_record_id")),
        sa.UniqueConstraint("key", name=op.f("uq_activities_key")),
    )
    op.create_index(op.f("ix_activities_record_id"), "activities", ["record_id"], unique=False)
    op.create_table(
        "conflicts",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("record_id", BigId, nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("base", Json, nullable=True),
        sa.Column("mine", Json, nullable=True),
        sa.Column("theirs", Json, nullable=True),
        sa.Column("mine_by", sa.Text(), server_default="", nullable=False),
        sa.Column("mine_at", UtcTime(), nullable=True),
        sa.Column("theirs_by", sa.Text(), server_default="", nullable=False),
        sa.Column("theirs_at", UtcTime(), nullable=True),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("settled_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name=op.f("fk_conflicts_record_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conflicts")),
    )
    op.create_index(op.f("ix_conflicts_record_id"), "conflicts", ["record_id"], unique=False)
    op.create_index("ix_conflicts_state", "conflicts", ["state"], unique=False)
    op.create_table(
        "mailboxes",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("role", sa.Text(), server_default="", nullable=False),
        sa.Column("generation", sa.Text(), server_default="", nullable=False),
        sa.Column("cursor", sa.Text(), server_default="", nullable=False),
        sa.Column("missing", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("last_success_at", UtcTime(), nullable=True),
        sa.Column("last_error", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["mail_accounts.id"], name=op.f("fk_mailboxes_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailboxes")),
        sa.UniqueConstraint("account_id", "key", name=op.f("uq_mailboxes_account_id_key")),
    )
    op.create_table(
        "messages",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("thread_id", BigId, nullable=False),
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("thread_facts", Json, nullable=False),
        sa.Column("message_id", sa.Text(), server_default="", nullable=False),
        sa.Column("subject_key", sa.Text(), server_default="", nullable=False),
        sa.Column("orphan_reply", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("from_name", sa.Text(), server_default="", nullable=False),
        sa.Column("from_email", sa.Text(), server_default="", nullable=False),
        sa.Column("recipients", Json, nullable=False),
        sa.Column("sent_at", UtcTime(), nullable=True),
        sa.Column("received_at", UtcTime(), nullable=False),
        sa.Column("size", BigId, server_default="0", nullable=False),
        sa.Column("direction", sa.Text(), server_default="", nullable=False),
        sa.Column("unread", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("attachments", Json, nullable=False),
        sa.Column("truncated", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("verdict", sa.Text(), server_default="", nullable=False),
        sa.Column("probability", sa.Float(), server_default="0", nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), server_default="", nullable=False),
        sa.Column("reasons", Json, nullable=False),
        sa.Column("retry_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["thread_id"], ["threads.id"], name=op.f("fk_messages_thread_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        sa.UniqueConstraint("key", name=op.f("uq_messages_key")),
    )
    op.create_index(op.f("ix_messages_from_email"), "messages", ["from_email"], unique=False)
    op.create_index(op.f("ix_messages_node"), "messages", ["node"], unique=False)
    op.create_index("ix_messages_outcome", "messages", ["outcome"], unique=False)
    op.create_index("ix_messages_subject_key", "messages", ["subject_key"], unique=False)
    op.create_index(op.f("ix_messages_thread_id"), "messages", ["thread_id"], unique=False)
    op.create_table(
        "record_domains",
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("record_id", BigId, nullable=False),
        sa.ForeignKeyConstraint(
            ["record_id"], ["records.id"], name=op.f("fk_record_domains_record_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("domain", "record_id", name=op.f("pk_record_domains")),
    )
    op.create_index(op.f("ix_record_domains_record_id"), "record_domains", ["record_id"], unique=False)
    op.create_table(
        "record_emails",
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("record_id", BigId, nullable=False),
        sa.ForeignKeyConstraint(
            ["record_id"], ["records.id"], name=op.f("fk_record_emails_record_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("email", "record_id", name=op.f("pk_record_emails")),
    )
    op.create_index(op.f("ix_record_emails_record_id"), "record_emails", ["record_id"], unique=False)
    op.create_table(
        "record_mentions",
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("record_id", BigId, nullable=False),
        sa.ForeignKeyConstraint(
            ["record_id"], ["records.id"], name=op.f("fk_record_mentions_record_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("reference", "record_id", name=op.f("pk_record_mentions")),
    )
    op.create_index(op.f("ix_record_mentions_record_id"), "record_mentions", ["record_id"], unique=False)
    op.create_table(
        "record_texts",
        sa.Column("record_id", BigId, autoincrement=False, nullable=False),
        sa.Column("words", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["record_id"], ["records.id"], name=op.f("fk_record_texts_record_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_record_texts")),
    )
    op.create_table(
        "copies",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("mailbox_id", BigId, nullable=False),
        sa.Column("generation", sa.Text(), nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("message_id", BigId, nullable=False),
        sa.Column("flags", sa.Text(), server_default="", nullable=False),
        sa.Column("removed_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["mailbox_id"], ["mailboxes.id"], name=op.f("fk_copies_mailbox_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_copies_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_copies")),
        sa.UniqueConstraint("mailbox_id", "generation", "uid", name=op.f("uq_copies_mailbox_id_generation_uid")),
    )
    op.create_index(op.f("ix_copies_message_id"), "copies", ["message_id"], unique=False)
    op.create_table(
        "links",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("thread_id", BigId, nullable=False),
        sa.Column("record_id", BigId, nullable=False),
        sa.Column("message_id", BigId, nullable=False),
        sa.Column("rule", sa.Text(), server_default="", nullable=False),
        sa.Column("evidence", sa.Text(), server_default="", nullable=False),
        sa.Column("odds", sa.Float(), server_default="1", nullable=False),
        sa.Column("author", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("removed_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_links_message_id")),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name=op.f("fk_links_record_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["thread_id"], ["threads.id"], name=op.f("fk_links_thread_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_links")),
        sa.UniqueConstraint("thread_id", "record_id", name=op.f("uq_links_thread_id_record_id")),
    )
    op.create_index(op.f("ix_links_record_id"), "links", ["record_id"], unique=False)
    op.create_table(
        "message_texts",
        sa.Column("message_id", BigId, autoincrement=False, nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("people", sa.Text(), server_default="", nullable=False),
        sa.Column("body", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_message_texts_message_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_message_texts")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("crm", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), server_default="", nullable=False),
        sa.Column("record_id", BigId, nullable=False),
        sa.Column("activity_id", BigId, nullable=True),
        sa.Column("fields", Json, nullable=False),
        sa.Column("base", Json, nullable=False),
        sa.Column("details", Json, nullable=False),
        sa.Column("author", sa.Text(), server_default="", nullable=False),
        sa.Column("state", sa.Text(), server_default="pending", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_at", UtcTime(), nullable=True),
        sa.Column("claimed_until", UtcTime(), nullable=True),
        sa.Column("claimed_by", sa.Text(), server_default="", nullable=False),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.Column("field_errors", Json, nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("settled_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["activity_id"], ["activities.id"], name=op.f("fk_outbox_activity_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name=op.f("fk_outbox_record_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("key", name=op.f("uq_outbox_key")),
    )
    op.create_index("ix_outbox_due", "outbox", ["crm", "state", "id"], unique=False)
    op.create_index(op.f("ix_outbox_record_id"), "outbox", ["record_id"], unique=False)
    op.create_table(
        "quarantine",
        sa.Column("message_id", BigId, autoincrement=False, nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_quarantine_message_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_quarantine")),
    )
    op.create_table(
        "suggestions",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("thread_id", BigId, nullable=False),
        sa.Column("message_id", BigId, nullable=False),
        sa.Column("kind", sa.Text(), server_default="", nullable=False),
        sa.Column("email", sa.Text(), server_default="", nullable=False),
        sa.Column("fields", Json, nullable=False),
        sa.Column("candidates", Json, nullable=False),
        sa.Column("odds", sa.Float(), server_default="0", nullable=False),
        sa.Column("reasons", Json, nullable=False),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("decided_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_suggestions_message_id")),
        sa.ForeignKeyConstraint(["thread_id"], ["threads.id"], name=op.f("fk_suggestions_thread_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suggestions")),
        sa.UniqueConstraint("message_id", name=op.f("uq_suggestions_message_id")),
    )
    op.create_index(op.f("ix_suggestions_email"), "suggestions", ["email"], unique=False)
    op.create_index("ix_suggestions_state", "suggestions", ["state"], unique=False)
    op.create_index(op.f("ix_suggestions_thread_id"), "suggestions", ["thread_id"], unique=False)

    for statement in _SQLITE_SEARCH if op.get_bind().dialect.name == "sqlite" else _POSTGRESQL_SEARCH:
        op.execute(sa.text(statement.replace(":", "\\:")))
    op.execute("INSERT INTO change_counter (id, value) VALUES (1, 0)")
