"""Mail on an IMAP server."""

from __future__ import annotations

from sync.mailboxes.imap.source import IMAP

__all__ = ["IMAP"]
