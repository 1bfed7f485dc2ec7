"""The lists of leads, opportunities, sent mail and problems: keys of all, rows of those in sight."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Mapping
from typing import TypeVar

from sync import queries
from sync.desk_views import DealRow, DeskKeys, DeskRow, Deskview, ProblemRow, SavedView, SentRow
from sync.store import deliveries, outgoing, pipeline, problems, saved_views, tracking_summary
from sync.store import status as store_status
from sync.store.database import Store
from sync.viewer import Viewer
from sync.views import Configured, Mailview

_MOST_LOOKED_AT = 2_000
"""Of sent mail a search reads the newest."""

Row = TypeVar("Row")


def keys(store: Store, view: Deskview, viewer: Viewer, text: str, configured: Configured | None = None) -> DeskKeys:
    """The keys of a list in its order; with `text`, of what holds its words."""
    match view:
        case Deskview.LEADS:
            return DeskKeys(lead_keys(store, viewer, text))
        case Deskview.PIPELINE:
            return open_pipeline(store, text)
        case Deskview.SENT:
            return DeskKeys(_holding(text, sent_keys(store), lambda some: sent_rows(store, some), _sent_words))
        case Deskview.PROBLEMS:
            rows = {row.id: row for row in all_problems(store, configured)}
            return DeskKeys(_holding(text, array("q", rows), lambda _: rows, lambda row: f"{row.title} {row.words}"))


def count(store: Store, view: Deskview, viewer: Viewer, configured: Configured | None = None) -> int:
    """How much a list holds, its headings left out."""
    found = keys(store, view, viewer, "", configured)
    return len(found.keys) - len(found.headings)


def view_counts(store: Store, viewer: Viewer, configured: Configured | None = None) -> dict[Mailview | Deskview, int]:
    """How much each list holds for this person now."""
    pairs: list[tuple[Mailview | Deskview, int]] = [
        *queries.view_counts(store, viewer).items(),
        *((view, count(store, view, viewer, configured)) for view in Deskview),
    ]
    return dict(pairs)


def rows(
    store: Store, view: Deskview, some: Collection[int], configured: Configured | None = None
) -> dict[int, DeskRow]:
    """The rows of these keys; one that is gone is left out."""
    match view:
        case Deskview.LEADS | Deskview.PIPELINE:
            return dict(deal_rows(store, some))
        case Deskview.SENT:
            return dict(sent_rows(store, some))
        case Deskview.PROBLEMS:
            return {row.id: row for row in all_problems(store, configured)}


def _holding(
    text: str, found: array[int], read: Callable[[array[int]], Mapping[int, Row]], words_of: Callable[[Row], str]
) -> array[int]:
    """Those of the first keys whose row holds all words of `text`."""
    words = text.casefold().split()
    if not words:
        return found
    held = read(found[:_MOST_LOOKED_AT])
    return array("q", (key for key in found if key in held and _holds(words_of(held[key]), words)))


def _holds(text: str, words: list[str]) -> bool:
    folded = text.casefold()
    return all(word in folded for word in words)


def _sent_words(row: SentRow) -> str:
    return f"{row.delivery.to} {row.delivery.subject} {row.delivery.state.value}"


def open_pipeline(store: Store, text: str = "") -> DeskKeys:
    """Open opportunities by stage with their sums; with `text`, those that hold its words."""
    with store.read() as unit:
        return pipeline.pipeline(unit, text)


def lead_keys(store: Store, viewer: Viewer, text: str = "") -> array[int]:
    """The ids of leads that go on: those to be contacted by today first, then the latest changed."""
    with store.read() as unit:
        return pipeline.lead_keys(unit, viewer.now.date().isoformat(), text)


def deal_rows(store: Store, record_ids: Collection[int]) -> dict[int, DealRow]:
    """Leads and opportunities by id; one that is gone is left out."""
    with store.read() as unit:
        return pipeline.deal_rows(unit, record_ids)


def sent_keys(store: Store) -> array[int]:
    """Mails of ours that left or are to leave, the newest first."""
    with store.read() as unit:
        return deliveries.sent_keys(unit)


def sent_rows(store: Store, outgoing_ids: Collection[int]) -> dict[int, SentRow]:
    """How far these mails are, and what is known of their being read."""
    with store.read() as unit:
        views = deliveries.of_ids(unit, outgoing_ids)
        messages = {stored.id: stored.message_id for stored in outgoing.get_many(unit, outgoing_ids)}
        known = tracking_summary.of_messages(unit, [each for each in messages.values() if each is not None])
    return {key: SentRow(view, known.get(messages[key] or 0)) for key, view in views.items()}


def all_problems(store: Store, configured: Configured | None = None) -> tuple[ProblemRow, ...]:
    """What waits for a person because something went wrong; `configured` leaves out places that nobody looks after."""
    with store.read() as unit:
        status = store_status.waiting_now(unit)
        return problems.problems(unit, configured.keep(status) if configured else status)


def views_of(store: Store, author: str) -> tuple[SavedView, ...]:
    """The views that a person keeps, by name."""
    with store.read() as unit:
        return saved_views.listed(unit, author)
