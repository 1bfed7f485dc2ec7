"""What one EspoCRM server and user are: who we are, the fields it has; read once an hour and shared by all adapters."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from crm_adapters.espocrm.api import Api, Row, as_row
from crm_adapters.espocrm.fields import ENTITIES, Schema, schema_of
from crm_adapters.sessions import SharedSession, shared_session
from crm_model.records import RecordKind

_FRESH_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class Facts:
    """`user_id`, `user_name` and `user_email` are ours; `schemas` what the server says of each kind."""

    user_id: str
    user_name: str
    user_email: str
    schemas: Mapping[RecordKind, Schema]
    read_at: float


def facts_of(api: Api, user: str) -> Facts:
    """The facts, maybe up to an hour old. Errors: LoginNeeded, Unreachable."""
    session: SharedSession[Facts] = shared_session("espocrm", api.site.url, user)
    held = session.get(lambda: _read(api))
    if time.monotonic() - held.read_at > _FRESH_SECONDS:
        held = session.renew(held, lambda: _read(api))
    return held


def log_in(api: Api) -> Row:
    """The user that the credentials belong to, and the server's settings. Errors: LoginNeeded."""
    return as_row(api.get("App/user"))


def _read(api: Api) -> Facts:
    answer = log_in(api)
    user = as_row(answer.get("user"))
    currencies = as_row(answer.get("settings")).get("currencyList")
    codes = [str(code) for code in currencies] if isinstance(currencies, list) else []
    # 0.4 MB: `key` does not narrow it.
    metadata = as_row(api.get("Metadata"))
    return Facts(
        user_id=str(user.get("id") or ""),
        user_name=str(user.get("name") or user.get("userName") or ""),
        user_email=str(user.get("emailAddress") or ""),
        schemas={kind: schema_of(kind, metadata, codes) for kind in ENTITIES},
        read_at=time.monotonic(),
    )
