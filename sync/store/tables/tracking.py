"""What may be followed of mail of ours, what was fetched of it, who agreed to that and who wants none of it.

    outgoing ── tracked_mails ── tracked_links
                     └────────── track_tokens ── track_hits        consents, suppressions: by address

Counters are views, never stored sums. Hits are only added; their verdict columns are written anew when rules change.
"""

from __future__ import annotations

import sqlalchemy as sa

from sync.store.columns import BigId, Json, UtcTime, flag, metadata, row_id, text

tracked_mails = sa.Table(
    "tracked_mails",
    metadata,
    row_id(),
    sa.Column("outgoing_id", BigId, sa.ForeignKey("outgoing.id", ondelete="CASCADE"), nullable=False, unique=True),
    text("wanted", "none"),  # crm_model.tracking.TrackingMode, as the writer asked
    text("mode", "none"),  # … and as it was done
    text("basis"),  # why that was lawful: consent | configuration | anonymous | ""
    text("remark"),  # why it was less than was wanted, in words
    text("domain"),  # the one domain that it went to, "" for several
    sa.Column("created_at", UtcTime, nullable=False),
)

tracked_links = sa.Table(
    "tracked_links",
    metadata,
    row_id(),
    sa.Column("mail_id", BigId, sa.ForeignKey("tracked_mails.id", ondelete="CASCADE"), nullable=False),
    sa.Column("position", sa.Integer, nullable=False),  # its place among the links of the mail, from 0
    text("url"),
    text("words"),  # what the reader sees of it
    sa.UniqueConstraint("mail_id", "position"),
)

track_tokens = sa.Table(
    "track_tokens",
    metadata,
    sa.Column("token", sa.Text, primary_key=True),
    sa.Column("mail_id", BigId, sa.ForeignKey("tracked_mails.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("link_id", BigId, sa.ForeignKey("tracked_links.id", ondelete="CASCADE"), index=True),
    text("kind"),  # crm_model.tracking.TokenKind
    sa.Column("recipient", sa.Text, nullable=False, server_default="", index=True),  # lower case, "" for everybody
    flag("honeypot"),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("revoked_at", UtcTime),  # nothing of it is recorded any more
    sa.Column("told_at", UtcTime),  # when the outpost was told of that
)

track_hits = sa.Table(
    "track_hits",
    metadata,
    sa.Column("event", sa.Text, primary_key=True),  # the outpost's id: the same hit twice is one row
    sa.Column("token", sa.Text, sa.ForeignKey("track_tokens.token", ondelete="CASCADE"), nullable=False, index=True),
    text("kind"),
    sa.Column("at", UtcTime, nullable=False, index=True),
    text("method"),
    text("user_agent"),
    text("network"),
    flag("prefetch"),
    flag("thinned"),  # what it was judged by is gone: the verdict stands
    text("who"),  # crm_model.tracking.Who, "" before it is judged
    text("fetcher"),
    sa.Column("confidence", sa.Float, nullable=False, server_default="0"),
    sa.Column("reasons", Json, nullable=False),
    sa.Column("rules_version", sa.Text, nullable=False, server_default="", index=True),
    sa.Column("seq", BigId, nullable=False, server_default="0"),  # when it became a human's, for notices
    sa.Index("ix_track_hits_seq", "seq"),
)

consents = sa.Table(  # a log: the newest row of an address and purpose counts
    "consents",
    metadata,
    row_id(),
    sa.Column("address", sa.Text, nullable=False, index=True),  # lower case
    text("purpose"),  # open | click | mail
    text("state"),  # unknown | given | refused
    text("source"),
    text("text_version"),
    text("author"),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("event", sa.Text),  # the outpost's, where it came from there
    sa.UniqueConstraint("event", "purpose"),
)

suppressions = sa.Table(
    "suppressions",
    metadata,
    row_id(),
    sa.Column("address_hash", sa.Text, nullable=False),  # keyed: it outlives the erasing of the address
    text("scope"),  # tracking | mail
    text("reason"),
    text("source"),
    sa.Column("at", UtcTime, nullable=False),
    sa.UniqueConstraint("address_hash", "scope"),
)

outposts = sa.Table(
    "outposts",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    text("cursor"),  # behind what lies here
    sa.Column("collected_at", UtcTime),
    sa.Column("unknown_hits", BigId, nullable=False, server_default="0"),  # of tokens that nobody made
    sa.Column("broken_lines", BigId, nullable=False, server_default="0"),
    text("last_error"),
)

stranded_events = sa.Table(  # of the outpost: what nothing here could take, whole
    "stranded_events",
    metadata,
    sa.Column("event", sa.Text, primary_key=True),
    sa.Column("packed", Json, nullable=False),  # crm_model.web_events.pack_event
    text("reason"),
    sa.Column("at", UtcTime, nullable=False),
)
