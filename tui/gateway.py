"""The TUI's only door to the database: what it may ask and what it may do, for one person and one CRM.

Every call blocks: call them in thread workers only. Errors are those of `crm_model.errors`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from crm_model.field_values import LOCAL_REFERENCE
from crm_model.records import ActivityKind, Conversion, Fields, FieldSpec, FieldValue, Owner, RecordKind
from sync.composing.draft import Desk, Draft, DraftFile, DraftKind
from sync.desk_views import (
    DealRow,
    DeskKeys,
    DeskRow,
    Deskview,
    ProblemKind,
    ProblemRow,
    SavedView,
    SentRow,
    StageRow,
    Sum,
)
from sync.field_changes import FieldChange
from sync.opened import NO_CONVERSATION, Opened
from sync.search_query import completions as search_completions
from sync.surroundings import FileRow, Hanging
from sync.touches import Wish
from sync.tracking_views import HumanNews, MailTracking, PersonReading
from sync.triage import Step, StepKind
from sync.triage.many import ManyKind, ManyStep, steps_for_many
from sync.viewer import Patience, Viewer
from sync.views import (
    ActionRow,
    ActivityRow,
    CandidateRow,
    Configured,
    ConflictView,
    ConversationView,
    DeliveryView,
    FieldView,
    FilingRuleRow,
    LinkRow,
    Mailview,
    MessageView,
    PlaceStatus,
    RecordRow,
    RecordView,
    RuleEffect,
    StatusView,
    SuggestionView,
    ThreadRow,
    TroubleRow,
)
from tui.gateway_filing import FilingGateway, TaughtRule
from tui.gateway_writing import WritingGateway
from tui.later import Later
from tui.times import Clock

if TYPE_CHECKING:
    from sync import desk_queries, edits, opening, queries
    from sync.store.database import Store
else:
    desk_queries, opening = Later("sync.desk_queries"), Later("sync.opening")
    edits, queries = Later("sync.edits"), Later("sync.queries")

__all__ = [
    "ActionRow",
    "ActivityRow",
    "CandidateRow",
    "Configured",
    "ConflictView",
    "ConversationView",
    "DealRow",
    "DeliveryView",
    "Desk",
    "DeskKeys",
    "Deskview",
    "Draft",
    "DraftFile",
    "DraftKind",
    "FieldChange",
    "FieldView",
    "FileRow",
    "FilingRuleRow",
    "Gateway",
    "Hanging",
    "HumanNews",
    "LinkRow",
    "MailTracking",
    "Mailview",
    "ManyKind",
    "ManyStep",
    "MessageView",
    "News",
    "Opened",
    "Patience",
    "PersonReading",
    "PlaceStatus",
    "ProblemKind",
    "ProblemRow",
    "RecordRow",
    "RecordView",
    "Row",
    "RuleEffect",
    "SavedView",
    "SentRow",
    "StageRow",
    "StatusView",
    "Step",
    "StepKind",
    "SuggestionView",
    "Sum",
    "TaughtRule",
    "ThreadRow",
    "TroubleRow",
    "View",
    "Wish",
    "search_completions",
]


View = Mailview | Deskview
Row = ThreadRow | DeskRow


@dataclass(frozen=True, slots=True)
class News:
    """What changed since the last look; `seq` is where the next look begins, `status` the counts if asked for.

    `human`: people who opened mail of ours or followed its links meanwhile.
    """

    seq: int
    thread_ids: frozenset[int]
    record_ids: frozenset[int]
    status: StatusView | None
    human: tuple[HumanNews, ...] = ()


def search_remarks(text: str, clock: Clock) -> tuple[str, ...]:
    """What of a search is not understood, a sentence each."""
    return queries.search_remarks(text, now=clock.now(), zone=clock.zone)


class Gateway(WritingGateway, FilingGateway):
    """Reads and edits in one person's name. Threads may share it. Without `configured` every place is shown."""

    def __init__(
        self,
        store: Store,
        *,
        author: str,
        crm: str,
        clock: Clock | None = None,
        desk: Desk | None = None,
        configured: Configured | None = None,
        patience: Patience | None = None,
    ) -> None:
        super().__init__(store, author, clock or Clock(), desk or Desk())
        self.crm = crm
        self._configured = configured
        self._patience = patience or Patience()

    # --- what there is -------------------------------------------------------------------------------------

    def news(self, since: int | None, *, counts: bool) -> News:
        """What changed after `since`; with None only where to begin. `counts`: the header's numbers, too."""
        seq, none = queries.seq(self._store), frozenset[int]()
        status = self._status() if counts else None
        if since is None or seq == since:
            return News(seq, none, none, status)
        threads = frozenset(queries.threads_changed_since(self._store, since))
        records = frozenset(queries.records_changed_since(self._store, since))
        return News(seq, threads, records, status, queries.human_news(self._store, since))

    def _status(self) -> StatusView:
        status = queries.waiting_now(self._store)
        return self._configured.keep(status) if self._configured else status

    @property
    def viewer(self) -> Viewer:
        """This person now."""
        return Viewer(self.author, self.clock.local(self.clock.now()), self._patience)

    def list_keys(self, view: View, text: str = "") -> DeskKeys:
        """What a list holds, in its order; the key of a conversation is its id."""
        if isinstance(view, Deskview):
            return desk_queries.keys(self._store, view, self.viewer, text, self._configured)
        now, zone = self.clock.now(), self.clock.zone
        return DeskKeys(queries.thread_ids(self._store, view, text, now=now, zone=zone, viewer=self.viewer))

    def list_rows(self, view: View, keys: list[int]) -> dict[int, Row]:
        if isinstance(view, Deskview):
            return dict(desk_queries.rows(self._store, view, keys, self._configured))
        return dict(queries.thread_rows(self._store, keys))

    def saved_views(self) -> tuple[SavedView, ...]:
        return desk_queries.views_of(self._store, self.author)

    def save_view(self, saved: SavedView) -> None:
        edits.save_view(self._store, saved, self.author)

    def forget_view(self, name: str) -> None:
        edits.forget_view(self._store, name, self.author)

    def view_counts(self) -> dict[View, int]:
        """How much each list holds."""
        return desk_queries.view_counts(self._store, self.viewer, self._configured)

    def due_threads(self) -> tuple[int, ...]:
        """What came due, the longest due first."""
        return queries.due_threads(self._store, self.viewer)

    def opened(self, view: View, key: int, record_id: int | None = None) -> Opened:
        """What a line of a list is about, with its record or any record asked for."""
        return opening.open_key(self._store, view, key, self.viewer, record_id)

    def record(self, record_id: int) -> RecordView:
        return queries.record(self._store, record_id)

    def opened_alone(self, record_id: int) -> Opened:
        """A record without a conversation. Errors: NotFound."""
        return Opened(0, NO_CONVERSATION, queries.record(self._store, record_id))

    def records_for(self, text: str) -> tuple[RecordRow, ...]:
        """Records that the words of a search name."""
        return queries.records_for_search(self._store, text, limit=20)

    def field_changes(self, record_id: int, name: str) -> tuple[FieldChange, ...]:
        """Who changed a field, the newest change first."""
        return queries.field_changes(self._store, record_id, name, limit=12)

    def folded(self) -> frozenset[str]:
        """The sections of the sidebar that this person folded away."""
        return queries.folded_sections(self._store, self.author)

    def keep_folded(self, sections: frozenset[str]) -> None:
        edits.fold_sections(self._store, sections, self.author)

    def search_records(self, text: str, kinds: frozenset[RecordKind] | None = None) -> tuple[RecordRow, ...]:
        return queries.search_records(self._store, text, kinds, limit=30)

    def search_threads(self, text: str, limit: int = 30) -> tuple[ThreadRow, ...]:
        ids = list(queries.thread_ids(self._store, Mailview.ALL, text)[:limit])
        rows = queries.thread_rows(self._store, ids)
        return tuple(rows[id_] for id_ in ids if id_ in rows)

    def troubles(self) -> tuple[TroubleRow, ...]:
        return queries.troubles(self._store)

    def undoable(self) -> tuple[ActionRow, ...]:
        return queries.undoable(self._store, limit=50)

    def fields_of(self, kind: RecordKind, crm: str = "") -> tuple[FieldSpec, ...]:
        return queries.fields_of(self._store, crm or self.crm, kind)

    def owners_of(self, crm: str = "") -> tuple[Owner, ...]:
        return queries.owners_of(self._store, crm or self.crm)

    def reference(self, record_id: int) -> str:
        """What a field holds that names this record: its id in the CRM, `local:<id>` while it has none."""
        return queries.record(self._store, record_id).remote_id or f"{LOCAL_REFERENCE}{record_id}"

    # --- what a person can do ------------------------------------------------------------------------------

    def link(self, thread_id: int, record_id: int) -> None:
        edits.link_thread(self._store, thread_id, record_id, self.author)

    def unlink(self, thread_id: int, record_id: int) -> None:
        edits.unlink_thread(self._store, thread_id, record_id, self.author)

    def create_lead(self, thread_id: int, fields: Fields) -> int:
        """Make a lead of a conversation; the record's id."""
        return edits.create_lead(self._store, thread_id, self.crm, fields, self.author)

    def accept(self, suggestion_id: int, record_id: int | None = None, fields: Fields | None = None) -> None:
        """Say yes to a suggestion: to one of its candidates, or to its lead with these fields."""
        edits.accept_suggestion(
            self._store, suggestion_id, self.author, record_id=record_id, fields=fields, crm=self.crm
        )

    def reject(self, suggestion_id: int, remark: str = "") -> None:
        edits.reject_suggestion(self._store, suggestion_id, self.author, remark=remark)

    def change_record(self, record_id: int, fields: Fields, base: Fields) -> None:
        """Set these fields; `base` is what the person saw in them."""
        edits.change_record(self._store, record_id, fields, base, self.author)

    def convert(self, record_id: int, conversion: Conversion) -> None:
        edits.convert_lead(self._store, record_id, conversion, self.author)

    def add_activity(
        self,
        record_id: int,
        kind: ActivityKind,
        text: str,
        due_at: datetime | None = None,
        at: datetime | None = None,
    ) -> None:
        edits.add_activity(self._store, record_id, kind, text, self.author, due_at=due_at, at=at)

    def put_off(self, thread_id: int | None, wish: Wish, record_id: int | None) -> None:
        """Out of the list until the next touch; with a record it is told, too, alone if nobody wrote about it."""
        edits.set_next_touch(self._store, thread_id, wish, self.author, record_id=record_id)

    def put_off_all(self, thread_ids: Collection[int], wish: Wish) -> str:
        return edits.put_off_all(self._store, thread_ids, wish, self.author)

    def take_up(self, thread_id: int, record_id: int | None) -> None:
        today = self.viewer.now.date()
        edits.take_up(self._store, thread_id, self.author, record_id=record_id, today=today)

    def complete_task(self, activity_id: int, done: bool) -> None:
        edits.complete_task(self._store, activity_id, done, self.author)

    def accept_offer(self, offer_id: int) -> None:
        edits.accept_offer(self._store, offer_id, self.author)

    def reject_offer(self, offer_id: int) -> None:
        edits.reject_offer(self._store, offer_id, self.author)

    def steps_for_many(self, thread_ids: list[int]) -> tuple[ManyStep, ...]:
        """What is best done with all of these at once, the best first."""
        return steps_for_many(queries.thread_rows(self._store, thread_ids).values())

    def accept_all(self, thread_ids: Collection[int]) -> str:
        return edits.accept_all(self._store, thread_ids, self.author, crm=self.crm)

    def reject_all(self, thread_ids: Collection[int], remark: str = "") -> str:
        return edits.reject_all(self._store, thread_ids, self.author, remark=remark)

    def link_all(self, thread_ids: Collection[int], record_id: int) -> str:
        return edits.link_all(self._store, thread_ids, record_id, self.author)

    def archive_all(self, thread_ids: Collection[int]) -> str:
        return edits.archive_all(self._store, thread_ids, self.author)

    def from_same(self, thread_id: int) -> tuple[int, ...]:
        return queries.threads_from_same(self._store, thread_id)

    def archive(self, thread_id: int) -> None:
        edits.archive_thread(self._store, thread_id, self.author)

    def unarchive(self, thread_id: int) -> None:
        edits.unarchive_thread(self._store, thread_id, self.author)

    def see(self, thread_id: int) -> None:
        """The conversation was read here; its mailbox is not told."""
        edits.see_thread(self._store, thread_id)

    def mark_read(self, thread_id: int) -> None:
        edits.mark_read(self._store, thread_id, self.author)

    def mark_unread(self, thread_id: int) -> None:
        edits.mark_unread(self._store, thread_id, self.author)

    def split(self, message_id: int) -> None:
        edits.split_thread(self._store, message_id, self.author)

    def join(self, thread_id: int, other_id: int) -> None:
        edits.join_threads(self._store, thread_id, other_id, self.author)

    def resolve(self, conflict_id: int, choice: Literal["mine", "theirs", "edited"], value: FieldValue = None) -> None:
        edits.resolve_conflict(self._store, conflict_id, choice, value, self.author)

    def undo(self, action_id: int | None = None) -> str:
        """Take back one action, the last one without an id; what was undone, in words."""
        return edits.undo(self._store, action_id, self.author)
