"""What vtiger's error codes mean for the caller."""

from __future__ import annotations

import re

from crm_model.errors import (
    HitchpostError,
    LoginNeeded,
    NotSupported,
    Rejected,
    UnknownOutcome,
    Unreachable,
)
from crm_model.safe_text import safe_text

ENDED_SESSION = frozenset({"INVALID_SESSIONID", "SESSION_EXPIRED", "SESSION_LEFT_IDLE", "AUTHENTICATION_REQUIRED"})
REPLACED_CHALLENGE = frozenset({"INVALID_AUTH_TOKEN", "INVALID_USER_CREDENTIALS"})
"""What the loser of two logins at once gets, besides who has a wrong key."""
_LOGIN = REPLACED_CHALLENGE | {"AUTHENTICATION_FAILURE", "ACCESSKEY_UNDEFINED"}
_NO_OPERATION = frozenset({"OPERATION_NOT_SUPPORTED", "UNKNOWN_OPERATION"})
_PASSING = frozenset({"INTERNAL_SERVER_ERROR", "DATABASE_QUERY_ERROR"})
_LONGEST_MESSAGE = 300
_MANDATORY = re.compile(r"(?P<field>\w+) does not have a value")
_REFERENCE = re.compile(r"Invalid reference specified for (?P<field>\w+)")


class Refused(Rejected):
    """vtiger's own no, with its code. `vendor_field` is its name of the field that it is about, "" if none."""

    def __init__(self, code: str, message: str, *, vendor_field: str = "") -> None:
        said = safe_text(message)[:_LONGEST_MESSAGE]
        super().__init__(f"vtiger refused: {said}", field_errors={})
        self.code, self.said, self.vendor_field = code, said, vendor_field


class OperationMissing(NotSupported):
    """This server does not have the operation, or its PHP can't call it."""

    def __init__(self, operation: str) -> None:
        super().__init__(f"This vtiger server has no working “{operation}”.", feature=operation)


class ServerFailed(Unreachable):
    """An error inside the server, told by itself."""


class SessionEnded(LoginNeeded):
    """The session is over; a new login mends it."""


class NotLetIn(LoginNeeded):
    """The login was refused, with vtiger's code."""

    def __init__(self, code: str, *, account: str) -> None:
        super().__init__(
            "vtiger does not accept the user or the access key; the key stands under “My Preferences” in vtiger.",
            account=account,
        )
        self.code = code


def fault_of(error: object, *, operation: str, account: str, writes: bool) -> HitchpostError:
    """Our error for the `error` of an envelope."""
    details = error if isinstance(error, dict) else {}
    code, message = str(details.get("code", "")), str(details.get("message", ""))
    if code in ENDED_SESSION:
        return SessionEnded("The session with vtiger has ended.", account=account)
    if code in _LOGIN or operation == "getchallenge":
        return NotLetIn(code, account=account)
    if code in _NO_OPERATION and " : " not in message:
        return OperationMissing(operation)
    if code in _PASSING:
        sentence = f"vtiger failed in “{operation}”; it will be tried again."
        return UnknownOutcome(sentence) if writes else ServerFailed(sentence)
    return Refused(code, message or code or "no reason given", vendor_field=_field_in(code, message))


def _field_in(code: str, message: str) -> str:
    pattern = {"MANDATORY_FIELDS_MISSING": _MANDATORY, "REFERENCE_INVALID": _REFERENCE}.get(code)
    found = pattern.search(message) if pattern is not None else None
    return found["field"] if found is not None else ""
