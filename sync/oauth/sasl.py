"""Tokens in the words of IMAP and SMTP: OAUTHBEARER (RFC 7628) and Google's older XOAUTH2."""

from __future__ import annotations

from collections.abc import Callable

MECHANISMS = ("OAUTHBEARER", "XOAUTH2")
"""Those we speak, the better one first."""


def initial_response(mechanism: str, user: str, token: str, host: str, port: int) -> str:
    """What the client says first; not yet in base64."""
    if mechanism == "XOAUTH2":
        return f"user={user}\1auth=Bearer {token}\1\1"
    name = user.replace("=", "=3D").replace(",", "=2C")
    return f"n,a={name},\1host={host}\1port={port}\1auth=Bearer {token}\1\1"


def answer_challenges(mechanism: str, user: str, token: str, host: str, port: int) -> Callable[[object], str]:
    """What the client says to each challenge, for `imapclient.sasl_login` and `smtplib.SMTP.auth` alike.

    The token first; a refused one comes back as a challenge that must be answered before the server says NO
    (RFC 7628 3.2.3).
    """
    said: list[str] = []

    def answer(_challenge: object = None) -> str:
        if said:
            return "" if mechanism == "XOAUTH2" else "\1"
        said.append(initial_response(mechanism, user, token, host, port))
        return said[0]

    return answer
