"""One account's way out and its Sent folder, opened when something needs them; and what sending a mail may use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agent.outpost.contract import Outpost
from agent.rules import Rules
from agent.summary import Tally
from crm_model.errors import ConfigError
from crm_model.options import Connection
from sync.composing.draft import Desk
from sync.mailboxes import registry
from sync.store.database import Store
from sync.submission import into_folder
from sync.submission.contract import SentFolder, Submission
from sync.submission.smtp import SmtpSubmission

OpenOutpost = Callable[[], Outpost]
"""Makes a connection to the outpost, to be closed. Errors: ConfigError, TryLater."""


class WayOut:
    """Opened at the first use, closed once."""

    def __init__(self, account: Connection) -> None:
        self._account, self._kind = account, registry.load(account.kind)
        self._submission: Submission | None = None
        self._sent: SentFolder | None = None

    @property
    def name(self) -> str:
        return self._account.name

    def submission(self) -> Submission:
        """Errors: ConfigError where the account can't send."""
        if self._submission is None:
            if self._kind.open_submission is not None:
                self._submission = self._kind.open_submission(self._account)
            elif self._account.text(into_folder.OPTION):
                self._submission = into_folder.FolderSubmission(self._account)
            elif self._account.text("smtp_host"):
                self._submission = SmtpSubmission(self._account)
            else:
                raise ConfigError("can't send: give it smtp_host", key=f"mail_account “{self.name}”")
        return self._submission

    def sent_folder(self) -> SentFolder | None:
        """None for a kind of mailbox that has none, or can't look into it."""
        if self._sent is None and self._kind.open_sent is not None:
            self._sent = self._kind.open_sent(self._account)
        return self._sent

    @property
    def saves_copy(self) -> bool:
        """Whether we are to see to a copy in Sent."""
        return self._account.options.get("save_sent") is not False

    def close(self) -> None:
        for opened in (self._submission, self._sent):
            if opened is not None:
                opened.close()


@dataclass(frozen=True, slots=True)
class Work:
    """What the steps of sending share. `accounts`: all mailboxes, since forwarded attachments lie in any of them.

    `open_outpost` is None where nothing is tracked.
    """

    way: WayOut
    store: Store
    desk: Desk
    rules: Rules
    tally: Tally
    accounts: Sequence[Connection]
    open_outpost: OpenOutpost | None = None
