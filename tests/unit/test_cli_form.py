"""`hitchpost form`: what it writes, shows and prints."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from crm_model.errors import ConfigError
from crm_model.records import Owner, RecordKind
from hitchpost.cli import app
from sync.settings import load
from sync.store import crms
from sync.store.schema import open_store


def run(file: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["--config", str(file), "form", *words])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "config.toml"
    made.write_text("# mine\n")
    return made


def test_a_form_is_added_listed_shown_and_removed(file: Path) -> None:
    words = ["-t", "Kontakt", "-l", "no", "-a", "name!", "-a", "email!", "-a", "service"]
    words += ["--owner", "web design=kari", "--leads", "auto", "-o", "https://www.company.example"]
    assert run(file, "add", "contact", *words).exit_code == 0
    [rules] = load(file).forms
    assert [(each.name, each.required) for each in rules.form.fields] == [
        ("name", True),
        ("email", True),
        ("service", False),
    ]
    assert (rules.leads, rules.owner("Web design"), rules.form.languages) == ("auto", "kari", ("no",))
    [listed] = json.loads(run(file, "list", "--json").stdout)
    assert listed == json.loads(run(file, "show", "contact", "--json").stdout)
    assert "owners: web design = kari" in run(file, "show", "contact").stdout
    assert run(file, "remove", "contact").exit_code == 0
    assert load(file).forms == ()
    assert file.read_text().startswith("# mine")


def test_an_owner_whom_the_crm_does_not_know_is_said_and_the_form_is_added(file: Path) -> None:
    path = file.parent / "h.sqlite3"
    crm = f'[[crm]]\nname = "local"\nbackend = "local"\npath = "{file.parent / "crm.sqlite3"}"\n'
    file.write_text(f'database = "sqlite:///{path}"\n{crm}')
    with contextlib.closing(open_store(load(file).database)) as store, store.write() as unit:
        people = [Owner("k", "Kari Bø", "kari@x.example")]
        crms.describe_if_changed(unit, "local", RecordKind.LEAD, specs=(), owners=people, now=datetime.now(UTC))
    ran = run(file, "add", "contact", "-t", "X", "--owner", "web=KARI@x.example", "--owner", "*=karri")
    assert (ran.exit_code, "“karri”" in ran.stderr, "kari@" in ran.stderr.lower()) == (0, True, False)
    assert load(file).forms[0].owner("web") == "KARI@x.example"


def test_a_snippet_names_the_outpost_and_says_so_where_nobody_did(file: Path) -> None:
    added = run(file, "add", "contact", "-t", "Contact")
    assert "hitchpost form snippet contact --url" in added.stderr, "without --url it would be refused here"
    assert "after the agent's next pass" in added.stderr
    assert run(file, "snippet", "contact").exit_code == 2
    printed = run(file, "snippet", "contact", "--url", "https://t.company.example/").stdout
    assert 'action="https://t.company.example/f/contact?lang=en"' in printed
    file.write_text(file.read_text() + '\n[tracking]\nurl = "https://forms.company.example"\n')
    assert "https://forms.company.example/f/contact" in run(file, "snippet", "contact").stdout


@pytest.mark.parametrize("words", [("-a", "nmae"), ("--owner", "kari"), ("--owner", "=kari")])
def test_a_slip_of_the_pen_writes_nothing(file: Path, words: tuple[str, str]) -> None:
    assert run(file, "add", "contact", "-t", "Contact", *words).exit_code == 2
    assert file.read_text() == "# mine\n"


def test_a_form_that_is_not_there_is_named_with_the_nearest(file: Path) -> None:
    run(file, "add", "contact", "-t", "Contact")
    for command in ("show", "remove"):
        error = run(file, command, "contcat").exception
        assert isinstance(error, ConfigError)
        assert error.nearest == "contact"
