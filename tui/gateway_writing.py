"""The part of the gateway that writes and sends mail."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from crm_model.errors import NotFound
from sync.composing.draft import Desk, Draft, DraftKind
from sync.views import DeliveryView
from tui.later import Later
from tui.times import Clock
from tui.words import say

if TYPE_CHECKING:
    from sync import edits, following, queries, writing
    from sync.composing import answering
    from sync.following import Outlook
    from sync.store.database import Store
else:
    answering, following = Later("sync.composing.answering"), Later("sync.following")
    edits, queries, writing = Later("sync.edits"), Later("sync.queries"), Later("sync.writing")


class WritingGateway:
    """Drafts, answers and the outbox, in one person's name. `tui.gateway.Gateway` is made of it."""

    def __init__(self, store: Store, author: str, clock: Clock, desk: Desk) -> None:
        self._store, self.author, self.clock, self.desk = store, author, clock, desk

    def begin_answer(self, message_id: int, kind: DraftKind) -> Draft:
        """A reply or a forward to be written on."""
        return writing.answer(self._store, self.desk, message_id, kind, self.clock.zone)

    def begin_mail(self, record_id: int | None) -> Draft:
        """A new mail, to the record's person if there is one."""
        return writing.new_mail(self._store, self.desk, record_id=record_id)

    def use_template(self, draft: Draft, name: str) -> Draft:
        return writing.use_template(self._store, self.desk, draft, name)

    def write_as(self, draft: Draft, account: str) -> Draft:
        """The draft from another account, with its signature."""
        text = answering.sign_anew(draft.text, self.desk.identity(draft.account), self.desk.identity(account))
        return replace(draft, account=account, text=text)

    def send(self, draft: Draft, outgoing_id: int | None, send_at: datetime | None = None) -> int:
        """Put a mail on its way; its id. Errors: Rejected with a sentence for each field to be mended."""
        return edits.send_mail(self._store, draft, self.desk, self.author, outgoing_id=outgoing_id, send_at=send_at)

    def agent_runs(self) -> bool:
        """Whether anybody is there to send what waits."""
        return queries.agent_runs(self._store)

    def outlook(self, draft: Draft) -> Outlook:
        """What sending it would do. Errors: Rejected while it can't be sent."""
        return following.outlook(self._store, draft, self.desk)

    def keep_draft(self, draft: Draft, outgoing_id: int | None) -> int:
        return edits.save_draft(self._store, draft, self.desk, self.author, outgoing_id=outgoing_id)

    def drop_draft(self, outgoing_id: int) -> None:
        edits.drop_draft(self._store, outgoing_id)

    def outbox(self) -> tuple[DeliveryView, ...]:
        return queries.outbox(self._store)

    def delivery(self, outgoing_id: int) -> DeliveryView:
        """One mail of the outbox. Errors: NotFound if it left meanwhile."""
        found = next((mail for mail in queries.outbox(self._store) if mail.id == outgoing_id), None)
        if found is None:
            raise NotFound(say("This mail is no longer in the outbox."))
        return found

    def draft_of(self, outgoing_id: int) -> Draft:
        return queries.mail_draft(self._store, outgoing_id)

    def take_back(self, outgoing_id: int) -> Draft:
        """Hold a mail before it leaves; it is a draft again."""
        return edits.take_back(self._store, outgoing_id)

    def send_again(self, outgoing_id: int) -> None:
        edits.send_again(self._store, outgoing_id)

    def call_sent(self, outgoing_id: int) -> None:
        """A person knows that a mail in doubt arrived."""
        edits.call_sent(self._store, outgoing_id)
