"""What a CRM answered over HTTP, and what its status means for the caller."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from crm_adapters.site import Site
from crm_model.errors import (
    ConfigError,
    HitchpostError,
    LoginNeeded,
    NotFound,
    RateLimited,
    Rejected,
    StaleRevision,
    UnknownOutcome,
    Unreachable,
)

_LONGEST_WAIT_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer. `headers` have lower-case names; `writes` says whether the call may have changed something."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    host: str = ""
    writes: bool = False

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    @property
    def is_page(self) -> bool:
        """Whether this is a web page, or XML."""
        return self.body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<"

    @property
    def date(self) -> datetime | None:
        """The server's clock when it answered, in whole seconds."""
        try:
            return parsedate_to_datetime(self.headers.get("date", "")).astimezone(UTC)
        except (ValueError, OverflowError):
            return None

    def json(self) -> object:
        """The data. Errors: Unreachable for a web page, UnknownOutcome for an empty or cut body of a writing call."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise self.unreadable() from error

    def unreadable(self) -> Unreachable:
        """The error for an answer that holds no data."""
        if self.is_page:
            return _page(self)
        what = "half an answer" if self.body.strip() else "an empty answer"
        sentence = f"{self.host} gave {what} (HTTP {self.status})."
        return UnknownOutcome(sentence) if self.writes else Unreachable(sentence)


def error_of(answer: Answer, site: Site) -> HitchpostError:
    """What a status says that no vendor judged."""
    status, host = answer.status, site.host
    if 300 <= status < 400:
        target = urlsplit(answer.headers.get("location", ""))
        return ConfigError(f"{host} sends us on to {target.netloc}{target.path}; put the right address here", key="url")
    if status == 429 or (status == 503 and retry_after(answer.headers) is not None):
        sentence = f"{host} asks for fewer calls; it goes on by itself."
        return RateLimited(sentence, retry_after_seconds=retry_after(answer.headers))
    if status >= 500:
        sentence = f"{host} failed (HTTP {status}); it will be tried again."
        return UnknownOutcome(sentence) if answer.writes else Unreachable(sentence)
    if status == 401:
        return LoginNeeded(f"{host} does not accept user, password or token.", account=site.account)
    return _refusal(answer, host)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait as the header says, in seconds or as a date (RFC 9110, 10.2.3)."""
    said = headers.get("retry-after", "").strip()
    if said.isascii() and said.isdigit():
        return min(float(said), _LONGEST_WAIT_SECONDS)
    try:
        at = parsedate_to_datetime(said)
    except (ValueError, OverflowError):  # a year, or a zone, of twenty digits
        return None
    seconds: float = (at.astimezone(UTC) - datetime.now(UTC)).total_seconds()
    return min(max(0.0, seconds), _LONGEST_WAIT_SECONDS)


def _refusal(answer: Answer, host: str) -> HitchpostError:
    if answer.is_page:
        return _page(answer)
    if answer.status in (404, 410):
        return NotFound(f"{host} has no such thing (any more).")
    if answer.status == 412:
        return StaleRevision("The record was changed meanwhile.")
    return Rejected(f"{host} refused the call (HTTP {answer.status}).")


def _page(answer: Answer) -> Unreachable:
    sentence = (
        f"{answer.host} answered with a web page instead of data (HTTP {answer.status}): "
        "it may be under maintenance; else look at the address in the configuration."
    )
    return UnknownOutcome(sentence) if answer.writes and answer.status < 300 else Unreachable(sentence)
