"""What may be followed of mail of ours, what was fetched of it, and who agreed to that."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sync.store.columns import BigId, Json, UtcTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _mails()
    _tokens()
    _hits()
    _consent()


def _text(name: str, default: str = "") -> sa.Column[str]:
    return sa.Column(name, sa.Text(), server_default=default, nullable=False)


def _number(name: str, kind: sa.types.TypeEngine[int]) -> sa.Column[int]:
    return sa.Column(name, kind, server_default="0", nullable=False)


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), server_default="0", nullable=False)


def _belongs(table: str, column: str, there: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [there], name=op.f(f"fk_{table}_{column}"), ondelete="CASCADE")


def _index(table: str, column: str) -> None:
    op.create_index(op.f(f"ix_{table}_{column}"), table, [column])


def _mails() -> None:
    op.create_table(
        "tracked_mails",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("outgoing_id", BigId, nullable=False),
        _text("wanted", "none"),
        _text("mode", "none"),
        _text("basis"),
        _text("remark"),
        _text("domain"),
        sa.Column("created_at", UtcTime(), nullable=False),
        _belongs("tracked_mails", "outgoing_id", "outgoing.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tracked_mails")),
        sa.UniqueConstraint("outgoing_id", name=op.f("uq_tracked_mails_outgoing_id")),
    )
    op.create_table(
        "tracked_links",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("mail_id", BigId, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        _text("url"),
        _text("words"),
        _belongs("tracked_links", "mail_id", "tracked_mails.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tracked_links")),
        sa.UniqueConstraint("mail_id", "position", name=op.f("uq_tracked_links_mail_id_position")),
    )


def _tokens() -> None:
    op.create_table(
        "track_tokens",
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("mail_id", BigId, nullable=False),
        sa.Column("link_id", BigId, nullable=True),
        _text("kind"),
        _text("recipient"),
        _flag("honeypot"),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("revoked_at", UtcTime(), nullable=True),
        sa.Column("told_at", UtcTime(), nullable=True),
        _belongs("track_tokens", "mail_id", "tracked_mails.id"),
        _belongs("track_tokens", "link_id", "tracked_links.id"),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_track_tokens")),
    )
    for column in ("mail_id", "link_id", "recipient"):
        _index("track_tokens", column)


def _hits() -> None:
    op.create_table(
        "track_hits",
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        _text("kind"),
        sa.Column("at", UtcTime(), nullable=False),
        _text("method"),
        _text("user_agent"),
        _text("network"),
        _flag("prefetch"),
        _flag("thinned"),
        _text("who"),
        _text("fetcher"),
        sa.Column("confidence", sa.Float(), server_default="0", nullable=False),
        sa.Column("reasons", Json, nullable=False),
        _text("rules_version"),
        _number("seq", BigId),
        _belongs("track_hits", "token", "track_tokens.token"),
        sa.PrimaryKeyConstraint("event", name=op.f("pk_track_hits")),
    )
    for column in ("token", "at", "rules_version"):
        _index("track_hits", column)
    op.create_index("ix_track_hits_seq", "track_hits", ["seq"])


def _consent() -> None:
    op.create_table(
        "consents",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        *(_text(name) for name in ("purpose", "state", "source", "text_version", "author")),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("event", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
        sa.UniqueConstraint("event", "purpose", name=op.f("uq_consents_event_purpose")),
    )
    _index("consents", "address")
    op.create_table(
        "suppressions",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("address_hash", sa.Text(), nullable=False),
        *(_text(name) for name in ("scope", "reason", "source")),
        sa.Column("at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppressions")),
        sa.UniqueConstraint("address_hash", "scope", name=op.f("uq_suppressions_address_hash_scope")),
    )
    op.create_table(
        "outposts",
        sa.Column("name", sa.Text(), nullable=False),
        _text("cursor"),
        sa.Column("collected_at", UtcTime(), nullable=True),
        _number("unknown_hits", BigId),
        _number("broken_lines", BigId),
        _text("last_error"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_outposts")),
    )
