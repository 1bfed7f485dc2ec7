"""Signing in for submission: password or token, whichever the account has."""

from __future__ import annotations

import smtplib
from typing import Any

from crm_model.errors import ConfigError, LoginNeeded
from crm_model.options import Connection
from sync.oauth import access_token, uses_oauth
from sync.oauth.grant import sign_in_command
from sync.oauth.sasl import MECHANISMS, answer_challenges

_REFUSED = 535


def sign_in(smtp: smtplib.SMTP, connection: Connection, host: str) -> None:
    """Nothing happens without a user, or with smtp_user = "". Errors: LoginNeeded, ConfigError, those of smtplib."""
    user = connection.text("smtp_user" if "smtp_user" in connection.options else "user")
    if not user:
        return
    offered = set(smtp.esmtp_features.get("auth", "").upper().split())
    if uses_oauth(connection):
        _with_token(smtp, connection, user, host, offered)
        return
    password = connection.secret()
    if any(ord(letter) < 32 for letter in user + password):
        raise ConfigError("user or password holds a line break or another control character.", key="smtp_user")
    if not offered:
        raise ConfigError(
            f"{host} offers no sign-in here: check smtp_port and smtp_tls, or leave the user out.", key="smtp_user"
        )
    try:
        _with_password(smtp, user, password, offered)
    except smtplib.SMTPAuthenticationError as error:
        if error.smtp_code != _REFUSED:
            raise
        raise LoginNeeded(
            f"{host} does not accept user and password of {connection.name}. Check them, then: "
            f"hitchpost mailbox test {connection.name}",
            account=connection.name,
        ) from None  # the error would carry what was said along


def _with_password(smtp: smtplib.SMTP, user: str, password: str, offered: set[str]) -> None:
    if (user + password).isascii() or "PLAIN" not in offered:
        smtp.login(user, password)
        return
    # smtplib encodes answers as ASCII; PLAIN is UTF-8 (RFC 4616).
    from base64 import b64encode

    code, said = smtp.docmd("AUTH", "PLAIN " + b64encode(f"\0{user}\0{password}".encode()).decode("ascii"))
    if code != 235:
        raise smtplib.SMTPAuthenticationError(code, said)


def _with_token(smtp: smtplib.SMTP, connection: Connection, user: str, host: str, offered: set[str]) -> None:
    mechanism = next((each for each in MECHANISMS if each in offered), None)
    if mechanism is None:
        raise ConfigError(f"{host} takes no sign-in by token: take oauth out and use a password.", key="oauth")
    port = smtp.sock.getpeername()[1] if smtp.sock is not None else 0

    def is_accepted(token: str) -> bool:
        answer: Any = answer_challenges(mechanism, user, token, host, port)
        try:
            smtp.auth(mechanism, answer)
        except smtplib.SMTPAuthenticationError as error:
            if error.smtp_code != _REFUSED:
                raise
            return False
        return True

    token = access_token(connection)
    if not is_accepted(token) and not is_accepted(access_token(connection, instead_of=token)):
        raise LoginNeeded(
            f"{host} does not accept the sign-in of {connection.name}; sign in again: {sign_in_command(connection)}",
            account=connection.name,
        )
