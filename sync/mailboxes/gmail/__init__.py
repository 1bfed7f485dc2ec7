"""Mail in Gmail, through its API."""

from __future__ import annotations

from sync.mailboxes.gmail.kind import GMAIL

__all__ = ["GMAIL"]
