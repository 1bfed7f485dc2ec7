"""CRMs, their records, what records are found by, and activities."""

from __future__ import annotations

import sqlalchemy as sa

from sync.store.columns import BigId, Json, UtcTime, flag, health, metadata, row_id, text

crms = sa.Table(
    "crms",
    metadata,
    row_id(),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    text("backend"),
    *health(),
    sa.Column("confirmed_at", UtcTime),  # since when we may write there; null: a person has not said so
    sa.Column("abilities", Json),  # what the backend can do, as its adapter last said: see sync.store.abilities
    text("mapped"),  # the digest of the field map under which its records were read
)

crm_cursors = sa.Table(
    "crm_cursors",
    metadata,
    sa.Column("crm", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    text("cursor"),
    sa.Column("rescan_seq", BigId),  # set while all is read anew: what was not seen since then is gone
    sa.Column("compared_at", UtcTime),  # when the CRM was last asked which records are gone
    sa.Column("compared_id", BigId, nullable=False, server_default="0"),  # how far that comparison came
)

crm_fields = sa.Table(  # what the backend last described, so that the TUI can edit without asking it
    "crm_fields",
    metadata,
    sa.Column("crm", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("specs", Json, nullable=False),
    sa.Column("owners", Json, nullable=False),
    sa.Column("described_at", UtcTime),
)

records = sa.Table(
    "records",
    metadata,
    row_id(),
    sa.Column("crm", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("remote_id", sa.Text),  # null until the CRM has it
    sa.Column("fields", Json, nullable=False),  # as the person sees them: base + own edits
    sa.Column("base", Json, nullable=False),  # as the CRM last had them
    text("revision"),
    text("title"),
    text("state", "live"),  # live | deleted | converted
    sa.Column("modified_at", UtcTime),
    text("modified_by"),
    text("url"),
    text("account_ref"),  # fields.account_id, for look-ups
    text("stage"),  # fields.stage or fields.status, and fields.owner_id: what lists and searches ask for
    text("owner_ref"),
    # What else lists sort and add up by, out of fields: see sync.store.record_facts
    sa.Column("is_open", sa.Boolean, nullable=False, server_default="1"),
    sa.Column("amount", BigId),
    text("currency"),
    sa.Column("probability", sa.Integer),
    text("closes_on"),
    text("next_contact_on"),
    sa.Column("merged_into", BigId),  # the record that the CRM merged this one into
    sa.Column("activities_at", UtcTime),  # when its activities were read; null asks for it
    sa.Column("seen_seq", BigId, nullable=False, server_default="0"),  # when the CRM last named it
    sa.Column("seq", BigId, nullable=False, server_default="0"),
    sa.UniqueConstraint("crm", "kind", "remote_id"),
    sa.Index("ix_records_account", "account_ref", "kind", "crm"),
    sa.Index("ix_records_stage", "stage", "kind"),
    sa.Index("ix_records_owner", "owner_ref"),
    sa.Index("ix_records_newest", "kind", "state", "modified_at", "id"),
    sa.Index("ix_records_title", "title"),
    sa.Index(  # the pipeline's order and sums, so that both read the index alone
        "ix_records_pipeline",
        *("kind", "state", "is_open", "crm", "stage", "closes_on", "id", "currency", "amount", "probability"),
    ),
    sa.Index("ix_records_next_contact", "kind", "state", "next_contact_on"),
    sa.Index("ix_records_seq", "seq"),
)

record_emails = sa.Table(
    "record_emails",
    metadata,
    sa.Column("email", sa.Text, primary_key=True),
    sa.Column("record_id", BigId, sa.ForeignKey("records.id", ondelete="CASCADE"), primary_key=True, index=True),
)

record_domains = sa.Table(
    "record_domains",
    metadata,
    sa.Column("domain", sa.Text, primary_key=True),
    sa.Column("record_id", BigId, sa.ForeignKey("records.id", ondelete="CASCADE"), primary_key=True, index=True),
)

record_phones = sa.Table(  # leads' and contacts' numbers by their last digits: see sync.store.record_words.phones_of
    "record_phones",
    metadata,
    sa.Column("digits", sa.Text, primary_key=True),
    sa.Column("record_id", BigId, sa.ForeignKey("records.id", ondelete="CASCADE"), primary_key=True, index=True),
)

record_mentions = sa.Table(  # the people of a deal, the parent of an account: whom a record names by reference
    "record_mentions",
    metadata,
    sa.Column("reference", sa.Text, primary_key=True),
    sa.Column("record_id", BigId, sa.ForeignKey("records.id", ondelete="CASCADE"), primary_key=True, index=True),
)

record_texts = sa.Table(  # what a record is found by while typing
    "record_texts",
    metadata,
    sa.Column(
        "record_id", BigId, sa.ForeignKey("records.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    ),
    text("words"),
)

activities = sa.Table(
    "activities",
    metadata,
    row_id(),
    sa.Column("crm", sa.Text, nullable=False),
    sa.Column("remote_id", sa.Text),
    sa.Column("key", sa.Text, nullable=False, unique=True),
    text("kind"),
    sa.Column("record_id", BigId, sa.ForeignKey("records.id", ondelete="CASCADE"), nullable=False, index=True),
    text("subject"),
    text("body"),
    text("author"),
    text("direction"),
    text("message_id"),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("due_at", UtcTime),
    flag("done"),
    sa.Column("removed_at", UtcTime),
    sa.UniqueConstraint("crm", "remote_id", "record_id"),
    sa.Index("ix_activities_due", "kind", "done", "due_at"),
)
