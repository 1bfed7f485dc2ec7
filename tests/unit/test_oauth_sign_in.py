"""The installed-app flow against a sign-in server, with a program in the browser's place."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from crm_model.errors import ConfigError, Unreachable
from crm_model.options import Connection
from sync.oauth import sign_in
from sync.oauth.grant import Client, Grant
from sync.oauth.providers import GMAIL_MODIFY, GMAIL_READ, GMAIL_SEND, GOOGLE, MICROSOFT
from sync.oauth.sign_in import public_client, read_client_file, sign_in_elsewhere, sign_in_here
from tests.fakes.oauth import CLIENT_ID, FakeOAuth, running_oauth

GMAIL = Connection("mail", "gmail", {"user": "kari@fjordlys.example"}, lambda: "")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeOAuth]:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")  # the fake has no TLS
    monkeypatch.setattr(sign_in, "_has_browser", lambda: False)
    with running_oauth() as state:
        yield state


def client(server: FakeOAuth) -> Client:
    return Client(CLIENT_ID, server.client_secret, f"{server.url}/authorize", f"{server.url}/token")


def browse(url: str) -> None:
    """Open the address as a browser does that follows the redirect to this machine."""
    threading.Thread(target=lambda: httpx2.get(url, follow_redirects=True, timeout=60), daemon=True).start()


def pasted(server: FakeOAuth, change: Callable[[str], str] = str) -> tuple[Callable[[str], None], Callable[[], str]]:
    """A browser on another machine: what it could not load is pasted."""
    shown: list[str] = []
    return shown.append, lambda: change(httpx2.get(shown[-1]).headers["Location"])


def elsewhere(server: FakeOAuth, connection: Connection = GMAIL, change: Callable[[str], str] = str) -> Grant:
    return sign_in_elsewhere(connection, client(server), *pasted(server, change))


def test_the_browser_of_this_machine(server: FakeOAuth) -> None:
    grant = sign_in_here(GMAIL, client(server), browse)
    assert grant.refresh_token in server.refresh_tokens
    assert grant.scopes == (GMAIL_MODIFY,)
    asked = server.asked[0]
    assert asked["access_type"] == "offline"
    assert asked["prompt"] == "consent"
    assert asked["code_challenge_method"] == "S256"
    assert asked["login_hint"] == "kari@fjordlys.example"
    assert urlsplit(asked["redirect_uri"]).hostname == "localhost"


def test_a_pasted_address(server: FakeOAuth) -> None:
    grant = elsewhere(server, change=lambda address: f"  {address}\n")
    assert grant.refresh_token in server.refresh_tokens
    assert json.loads(grant.to_text())["token_uri"] == f"{server.url}/token"


def test_the_least_scopes_are_asked_for(server: FakeOAuth) -> None:
    elsewhere(server)
    elsewhere(server, Connection("mail", "gmail", {"read_only": True}, lambda: ""))
    elsewhere(server, Connection("mail", "imap", {"oauth": "google"}, lambda: ""))
    asked = [set(query["scope"].split()) for query in server.asked]
    assert asked == [{GMAIL_MODIFY}, {GMAIL_READ, GMAIL_SEND}, {"https://mail.google.com/"}]


def test_microsoft_gets_no_secret_and_no_basic_header(server: FakeOAuth) -> None:
    server.client_secret = ""
    outlook = Connection("mail", "imap", {"oauth": "microsoft"}, lambda: "")
    grant = sign_in_elsewhere(outlook, client(server), *pasted(server))
    assert "client_secret" not in server.forms[0]
    assert server.authorizations == [""]
    assert set(grant.scopes) == set(MICROSOFT.mail_scopes)


def test_an_unticked_box_is_said(server: FakeOAuth) -> None:
    server.grant_only = ["openid"]
    with pytest.raises(ConfigError, match=r"gmail\.modify.*tick every box"):
        sign_in_here(GMAIL, client(server), browse)


def test_more_than_asked_for_is_fine(server: FakeOAuth) -> None:
    server.grant_only = [GMAIL_MODIFY, "openid"]
    assert sign_in_here(GMAIL, client(server), browse).refresh_token in server.refresh_tokens


def test_no_refresh_token_is_said(server: FakeOAuth) -> None:
    server.give_refresh_token = False
    with pytest.raises(ConfigError, match="no lasting sign-in"):
        elsewhere(server)


def test_a_refusal_in_the_browser(server: FakeOAuth) -> None:
    server.deny = True
    with pytest.raises(ConfigError, match="broken off"):
        sign_in_here(GMAIL, client(server), browse)


@pytest.mark.parametrize("change", [lambda _: "", lambda _: "http://localhost/?code=x&state=other", lambda _: "code"])
def test_a_wrong_address_is_said(server: FakeOAuth, change: Callable[[str], str]) -> None:
    with pytest.raises(ConfigError, match="does not belong to this sign-in"):
        elsewhere(server, change=change)


def test_a_wrong_client_secret_is_said(server: FakeOAuth) -> None:
    wrong = replace(client(server), secret="other")
    with pytest.raises(ConfigError, match="check the OAuth client"):
        sign_in_elsewhere(GMAIL, wrong, *pasted(server))


def test_nobody_answers(server: FakeOAuth, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_in, "WAIT_SECONDS", 0.05)
    with pytest.raises(ConfigError, match="--paste"):
        sign_in_here(GMAIL, client(server), lambda _: None)


def test_no_server(server: FakeOAuth) -> None:
    dead = Client(CLIENT_ID, "", f"{server.url}/authorize", "http://127.0.0.1:9/token")
    with pytest.raises(Unreachable):
        sign_in_elsewhere(GMAIL, dead, *pasted(server))


def test_a_client_file(tmp_path: Path) -> None:
    path = tmp_path / "client.json"
    path.write_text(json.dumps({"installed": {"client_id": "c", "client_secret": "s", "redirect_uris": ["x"]}}))
    assert read_client_file(path) == Client("c", "s", "", "")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"web": {"client_id": "c"}}', '{"installed": {}}', "\xff"])
def test_another_file_is_refused_with_the_mend(tmp_path: Path, text: str) -> None:
    path = tmp_path / "client.json"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(ConfigError, match="download") as caught:
        read_client_file(path)
    assert caught.value.file == path


def test_a_missing_client_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="check the path"):
        read_client_file(tmp_path / "none.json")


def test_a_public_client_of_one_tenant() -> None:
    assert public_client(MICROSOFT, "id", "fjordlys.example").token_uri.startswith(
        "https://login.microsoftonline.com/fjordlys.example/"
    )
    assert "{" not in public_client(GOOGLE, "id", "").auth_uri


def test_the_address_has_a_state_of_its_own(server: FakeOAuth) -> None:
    shown: list[str] = []
    for _ in range(2):
        sign_in_elsewhere(GMAIL, client(server), shown.append, lambda: httpx2.get(shown[-1]).headers["Location"])
    states = {parse_qs(urlsplit(url).query)["state"][0] for url in shown}
    assert len(states) == 2
