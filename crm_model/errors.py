"""Errors, named for what the caller does next."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


class HitchpostError(Exception):
    """Root of every error that a caller can act on; `str()` is a sentence for a person."""


class ConfigError(HitchpostError):
    """The configuration can't be used as it stands; the command ends with exit code 2.

    `file` and `key` say where, `nearest` is the closest valid name for an unknown key.
    """

    def __init__(
        self,
        problem: str,
        *,
        file: Path | str | None = None,
        key: str | None = None,
        nearest: str | None = None,
    ) -> None:
        self.problem, self.file, self.key, self.nearest = problem, file, key, nearest
        where = ": ".join(str(part) for part in (file, key) if part)
        end = "" if problem.endswith((".", "?")) else "."
        hint = f"{end} Did you mean “{nearest}”?" if nearest else ""
        super().__init__(f"{where}: {problem}{hint}" if where else f"{problem}{hint}")

    @property
    def without_file(self) -> ConfigError:
        """The same for somebody who sees the answers and not the file."""
        return ConfigError(self.problem, key=self.key, nearest=self.nearest)


class TryLater(HitchpostError):
    """A passing fault: back off with jitter, keep the change or cursor; `retry_after_seconds` if the peer said so."""

    def __init__(self, problem: str, *, retry_after_seconds: float | None = None) -> None:
        super().__init__(problem)
        self.retry_after_seconds = retry_after_seconds


class Unreachable(TryLater):
    """The peer did not answer, or the answer was cut."""


class UnknownOutcome(Unreachable):
    """The request went out and may have been carried out: look for its effect before it is sent again."""


class RateLimited(TryLater):
    """The peer asks for fewer calls."""


class Busy(TryLater):
    """Something holds a lock: the database, a mailbox file, a login in flight."""


class LoginNeeded(HitchpostError):
    """This account pauses until a person signs in; the others go on. `account` is its name in the configuration."""

    def __init__(self, problem: str, *, account: str) -> None:
        super().__init__(problem)
        self.account = account


class Rejected(HitchpostError):
    """The CRM refused the values. `field_errors` maps a field name to a sentence; "" holds what concerns no field."""

    def __init__(self, problem: str, *, field_errors: Mapping[str, str] | None = None) -> None:
        super().__init__(problem)
        self.field_errors: dict[str, str] = dict(field_errors or {})


class NotFound(HitchpostError):
    """The record or folder is not there (any more): links to it are marked broken."""


class StaleRevision(HitchpostError):
    """Somebody changed the record since the base revision: fetch and merge. `revision` is the current one if known."""

    def __init__(self, problem: str, *, revision: str | None = None) -> None:
        super().__init__(problem)
        self.revision = revision


class NotSupported(HitchpostError):
    """The backend can't do this at all: the change is refused with the reason. `feature` names it."""

    def __init__(self, problem: str, *, feature: str) -> None:
        super().__init__(problem)
        self.feature = feature


class CursorExpired(HitchpostError):
    """The place kept in a mailbox or CRM means nothing any more (UIDVALIDITY, history id): scan it all again."""


class BadMessage(HitchpostError):
    """A message that can't be read: quarantined with its bytes, the rest goes on. `source` names it."""

    def __init__(self, problem: str, *, source: str = "") -> None:
        super().__init__(problem)
        self.source = source
