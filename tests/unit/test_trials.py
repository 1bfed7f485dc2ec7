"""Trying a place of the configuration says what is there, and what of the configuration is not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_model.errors import ConfigError, HitchpostError
from hitchpost.trials import try_place

CONFIG = """
author = "Kari"
database = "sqlite:///h.db"
[organisation]
domains = ["fjord.example"]
[[mail_account]]
name = "work"
kind = "maildir"
path = "Maildir"
sender = "kari@fjord.example"
send_into = "nobody"
[[crm]]
name = "house"
backend = "local"
path = "crm.db"
[crm.fields.lead]
budget = { field = "budget_c" }
employer = { field = "company" }
old = { field = "old_c", direction = "never" }
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    for part in ("cur", "new", "tmp"):
        (tmp_path / "Maildir" / part).mkdir(parents=True)
    (tmp_path / "Maildir" / "new" / "1.a").write_text("Subject: x\n\nx")
    path = tmp_path / "config.toml"
    path.write_text(CONFIG)
    return path


def test_a_mailbox_says_its_folders_and_whether_it_can_send(file: Path) -> None:
    assert try_place(file, "mail_account", "work") == ["INBOX: 1", "it can send"]


def test_a_crm_names_the_rules_whose_field_it_does_not_have(file: Path) -> None:
    said = try_place(file, "crm", "house")
    assert any(line.startswith("lead: 0") for line in said)
    assert said[-1] == "the CRM has no such field: lead.budget (budget_c)"


def test_what_is_not_there_is_said_with_its_name(file: Path) -> None:
    with pytest.raises(ConfigError, match="nowhere"):
        try_place(file, "crm", "nowhere")
    (file.parent / "Maildir" / "cur").rmdir()
    (file.parent / "Maildir" / "new" / "1.a").unlink()
    (file.parent / "Maildir" / "new").rmdir()
    with pytest.raises(HitchpostError):
        try_place(file, "mail_account", "work")
