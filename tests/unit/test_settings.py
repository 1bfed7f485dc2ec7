"""The configuration file: defaults, and a sentence with file, key and mend for whatever is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_model.errors import ConfigError
from crm_model.options import OptionSpec, OptionType
from sync.settings import Settings, load, options, parse

FILE = Path("/etc/hitchpost/config.toml")


def read(text: str) -> Settings:
    return parse(text, FILE)


def refusal(text: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        read(text)
    assert caught.value.file == FILE
    return caught.value


def test_empty_file_gives_a_working_embedded_crm() -> None:
    settings = read("")
    assert [crm.kind for crm in settings.crms] == ["local"]
    assert settings.leads.crm == "local"
    assert settings.leads.mode == "suggest"
    assert settings.database.startswith("sqlite:////")
    assert settings.author
    assert settings.mail_accounts == ()


def test_everything_given() -> None:
    settings = read("""
        author = "Ingrid"
        poll_seconds = 30
        backfill_months = 6
        log_mail = "headers"
        database = "postgresql://hitchpost@db/hitchpost"
        [organisation]
        name = "Nordvik Digital AS"
        domains = ["Nordvik.Example"]
        addresses = ["Sales@nordvik.example"]
        colleagues = [{ name = "Ingrid Solbakken", email = "Ingrid@nordvik.example" }]
        phones = ["+47 55 90 10 20"]
        default_region = "no"
        languages = ["NO"]
        [leads]
        mode = "auto"
        crm = "house"
        [[mail_account]]
        name = "work"
        kind = "maildir"
        path = "mail"
        [[crm]]
        name = "house"
        backend = "local"
        path = "/srv/crm.sqlite3"
    """)
    assert settings.organisation.is_own("someone@nordvik.example")
    assert settings.organisation.colleagues == (("Ingrid Solbakken", "ingrid@nordvik.example"),)
    assert settings.organisation.phones == frozenset({"+4755901020"})
    assert settings.organisation.default_region == "NO"
    assert settings.leads.crm == "house"
    assert settings.mail_accounts[0].text("path") == "/etc/hitchpost/mail"
    assert settings.crms[0].text("path") == "/srv/crm.sqlite3"
    assert settings.database == "postgresql://hitchpost@db/hitchpost"


@pytest.mark.parametrize(
    ("text", "key", "nearest"),
    [
        ("authr = 'x'", "authr", "author"),
        ("[organization]\nname = 'x'", "organization", "organisation"),
        ("[organisation]\ndomain = ['x.example']", "organisation.domain", "domains"),
        ("[leads]\nmod = 'auto'", "leads.mod", "mode"),
        ("[[mail_account]]\nname = 'work'\nkind = 'mailbox'", "mail_account “work”: kind", "mbox"),
        ("[[mail_account]]\nname = 'work'\nkind = 'maildir'\npth = 'x'", "mail_account “work”: pth", "path"),
        ("[[crm]]\nname = 'c'\nbackend = 'locl'", "crm “c”: backend", "local"),
        ("[[mail_accounts]]\nname = 'work'", "mail_accounts", "mail_account"),
        ("[[crm]]\nname = 'c'\nbackend = 'local'\nsecret = { envv = 'X' }", "crm “c”: secret.envv", "env"),
    ],
)
def test_unknown_names_are_refused_with_the_nearest(text: str, key: str, nearest: str) -> None:
    error = refusal(text)
    assert error.key == key
    assert error.nearest == nearest
    assert f"Did you mean “{nearest}”?" in str(error)
    assert ". Did you mean" in str(error), "two sentences"
    assert str(error.without_file) == str(error).removeprefix(f"{error.file}: ")


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        ("poll_seconds = 'often'", "poll_seconds", "a whole number, but it is text"),
        ("poll_seconds = 1", "poll_seconds", "at least 5"),
        ("poll_seconds = true", "poll_seconds", "a whole number, but it is true or false"),
        ("log_mail = 'all'", "log_mail", '"off", "headers" or "text"'),
        ("author = 3", "author", "text in quotes, but it is a whole number"),
        ("organisation = 3", "organisation", "a table, but it is a whole number"),
        ("mail_account = 3", "mail_account", "a list in brackets"),
        ("[organisation]\ndomains = 'x.example'", "organisation.domains", "a list in brackets, but it is text"),
        ("[organisation]\ndomains = ['http://x.example/']", "organisation.domains number 1", "company.example"),
        ("[organisation]\naddresses = ['sales']", "organisation.addresses number 1", "name@company.example"),
        ("[organisation]\nphones = ['55901020']", "organisation.phones number 1", "country code"),
        ("[organisation]\ndefault_region = 'Norway'", "organisation.default_region", "two letters"),
        ("[[mail_account]]\nkind = 'maildir'", "mail_account number 1: name", "is missing"),
        ("[[mail_account]]\nname = 'a/b'\nkind = 'maildir'", "mail_account “a/b”: name", "1 to 64"),
        ("[[mail_account]]\nname = 'work'\nkind = 'maildir'", "mail_account “work”: path", "is missing"),
        ("[[mail_account]]\nname = 'work'\nkind = 'maildir'\npath = 3", "mail_account “work”: path", "a path in"),
        ("[leads]\ncrm = 'sugar'", "leads.crm", "it can be local"),
        ("database = 'mysql://x/y'", "database", "sqlite:///path or postgresql://"),
        ("[[crm]]\nname = 'c'\nbackend = 'local'\npath = 'x'\nsecret = {}", "crm “c”: secret", "exactly one"),
        ("[[crm]]\nname = 'c'\nbackend = 'local'\nsecret = 'hunter2'", "crm “c”: secret", "must be a table"),
        ("author = ", None, "no TOML"),
    ],
)
def test_wrong_values_are_sentences(text: str, key: str | None, words: str) -> None:
    error = refusal(text)
    assert words in str(error)
    assert error.key == key


@pytest.mark.parametrize("key", ["password", "token", "imap_password", "api_key", "Passwd", "client_secret"])
def test_a_secret_written_out_is_refused_and_not_repeated(key: str) -> None:
    error = refusal(f"[[mail_account]]\nname = 'work'\nkind = 'maildir'\npath = 'x'\n{key} = 'hunter2'")
    assert "secret = { keyring" in str(error)
    assert "hunter2" not in str(error)


def test_a_password_in_the_database_url_is_refused() -> None:
    error = refusal("database = 'postgresql://me:hunter2@db/x'")
    assert "database_secret" in str(error)
    assert "hunter2" not in str(error)


def test_database_password_comes_from_its_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HP_DB", "p@ss/word")
    settings = read("database = 'postgresql://me@db:5433/x'\ndatabase_secret = { env = 'HP_DB' }")
    assert settings.database == "postgresql://me:p%40ss%2Fword@db:5433/x"
    assert "word" not in repr(settings)


def test_relative_database_stands_beside_the_file() -> None:
    assert read("database = 'sqlite:///mail.sqlite3'").database == "sqlite:////etc/hitchpost/mail.sqlite3"
    assert read("database = 'sqlite:////srv/mail.sqlite3'").database == "sqlite:////srv/mail.sqlite3"


def test_two_accounts_of_one_name() -> None:
    account = "[[mail_account]]\nname = 'work'\nkind = 'maildir'\npath = 'x'\n"
    assert "two tables have this name" in str(refusal(account * 2))


def test_secret_is_fetched_when_called_and_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read("[[crm]]\nname = 'c'\nbackend = 'local'\npath = 'x'\nsecret = { env = 'HP_LATER' }")
    monkeypatch.setenv("HP_LATER", "hunter2")
    assert settings.crms[0].secret() == "hunter2"
    assert "hunter2" not in repr(settings)


def test_absent_file_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="hitchpost init"):
        load(tmp_path / "none.toml")


@pytest.mark.parametrize("text", ["x = " + "[" * 20_000, "# " + "x" * 2**20], ids=["deep", "large"])
def test_what_is_no_configuration_at_all_is_said(tmp_path: Path, text: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(text)
    with pytest.raises(ConfigError, match="configuration"):
        load(file)


def test_file_that_is_no_text(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes(b"author = '\xff'")
    with pytest.raises(ConfigError, match="UTF-8"):
        load(file)


def test_folder_instead_of_a_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="can't be read"):
        load(tmp_path)


def test_byte_order_mark_of_a_windows_editor(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes(b"\xef\xbb\xbfauthor = 'Ingrid'\r\n")
    assert load(file).author == "Ingrid"


SPECS = (
    OptionSpec("host", OptionType.TEXT, "The server.", required=True),
    OptionSpec("port", OptionType.INTEGER, "The port.", default=993),
    OptionSpec("folders", OptionType.LIST, "The folders."),
    OptionSpec("tls", OptionType.TEXT, "How.", default="tls", choices=("tls", "starttls")),
    OptionSpec("plain", OptionType.BOOLEAN, "Allow."),
    OptionSpec("path", OptionType.PATH, "Where."),
)


def check(**given: object) -> dict[str, object]:
    def refuse(key: str, problem: str, nearest: str | None = None) -> ConfigError:
        return ConfigError(problem, key=key, nearest=nearest)

    return dict(options.check_options(given, SPECS, Path("/folder"), refuse))


def test_options_with_defaults() -> None:
    assert check(host="h", folders=["a"], path="p") == {
        "host": "h",
        "port": 993,
        "folders": ("a",),
        "tls": "tls",
        "path": "/folder/p",
    }


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "host: is missing: The server."),
        ({"host": 3}, "host: must be text in quotes, but it is a whole number"),
        ({"host": "h", "port": True}, "port: must be a whole number, but it is true or false"),
        ({"host": "h", "folders": ["a", 1]}, "folders: must be a list of texts"),
        ({"host": "h", "tls": "startls"}, "Did you mean “starttls”?"),
        ({"host": "h", "plain": "yes"}, "plain: must be true or false"),
        ({"host": "h", "path": ""}, "path: must be a path"),
        ({"hots": "h"}, "Did you mean “host”?"),
    ],
)
def test_wrong_options(given: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        check(**given)
    assert words in str(caught.value)
