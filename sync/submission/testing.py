"""The kit that proves a way of sending: subclass `SubmissionContract`, give it your peer, and run pytest."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from crm_model.errors import TryLater
from sync.submission.contract import OutgoingMail, Submission

_HEAD = "Message-ID: <{node}>\r\nDate: Sun, 22 Nov 2026 10:00:00 +0000\r\nFrom: kari@fjord.example\r\nTo: {to}\r\n"
_TEXT = "Subject: Contract\r\nMIME-Version: 1.0\r\n\r\nHei\r\n.\r\n..two dots\r\n"


@dataclass(frozen=True, slots=True)
class Arrived:
    """What the peer took: for whom, and the bytes."""

    recipients: tuple[str, ...]
    data: bytes


def sample_mail(*recipients: str, node: str = "1@fjord.example") -> OutgoingMail:
    """A mail to these people."""
    data = (_HEAD.format(node=node, to=", ".join(recipients)) + _TEXT).encode()
    return OutgoingMail(node, "kari@fjord.example", recipients, data, data)


class SubmissionContract(ABC):
    """Every promise of `sync.submission.contract.Submission` that holds for all of them."""

    @abstractmethod
    def open(self) -> Submission:
        """A way out that works."""

    @abstractmethod
    def arrived(self) -> Sequence[Arrived]:
        """What the peer has taken so far, oldest first."""

    def test_a_mail_arrives_once_and_whole(self) -> None:
        submission, passed = self.open(), list[int]()
        mail = sample_mail("ola@bergen.example", "per@bergen.example")
        found = submission.send(mail, lambda: passed.append(len(self.arrived())))
        submission.close()
        assert (dict(found.refused), dict(found.deferred)) == ({}, {})
        assert passed == [0], "handing_over is called once, before the peer has the mail"
        (arrived,) = self.arrived()
        assert set(arrived.recipients) == set(mail.recipients)
        assert arrived.data.replace(b"\r\n", b"\n").endswith(mail.data.replace(b"\r\n", b"\n").partition(b"\n\n")[2])

    def test_a_mail_that_is_taken_back_does_not_leave(self) -> None:
        def refuse() -> None:
            raise TryLater("taken back")

        submission = self.open()
        with pytest.raises(TryLater, match="taken back"):
            submission.send(sample_mail("ola@bergen.example"), refuse)
        assert self.arrived() == []
        submission.send(sample_mail("ola@bergen.example", node="2@fjord.example"), lambda: None)
        submission.close()
        assert [b"<2@fjord.example>" in each.data for each in self.arrived()] == [True]

    def test_many_in_a_row_and_closing_twice(self) -> None:
        submission = self.open()
        for number in range(5):
            submission.send(sample_mail("ola@bergen.example", node=f"{number}@fjord.example"), lambda: None)
        submission.close()
        submission.close()
        assert len(self.arrived()) == 5

    def test_checking_sends_nothing(self) -> None:
        submission = self.open()
        submission.check()
        submission.close()
        assert self.arrived() == []
