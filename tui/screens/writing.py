"""Writing mail from the triage screen: replies, forwards, new mail, and the outbox."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from textual import on, work
from textual.message import Message

from crm_model.mail import DeliveryState, Direction
from tui.gateway import DeliveryView, Draft, DraftKind, MessageView
from tui.screens.in_place import InPlaceScreen
from tui.screens.reading import once_read
from tui.words import mark, say

_OPEN, _BACK, _AGAIN, _SENT, _DROP = "open", "back", "again", "sent", "drop"
_WHAT_TO_DO = {
    DeliveryState.WAITING: ((_BACK, mark("Take it back and change it")), (_AGAIN, mark("Send it now"))),
    DeliveryState.FAILED: ((_BACK, mark("Change it, then send it")), (_AGAIN, mark("Try it again as it is"))),
    DeliveryState.UNSURE: (
        (_AGAIN, mark("Send it again: who has it may get it twice")),
        (_SENT, mark("It arrived: call it sent")),
    ),
    DeliveryState.DRAFT: ((_OPEN, mark("Write on")), (_DROP, mark("Throw it away"))),
    DeliveryState.SENDING: ((_BACK, mark("Take it back, if it has not left yet")),),
}


class WritingScreen(InPlaceScreen):
    """Each key begins a draft in a worker; the compose screen opens when it is there."""

    @dataclass
    class Begun(Message):
        """A draft to write on; `outgoing_id` if it is kept in the outbox already."""

        draft: Draft
        outgoing_id: int | None = None

    @dataclass
    class ToMend(Message):
        mail: DeliveryView

    @once_read
    def action_answer(self, kind: str) -> None:
        """Answer the message chosen in the conversation's pane, else the last one of theirs."""
        message = self._answered()
        if message is None:
            self.fail(say("This conversation holds no message to answer."))
        else:
            message_id = message.id
            self._begin(lambda: self.Begun(self.gateway.begin_answer(message_id, DraftKind(kind))))

    @once_read
    def action_new_mail(self) -> None:
        record = self.sidebar.record
        record_id = record.id if record else None
        self._begin(lambda: self.Begun(self.gateway.begin_mail(record_id)))

    def action_outbox(self) -> None:
        from tui.screens.outbox import OutboxList

        self.app.push_screen(OutboxList(self.gateway), self._outbox_picked)

    @work(thread=True, exclusive=True, group="begin", exit_on_error=False)
    def mend(self, outgoing_id: int) -> None:
        """A mail that did not leave: what can be done about it."""
        self.answer(lambda: self.ToMend(self.gateway.delivery(outgoing_id)), stale_too=False)

    @on(ToMend)
    def _mend(self, event: ToMend) -> None:
        self._outbox_picked(event.mail)

    def _answered(self) -> MessageView | None:
        messages = self.opened.conversation.messages if self.opened else ()
        if self.conversation.has_focus:
            chosen = next((each for each in messages if each.id == self.conversation.message_id), None)
            if chosen is not None:
                return chosen
        theirs = [each for each in messages if each.direction is Direction.INCOMING]
        return next(iter(reversed(theirs or messages)), None)

    @work(thread=True, exclusive=True, group="begin", exit_on_error=False)
    def _begin(self, begin: Callable[[], Message]) -> None:
        self.answer(begin, stale_too=False)

    @on(Begun)
    def _write(self, event: Begun) -> None:
        from tui.screens.compose import ComposeScreen

        self.app.push_screen(ComposeScreen(self.gateway, event.draft, event.outgoing_id), self.said)

    def _outbox_picked(self, mail: DeliveryView | None) -> None:
        from tui.screens.choice_picker import ChoicePicker
        from tui.screens.picker import Choice

        if mail is None:
            return
        choices = [Choice(value, say(words)) for value, words in _WHAT_TO_DO.get(mail.state, ())]

        def chosen(value: str | None) -> None:
            if value:
                self._do(mail.id, value)

        title = mail.subject or say("(no subject)")
        self.app.push_screen(ChoicePicker(self.gateway, title=title, choices=choices), chosen)

    def _do(self, outgoing_id: int, value: str) -> None:
        gateway = self.gateway
        if value == _OPEN:
            self._begin(lambda: self.Begun(gateway.draft_of(outgoing_id), outgoing_id))
        elif value == _BACK:
            self._begin(lambda: self.Begun(gateway.take_back(outgoing_id), outgoing_id))
        elif value == _AGAIN:
            self.edit(lambda: gateway.send_again(outgoing_id), say("On its way again"))
        elif value == _SENT:
            self.edit(lambda: gateway.call_sent(outgoing_id), say("Taken for sent"))
        else:
            self.edit(lambda: gateway.drop_draft(outgoing_id), say("Thrown away"))
