"""Submission by SMTP: what each fault means for the mail, on either side of the point of no return."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from crm_model.errors import ConfigError, LoginNeeded, NotSupported, RateLimited, Rejected, TryLater, Unreachable
from crm_model.options import Connection
from sync.oauth import access_token
from sync.submission.contract import InDoubt, OutgoingMail
from sync.submission.smtp import SmtpSubmission
from tests.fakes.oauth import running_oauth
from tests.servers.scripted_smtp import CUT, CUT_TAKEN, HANG, ScriptedSmtp, running_smtp

MAIL = "https://mail.google.com/"
DATA = b"Message-ID: <1@fjord.example>\r\nSubject: x\r\n\r\nHei\r\n.\r\n..dots\r\n"


def mail(*recipients: str, **changed: Any) -> OutgoingMail:
    values = {"message_id": "1@fjord.example", "sender": "kari@fjord.example", "data": DATA, "own_copy": DATA}
    return OutgoingMail(**{**values, "recipients": recipients or ("ola@bergen.example",), **changed})


Way = Callable[..., SmtpSubmission]


@pytest.fixture
def server() -> Iterator[ScriptedSmtp]:
    with running_smtp() as running:
        yield running


@pytest.fixture
def way(server: ScriptedSmtp) -> Iterator[Way]:
    """Makes a way out to the server, closed at the end."""
    with contextlib.ExitStack() as opened:

        def make(secret: str = "", **options: Any) -> SmtpSubmission:
            chosen = {"smtp_host": "127.0.0.1", "smtp_port": server.port, "smtp_tls": "none", **options}
            connection = Connection("work", "imap", chosen, secret=lambda: secret)
            return opened.enter_context(contextlib.closing(SmtpSubmission(connection, answer_seconds=1)))

        yield make


class Handing:
    """Counts how often the point of no return was passed."""

    def __init__(self, error: Exception | None = None) -> None:
        self.times, self._error = 0, error

    def __call__(self) -> None:
        self.times += 1
        if self._error:
            raise self._error


def test_sends_what_was_given(server: ScriptedSmtp, way: Way) -> None:
    submission, handing = way(), Handing()
    for _ in range(2):
        assert submission.send(mail("ola@bergen.example", "per@bergen.example"), handing).refused == {}
    submission.close()
    submission.close()
    assert [taken.data for taken in server.taken] == [DATA, DATA]
    assert server.taken[0].recipients == ("ola@bergen.example", "per@bergen.example")
    assert (handing.times, server.sessions) == (2, 1)


@pytest.mark.parametrize(
    ("place", "fault", "error"),
    [
        ("connect", "554 no", Rejected),
        ("connect", "421 busy", Unreachable),
        ("connect", CUT, Unreachable),
        ("ehlo", CUT, Unreachable),
        ("mail", "550 who", Rejected),
        ("mail", "530 5.7.0 sign in", LoginNeeded),
        ("mail", "451 later", TryLater),
        ("mail", "452 too many", RateLimited),
        ("mail", CUT, Unreachable),
        ("rcpt", "550 5.1.1 nobody", Rejected),
        ("rcpt", "450 greylisted", TryLater),
        ("rcpt", CUT, Unreachable),
        ("rcpt", "421 bye", Unreachable),
        ("data", "554 spam", Rejected),
        ("data", CUT, Unreachable),
        ("data", HANG, Unreachable),
        ("text", CUT, InDoubt),
        ("dot", "554 5.7.1 spam", Rejected),
        ("dot", "451 later", TryLater),
        ("dot", "421 going down", Unreachable),
        ("dot", "rubbish", InDoubt),
        ("dot", CUT, InDoubt),
        ("dot", CUT_TAKEN, InDoubt),
        ("dot", HANG, InDoubt),
    ],
)
def test_each_fault_has_its_meaning(
    server: ScriptedSmtp, way: Way, place: str, fault: str, error: type[Exception]
) -> None:
    server.faults[place] = [fault, fault] if place == "ehlo" else [fault]
    submission, handing = way(), Handing()
    with pytest.raises(error) as caught:
        submission.send(mail(), handing)
    assert type(caught.value) is error
    assert "\r" not in str(caught.value)
    assert handing.times <= 1
    assert handing.times == (place in ("text", "dot"))
    server.faults.clear()
    submission.send(mail(), handing)  # the next mail finds a line that works
    assert server.taken[-1].data == DATA
    submission.close()


def test_a_mail_that_is_taken_back_does_not_leave(server: ScriptedSmtp, way: Way) -> None:
    with pytest.raises(TryLater, match="stop"):
        way().send(mail(), Handing(TryLater("stop")))
    assert server.taken == []


def test_some_recipients_are_refused(server: ScriptedSmtp, way: Way) -> None:
    server.refusals = {"no@x.example": "550 5.1.1 nobody\x1b[31m", "later@x.example": "450 4.7.1 greylisted"}
    found = way().send(mail("ola@x.example", "no@x.example", "later@x.example"), Handing())
    assert found.refused == {"no@x.example": "550 5.1.1 nobody"}
    assert found.deferred == {"later@x.example": "450 4.7.1 greylisted"}
    assert server.taken[0].recipients == ("ola@x.example",)


def test_all_recipients_are_refused(server: ScriptedSmtp, way: Way) -> None:
    server.refusals = {"no@x.example": "550 nobody"}
    with pytest.raises(Rejected) as caught:
        way().send(mail("no@x.example"), Handing())
    assert caught.value.field_errors == {"no@x.example": "550 nobody"}


def test_a_mail_that_is_too_large_is_not_carried_there(server: ScriptedSmtp, way: Way) -> None:
    with pytest.raises(Rejected, match=r"1\.0 MB"):
        way().send(mail(data=DATA + b"x" * 1_000_000), Handing())
    assert not any(line.startswith("DATA") for line in server.commands)


def test_international_addresses_need_a_server_that_knows_them(server: ScriptedSmtp, way: Way) -> None:
    odd = mail("bjørn@x.example", needs_utf8=True)
    with pytest.raises(NotSupported, match="international"):
        way().send(odd, Handing())
    server.extensions.append("SMTPUTF8")
    way().send(odd, Handing())
    assert server.taken[0].recipients == ("bjørn@x.example",)
    assert any("SMTPUTF8" in line for line in server.commands)


@pytest.mark.timeout(120)
def test_a_server_that_drips_does_not_hold_us_for_ever(
    server: ScriptedSmtp, way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.submission.smtp._SHORTEST_DEADLINE", 0)
    submission = way()
    submission.check()
    server.drip_seconds = 0.3
    with pytest.raises(Unreachable):
        submission.send(mail(), Handing())


@pytest.mark.parametrize("user", ["kari", "jørgen"])
def test_signs_in(server: ScriptedSmtp, way: Way, user: str) -> None:
    server.password = "blåbær" if user == "jørgen" else "s3cret"
    submission = way(server.password, user=user)
    submission.check()
    submission.close()
    with pytest.raises(LoginNeeded, match="mailbox test work") as caught:
        way("wrong", user=user).check()
    assert "wrong" not in str(caught.value)


def test_a_user_without_a_place_to_sign_in_is_a_mistake(server: ScriptedSmtp, way: Way) -> None:
    with pytest.raises(ConfigError, match="no sign-in"):
        way("x", user="kari").check()
    way("x").check()


def test_an_empty_user_is_no_sign_in_whatever_the_mailbox_has(server: ScriptedSmtp, way: Way) -> None:
    way("x", user="kari", smtp_user="").check()
    server.password = "s3cret"
    way(server.password, user="kari@x.example", smtp_user="kari").check()
    way("wrong", user="kari", smtp_user="").check()


def test_nothing_travels_in_the_open() -> None:
    with pytest.raises(ConfigError, match="readable by anyone"):
        SmtpSubmission(Connection("work", "imap", {"smtp_host": "mail.example", "smtp_tls": "none"}, secret=str))


def test_a_closed_port_is_unreachable(way: Way) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(Unreachable, match="does not answer"):
        way(smtp_port=port).check()


@pytest.mark.parametrize("mechanism", ["XOAUTH2", "OAUTHBEARER"])
def test_signs_in_with_a_token_and_renews_one_that_was_withdrawn(server: ScriptedSmtp, mechanism: str) -> None:
    with running_oauth() as provider:
        secret = provider.secret(provider.consent("", MAIL), MAIL)
        options = {"smtp_host": "127.0.0.1", "smtp_port": server.port, "smtp_tls": "none", "oauth": "google"}
        account = Connection(f"work {mechanism}", "imap", {**options, "user": "kari@x.example"}, lambda: secret)
        withdrawn = access_token(account)
        server.mechanisms, server.accepts = mechanism, lambda said: withdrawn not in said
        with contextlib.closing(SmtpSubmission(account)) as submission:
            submission.check()
        assert provider.refreshes == 2
        server.accepts = lambda _said: False
        with contextlib.closing(SmtpSubmission(account)) as dead, pytest.raises(LoginNeeded, match="sign in again"):
            dead.check()
