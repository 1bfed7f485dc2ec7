"""Reading conversations: three panes that follow the chosen row and the database, and change nothing in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial, wraps
from time import monotonic
from typing import Concatenate, ParamSpec, TypeVar

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widget import Widget

from crm_model.records import RecordKind
from crm_model.safe_text import safe_line
from tui.due import Due
from tui.gateway import DeskKeys, Deskview, Gateway, Mailview, News, Opened, Row, View
from tui.hints import hints_for
from tui.layout.tracking import news_words
from tui.retelling import retold
from tui.screens.working import WorkingScreen
from tui.widgets.conversation_pane import ConversationPane
from tui.widgets.entry_line import EntryLine
from tui.widgets.found_records import FoundRecords
from tui.widgets.header_bar import HeaderBar, view_words
from tui.widgets.next_line import NextLine
from tui.widgets.place_editor import PlaceEditor
from tui.widgets.search_input import SearchInput
from tui.widgets.sidebar import Sidebar
from tui.widgets.status_line import StatusLine
from tui.widgets.summary_bar import SummaryBar
from tui.widgets.thread_list import ThreadList
from tui.words import say, say_many

POLL_SECONDS = 0.5
LIST_SECONDS, COUNTS_SECONDS = 1.0, 1.5
TICK_SECONDS = 30.0
_RUN_SECONDS, _SETTLE_SECONDS = 0.1, 0.04
"""Two steps within the first: the cursor runs, and only where it rests for the second a line is opened."""

_WIDE = 124


Given = ParamSpec("Given")
ScreenT = TypeVar("ScreenT", bound="ReadingScreen")


def once_read(
    action: Callable[Concatenate[ScreenT, Given], None],
) -> Callable[Concatenate[ScreenT, Given], None]:
    """Let an action wait until the chosen conversation is read: a fast typist's key means the row under the cursor.

    Moving on drops the action that waits.
    """

    @wraps(action)
    def wait_or_act(screen: ScreenT, /, *given: Given.args, **named: Given.kwargs) -> None:
        if screen.is_read:
            action(screen, *given, **named)
        else:
            screen.waiting = partial(action, screen, *given, **named)
            screen.reopen()

    return wait_or_act


class ReadingScreen(WorkingScreen[None]):
    """The list, the conversation and the sidebar; two of the three where the terminal is narrow."""

    AUTO_FOCUS = "#threads"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (_WIDE, "-wide")]  # noqa: RUF012 - no ClassVar in Textual either

    @dataclass
    class IdsLoaded(Message):
        view: View
        text: str
        found: DeskKeys
        from_top: bool
        due: frozenset[int]

    @dataclass
    class RowsLoaded(Message):
        rows: dict[int, Row]
        stamp: int
        view: View

    @dataclass
    class OpenedLoaded(Message):
        opened: Opened
        labels: Mapping[str, str]

    @dataclass
    class NewsCame(Message):
        news: News

    @dataclass
    class DueCame(Message):
        """So many conversations came due while the screen was open."""

        count: int

    @dataclass
    class WasRead(Message):
        """A person opened a mail of ours, or followed a link in it, while the screen was open."""

        words: str

    def __init__(self, gateway: Gateway) -> None:
        super().__init__(gateway)
        self.view: View = Mailview.TRIAGE
        self.text, self.view_name = "", ""
        self._shown: View = self.view  # whose keys the list holds now
        self.opened: Opened | None = None
        self._record_id: int | None = None  # a record asked for in place of the best link
        self._seq: int | None = None
        self._due: frozenset[int] | None = None
        self._polling = self._loading = False
        self._counts, self._list = Due(COUNTS_SECONDS), Due(LIST_SECONDS)
        self._pause: Timer | None = None
        self._stepped_at = 0.0
        self.waiting: Callable[[], None] | None = None
        self.deciding = False
        self.wanted: int | None = None  # a conversation to choose as soon as the list holds it

    def compose(self) -> ComposeResult:
        clock = self.gateway.clock
        yield HeaderBar(clock, id="header")
        yield SearchInput(id="search")
        yield FoundRecords(clock, id="found")
        with Horizontal(id="panes"):
            yield ThreadList(clock, id="threads")
            yield ConversationPane(clock, id="conversation")
            yield Sidebar(clock, id="sidebar")
        yield SummaryBar(id="summary")
        yield NextLine(id="next")
        yield EntryLine(id="entry")
        yield StatusLine(id="status")
        yield PlaceEditor(clock, id="editor")

    def on_mount(self) -> None:
        self.threads = self.query_one(ThreadList)
        self.conversation = self.query_one(ConversationPane)
        self.sidebar = self.query_one(Sidebar)
        self.status = self.query_one(StatusLine)
        self.threads.border_title, self.conversation.border_title = say("Conversations"), say("Conversation")
        self.sidebar.border_title = say("Record")
        self.status.hint(hints_for(None, None))
        self.call_after_refresh(self.begin)

    def begin(self) -> None:
        """Read what is shown, now that the screen stands."""
        self._counts.want()
        self.reload(from_top=True)
        self.poll()
        self.set_interval(POLL_SECONDS, self.poll)
        self.set_interval(TICK_SECONDS, self._tick)

    # --- the list ------------------------------------------------------------------------------------------

    def reload(self, *, from_top: bool = False) -> None:
        """Read the list's ids again; from the top when another list is asked for."""
        self._loading = True
        self._list.done()
        self._load_ids(self.view, self.text, from_top)

    @work(thread=True, exclusive=True, group="ids", exit_on_error=False)
    def _load_ids(self, view: View, text: str, from_top: bool) -> None:
        def load() -> Message:
            due = frozenset(self.gateway.due_threads())
            return self.IdsLoaded(view, text, self.gateway.list_keys(view, text), from_top, due)

        self.answer(load, stale_too=False)

    @on(IdsLoaded)
    def _show_ids(self, event: IdsLoaded) -> None:
        if (event.view, event.text) != (self.view, self.text):
            return
        self._loading = False
        empty = say("Nothing found.") if self.text else say("{view}: nothing here.", view=view_words(self.view))
        keys, headings = event.found.keys, event.found.headings
        self.threads.due, self.threads.holds_threads = event.due, isinstance(self.view, Mailview)
        anew = key_space(self.view) != key_space(self._shown)
        self._shown = self.view
        if anew:
            self.opened = None
        self.threads.show(keys, from_top=event.from_top, empty=empty, headings=headings, anew=anew)
        entitle(self.threads, say("Conversations") if self.threads.holds_threads else view_words(self.view))
        self._tell_due(event.due)
        count = len(keys) - len(headings)
        self.query_one(HeaderBar).show_view(self.view, count, self.text, due=len(event.due), name=self.view_name)
        if self.wanted is not None and (place := self.threads.window.place(self.wanted)) is not None:
            self.wanted = None
            self.threads.choose(place)

    def _tell_due(self, due: frozenset[int]) -> None:
        """What came due since the last look; what was so when the screen opened stands on top anyway."""
        fresh = due - self._due if self._due is not None else frozenset()
        self._due = due
        if fresh:
            self.status.say(say_many("{count} conversation came due", "{count} conversations came due", len(fresh)))
            self.post_message(self.DueCame(len(fresh)))

    def _tick(self) -> None:
        """Time goes by: what nobody changed may be due now."""
        self._list.want()
        self._counts.want()

    @on(ThreadList.RowsWanted)
    def _fetch_rows(self, event: ThreadList.RowsWanted) -> None:
        self._load_rows(self._shown, event.ids, event.stamp)

    @work(thread=True, exclusive=True, group="rows", exit_on_error=False)
    def _load_rows(self, view: View, ids: list[int], stamp: int) -> None:
        self.answer(lambda: self.RowsLoaded(self.gateway.list_rows(view, ids), stamp, view))

    @on(RowsLoaded)
    def _show_rows(self, event: RowsLoaded) -> None:
        if key_space(event.view) == key_space(self._shown):
            self.threads.put(event.rows, event.stamp)

    # --- the conversation and its record -------------------------------------------------------------------

    @on(ThreadList.Highlighted)
    def _follow(self, event: ThreadList.Highlighted) -> None:
        """Open the chosen conversation: at once, or a moment later while the cursor runs."""
        now = monotonic()
        runs, self._stepped_at = now - self._stepped_at < _RUN_SECONDS, now
        self._record_id = None
        self.waiting, self.deciding = None, False
        if self._pause:
            self._pause.stop()
        if event.key is None:
            self._show_opened(None, {})
        elif runs:
            self._pause = self.set_timer(_SETTLE_SECONDS, self.reopen)
        else:
            self.reopen()

    @property
    def is_read(self) -> bool:
        """Whether the panes show the chosen conversation, not the one before it."""
        chosen = self.threads.key
        if self.opened is None or not self.opened.asked_id:
            return chosen is None
        also = self.opened.conversation.thread.id if self.threads.holds_threads else None
        return chosen in (self.opened.asked_id, also)

    @property
    def conversation_id(self) -> int | None:
        """The conversation in the middle, whatever list it was opened from; None for none."""
        if self.threads.holds_threads:
            return self.threads.thread_id
        return (self.opened.conversation.thread.id or None) if self.opened and self.is_read else None

    def reopen(self) -> None:
        """Read the chosen conversation and its record again."""
        if self.threads.key is not None:
            self._load_opened(self._shown, self.threads.key, self._record_id)
        elif self._record_id is not None:
            self._load_alone(self._record_id)

    @work(thread=True, exclusive=True, group="opened", exit_on_error=False)
    def _load_opened(self, view: View, key: int, record_id: int | None) -> None:
        def load() -> Message:
            opened = self.gateway.opened(view, key, record_id)
            suggested = opened.conversation.suggestion is not None
            specs = self.gateway.fields_of(RecordKind.LEAD) if suggested else ()
            return self.OpenedLoaded(opened, {spec.name: spec.label for spec in specs})

        self.answer(load, stale_too=False)

    @work(thread=True, exclusive=True, group="opened", exit_on_error=False)
    def _load_alone(self, record_id: int) -> None:
        self.answer(lambda: self.OpenedLoaded(self.gateway.opened_alone(record_id), {}), stale_too=False)

    @on(OpenedLoaded)
    def _opened_loaded(self, event: OpenedLoaded) -> None:
        self._show_opened(event.opened, event.labels)
        if self.is_read and (waiting := self.waiting):
            self.waiting = None
            waiting()

    def _show_opened(self, opened: Opened | None, labels: Mapping[str, str]) -> None:
        self.opened, self.deciding = opened, False
        self.conversation.show(opened.conversation if opened and opened.conversation.messages else None)
        self.sidebar.show(opened, labels)
        self.query_one(SummaryBar).show(opened)
        self.query_one(NextLine).show(opened.steps if opened else (), opened.remark if opened else "")
        subject = opened.conversation.thread.subject if opened else ""
        entitle(self.conversation, subject or say("Conversation"))
        entitle(self.sidebar, say("To decide") if self.sidebar.suggestion else say("Record"))
        self.hint()

    def show_record(self, record_id: int | None) -> None:
        """Show this record in the sidebar instead of the best link; None goes back to that."""
        self._record_id = record_id
        self.reopen()

    # --- what others do meanwhile --------------------------------------------------------------------------

    def poll(self) -> None:
        """Ask for news unless an answer is still on its way."""
        if not self._polling:
            self._polling = True
            self._load_news(self._seq, self._counts.is_due())
        self._catch_up()

    @work(thread=True, exclusive=True, group="news", exit_on_error=False)
    def _load_news(self, since: int | None, counts: bool) -> None:
        self.answer(lambda: self.NewsCame(self.gateway.news(since, counts=counts)))

    @on(NewsCame)
    def _take_news(self, event: NewsCame) -> None:
        self._polling = False
        news, first = event.news, self._seq is None
        moved, self._seq = news.seq != self._seq, news.seq
        if news.status:
            self.query_one(HeaderBar).show_status(news.status)
            self._counts.done()
        if not moved or first:
            return
        self._counts.want()
        if news.human:
            words = news_words(news.human[-1], self.gateway.clock)
            more = len(news.human) - 1
            self.status.say(say("{words}, and {count} more", words=words, count=more) if more else words)
            self.post_message(self.WasRead(words))
        if news.thread_ids or not self.threads.holds_threads:
            self.threads.outdate(news.thread_ids if self.threads.holds_threads else list(self.threads.window.ids))
            self._list.want()
            self._catch_up()
        if self._concerns(news):
            self.reopen()

    def _catch_up(self) -> None:
        if self._list.is_due() and not self._loading:
            self.reload()

    def _concerns(self, news: News) -> bool:
        record = self.opened.record if self.opened else None
        return self.conversation_id in news.thread_ids or bool(record and news.record_ids)

    @on(WorkingScreen.Failed)
    def _failed(self, event: WorkingScreen.Failed) -> None:
        self._polling = self._loading = False
        self._list.want()  # it may show what the failed edit was to change, or nothing if reading it failed
        if self.deciding:
            self.deciding = False
            self.reopen()
        self.status.fail(retold(str(event.error)))

    # --- panes ---------------------------------------------------------------------------------------------

    def action_next_pane(self) -> None:
        self._step_pane(1)

    def action_previous_pane(self) -> None:
        self._step_pane(-1)

    def _step_pane(self, by: int) -> None:
        panes: list[Widget] = [self.threads, self.conversation, self.sidebar]
        here = next((place for place, pane in enumerate(panes) if pane.has_focus), 0)
        self.show_pane(panes[(here + by) % len(panes)])

    def show_pane(self, pane: Widget) -> None:
        """Focus a pane; in a narrow terminal it comes into sight in place of its neighbour."""
        if pane is not self.threads:
            self.set_class(pane is self.sidebar, "-sidebar")
        self.call_after_refresh(pane.focus)

    def hint(self) -> None:
        """Name the keys that matter now."""
        self.status.hint(hints_for(self.opened, self.focused, marked=len(self.threads.marked)))

    def on_descendant_focus(self) -> None:
        self.hint()


def key_space(view: View) -> str:
    """Lists whose keys mean the same may keep their rows and the chosen line when one follows the other."""
    if isinstance(view, Mailview):
        return "conversations"
    return "records" if view in (Deskview.LEADS, Deskview.PIPELINE) else view.value


def entitle(pane: Widget, title: str) -> None:
    """Write a pane's title, as text and not as markup; nothing is drawn when it stands there already."""
    text = Text(safe_line(title))
    if pane.border_title != Content.from_rich_text(text).markup:
        pane.border_title = text
