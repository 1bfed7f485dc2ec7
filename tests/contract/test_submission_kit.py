"""SMTP keeps every promise of the kit that a stranger's way of sending is proved with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from crm_model.options import Connection
from sync.submission.contract import Submission
from sync.submission.smtp import SmtpSubmission
from sync.submission.testing import Arrived, SubmissionContract
from tests.servers.scripted_smtp import ScriptedSmtp, running_smtp


class TestSmtp(SubmissionContract):
    server: ScriptedSmtp

    @pytest.fixture(autouse=True)
    def running(self) -> Iterator[None]:
        with running_smtp() as self.server:
            yield

    def open(self) -> Submission:
        options = {"smtp_host": "127.0.0.1", "smtp_port": self.server.port, "smtp_tls": "none"}
        return SmtpSubmission(Connection("work", "imap", options, secret=str))

    def arrived(self) -> Sequence[Arrived]:
        return [Arrived(each.recipients, each.data) for each in self.server.taken]
