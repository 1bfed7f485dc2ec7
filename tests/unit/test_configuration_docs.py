"""`docs/configuration.md` explains every key of the file, in the section that the key belongs to."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from pydantic import BaseModel

from crm_adapters import registry as crm_backends
from sync.hooks import HOOK, INCOMING
from sync.mailboxes import registry as mailbox_kinds
from sync.settings import model as written
from sync.settings import parse
from sync.settings.outline import SEVERAL
from sync.submission.options import SENDER_OPTIONS, SMTP_OPTIONS

TEXT = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text(encoding="utf-8")


def section(heading: str) -> str:
    """The text under a heading up to the next one of the same or a higher level."""
    start = re.search(rf"^(#+) {re.escape(heading)}.*$", TEXT, re.M)
    assert start, f"no section “{heading}”"
    level = len(start.group(1))
    end = re.search(rf"^#{{1,{level}}} ", TEXT[start.end() :], re.M)
    return TEXT[start.end() : start.end() + end.start() if end else len(TEXT)]


@pytest.mark.parametrize(
    ("heading", "model"),
    [
        ("Top level", written.SettingsFile),
        ("`[organisation]`", written.OrganisationTable),
        ("`[leads]`", written.LeadsTable),
        ("`[triage]`", written.TriageTable),
        ("`[keys]`", written.KeysTable),
        ("`[[mail_account]]`", written.MailAccountTable),
        ("`[tracking]`", written.TrackingTable),
        ("`[[template]]`", written.TemplateTable),
        ("`[[form]]`", written.FormTable),
        ("`[[form]]`", written.FormFieldTable),
        ("`[[form]]`", written.ConsentTable),
        ("`[[crm]]`", written.CrmTable),
        ("`[web]`", written.WebTable),
        ("`[[hook]]`", written.HookTable),
        ("`[[incoming_hook]]`", written.IncomingHookTable),
        ("Fields of a CRM", written.FieldTable),
        ("Fields of a CRM", written.FieldsTable),
        ("Secrets", written.SecretTable),
    ],
)
def test_every_key_is_explained(heading: str, model: type[BaseModel]) -> None:
    singles = {"organisation", "leads", "triage", "keys", "tracking", "web"}
    tables = singles | set(SEVERAL) if model is written.SettingsFile else set()
    text = section(heading)
    assert [key for key in set(model.model_fields) - tables if not re.search(rf"`{key}`|\b{key} =", text)] == []


@pytest.mark.parametrize("kind", sorted(mailbox_kinds.kinds()))
def test_every_option_of_a_mailbox_is_explained(kind: str) -> None:
    text = section(f'`kind = "{kind}"`') + section("Sending")
    assert [option.name for option in mailbox_kinds.load(kind).options if f"| `{option.name}` |" not in text] == []


def test_every_option_of_sending_is_explained_once() -> None:
    text = section("Sending")
    assert [each.name for each in (*SENDER_OPTIONS, *SMTP_OPTIONS) if text.count(f"| `{each.name}` |") != 1] == []


@pytest.mark.parametrize("backend", sorted(crm_backends.backends()))
def test_every_option_of_a_crm_is_explained(backend: str) -> None:
    text = section(f'`backend = "{backend}"`')
    assert [option.name for option in crm_backends.load(backend).options if f"| `{option.name}` |" not in text] == []


def test_every_option_of_a_hook_is_explained() -> None:
    for heading, kind in (("`[[hook]]`", HOOK), ("`[[incoming_hook]]`", INCOMING)):
        text = section(heading)
        assert [option.name for option in kind.options if f"| `{option.name}` |" not in text] == []


def test_the_example_is_valid() -> None:
    example = re.search(r"```toml\n(.*?)```", TEXT, re.S)
    assert example
    settings = parse(example.group(1), Path("/etc/hitchpost/config.toml"))
    assert set(tomllib.loads(example.group(1))) >= {"organisation", "leads", "mail_account", "crm"}
    assert [account.options["backfill_months"] for account in settings.mail_accounts] == [24, 24]
