"""What Gmail's refusals mean for us: Google says the same thing with different statuses, the reason decides."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from googleapiclient.errors import HttpError

from crm_adapters.answers import retry_after
from crm_model.errors import (
    Busy,
    ConfigError,
    HitchpostError,
    LoginNeeded,
    NotFound,
    RateLimited,
    TryLater,
    Unreachable,
)
from crm_model.options import Connection
from crm_model.safe_text import safe_line
from sync.oauth import sign_in_refused
from sync.oauth.grant import sign_in_command

_LIMITS = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "RESOURCE_EXHAUSTED"})
_AFTER = re.compile(r"[Rr]etry after (\S+)")
_DAY_SECONDS = 3600.0
_WORDS = 300


class Refused(Busy):
    """Gmail takes this call for wrong. Unless the caller knows better: try later."""


def error_of(error: HttpError, connection: Connection) -> HitchpostError:
    """The error that says what to do next."""
    status, (reason, message) = int(error.resp.status), _told(error)
    passing = _passing(status, reason, message, dict(error.resp))
    if passing is not None:
        return passing
    if status == 401:
        return sign_in_refused(connection, message)
    if status == 403:
        return _forbidden(reason, message, connection)
    if reason == "failedPrecondition":
        return ConfigError(f"this Google account has no usable Gmail mailbox ({message}).", key="user")
    return NotFound("Gmail no longer has it.") if status == 404 else Refused(f"Gmail refused a call ({message}).")


def _passing(status: int, reason: str, message: str, headers: Mapping[str, str]) -> TryLater | None:
    """The TryLater that this stands for, if it does."""
    if status == 429 or reason in _LIMITS:
        after = retry_after(headers) or _named_time(message)
        return RateLimited("Gmail asks for fewer calls; it goes on by itself.", retry_after_seconds=after)
    if reason == "dailyLimitExceeded":
        return RateLimited("Google's limit for a day is used up.", retry_after_seconds=_DAY_SECONDS)
    return Unreachable(f"Gmail failed (HTTP {status}); it will be tried again.") if status >= 500 else None


def _forbidden(reason: str, message: str, connection: Connection) -> HitchpostError:
    if reason in ("insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"):
        return LoginNeeded(
            f"The sign-in of {connection.name} does not allow this. Sign in again and tick every box: "
            f"{sign_in_command(connection)}",
            account=connection.name,
        )
    if reason in ("accessNotConfigured", "SERVICE_DISABLED"):
        return ConfigError(
            "the Gmail API is not enabled in the project of your OAuth client; enable it in Google Cloud."
        )
    if reason == "domainPolicy":
        return ConfigError("your organisation's administrator does not allow this program to read Gmail; ask them.")
    return ConfigError(f"Gmail does not allow this ({message}).")


def _told(error: HttpError) -> tuple[str, str]:
    """Reason and message, as far as there are any."""
    try:
        told: Any = json.loads(error.content)["error"]
        reasons = [*told.get("errors", ()), *told.get("details", ())]
        reason = next((each["reason"] for each in reasons if each.get("reason")), told.get("status", ""))
        return str(reason), safe_line(str(told.get("message", "")))[:_WORDS]
    except (ValueError, KeyError, TypeError, AttributeError):
        return "", f"HTTP {error.resp.status}"


def _named_time(message: str) -> float | None:
    """Seconds until the time that a message names ("Retry after 2026-11-22T18:00:00.000Z")."""
    found = _AFTER.search(message)
    if not found:
        return None
    try:
        at = datetime.fromisoformat(found[1].rstrip(".,)"))
    except ValueError:
        return None
    return max(0.0, ((at if at.tzinfo else at.replace(tzinfo=UTC)) - datetime.now(UTC)).total_seconds())
