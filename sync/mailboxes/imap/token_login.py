"""Signing in to an IMAP server with a token instead of a password (Google, Microsoft)."""

from __future__ import annotations

import imaplib
from typing import Any

from imapclient.exceptions import LoginError

from crm_model.errors import ConfigError, LoginNeeded
from crm_model.options import Connection
from sync.mailboxes.imap.errors import passing_trouble, server_text
from sync.oauth import access_token
from sync.oauth.grant import sign_in_command
from sync.oauth.sasl import MECHANISMS, answer_challenges


def sign_in_with_token(client: Any, connection: Connection, host: str, port: int) -> None:
    """Errors: LoginNeeded when a fresh token is refused too, ConfigError, those of imapclient for the rest."""
    mechanism = next((each for each in MECHANISMS if client.has_capability(f"AUTH={each}")), None)
    if mechanism is None:
        raise ConfigError(f"{host} takes no sign-in by token: take oauth out and use a password.", key="oauth")
    user, token = connection.text("user"), access_token(connection)
    if _is_accepted(client, mechanism, answer_challenges(mechanism, user, token, host, port)):
        return
    # It may have been withdrawn before its time: a fresh one tells whether the sign-in itself is dead.
    token = access_token(connection, instead_of=token)
    if not _is_accepted(client, mechanism, answer_challenges(mechanism, user, token, host, port)):
        raise LoginNeeded(
            f"{host} does not accept the sign-in of {connection.name}. Check that {user} is the account that you signed"
            f" in with and that IMAP is allowed for it, or sign in again: {sign_in_command(connection)}",
            account=connection.name,
        )


def _is_accepted(client: Any, mechanism: str, answer: Any) -> bool:
    try:
        client.sasl_login(mechanism, answer)
    except LoginError as error:
        if isinstance(error.__context__, imaplib.IMAP4.abort) or passing_trouble(server_text(error)):
            raise
        return False
    return True
