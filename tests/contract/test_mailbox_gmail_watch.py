"""Gmail's notifications make the next look come sooner; without them it is polled."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from crm_model.errors import ConfigError, LoginNeeded, NotSupported
from sync.mailboxes.contract import MailWatch
from sync.mailboxes.gmail import GMAIL
from sync.mailboxes.testing import START, Holding, letter
from sync.oauth.grant import wanted_scopes
from sync.oauth.providers import GMAIL_MODIFY, PUBSUB
from tests.fakes.gmail import FakeGmail, running_gmail
from tests.fakes.server import page

TOPIC, SUBSCRIPTION = "projects/hitchpost/topics/mail", "projects/hitchpost/subscriptions/mail"


@pytest.fixture
def gmail() -> Iterator[FakeGmail]:
    with running_gmail() as server:
        yield server


@pytest.fixture
def watch(gmail: FakeGmail) -> Iterator[MailWatch]:
    assert GMAIL.watch is not None
    with closing(GMAIL.watch(gmail.connection(pubsub_topic=TOPIC, pubsub_subscription=SUBSCRIPTION))) as opened:
        yield opened


def test_without_a_subscription_it_is_polled(gmail: FakeGmail) -> None:
    assert GMAIL.watch is not None
    with pytest.raises(NotSupported, match="from time to time"):
        GMAIL.watch(gmail.connection())


def test_the_sign_in_asks_for_pubsub_only_where_it_is_used(gmail: FakeGmail) -> None:
    assert wanted_scopes(gmail.connection()) == (GMAIL_MODIFY,)
    assert wanted_scopes(gmail.connection(pubsub_subscription=SUBSCRIPTION)) == (GMAIL_MODIFY, PUBSUB)


def test_a_notice_is_news_once(gmail: FakeGmail, watch: MailWatch) -> None:
    assert watch.wait(0)  # something may have come before
    assert gmail.topics == [TOPIC]
    assert not watch.wait(0)
    gmail.notices += ["a", "b"]
    assert watch.wait(0)
    assert not watch.wait(0)
    assert len(gmail.topics) == 1


def test_a_notice_that_comes_twice_is_two_looks_and_nothing_else(gmail: FakeGmail, watch: MailWatch) -> None:
    watch.wait(0)
    gmail.mailbox.deliver(letter(1), START)
    for _ in range(2):
        gmail.notices.append("late")
        assert watch.wait(0)
    holding = Holding()
    for _ in range(2):
        holding.read_all(lambda: GMAIL.open(gmail.connection()))
    assert len(holding.delivered) == 1
    assert gmail.notices == []


def test_gmail_is_reminded_daily(gmail: FakeGmail, watch: MailWatch, monkeypatch: pytest.MonkeyPatch) -> None:
    watch.wait(0)
    monkeypatch.setattr("sync.mailboxes.gmail.watch.time.monotonic", lambda: 10.0**9)
    assert watch.wait(0)
    assert gmail.topics == [TOPIC, TOPIC]


def test_a_token_that_died_is_replaced(gmail: FakeGmail, watch: MailWatch) -> None:
    watch.wait(0)
    gmail.oauth.expire_access()
    gmail.notices.append("a")
    assert watch.wait(0)


def test_what_a_person_must_mend_is_said(gmail: FakeGmail, watch: MailWatch) -> None:
    watch.wait(0)
    gmail.server.fail(page(404, path="/v1/"))
    with pytest.raises(ConfigError, match="check its name"):
        watch.wait(0)
    for consent in gmail.oauth.refresh_tokens.values():
        consent.scopes = [GMAIL_MODIFY]
    gmail.oauth.expire_access()
    with pytest.raises(LoginNeeded, match="pubsub"):
        watch.wait(0)
