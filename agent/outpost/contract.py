"""What the agent wants of an outpost, wherever it stands.

    agent ── publish tokens, forms ──> outpost ── pixel, redirect, page ──> the world
    agent <── collect, acknowledge ─── spool   <── hits, forms, hooks ───── the world

The outpost runs alone (`hitchpost web`): it knows tokens and forms, no mail, no record, no address of a recipient.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crm_model.tracking import Token
from crm_model.web_events import WebEvent


@dataclass(frozen=True, slots=True)
class EventPage:
    """Some events, oldest first, and the cursor behind them; `broken` lines of the spool were set aside there."""

    events: tuple[WebEvent, ...]
    cursor: str
    broken: int = 0


class Outpost(ABC):
    """The agent's side of one outpost. Every call can be made again. Errors: TryLater, LoginNeeded, ConfigError."""

    @abstractmethod
    def publish_tokens(self, tokens: Sequence[Token]) -> None:
        """From now on these are answered; recipients are not told. Durable when it returns."""

    @abstractmethod
    def revoke_tokens(self, tokens: Sequence[str], *, keep_links: bool) -> None:
        """Record nothing of these any more; their links go on working if `keep_links`, else they are gone."""

    @abstractmethod
    def publish_pages(self, pages: Mapping[str, Mapping[str, Any]]) -> None:
        """All that it shows beside tokens (forms, hooks, texts), by name, in place of what it had: plain JSON."""

    @abstractmethod
    def collect(self, cursor: str, *, limit: int = 500) -> EventPage:
        """Events behind `cursor`, "" for the first; the same again until they are acknowledged."""

    @abstractmethod
    def read_blob(self, blob: str) -> bytes:
        """The bytes of an uploaded file. Errors: NotFound."""

    @abstractmethod
    def acknowledge(self, cursor: str, blobs: Sequence[str] = ()) -> None:
        """Everything before `cursor`, and these files, lie safely in the store: the outpost may forget them."""

    @abstractmethod
    def close(self) -> None:
        """Harmless twice."""
