"""Access tokens against a sign-in server that keeps state: made once, renewed, and said plainly when they can't be."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator

import pytest

from crm_model.errors import Busy, ConfigError, LoginNeeded, RateLimited, Unreachable
from crm_model.options import Connection
from sync.oauth import access_token
from sync.oauth.providers import GMAIL_MODIFY, GMAIL_READ, GMAIL_SEND, GOOGLE, MICROSOFT, missing_scopes
from tests.fakes.oauth import FakeOAuth, running_oauth

MAIL = "https://mail.google.com/"


@pytest.fixture
def server() -> Iterator[FakeOAuth]:
    with running_oauth() as state:
        yield state


class Place:
    """Where a secret is kept."""

    def __init__(self, text: str, *, writable: bool = True) -> None:
        self.text, self.writable, self.writes = text, writable, 0

    def keep(self, text: str) -> None:
        if not self.writable:
            raise ConfigError("a renewed secret can't be kept here")
        self.text, self.writes = text, self.writes + 1

    def connection(self, name: str = "work", kind: str = "imap", oauth: str = "google") -> Connection:
        options = {"user": "kari@fjordlys.example"} | ({"oauth": oauth} if kind == "imap" else {})
        return Connection(name, kind, options, lambda: self.text, self.keep)


def signed_in(server: FakeOAuth, *scopes: str, writable: bool = True) -> Place:
    granted = scopes or (MAIL,)
    return Place(server.secret(server.consent("", *granted), *granted), writable=writable)


def test_a_token_is_made_once_and_kept(server: FakeOAuth) -> None:
    account = signed_in(server).connection()
    token = access_token(account)
    assert token in server.access_tokens
    assert access_token(account) == token
    assert server.refreshes == 1


def test_a_token_that_ends_soon_is_not_handed_out_again(server: FakeOAuth, monkeypatch: pytest.MonkeyPatch) -> None:
    account = signed_in(server).connection("ending")
    first = access_token(account)
    monkeypatch.setattr("sync.oauth.tokens.time.monotonic", lambda: 10.0**9)
    assert access_token(account) != first


def test_many_threads_make_one_refresh(server: FakeOAuth) -> None:
    account, found = signed_in(server).connection("threads"), []
    threads = [threading.Thread(target=lambda: found.append(access_token(account))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == server.refreshes == 1


def test_a_refused_token_is_replaced_once_for_all_who_ask(server: FakeOAuth) -> None:
    account = signed_in(server).connection("refused")
    token = access_token(account)
    second = access_token(account, instead_of=token)
    assert second != token
    assert access_token(account, instead_of=token) == second
    assert server.refreshes == 2


def test_a_new_sign_in_is_seen_at_once(server: FakeOAuth) -> None:
    place = signed_in(server)
    account = place.connection("again")
    first = access_token(account)
    place.text = server.secret(server.consent("other@fjordlys.example", MAIL), MAIL)
    second = access_token(account)
    assert second != first
    assert server.access_tokens[second].user == "other@fjordlys.example"


def test_a_renewed_refresh_token_is_kept(server: FakeOAuth) -> None:
    place = signed_in(server)
    before, server.rotate = json.loads(place.text)["refresh_token"], True
    account = place.connection("rotating")
    token = access_token(account)
    kept = json.loads(place.text)
    assert kept["refresh_token"] != before
    assert kept["refresh_token"] in server.refresh_tokens
    assert access_token(account) == token
    assert (place.writes, server.refreshes) == (1, 1)
    assert "\n" not in place.text


def test_a_place_that_cannot_be_written_still_works_while_the_process_lives(server: FakeOAuth) -> None:
    place = signed_in(server, writable=False)
    server.rotate = True
    account = place.connection("unwritable")
    token = access_token(account)
    assert access_token(account) == token
    access_token(account, instead_of=token)
    first, second = [form["refresh_token"] for form in server.forms]
    assert first != second
    assert server.refreshes == 2


def test_a_revoked_consent_names_the_command(server: FakeOAuth) -> None:
    place = signed_in(server)
    server.revoke()
    with pytest.raises(LoginNeeded, match="hitchpost mailbox sign-in dead") as caught:
        access_token(place.connection("dead"))
    assert caught.value.account == "dead"
    assert "expired or revoked" in str(caught.value)
    assert "refresh-" not in str(caught.value)


def test_too_few_scopes_are_said_without_asking_the_server(server: FakeOAuth) -> None:
    place = signed_in(server, GMAIL_READ)
    with pytest.raises(LoginNeeded, match=r"gmail\.modify.*sign-in narrow"):
        access_token(place.connection("narrow", kind="gmail"))
    assert server.refreshes == 0


def test_scopes_that_were_taken_back_are_noticed_at_the_refresh(server: FakeOAuth) -> None:
    place = Place(server.secret(server.consent("", GMAIL_READ), GMAIL_MODIFY))
    with pytest.raises(LoginNeeded, match=r"gmail\.modify"):
        access_token(place.connection("narrowed", kind="gmail"))


def test_an_unknown_client_is_said(server: FakeOAuth) -> None:
    place = signed_in(server)
    server.client_secret = "another"
    with pytest.raises(LoginNeeded, match="--client-file"):
        access_token(place.connection("client"))


@pytest.mark.parametrize(
    ("fault", "error", "seconds"),
    [
        ((503, b"<html>", {}), Busy, None),
        ((429, b"{}", {"Retry-After": "17"}), RateLimited, 17.0),
        ((200, b"<html>sign in to the hotel</html>", {}), Unreachable, None),
        ((200, b"[]", {}), Unreachable, None),
        ((400, b'{"error": "temporarily_unavailable"}', {}), Busy, None),
    ],
)
def test_a_passing_fault_pauses_nobody(
    server: FakeOAuth, fault: tuple[int, bytes, dict[str, str]], error: type[Exception], seconds: float | None
) -> None:
    account = signed_in(server).connection("faulty")
    server.faults.append(fault)
    with pytest.raises(error) as caught:
        access_token(account)
    assert getattr(caught.value, "retry_after_seconds", None) == seconds
    assert access_token(account) in server.access_tokens


def test_no_server_is_unreachable() -> None:
    text = json.dumps({"client_id": "c", "refresh_token": "r-s3cret", "token_uri": "http://127.0.0.1:9/token"})
    with pytest.raises(Unreachable) as caught:
        access_token(Place(text).connection("nowhere"))
    assert caught.value.__cause__ is None
    assert "r-s3cret" not in str(caught.value)


@pytest.mark.parametrize("text", ["hunter2", "[]", "{}", '{"client_id": 5, "refresh_token": "r"}', "null"])
def test_a_secret_that_is_no_sign_in_names_the_command(text: str) -> None:
    with pytest.raises(ConfigError, match="hitchpost mailbox sign-in") as caught:
        access_token(Place(text).connection("password"))
    assert "hunter2" not in str(caught.value)


def test_tokens_go_over_tls_only() -> None:
    text = json.dumps({"client_id": "c", "refresh_token": "r", "token_uri": "http://tokens.example/token"})
    with pytest.raises(ConfigError, match="https"):
        access_token(Place(text).connection("plain"))


@pytest.mark.parametrize(
    ("wanted", "granted", "missing"),
    [
        ((GMAIL_MODIFY,), (GMAIL_MODIFY,), ()),
        ((GMAIL_READ, GMAIL_SEND), (GMAIL_MODIFY,), ()),
        ((GMAIL_MODIFY,), (MAIL,), ()),
        ((GMAIL_MODIFY,), (GMAIL_READ, GMAIL_SEND), (GMAIL_MODIFY,)),
        ((GMAIL_MODIFY,), (), ()),
    ],
)
def test_wider_scopes_hold_narrower_ones(
    wanted: tuple[str, ...], granted: tuple[str, ...], missing: tuple[str, ...]
) -> None:
    assert missing_scopes(GOOGLE, wanted, granted) == missing


def test_microsoft_names_scopes_in_any_case_and_offline_access_never() -> None:
    granted = ("https://outlook.office.com/imap.accessasuser.all", "https://outlook.office.com/SMTP.Send")
    assert missing_scopes(MICROSOFT, MICROSOFT.mail_scopes, granted) == ()
