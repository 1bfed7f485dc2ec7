"""What came back from addresses: bounces of mail of ours, and automatic answers."""

from __future__ import annotations

import sqlalchemy as sa

from sync.store.columns import BigId, UtcTime, metadata, row_id, text

address_reports = sa.Table(  # a log: the state of an address is a view over it
    "address_reports",
    metadata,
    row_id(),
    sa.Column("address", sa.Text, nullable=False, index=True),  # lower case
    sa.Column("kind", sa.Text, nullable=False),  # crm_model.bounces.BounceClass, or away | left
    text("status"),  # RFC 3463
    text("reason"),
    text("back_on"),  # the first day back, ISO 8601
    sa.Column("message_id", BigId, sa.ForeignKey("messages.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("at", UtcTime, nullable=False),
    sa.UniqueConstraint("message_id", "address", "kind"),
)
