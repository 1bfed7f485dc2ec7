"""The configuration file is written whole, keeps its comments, and never becomes unusable."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from crm_model.errors import ConfigError
from sync.secrets import SecretKind, SecretSource
from sync.settings import load
from sync.settings.file import add_table, create_file, remove_table
from sync.settings.template import new_configuration


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "new" / "config.toml"
    text = new_configuration(
        author='Ingrid "Inga"',
        organisation="Nordvik",
        domains=["nordvik.example"],
        addresses=[],
        region="NO",
        leads_mode="suggest",
    )
    create_file(path, text)
    return path


def test_what_a_comment_says_stands_right_above_its_table(file: Path) -> None:
    lines = file.read_text().splitlines()
    tables = [number for number, line in enumerate(lines) if line.startswith("[")]
    assert len(tables) == 3
    assert all(lines[number - 1].startswith("# ") for number in tables)


def test_new_file_is_private_and_valid(file: Path) -> None:
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    settings = load(file)
    assert settings.author == 'Ingrid "Inga"'
    assert settings.organisation.domains == frozenset({"nordvik.example"})
    assert [crm.name for crm in settings.crms] == ["local"]


def test_a_file_is_never_overwritten(file: Path) -> None:
    before = file.read_text()
    with pytest.raises(ConfigError, match="never overwritten"):
        create_file(file, "")
    assert file.read_text() == before


def test_an_invalid_file_is_not_created(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="two letters"):
        create_file(tmp_path / "c.toml", '[organisation]\ndefault_region = "Norway"')
    assert list(tmp_path.iterdir()) == []


def test_add_keeps_comments_and_remove_takes_back(file: Path) -> None:
    file.write_text(file.read_text() + "\n# my own remark\n")
    secret = SecretSource(SecretKind.COMMAND, 'pass show "mail"')
    add_table(file, "mail_account", name="work", kind="maildir", options={"path": "/srv/mail"})
    add_table(file, "crm", name="other", kind="local", options={"path": "/srv/crm"}, secret=secret)
    settings = load(file)
    assert settings.mail_accounts[0].text("path") == "/srv/mail"
    assert [crm.name for crm in settings.crms] == ["local", "other"]
    assert "# my own remark" in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    remove_table(file, "mail_account", "work")
    remove_table(file, "crm", "other")
    assert load(file).mail_accounts == ()
    assert "# my own remark" in file.read_text()


def test_a_taken_name_is_refused(file: Path) -> None:
    with pytest.raises(ConfigError, match="name is taken"):
        add_table(file, "crm", name="local", kind="local", options={"path": "/x"})


def test_a_bad_table_is_refused_and_nothing_is_written(file: Path) -> None:
    before = file.read_text()
    with pytest.raises(ConfigError, match="Did you mean “path”"):
        add_table(file, "mail_account", name="work", kind="maildir", options={"pth": "/x"})
    assert file.read_text() == before
    assert [entry.name for entry in file.parent.iterdir()] == ["config.toml"]


def test_removing_what_is_not_there_names_the_nearest(file: Path) -> None:
    with pytest.raises(ConfigError, match="Did you mean “local”"):
        remove_table(file, "crm", "locl")


def test_removing_the_crm_that_gets_the_leads_is_refused(file: Path) -> None:
    add_table(file, "crm", name="other", kind="local", options={"path": "/srv/crm"})
    with pytest.raises(ConfigError, match=r"leads\.crm"):
        remove_table(file, "crm", "local")


def test_the_implicit_embedded_crm_stays_when_another_is_added(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("")
    add_table(file, "crm", name="other", kind="local", options={"path": "/srv/crm"})
    assert [crm.name for crm in load(file).crms] == ["local", "other"]


def test_a_link_stays_a_link(tmp_path: Path, file: Path) -> None:
    link = tmp_path / "link.toml"
    link.symlink_to(file)
    add_table(link, "mail_account", name="work", kind="maildir", options={"path": "/srv/mail"})
    assert link.is_symlink()
    assert load(file).mail_accounts[0].name == "work"
