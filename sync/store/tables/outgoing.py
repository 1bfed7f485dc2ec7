"""Mail of ours on its way out: drafts, what waits, what is being sent, what came of it."""

from __future__ import annotations

import sqlalchemy as sa

from sync.store.columns import BigId, Json, UtcTime, metadata, row_id, text

outgoing = sa.Table(
    "outgoing",
    metadata,
    row_id(),
    sa.Column("node", sa.Text, nullable=False, unique=True),  # our own Message-ID: one mail, one row, for ever
    text("account"),
    text("state", "draft"),  # crm_model.mail.DeliveryState
    sa.Column("message_id", BigId, sa.ForeignKey("messages.id"), index=True),  # null for a draft
    sa.Column("draft", Json, nullable=False),  # sync.composing.draft.Draft
    sa.Column("recipients", Json, nullable=False),  # [[address, waiting | sent | refused, reason], …]
    sa.Column("raw", sa.LargeBinary),  # the bytes, fixed at the first try, gone when nobody needs them any more
    sa.Column("due_at", UtcTime),
    sa.Column("next_at", UtcTime),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("claimed_until", UtcTime),
    text("claimed_by"),
    sa.Column("handed_at", UtcTime),  # this try passed the point of no return
    sa.Column("sent_at", UtcTime),
    text("sent_copy"),  # "" not yet due, wanted, ours (we put it there), theirs (the server did), none
    text("error"),
    text("author"),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("seq", BigId, nullable=False, server_default="0"),
    sa.Index("ix_outgoing_state", "state", "account"),
)

outgoing_files = sa.Table(
    "outgoing_files",
    metadata,
    row_id(),
    sa.Column("outgoing_id", BigId, sa.ForeignKey("outgoing.id", ondelete="CASCADE"), nullable=False, index=True),
    text("name"),
    text("content_type"),
    sa.Column("data", sa.LargeBinary, nullable=False),
)
