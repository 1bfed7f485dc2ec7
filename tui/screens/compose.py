"""Writing a mail: to whom, about what, the text, what is attached; sent now, later, or kept as a draft."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Label, TextArea

from crm_model.errors import HitchpostError, Rejected
from crm_model.safe_text import safe_line
from crm_model.tracking import TrackingMode
from tui.editor import edited_text
from tui.gateway import Draft, DraftFile, DraftKind, Gateway
from tui.keymap import KEYS
from tui.retelling import retold
from tui.screens.choice_picker import ChoicePicker
from tui.screens.file_picker import FilePicker, Picked
from tui.screens.picker import Choice
from tui.screens.when_entry import WhenEntry
from tui.screens.working import Dialog, once_typed
from tui.words import mark, say, say_many

KEEP_SECONDS = 5.0

_TITLES = {
    DraftKind.NEW: mark("New mail"),
    DraftKind.REPLY: mark("Reply"),
    DraftKind.REPLY_ALL: mark("Reply to everybody"),
    DraftKind.FORWARD: mark("Forward"),
}
_LINES = (("to", mark("To")), ("cc", mark("Cc")), ("bcc", mark("Bcc")), ("subject", mark("Subject")))
_KEYS = mark("^s send · ^l later · ^t template · ^o attach · ^g editor · Esc to draft")


class ComposeScreen(Dialog[str | None]):
    """Ends with what was done in words, or None. Nothing typed is lost: leaving keeps a draft."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "send", "Send", show=False, priority=True),
        Binding("ctrl+l", "send_later", "Send later", show=False, priority=True),
        Binding("ctrl+t", "template", "Template", show=False, priority=True),
        Binding("ctrl+o", "attach", "Attach", show=False, priority=True),
        Binding("ctrl+g", "editor", "Editor", show=False, priority=True),
        Binding("ctrl+r", "account", "Account", show=False, priority=True),
        Binding("ctrl+n", "track", "Tracking", show=False, priority=True),
    ]

    @dataclass
    class Rewritten(Message):
        """The draft was made anew (a template, another account)."""

        draft: Draft

    @dataclass
    class Kept(Message):
        """The draft as it was a moment ago is in the outbox."""

        outgoing_id: int
        draft: Draft

    @dataclass
    class Foreseen(Message):
        """What sending this draft would make known of its reading, in words."""

        words: str
        draft: Draft

    def __init__(self, gateway: Gateway, draft: Draft, outgoing_id: int | None = None) -> None:
        super().__init__(gateway)
        self._draft, self._begun, self._kept = draft, draft, draft
        self._outgoing_id, self._is_new = outgoing_id, outgoing_id is None
        self._keeping = self._sending = False
        self._then: Callable[[], None] | None = None
        self._asked_about: Draft | None = None

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog compose"):
            yield Label(Content(say(_TITLES[self._draft.kind])), classes="dialog-title")
            yield _row(say("From"), Label("", id="from", markup=False))
            for name, label in _LINES:
                yield _row(
                    say(label), Input(str(getattr(self._draft, name)), compact=True, id=name, select_on_focus=False)
                )
            yield _row(say("Files"), Label("", id="files", markup=False))
            if self.gateway.desk.tracking.url:
                yield _row(say("Reading"), Label("", id="reading", markup=False)).add_class("reading")
            yield TextArea(self._draft.text, compact=True, tab_behavior="focus", id="text", soft_wrap=True)
            yield Label("", classes="dialog-error", markup=False)
            yield Label(say(_KEYS), classes="dialog-hint", markup=False)

    def on_mount(self) -> None:
        self._show_rest()
        empty = "to" if not self._draft.to else "subject" if not self._draft.subject else "text"
        self.query_one(f"#{empty}").focus()
        self.set_interval(KEEP_SECONDS, self._keep)
        self._look_ahead()

    # --- what will be known of its reading -----------------------------------------------------------------

    def action_track(self) -> None:
        """Follow it otherwise: not at all, by counting, by person."""
        if self.gateway.desk.tracking.url:
            modes = list(TrackingMode)
            wanted = modes[(modes.index(self._wanted) + 1) % len(modes)]
            self._draft = replace(self._draft, tracking=wanted)
            self._look_ahead()
        else:
            self._say(say("! Nothing can be tracked: there is no url in [tracking]."))

    @property
    def _wanted(self) -> TrackingMode:
        given = self._draft.tracking
        return self.gateway.desk.tracking.mode if given is None else given

    @on(Input.Changed, "#to, #cc, #bcc")
    def _look_ahead(self) -> None:
        if self.gateway.desk.tracking.url:
            self._read_outlook(self.draft)

    @work(thread=True, exclusive=True, group="outlook", exit_on_error=False)
    def _read_outlook(self, draft: Draft) -> None:
        try:
            ahead = self.gateway.outlook(draft)
            words = " ".join(map(retold, (ahead.words, *ahead.warnings)))
        except HitchpostError:  # not to be sent yet: what will be said of that is said then
            words = say("{mode}; who gets it decides what is allowed", mode=self._wanted.value)
        self.post_message(self.Foreseen(words, draft))

    @on(Foreseen)
    def _foreseen(self, event: Foreseen) -> None:
        if event.draft.tracking == self._draft.tracking:
            self.query_one("#reading", Label).update(f"{safe_line(event.words)}  {say('(^n otherwise)')}")

    @property
    def draft(self) -> Draft:
        """As it stands on the screen."""
        to, cc, bcc, subject = (self.query_one(f"#{name}", Input).value for name, _ in _LINES)
        return replace(self._draft, to=to, cc=cc, bcc=bcc, subject=subject, text=self.query_one("#text", TextArea).text)

    # --- leaving -------------------------------------------------------------------------------------------

    def _keep(self) -> None:
        """What is typed is kept from time to time: a terminal that dies takes a few seconds of it."""
        draft = self.draft
        if not (self._keeping or self._sending) and draft != self._kept:  # while it is sent it has its row already
            self._keeping = True
            self._store_draft(draft, self._outgoing_id)

    @work(thread=True, group="keep", exit_on_error=False)
    def _store_draft(self, draft: Draft, outgoing_id: int | None) -> None:
        self.answer(lambda: self.Kept(self.gateway.keep_draft(draft, outgoing_id), draft))

    @on(Kept)
    def _is_kept(self, event: Kept) -> None:
        self._keeping, self._kept, self._outgoing_id = False, event.draft, event.outgoing_id
        if then := self._then:
            self._then = None
            then()

    def _once_kept(self, then: Callable[[], None]) -> None:
        """One row for one mail: what is being kept gets its id first."""
        if self._keeping:
            self._then = then
        else:
            then()

    @once_typed
    def action_send(self) -> None:
        self._once_kept(lambda: self._send(None))

    @once_typed
    def action_send_later(self) -> None:
        def chosen(at: datetime | None) -> None:
            if at is not None:
                self._once_kept(lambda: self._send(at))

        self.app.push_screen(WhenEntry(self.gateway), chosen)

    def _send(self, at: datetime | None) -> None:
        self._say("")
        draft, outgoing_id, gateway = self.draft, self._outgoing_id, self.gateway
        if self._says_nothing(draft) and self._asked_about != draft:
            self._asked_about = draft
            self._say(say("! Nothing is written in this mail. Send once more, and it leaves as it is."))
            return
        self._sending = True
        self.edit(lambda: self._sent_words(gateway.send(draft, outgoing_id, at), at))

    def _sent_words(self, _outgoing_id: int, at: datetime | None) -> str:
        """When it leaves; a promise of seconds would be a lie while no agent is there to keep it."""
        gateway, seconds = self.gateway, self.gateway.desk.undo_seconds
        if not gateway.agent_runs():
            return say("Waits for the agent, which does not run: {key[undo]} takes it back", key=KEYS)
        if at:
            return say("Leaves {when}: {key[undo]} takes it back", key=KEYS, when=gateway.clock.full(at))
        if seconds:
            return say("Leaves in {seconds} s: {key[undo]} takes it back", key=KEYS, seconds=seconds)
        return say("On its way")

    def _says_nothing(self, draft: Draft) -> bool:
        """Whether nobody wrote or attached anything yet; a forwarded mail speaks for itself."""
        if draft.files or draft.kind is DraftKind.FORWARD:
            return False
        begun = self._begun.text.strip() if self._is_new else ""
        return draft.text.strip() in ("", begun)

    def action_cancel(self) -> None:
        """Keep what was typed; what was only looked at leaves nothing behind."""
        self._once_kept(self._leave)

    def _leave(self) -> None:
        draft, outgoing_id = self.draft, self._outgoing_id
        if draft != self._begun:
            self.edit(
                lambda: self.gateway.keep_draft(draft, outgoing_id),
                say("Kept as a draft: {key[outbox]} opens it", key=KEYS),
            )
        elif self._is_new and outgoing_id is not None:
            self.edit(lambda: self.gateway.drop_draft(outgoing_id), say("Nothing was kept"))
        else:
            self.dismiss(None)

    @on(Dialog.Done)
    def _done(self, event: Dialog.Done) -> None:
        self.dismiss(event.words)

    @on(Dialog.Failed)
    def _failed(self, event: Dialog.Failed) -> None:
        self._keeping, self._sending, self._then = False, False, None
        self._say(f"! {safe_line(retold(str(event.error)))}")
        wrong = list(event.error.field_errors) if isinstance(event.error, Rejected) else []
        for name in ("to", "cc", "bcc", "subject", "text"):
            if name in wrong:
                self.query_one(f"#{name}").focus()
                return

    # --- writing -------------------------------------------------------------------------------------------

    @once_typed
    def action_template(self) -> None:
        choices = [Choice(each.name, each.name, each.subject or each.text) for each in self.gateway.desk.templates]

        def chosen(name: str | None) -> None:
            if name:
                draft = self.draft
                self._rewrite(lambda: self.gateway.use_template(draft, name))

        self.app.push_screen(ChoicePicker(self.gateway, title=say("Which template?"), choices=choices), chosen)

    @once_typed
    def action_account(self) -> None:
        """Write from the next account."""
        names = [each.account for each in self.gateway.desk.identities]
        if len(names) > 1:
            draft, here = self.draft, names.index(self._draft.account) if self._draft.account in names else -1
            self._rewrite(lambda: self.gateway.write_as(draft, names[(here + 1) % len(names)]))
        else:
            self._say(say("! There is no other account that can send."))

    @once_typed
    def action_attach(self) -> None:
        def picked(file: Picked | None) -> None:
            if file is None:
                return
            kept = tuple(each for each in self._draft.files if each.path != file.path)
            files = kept if file.attached else (*kept, DraftFile(file.path))
            self._draft = replace(self._draft, files=files)
            self._show_rest()

        paths = [each.path for each in self._draft.files]
        self.app.push_screen(FilePicker(self.gateway, paths), picked)

    @once_typed
    def action_editor(self) -> None:
        area = self.query_one("#text", TextArea)
        try:
            area.text = edited_text(self.app, area.text)
        except HitchpostError as error:
            self._say(f"! {safe_line(retold(str(error)))}")

    @work(thread=True, exclusive=True, group="rewrite", exit_on_error=False)
    def _rewrite(self, make: Callable[[], Draft]) -> None:
        self.answer(lambda: self.Rewritten(make()), stale_too=False)

    @on(Rewritten)
    def _rewritten(self, event: Rewritten) -> None:
        self._draft = event.draft
        self.query_one("#subject", Input).value = event.draft.subject
        self.query_one("#text", TextArea).text = event.draft.text
        self._show_rest()
        if event.draft.unfilled:
            self._say(say("! The record has no value for {fields}", fields=", ".join(event.draft.unfilled)))

    def _show_rest(self) -> None:
        """From and files, which are not typed."""
        identity = self.gateway.desk.identity(self._draft.account)
        more = f"  {say('(^r another account)')}" if len(self.gateway.desk.identities) > 1 else ""
        self.query_one("#from", Label).update(f"{safe_line(str(identity.address))}{more}")
        names = [Path(each.path).name for each in self._draft.files]
        count = len(self._draft.forwarded)
        original = [say_many("the one of the original", "{count} of the original", count)] if count else []
        shown = ", ".join([*original, *names]) or say("none")
        self.query_one("#files", Label).update(safe_line(shown))

    def _say(self, words: str) -> None:
        self.query_one(".dialog-error", Label).update(words)


def _row(label: str, widget: Input | Label) -> Horizontal:
    return Horizontal(Label(label, classes="compose-label"), widget, classes="compose-row")
