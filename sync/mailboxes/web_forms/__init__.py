"""What web forms brought, as a mailbox: every submission is a message."""

from __future__ import annotations

from sync.mailboxes.web_forms.source import WEB_FORMS

__all__ = ["WEB_FORMS"]
