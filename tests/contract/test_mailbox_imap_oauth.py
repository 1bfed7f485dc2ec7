"""Signing in to a real Dovecot with tokens that it checks with a sign-in server."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from crm_model.errors import ConfigError, LoginNeeded
from crm_model.options import Connection, OptionValue
from sync.mailboxes.imap import IMAP, token_login
from sync.mailboxes.testing import letters
from tests.fakes.oauth import FakeOAuth, running_oauth
from tests.servers import dovecot
from tests.servers.dovecot import Dovecot
from tests.servers.needed import need

MAIL = "https://mail.google.com/"


@pytest.fixture(scope="module")
def oauth() -> Iterator[FakeOAuth]:
    with running_oauth() as state:
        yield state


@pytest.fixture(scope="module")
def server(oauth: FakeOAuth) -> Iterator[Dovecot]:
    need(dovecot.PROGRAM, dovecot.PACKAGE)
    with tempfile.TemporaryDirectory(prefix="hp", dir="/tmp", ignore_cleanup_errors=True) as folder:
        running = dovecot.start(Path(folder), f"{oauth.url}/introspect")
        yield running
        running.stop()


@pytest.fixture
def user(server: Dovecot) -> str:
    return server.new_user()


def account(server: Dovecot, oauth: FakeOAuth, user: str, whose: str = "") -> Connection:
    options: dict[str, OptionValue] = {"host": "localhost", "port": server.tls_port, "user": user, "oauth": "google"}
    secret = oauth.secret(oauth.consent(whose or user, MAIL), MAIL)
    return Connection(f"mail of {user}", "imap", {**options, "ca_file": str(server.ca_file)}, lambda: secret)


def subjects(connection: Connection) -> int:
    with closing(IMAP.open(connection)) as source:
        return len(source.fetch_page(source.folders()[0], "", lambda _: set()).messages)


@pytest.mark.parametrize("mechanism", token_login.MECHANISMS)
def test_mail_is_read_with_a_token(
    server: Dovecot, oauth: FakeOAuth, user: str, mechanism: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(token_login, "MECHANISMS", (mechanism,))
    server.fill(user, letters(3))
    assert subjects(account(server, oauth, user)) == 3


@pytest.mark.parametrize("mechanism", token_login.MECHANISMS)
def test_a_token_that_was_withdrawn_is_replaced(
    server: Dovecot, oauth: FakeOAuth, user: str, mechanism: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(token_login, "MECHANISMS", (mechanism,))
    connection = account(server, oauth, user)
    assert subjects(connection) == 0
    refreshes = oauth.refreshes
    oauth.expire_access()
    assert subjects(connection) == 0
    assert oauth.refreshes == refreshes + 1


@pytest.mark.parametrize("mechanism", token_login.MECHANISMS)
def test_the_account_of_another_person_is_said(
    server: Dovecot, oauth: FakeOAuth, user: str, mechanism: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(token_login, "MECHANISMS", (mechanism,))
    with pytest.raises(LoginNeeded, match=f"{user} is the account.*hitchpost mailbox sign-in"):
        subjects(account(server, oauth, user, whose="somebody"))


def test_a_dead_sign_in_is_said(server: Dovecot, oauth: FakeOAuth, user: str) -> None:
    connection = account(server, oauth, user)
    oauth.revoke()
    with pytest.raises(LoginNeeded, match=r"expired or revoked.*hitchpost mailbox sign-in"):
        subjects(connection)


def test_a_server_that_takes_no_tokens_is_said(
    server: Dovecot, oauth: FakeOAuth, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(token_login, "MECHANISMS", ("SOMETHING-NEW",))
    with pytest.raises(ConfigError, match="takes no sign-in by token"):
        subjects(account(server, oauth, user))
