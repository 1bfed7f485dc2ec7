"""A sign-in server on loopback that keeps clients, consents and tokens, and misbehaves on demand.

The person at the browser is played by `consent`: GET /authorize answers at once with the redirect.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import threading
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

CLIENT_ID = "hitchpost-test"


@dataclass
class Consent:
    """What a person granted."""

    user: str
    scopes: list[str]
    challenge: str = ""
    redirect_uri: str = ""


@dataclass
class FakeOAuth:
    """The server's state and its switches. `fault` answers the next token requests: status, body, headers."""

    user: str = "kari@fjordlys.example"
    client_secret: str = "s3cret"
    grant_only: list[str] | None = None
    deny: bool = False
    give_refresh_token: bool = True
    rotate: bool = False
    expires_in: int = 3600
    faults: list[tuple[int, bytes, dict[str, str]]] = field(default_factory=list)
    codes: dict[str, Consent] = field(default_factory=dict)
    refresh_tokens: dict[str, Consent] = field(default_factory=dict)
    access_tokens: dict[str, Consent] = field(default_factory=dict)
    forms: list[dict[str, str]] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)
    authorizations: list[str] = field(default_factory=list)
    url: str = ""

    def consent(self, user: str = "", *scopes: str) -> str:
        """A refresh token, as if somebody had signed in before."""
        token = f"refresh-{secrets.token_hex(8)}"
        self.refresh_tokens[token] = Consent(user or self.user, list(scopes))
        return token

    def revoke(self) -> None:
        """The person withdrew all consent, or changed the password."""
        self.refresh_tokens.clear()
        self.access_tokens.clear()

    def expire_access(self) -> None:
        self.access_tokens.clear()

    @property
    def refreshes(self) -> int:
        return sum(form.get("grant_type") == "refresh_token" for form in self.forms)

    def secret(self, refresh_token: str, *scopes: str) -> str:
        """The text of a mail account's secret."""
        return json.dumps(
            {
                "client_id": CLIENT_ID,
                "client_secret": self.client_secret,
                "refresh_token": refresh_token,
                "scopes": list(scopes),
                "auth_uri": f"{self.url}/authorize",
                "token_uri": f"{self.url}/token",
            }
        )

    def authorize(self, query: dict[str, str]) -> str:
        """Where the browser is sent after the person's decision."""
        self.asked.append(query)
        if self.deny:
            return f"{query['redirect_uri']}?{urlencode({'error': 'access_denied', 'state': query['state']})}"
        code = secrets.token_hex(8)
        scopes = self.grant_only if self.grant_only is not None else query["scope"].split()
        self.codes[code] = Consent(self.user, scopes, query.get("code_challenge", ""), query["redirect_uri"])
        return (
            f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state'], 'scope': ' '.join(scopes)})}"
        )

    def token(self, form: dict[str, str]) -> tuple[int, dict[str, object]]:
        self.forms.append(form)
        if form.get("client_id") != CLIENT_ID or form.get("client_secret", "") != self.client_secret:
            return 401, {"error": "invalid_client", "error_description": "The OAuth client was not found."}
        if form.get("grant_type") == "refresh_token":
            return self._refresh(form["refresh_token"])
        consent = self.codes.pop(form.get("code", ""), None)
        if consent is None or consent.redirect_uri != form.get("redirect_uri") or not _proves(consent, form):
            return 400, {"error": "invalid_grant", "error_description": "Malformed auth code."}
        answer = self._access(consent)
        if self.give_refresh_token:
            answer["refresh_token"] = f"refresh-{secrets.token_hex(8)}"
            self.refresh_tokens[str(answer["refresh_token"])] = consent
        return 200, answer

    def introspect(self, token: str) -> dict[str, object]:
        consent = self.access_tokens.get(token)
        if consent is None:
            return {"active": False}
        return {"active": True, "email": consent.user, "scope": " ".join(consent.scopes)}

    def _refresh(self, token: str) -> tuple[int, dict[str, object]]:
        consent = self.refresh_tokens.get(token)
        if consent is None:
            return 400, {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}
        answer = self._access(consent)
        if self.rotate:
            answer["refresh_token"] = self.consent(consent.user, *consent.scopes)
        return 200, answer

    def _access(self, consent: Consent) -> dict[str, object]:
        token = f"access-{secrets.token_hex(12)}"
        self.access_tokens[token] = consent
        answer: dict[str, object] = {"access_token": token, "token_type": "Bearer", "expires_in": self.expires_in}
        return answer | ({"scope": " ".join(consent.scopes)} if consent.scopes else {})


def _proves(consent: Consent, form: dict[str, str]) -> bool:
    digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
    return bool(consent.challenge) and urlsafe_b64encode(digest).rstrip(b"=").decode() == consent.challenge


@contextmanager
def running_oauth() -> Iterator[FakeOAuth]:
    """A server in a thread, gone afterwards."""
    state = FakeOAuth()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {key: values[0] for key, values in parse_qs(parts.query).items()}
            if parts.path == "/authorize":
                self._answer(302, b"", {"Location": state.authorize(query)})
            else:  # Dovecot asks with the token at the end of the address
                state.authorizations.append(self.headers.get("Authorization", ""))
                self._answer(200, json.dumps(state.introspect(query.get("token", ""))).encode())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
            form = {key: values[0] for key, values in parse_qs(body, keep_blank_values=True).items()}
            state.authorizations.append(self.headers.get("Authorization", ""))
            if state.faults:
                self._answer(*state.faults.pop(0))
                return
            status, answer = state.token(form)
            self._answer(status, json.dumps(answer).encode())

        def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
