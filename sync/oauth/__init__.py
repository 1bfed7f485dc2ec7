"""Signing in without a password: the browser asks the person once, a refresh token does the rest."""

from __future__ import annotations

from sync.oauth.grant import OAUTH_OPTION, uses_oauth
from sync.oauth.tokens import access_token, sign_in_refused

__all__ = ["OAUTH_OPTION", "access_token", "sign_in_refused", "uses_oauth"]
