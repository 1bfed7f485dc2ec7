"""Links and suggestions: what threads have to do with records."""

from __future__ import annotations

import sqlalchemy as sa

from sync.store.columns import BigId, Json, UtcTime, metadata, row_id, text

links = sa.Table(
    "links",
    metadata,
    row_id(),
    sa.Column("thread_id", BigId, sa.ForeignKey("threads.id"), nullable=False),
    sa.Column("record_id", BigId, sa.ForeignKey("records.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("message_id", BigId, sa.ForeignKey("messages.id"), nullable=False),  # where the evidence stood
    text("rule"),
    text("evidence"),
    sa.Column("odds", sa.Float, nullable=False, server_default="1"),
    text("author"),  # "agent" or a person
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("removed_at", UtcTime),  # a tombstone: the agent never links these two again
    sa.UniqueConstraint("thread_id", "record_id"),
)

suggestions = sa.Table(
    "suggestions",
    metadata,
    row_id(),
    sa.Column("thread_id", BigId, sa.ForeignKey("threads.id"), nullable=False, index=True),
    sa.Column("message_id", BigId, sa.ForeignKey("messages.id"), nullable=False, unique=True),
    text("kind"),  # create_lead | link | deal
    sa.Column("email", sa.Text, nullable=False, server_default="", index=True),  # fields.email, lower case
    sa.Column("fields", Json, nullable=False),
    sa.Column("candidates", Json, nullable=False),  # [[record id, odds, rule, evidence], …]
    sa.Column("odds", sa.Float, nullable=False, server_default="0"),
    sa.Column("reasons", Json, nullable=False),
    text("state", "open"),  # open | accepted | rejected | superseded
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("decided_at", UtcTime),
    text("remark"),  # why a person said no
    sa.Index("ix_suggestions_state", "state"),
)

filing_rules = sa.Table(  # what people taught: see crm_model.links.FilingRule
    "filing_rules",
    metadata,
    row_id(),
    text("sender"),
    sa.Column("words", Json, nullable=False),
    sa.Column("record_id", BigId, sa.ForeignKey("records.id", ondelete="CASCADE"), index=True),  # null: never a lead
    text("author"),
    sa.Column("created_at", UtcTime, nullable=False),
)

next_touches = sa.Table(  # when a conversation comes back, and what is to be done then
    "next_touches",
    metadata,
    sa.Column(
        "thread_id", BigId, sa.ForeignKey("threads.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    ),
    sa.Column("author", sa.Text, primary_key=True),  # whose list it is put off in
    sa.Column("at", UtcTime, nullable=False),
    text("what"),
    sa.Column("activity_id", BigId, sa.ForeignKey("activities.id", ondelete="SET NULL")),  # the task on its record
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Index("ix_next_touches_author", "author", "at"),
)

lessons = sa.Table(  # words of mail that people made leads of, or refused: see sync.lessons
    "lessons",
    metadata,
    sa.Column("word", sa.Text, primary_key=True),
    sa.Column("yes", sa.Integer, nullable=False, server_default="0"),
    sa.Column("no", sa.Integer, nullable=False, server_default="0"),
)

field_offers = sa.Table(  # what a known person's mail states and the record lacks
    "field_offers",
    metadata,
    row_id(),
    sa.Column("record_id", BigId, sa.ForeignKey("records.id", ondelete="CASCADE"), nullable=False),
    text("field"),
    text("value"),
    text("source"),  # where in the mail it stood
    sa.Column("message_id", BigId, sa.ForeignKey("messages.id", ondelete="CASCADE"), nullable=False, index=True),
    text("state", "open"),  # open | accepted | rejected
    sa.Column("created_at", UtcTime, nullable=False),
    sa.UniqueConstraint("record_id", "field", "value"),
)
