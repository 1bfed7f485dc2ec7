"""A line of a list with all that stands beside it."""

from __future__ import annotations

from dataclasses import dataclass

from sync.triage.step import Step
from sync.views import ConversationView, RecordView, ThreadRow

_NO_THREAD = ThreadRow(
    id=0,
    subject="",
    people="",
    snippet="",
    last_at=None,
    message_count=0,
    unread_count=0,
    attachment_count=0,
    linked=False,
    suggested=False,
    noise=False,
    archived=False,
    waiting="",
)
NO_CONVERSATION = ConversationView(_NO_THREAD, (), (), None)
"""What stands beside a record that nobody has written about; its id is 0."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A conversation and the record shown beside it: the one asked for, else its best link that is not broken.

    `asked_id` is the key that was asked for in its list; the conversation's own id differs once it was joined with
    another. `steps` are what is best done next, the best first. `remark` is a sentence in their place.
    """

    asked_id: int
    conversation: ConversationView
    record: RecordView | None
    steps: tuple[Step, ...] = ()
    remark: str = ""
