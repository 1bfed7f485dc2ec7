"""What people did, and what is on its way to a CRM."""

from __future__ import annotations

import sqlalchemy as sa

from sync.store.columns import BigId, Json, UtcTime, flag, metadata, row_id, text

change_counter = sa.Table(
    "change_counter",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("value", BigId, nullable=False),
)

outbox = sa.Table(
    "outbox",
    metadata,
    row_id(),
    sa.Column("key", sa.Text, nullable=False, unique=True),
    sa.Column("crm", sa.Text, nullable=False),
    text("kind"),
    sa.Column("record_id", BigId, sa.ForeignKey("records.id", ondelete="CASCADE"), nullable=False),
    sa.Column("activity_id", BigId, sa.ForeignKey("activities.id", ondelete="CASCADE")),
    sa.Column("fields", Json, nullable=False),
    sa.Column("base", Json, nullable=False),
    sa.Column("details", Json, nullable=False),  # a conversion, or the file to attach
    text("author"),
    text("state", "pending"),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("next_at", UtcTime),
    sa.Column("claimed_until", UtcTime),
    text("claimed_by"),
    text("error"),
    sa.Column("field_errors", Json, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("settled_at", UtcTime),
    sa.Index("ix_outbox_due", "crm", "state", "id"),
    sa.Index("ix_outbox_order", "record_id", "activity_id", "id"),  # what of a record must go before a change
)

conflicts = sa.Table(
    "conflicts",
    metadata,
    row_id(),
    sa.Column("record_id", BigId, sa.ForeignKey("records.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("field", sa.Text, nullable=False),
    sa.Column("base", Json),
    sa.Column("mine", Json),
    sa.Column("theirs", Json),
    text("mine_by"),
    sa.Column("mine_at", UtcTime),
    text("theirs_by"),
    sa.Column("theirs_at", UtcTime),
    text("state", "open"),  # open | mine | theirs | edited
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("settled_at", UtcTime),
    sa.Index("ix_conflicts_state", "state"),
)

field_history = sa.Table(  # every change of a record's field, here or in the CRM
    "field_history",
    metadata,
    row_id(),
    sa.Column("record_id", BigId, sa.ForeignKey("records.id", ondelete="CASCADE"), nullable=False),
    sa.Column("field", sa.Text, nullable=False),
    sa.Column("before", Json),
    sa.Column("after", Json),
    text("author"),  # a person here, or whom the CRM names
    flag("in_crm"),  # the CRM told of it
    sa.Column("at", UtcTime, nullable=False),
    sa.Index("ix_field_history_field", "record_id", "field", "id"),
)

actions = sa.Table(
    "actions",
    metadata,
    row_id(),
    sa.Column("at", UtcTime, nullable=False),
    text("author"),
    text("kind"),
    text("label"),  # what undo shows: "linked to Acme"
    sa.Column("undo", Json, nullable=False),  # what the compensating change needs
    sa.Column("undone_at", UtcTime),
)

saved_views = sa.Table(  # a view of the screen with a search, under a name of one's own
    "saved_views",
    metadata,
    sa.Column("author", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    text("view"),
    text("search"),
)

preferences = sa.Table(  # settings that edits need wherever they are made: the TUI has no settings of its own
    "preferences",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    text("value"),
)
