"""Why a change waits although the CRM is well."""

from __future__ import annotations

from crm_model.errors import TryLater


class NotTheCrm(TryLater):
    """This change waits, the CRM is not taken for down."""


class AdapterFailed(NotTheCrm):
    """A bug in an adapter."""


class FileAway(NotTheCrm):
    """The mailbox does not give a file just now."""
