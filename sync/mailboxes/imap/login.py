"""Connecting to an IMAP server: encryption, sign-in, and what is said once before any folder is opened."""

from __future__ import annotations

import imaplib
import ipaddress
import re
import socket
import ssl
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import imapclient
from imapclient.exceptions import LoginError

from crm_model.errors import ConfigError, Unreachable
from crm_model.options import Connection
from sync.mailboxes.imap.errors import Refused, our_errors
from sync.mailboxes.imap.token_login import sign_in_with_token
from sync.oauth import uses_oauth

CONNECT_SECONDS = 15
READ_SECONDS = 90


def open_client(connection: Connection) -> tuple[Any, frozenset[str]]:
    """An imapclient that has signed in, and what its server can do. Errors: LoginNeeded, ConfigError, Unreachable."""
    host, client = connection.text("host"), None
    try:
        with our_errors(connection.name, host):
            client = _connect(connection)
        with our_errors(connection.name, host):
            _sign_in(client, connection)
            capabilities = frozenset(word.decode("ascii", "replace") for word in client.capabilities())
            capabilities -= _introduce(client, capabilities)
    except Refused as error:
        raise Unreachable(f"{host} is no usable mail server now: {error.answer}") from error
    except BaseException:
        if client is not None:
            shut(client)
        raise
    return client, capabilities


def shut(client: Any) -> None:
    """Close the connection without a word."""
    try:
        client.shutdown()
    except (imaplib.IMAP4.error, OSError):
        return


def refuse_plain_text(connection: Connection) -> None:
    """Errors: ConfigError where the password would cross a network in the clear."""
    host = connection.text("host")
    if connection.text("tls") != "none" or connection.options.get("allow_plain_text") is True or _is_loopback(host):
        return
    raise ConfigError(
        f"without TLS the password and all mail would cross the network to {host} readable by anyone; set"
        " tls to “tls” or “starttls” (or allow_plain_text, if the network is safe).",
        key="tls",
    )


def _connect(connection: Connection) -> Any:
    host, tls = connection.text("host"), connection.text("tls") or "tls"
    context = _context(connection) if tls != "none" else None
    client = imapclient.IMAPClient(
        host,
        port=connection.number("port", 0) or (993 if tls == "tls" else 143),
        ssl=tls == "tls",
        ssl_context=context,
        timeout=imapclient.SocketTimeout(CONNECT_SECONDS, READ_SECONDS),
    )
    client._imap.debug = 0  # imapclient sets 5, which formats every message for its log
    client.socket().setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if tls == "starttls":
        if not client.has_capability("STARTTLS"):
            shut(client)
            raise ConfigError(f"{host} offers no STARTTLS on this port; check port and tls.", key="tls")
        client.starttls(context)
    return client


def _context(connection: Connection) -> ssl.SSLContext:
    ca_file = connection.text("ca_file")
    try:
        return ssl.create_default_context(cafile=str(Path(ca_file).expanduser()) if ca_file else None)
    except OSError as error:  # ssl.SSLError is one
        raise ConfigError(f"{ca_file} is no readable file of certificates.", key="ca_file") from error


def _sign_in(client: Any, connection: Connection) -> None:
    host = connection.text("host")
    if uses_oauth(connection):
        sign_in_with_token(client, connection, host, client.port)
        return
    user, password = connection.text("user"), connection.secret()
    if any(ord(letter) < 32 for letter in user + password):
        raise ConfigError("user or password holds a line break or another control character.", key="user")
    if client.has_capability("LOGINDISABLED"):
        raise LoginError("[LOGINDISABLED]")
    if (user + password).isascii():
        client.login(_atom(user), password)
    elif client.has_capability("AUTH=PLAIN"):
        # LOGIN knows ASCII only; imaplib would encode the text of AUTHENTICATE as ASCII too unless given bytes.
        client.sasl_login("PLAIN", lambda _challenge: f"\0{user}\0{password}".encode())
    else:
        raise ConfigError(f"{host} takes only ASCII letters in user and password.", key="user")


def _introduce(client: Any, capabilities: frozenset[str]) -> frozenset[str]:
    """Say who we are and what we understand; what the server offers but does not let be enabled."""
    if "ID" in capabilities:  # 163.com and QQ refuse to open folders without it
        _tolerated(lambda: client.id_({"name": "hitchpost"}))
    # Only before a folder is opened (RFC 5161 3.1); QRESYNC brings CONDSTORE with it (RFC 7162 3.2.3).
    wanted = next((each for each in ("QRESYNC", "CONDSTORE") if each in capabilities), "")
    enabled = _tolerated(lambda: client.enable(wanted)) if wanted and "ENABLE" in capabilities else ()
    # Unless it is enabled, asking for VANISHED is an error (RFC 7162 3.2.6); CONDSTORE needs no enabling.
    return frozenset() if b"QRESYNC" in {each.upper() for each in enabled} else frozenset({"QRESYNC"})


def _tolerated(command: Callable[[], Iterable[bytes]]) -> Iterable[bytes]:
    """The answer to a command that the server may refuse."""
    try:
        return command()
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error:
        return ()


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _atom(user: str) -> str:
    """imaplib quotes the password but not the user."""
    if re.fullmatch(r"[^\s(){%*\"\\\]]+", user):
        return user
    escaped = user.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
