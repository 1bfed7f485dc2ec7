"""Mail in mbox files."""

from __future__ import annotations

from sync.mailboxes.mbox.source import MBOX

__all__ = ["MBOX"]
