"""What every kind of mailbox must do, as tests: subclass `MailboxContract` and give it a fixture `box`.

    class TestMyMailbox(MailboxContract):
        @pytest.fixture
        def box(self, tmp_path): return MyBox(tmp_path)

`MyBox` is a `Box`: how a test delivers to a real mailbox of your kind and opens it.
"""

from __future__ import annotations

from sync.mailboxes.testing.box import START, Box, Holding, letter, letters, subjects
from sync.mailboxes.testing.contract import MailboxContract

__all__ = ["START", "Box", "Holding", "MailboxContract", "letter", "letters", "subjects"]
