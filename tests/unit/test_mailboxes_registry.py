"""The registry of mailbox kinds."""

from __future__ import annotations

import pytest

from crm_model.errors import ConfigError
from sync.mailboxes import registry


def test_kinds_are_named_without_import() -> None:
    assert {"imap", "maildir", "mbox"} <= set(registry.kinds())


def test_load() -> None:
    kind = registry.load("maildir")
    assert kind.name == "maildir"
    assert {option.name for option in kind.options} >= {"path", "folders", "backfill_months"}


def test_unknown_kind_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match="Did you mean “maildir”"):
        registry.load("mailidr")
