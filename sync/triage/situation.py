"""What the rules look at: a conversation, its record and the day, as the views have them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from crm_model.field_values import is_open
from crm_model.links import VerdictKind
from crm_model.mail import Direction
from crm_model.records import RecordKind
from sync.viewer import Patience
from sync.views import ConversationView, MessageView, RecordView

_WORKED_ON = (RecordKind.LEAD, RecordKind.OPPORTUNITY)
_MACHINES = frozenset(
    {
        VerdictKind.NEWSLETTER,
        VerdictKind.NOTIFICATION,
        VerdictKind.AUTO_REPLY,
        VerdictKind.BOUNCE,
        VerdictKind.CALENDAR,
        VerdictKind.PITCH,
        VerdictKind.SPAM,
    }
)
"""Mail that nobody waits for an answer to."""


@dataclass(frozen=True, slots=True)
class Situation:
    """`record` is the one shown beside the conversation. `now` is aware and in the person's own zone."""

    conversation: ConversationView
    record: RecordView | None
    now: datetime
    patience: Patience = field(default_factory=Patience)

    @property
    def contact_on(self) -> str:
        """The day on which the record is to be contacted next, ISO; "" for none."""
        fields = self.record.fields if self.record else ()
        return next((str(each.value or "") for each in fields if each.spec.name == "next_contact_on"), "")

    @property
    def last(self) -> MessageView | None:
        """The newest message."""
        messages = self.conversation.messages
        return max(messages, key=lambda message: (message.at, message.id)) if messages else None

    @property
    def is_our_turn(self) -> bool:
        """The last word is a person's outside who may wait for an answer, and no mail program says it was given."""
        last = self.last
        if last is None or last.direction is not Direction.INCOMING or self.is_noise:
            return False
        return last.verdict not in _MACHINES and "\\answered" not in last.flags

    @property
    def is_their_turn(self) -> bool:
        return self.last is not None and self.last.direction is Direction.OUTGOING

    @property
    def is_noise(self) -> bool:
        thread = self.conversation.thread
        return thread.noise and not thread.linked

    @property
    def is_linked(self) -> bool:
        return any(not link.broken for link in self.conversation.links)

    @property
    def is_running(self) -> bool:
        """Whether the record is a lead or an opportunity that somebody works on."""
        record = self.record
        if record is None or record.kind not in _WORKED_ON:
            return False
        return is_open(record.kind, {field.spec.name: field.value for field in record.fields}, record.state)

    def ago(self, at: datetime) -> str:
        """ "today", "yesterday" or "5 days ago" in the person's own days."""
        days = (self.now.date() - at.astimezone(self.now.tzinfo).date()).days
        if days <= 0:
            return "today"
        return "yesterday" if days == 1 else f"{days} days ago"

    def end_of_today(self) -> datetime:
        return self.now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
