"""What happened that other programs may hear of, and how far each of them was told."""

from __future__ import annotations

import sqlalchemy as sa

from sync.store.columns import BigId, Json, UtcTime, flag, metadata, row_id, text

record_marks = sa.Table(  # how each record stood when it was last looked at: see crm_model.happenings.Mark
    "record_marks",
    metadata,
    sa.Column(
        "record_id", BigId, sa.ForeignKey("records.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    ),
    text("stage"),
    text("owner"),
    text("state"),
    flag("won"),
)

noticed_crms = sa.Table(  # what a CRM held when it was first looked at is no news
    "noticed_crms",
    metadata,
    sa.Column("crm", sa.Text, primary_key=True),
    sa.Column("silent_until", BigId, nullable=False),
)

happenings = sa.Table(
    "happenings",
    metadata,
    row_id(),
    sa.Column("key", sa.Text, nullable=False, unique=True),
    text("event"),  # crm_model.happenings.Event
    sa.Column("record_id", BigId, sa.ForeignKey("records.id", ondelete="SET NULL"), index=True),
    sa.Column("message_id", BigId, sa.ForeignKey("messages.id", ondelete="SET NULL"), index=True),
    sa.Column("data", Json, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
)

hook_deliveries = sa.Table(
    "hook_deliveries",
    metadata,
    row_id(),
    sa.Column("happening_id", BigId, sa.ForeignKey("happenings.id", ondelete="CASCADE"), nullable=False),
    sa.Column("hook", sa.Text, nullable=False),
    text("state", "waiting"),  # waiting | delivered | failed
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("next_at", UtcTime, nullable=False),
    sa.Column("claimed_until", UtcTime),
    sa.Column("status", sa.Integer, nullable=False, server_default="0"),  # of the last answer, 0: none came
    text("error"),
    sa.Column("settled_at", UtcTime),
    sa.UniqueConstraint("happening_id", "hook"),
    sa.Index("ix_hook_deliveries_due", "hook", "state", "next_at"),
)

heard_hooks = sa.Table(  # calls of incoming hooks that were taken
    "heard_hooks",
    metadata,
    sa.Column("event", sa.Text, primary_key=True),
    sa.Column("at", UtcTime, nullable=False),
)
