"""Gmail as it misbehaves: nothing is lost, nothing comes twice, and what can't be had is named."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from random import Random

import pytest

from crm_model.errors import (
    ConfigError,
    LoginNeeded,
    NotFound,
    RateLimited,
    TryLater,
    Unreachable,
)
from sync.mailboxes.contract import MailSource
from sync.mailboxes.gmail import GMAIL, api
from sync.mailboxes.gmail.messages import LARGE_BYTES
from sync.mailboxes.testing import Holding, letter, letters
from tests.fakes.gmail import Chaos, FakeGmail, Refused, retry_text, running_gmail
from tests.fakes.server import Fault, Reply, cut_answer, drip, empty_500, lost_answer, page, too_many

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long Gmail was left alone, without the waiting."""
    found: list[float] = []
    monkeypatch.setattr(api, "sleep", found.append)
    return found


@pytest.fixture
def gmail(pauses: list[float]) -> Iterator[FakeGmail]:
    with running_gmail() as server:
        yield server


@pytest.fixture
def holding() -> Holding:
    return Holding()


def source_of(gmail: FakeGmail) -> MailSource:
    return GMAIL.open(gmail.connection())


def read(gmail: FakeGmail, holding: Holding) -> Holding:
    holding.read_all(lambda: source_of(gmail))
    return holding


def fill(gmail: FakeGmail, count: int) -> list[str]:
    return [gmail.mailbox.deliver(data, at) for data, at in letters(count)]


def assert_complete(gmail: FakeGmail, holding: Holding) -> None:
    assert set(holding.held) == set(gmail.mailbox.mails)
    assert len(holding.delivered) == len(set(holding.delivered))


@pytest.mark.parametrize(
    "fault",
    [
        too_many(retry_after=3),
        too_many(status=403),
        empty_500(),
        page(),
        lost_answer(),
        cut_answer(),
        drip(0.01),
        Fault(Reply(200, b"")),
        Fault(Reply(200, b'{"messages": [{"id": "18')),
        Fault(Refused(403, "userRateLimitExceeded").reply),
    ],
)
@pytest.mark.parametrize("path", ["/profile", "/messages", "/batch", "/history"])
def test_one_failed_call_is_made_again(gmail: FakeGmail, holding: Holding, fault: Fault, path: str) -> None:
    if fault.reply is not None and fault.reply.status == 403 and "error" not in str(fault.reply.body):
        return
    fill(gmail, 60)
    fault.path, fault.times = path, 1
    gmail.server.fail(fault)
    try:
        read(gmail, holding)
    except (TryLater, ConfigError):  # a 403 without a reason is no limit
        read(gmail, holding)
    assert_complete(gmail, holding)


def test_retry_after_is_honoured_and_pauses_have_jitter(gmail: FakeGmail, pauses: list[float]) -> None:
    gmail.server.fail(too_many(path="/profile", retry_after=17))
    with closing(source_of(gmail)) as source:
        source.folders()
    assert pauses == [17.0]
    for _ in range(5):
        gmail.server.fail(too_many(path="/profile"))
        with closing(source_of(gmail)) as source:
            source.folders()
    assert len(set(pauses[1:])) == 5


def test_a_long_pause_is_left_to_the_caller(gmail: FakeGmail, pauses: list[float]) -> None:
    for fault in (
        too_many(path="/profile", retry_after=900),
        Fault(Refused(429, "rateLimitExceeded", retry_text(900)).reply, path="/profile"),
    ):
        gmail.server.fail(fault)
        with closing(source_of(gmail)) as source, pytest.raises(RateLimited) as caught:
            source.folders()
        assert 890 < (caught.value.retry_after_seconds or 0) <= 900
    assert pauses == []


@pytest.mark.parametrize("status", [429, 403])
def test_an_empty_quota_stops_the_pass_and_loses_nothing(gmail: FakeGmail, holding: Holding, status: int) -> None:
    fill(gmail, 300)
    gmail.quota, gmail.quota_status = 2_500, status
    with pytest.raises(RateLimited):
        read(gmail, holding)
    assert 0 < len(holding.held) < 300
    gmail.quota = None
    read(gmail, holding)
    assert_complete(gmail, holding)


def test_parts_of_a_batch_that_fail_are_asked_for_again(gmail: FakeGmail, holding: Holding) -> None:
    fill(gmail, 400)
    with closing(source_of(gmail)) as source:
        folder = source.folders()[0]
        gmail.chaos = Chaos(Random(3), 0.1)
        more = True
        while more:
            with suppress(TryLater):
                more = holding.read_page(source, folder).more
    assert sum(gmail.chaos.seen.values()) > 20
    assert_complete(gmail, holding)


def test_one_broken_message_is_named_and_the_others_come(gmail: FakeGmail, holding: Holding) -> None:
    uids = fill(gmail, 120)
    gmail.broken, gmail.unreadable = {uids[7]}, {uids[60]}
    read(gmail, holding)
    assert set(holding.failed) == {uids[7], uids[60]}
    assert len(holding.held) == 118
    with closing(source_of(gmail)) as source:
        folder = source.folders()[0]
        for uid in holding.failed:
            with pytest.raises(TryLater):
                source.fetch(folder, uid)
        gmail.broken, gmail.unreadable = set(), set()
        assert b"Letter 7" in source.fetch(folder, uids[7]).data


def test_a_server_that_is_down_fails_the_pass_and_no_message(gmail: FakeGmail, holding: Holding) -> None:
    gmail.broken = set(fill(gmail, 30))
    with pytest.raises(Unreachable):
        read(gmail, holding)
    assert not holding.failed
    gmail.broken = set()
    assert_complete(gmail, read(gmail, holding))


def test_a_token_that_dies_within_a_batch(gmail: FakeGmail, holding: Holding) -> None:
    fill(gmail, 120)
    with closing(source_of(gmail)) as source:
        source.folders()
        gmail.oauth.expire_access()
        while holding.read_page(source, source.folders()[0]).more:
            pass
    assert_complete(gmail, holding)


def test_a_dead_sign_in_pauses_the_account_and_a_new_one_goes_on(gmail: FakeGmail, holding: Holding) -> None:
    fill(gmail, 250)
    with closing(source_of(gmail)) as source:
        folder = source.folders()[0]
        holding.read_page(source, folder)
        gmail.oauth.revoke()
        with pytest.raises(LoginNeeded, match="hitchpost mailbox sign-in mail"):
            while holding.read_page(source, folder).more:
                pass
    assert_complete(gmail, read(gmail, holding))


def test_too_few_scopes_are_said(gmail: FakeGmail) -> None:
    connection = gmail.connection()
    for consent in gmail.oauth.refresh_tokens.values():
        consent.scopes = ["https://www.googleapis.com/auth/gmail.send"]
    with closing(GMAIL.open(connection)) as source, pytest.raises(LoginNeeded, match="tick every box"):
        source.folders()


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("accessNotConfigured", "enable it in Google Cloud"),
        ("domainPolicy", "administrator"),
        ("odd", "not allow this"),
    ],
)
def test_what_a_person_must_mend_is_said(gmail: FakeGmail, reason: str, words: str) -> None:
    gmail.server.fail(Fault(Refused(403, reason).reply))
    with closing(source_of(gmail)) as source, pytest.raises(ConfigError, match=words):
        source.folders()


def test_forgotten_history_is_a_comparison_that_fetches_nothing_again(gmail: FakeGmail, holding: Holding) -> None:
    uids = fill(gmail, 700)
    read(gmail, holding)
    label = gmail.mailbox.make_label("CRM/Lead")
    gmail.mailbox.modify(uids[3], add=[label], remove=["UNREAD"])
    gmail.mailbox.delete(uids[5])
    gmail.mailbox.trash(uids[6])
    new = gmail.mailbox.deliver(letter(9_000), NOW)
    gmail.mailbox.forget_history()
    gmail.units.clear()
    generation = holding.generation
    read(gmail, holding)
    assert holding.generation == generation
    assert set(holding.held) == (set(uids) - {uids[5], uids[6]}) | {new}
    assert holding.delivered.count(uids[0]) == 1
    assert holding.flags[uids[3]] == {"\\seen", "\\inbox", "crm/lead"}
    assert holding.flags[uids[4]] == {"\\inbox"}
    assert gmail.units["get"] == 20


def test_labels_told_by_lists_that_move(gmail: FakeGmail, holding: Holding) -> None:
    """What slips through a list of unread mail must not pass for read."""
    uids = fill(gmail, 1_600)
    read(gmail, holding)
    gmail.mailbox.modify(uids[0], add=["STARRED"])
    gmail.mailbox.forget_history()
    newest = iter(uids[::-1])
    calls = iter(range(1_000))

    def move() -> None:
        if next(calls) % 3 == 0:
            gmail.mailbox.modify(next(newest), remove=["UNREAD"])

    gmail.between_pages = move
    read(gmail, holding)
    gmail.between_pages = None
    read(gmail, holding)
    unread = {uid for uid, mail in gmail.mailbox.mails.items() if "UNREAD" in mail.labels}
    assert {uid for uid, flags in holding.flags.items() if "\\seen" not in flags} == unread
    assert len(unread) < 1_600


def test_history_that_expires_during_the_scan(gmail: FakeGmail, holding: Holding) -> None:
    uids = fill(gmail, 450)
    with closing(source_of(gmail)) as source:
        folder = source.folders()[0]
        holding.read_page(source, folder)
        gmail.mailbox.modify(uids[449], remove=["UNREAD"])
        gmail.mailbox.forget_history()
        while holding.read_page(source, folder).more:
            pass
    assert_complete(gmail, holding)
    assert "\\seen" in holding.flags[uids[449]]


def test_a_change_between_two_halves_of_a_scan_is_seen(gmail: FakeGmail, holding: Holding) -> None:
    uids = fill(gmail, 450)
    with closing(source_of(gmail)) as source:
        holding.read_page(source, source.folders()[0])
    gmail.mailbox.modify(uids[449], remove=["UNREAD"])
    assert uids[449] in holding.held
    read(gmail, holding)
    assert "\\seen" in holding.flags[uids[449]]


@pytest.mark.parametrize("change", ["delete", "deliver", "both"])
def test_a_list_that_moves_while_it_is_paged(gmail: FakeGmail, holding: Holding, change: str) -> None:
    """A deletion moves what follows up a place, out of the next page; an arrival shows the same message twice."""
    uids = fill(gmail, 1_600)
    moves = iter(range(100))

    def move() -> None:
        number = next(moves, None)
        if number is not None and number < 3 and change in ("delete", "both"):
            for uid in uids[-5 * number - 5 :][:5]:
                gmail.mailbox.delete(uid)
        if number is not None and number < 3 and change in ("deliver", "both"):
            gmail.mailbox.deliver(letter(9_000 + number), NOW + timedelta(minutes=number))

    gmail.between_pages = move
    read(gmail, holding)
    gmail.between_pages = None
    read(gmail, holding)
    assert_complete(gmail, holding)


def test_a_page_token_that_leads_nowhere_ends_the_history(gmail: FakeGmail, holding: Holding) -> None:
    read(gmail, holding)
    gmail.empty_last_page = True
    fill(gmail, 3)
    assert_complete(gmail, read(gmail, holding))


def test_more_history_than_a_page_holds(gmail: FakeGmail, holding: Holding) -> None:
    uids = fill(gmail, 20)
    read(gmail, holding)
    for _ in range(40):
        for uid in uids:
            gmail.mailbox.modify(uid, remove=["UNREAD"])
            gmail.mailbox.modify(uid, add=["UNREAD"])
    gmail.mailbox.modify(uids[2], remove=["UNREAD"])
    new = gmail.mailbox.deliver(letter(9_000), NOW)
    read(gmail, holding)
    assert [uid for uid, flags in holding.flags.items() if "\\seen" in flags] == [uids[2]]
    assert new in holding.held


def test_a_history_that_leaps(gmail: FakeGmail, holding: Holding) -> None:
    fill(gmail, 3)
    read(gmail, holding)
    gmail.mailbox.history_id += 2**40
    fill(gmail, 3)
    assert_complete(gmail, read(gmail, holding))


def test_a_message_that_goes_between_list_and_fetch(gmail: FakeGmail, holding: Holding) -> None:
    uids = fill(gmail, 60)
    gmail.between_pages = None
    with closing(source_of(gmail)) as source:
        folder = source.folders()[0]
        list(source.list_uids(folder)[1])
        gmail.server.fail()
        original = gmail.mailbox.search

        def search_then_delete(*arguments: object, **more: object) -> object:
            found = original(*arguments, **more)  # type: ignore[arg-type]
            if uids[5] in gmail.mailbox.mails:
                gmail.mailbox.delete(uids[5])
            return found

        gmail.mailbox.search = search_then_delete  # type: ignore[method-assign,assignment]
        while holding.read_page(source, folder).more:
            pass
    assert_complete(gmail, holding)


def test_nothing_new_costs_three_units(gmail: FakeGmail, holding: Holding) -> None:
    fill(gmail, 30)
    read(gmail, holding)
    gmail.units.clear()
    read(gmail, holding)
    assert sum(gmail.units.values()) == 3


def test_the_budget_shows_what_is_there_before_it_waits(gmail: FakeGmail, holding: Holding) -> None:
    fill(gmail, 200)
    connection = gmail.connection("tight", units_per_minute=2_100)
    with closing(GMAIL.open(connection)) as source:
        page = holding.read_page(source, source.folders()[0])
    assert page.more
    assert len(page.messages) == 100
    assert gmail.units["get"] == 2_000


def test_backfill_reads_only_so_far_back(gmail: FakeGmail, holding: Holding) -> None:
    now = datetime.now(UTC)
    ages = (3, 40, 100, 400)
    uids = [gmail.mailbox.deliver(letter(age), now - timedelta(days=age)) for age in ages]

    def read_months(months: int) -> list[str]:
        holding.read_all(lambda: GMAIL.open(gmail.connection(backfill_months=months)))
        return sorted(holding.held)

    assert read_months(2) == sorted(uids[:2])
    with closing(GMAIL.open(gmail.connection(backfill_months=2))) as source:
        assert sorted(source.list_uids(source.folders()[0])[1]) == sorted(uids[:2])
    assert read_months(6) == sorted(uids[:3])
    gmail.mailbox.forget_history()
    assert read_months(2) == sorted(uids[:3])
    assert read_months(0) == sorted(uids)
    assert len(holding.delivered) == 4


def with_attachment(size: int) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "nina@dahl.example", "kari@fjordlys.example", "Tegninger"
    message["Message-ID"] = "<drawings@dahl.example>"
    message.set_content("Her er tegningene på ønsket format.\n")
    message.add_attachment(b"\0\1" * (size // 2), maintype="application", subtype="pdf", filename="plan å.pdf")
    inner = EmailMessage()
    inner["Subject"] = "Inside"
    inner.set_content("Forwarded text.")
    message.add_attachment(inner)
    return message.as_bytes(policy=message.policy.clone(linesep="\r\n"))


@pytest.mark.parametrize("size", [10_000, 3 * 1024 * 1024])
def test_attachments_of_large_mail_are_fetched_on_demand(gmail: FakeGmail, holding: Holding, size: int) -> None:
    uid = gmail.mailbox.deliver(with_attachment(size), NOW)
    read(gmail, holding)
    message = holding.held[uid]
    assert b"Her er" in message.data or b"SGVyIGVy" in message.data
    large = size > LARGE_BYTES
    assert message.left_out == ({"2": size} if large else {})
    assert (len(message.data) < 5_000) is large
    assert message.size > size
    assert gmail.units["attachment"] == 0
    with closing(source_of(gmail)) as source:
        folder = source.folders()[0]
        assert source.fetch_part(folder, uid, "2") == b"\0\1" * (size // 2)
        assert source.fetch_part(folder, uid, "1").decode().strip() == "Her er tegningene på ønsket format."
        assert source.fetch_part(folder, uid, "3.1").strip() == b"Forwarded text."
        assert source.fetch(folder, uid).data == message.data
        for number in ("9", "", "1.1.1"):
            with pytest.raises(NotFound):
                source.fetch_part(folder, uid, number)


def test_the_conversation_is_told_with_the_mailbox(gmail: FakeGmail, holding: Holding) -> None:
    first = gmail.mailbox.deliver(letter(1), NOW)
    read(gmail, holding)
    assert holding.held[first].conversation == f"{gmail.mailbox.user} {first}"
