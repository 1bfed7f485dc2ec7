"""IMAP answers are read without a general parser; nothing that a server says may break it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.mailboxes.imap.bodies import uid_set
from sync.mailboxes.imap.cursor import Cursor, read_cursor
from sync.mailboxes.imap.replies import folder_name, read_date, read_fetch, read_list, read_status

pieces = st.lists(
    st.one_of(
        st.none(),
        st.binary(max_size=60),
        st.tuples(st.binary(max_size=60), st.binary(max_size=20)),
        st.sampled_from(
            [
                b")",
                b"1 (UID 4)",
                b"1 (FLAGS (\\Seen) UID 4 BODY[] NIL)",
                (b"2 (UID 5 BODY[]<0> {3}", b"abc"),
                (b"(\\Sent) NIL {3}", b"abc"),
                b'(\\Sent) "/" "x\\"y"',
                b'"box" (MESSAGES 3 UIDNEXT 4)',
            ]
        ),
    ),
    max_size=12,
)


@given(pieces)
def test_nothing_breaks_the_reader(found: list[bytes | tuple[bytes, bytes] | None]) -> None:
    for fetched in read_fetch(found):
        assert fetched.uid >= 0
    for listed in read_list(found):
        listed.name.encode()
    read_status(found)


def test_fetch_in_any_order_of_items() -> None:
    (first, second, third) = read_fetch(
        [
            (b"9 (BODY[]<0> {3}", b"abc"),
            b' RFC822.SIZE 3 FLAGS (\\Seen $a \\Recent) MODSEQ (7) INTERNALDATE "01-Mar-2024 10:00:00 +0200" UID 8)',
            b"10 (FLAGS (UID 3) UID 12)",
            b"11 (FLAGS ())",
            b'12 (UID 13 BODY[] "a\\"b" RFC822.SIZE 3)',
        ]
    )
    assert (first.uid, first.body, first.size) == (8, b"abc", 3)
    assert first.flags == {"\\seen", "$a"}
    assert first.received_at == datetime(2024, 3, 1, 8, tzinfo=UTC)
    assert (second.uid, second.body, second.flags) == (12, None, {"uid", "3"})
    assert (third.uid, third.body) == (13, b'a"b')


def test_another_literal_is_not_the_body() -> None:
    (fetched,) = read_fetch([(b"1 (UID 4 BODY[HEADER] {3}", b"abc"), (b" BODY[]<0> {2}", b"xy"), b")"])
    assert fetched.body == b"xy"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b" 1-Mar-2024 08:00:00 +0000", datetime(2024, 3, 1, 8, tzinfo=UTC)),
        (b"1-Mar-2024 08:00:00 -0130", datetime(2024, 3, 1, 9, 30, tzinfo=UTC)),
        (b"31-Feb-2024 08:00:00 +0000", None),
        (b"01-Xxx-2024 08:00:00 +0000", None),
        (b"01-Jan-0001 00:00:00 +1400", None),
        (b"", None),
    ],
)
def test_dates(text: bytes, expected: datetime | None) -> None:
    assert read_date(text) == expected


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        (b"Bl&AOU-b&AOY-r", "Blåbær"),
        (b"Tom &- Jerry", "Tom & Jerry"),
        ("Blåbær".encode(), "Blåbær"),
        (b"bad &AA", "bad &AA"),
        (b"raw \xff", "raw %FF"),
    ],
)
def test_folder_names(raw: bytes, name: str) -> None:
    assert folder_name(raw) == name


def test_status_of_a_folder_with_a_misleading_name() -> None:
    status = read_status([b'"(MESSAGES 99)" (MESSAGES 3 UIDNEXT 4 UIDVALIDITY 5 HIGHESTMODSEQ 6)'])
    assert (status.messages, status.uidnext, status.uidvalidity, status.modseq) == (3, 4, 5, 6)
    assert read_status([(b"{3}", b"abc"), b" (MESSAGES 3)"]).messages == 3


@given(st.sets(st.integers(1, 2**32 - 1) | st.integers(1, 400), min_size=1, max_size=1500))
def test_uid_sets_name_every_uid_once(uids: set[int]) -> None:
    waiting, named = sorted(uids), []
    while waiting:
        text, taken = uid_set(waiting)
        assert taken > 0
        assert len(text) <= 4_000
        for part in text.split(","):
            first, _, last = part.partition(":")
            named.extend(range(int(first), int(last or first) + 1))
        waiting = waiting[taken:]
    assert named == sorted(uids)


@given(st.text())
def test_any_text_is_a_cursor_or_the_beginning(text: str) -> None:
    assert read_cursor(text) is None


def test_cursor_goes_through_text_and_back() -> None:
    cursor = Cursor(1, 2, 3, 4, 5, 2**62, 7, 8, 9)
    assert read_cursor(cursor.to_text()) == cursor
    assert read_cursor('{"v":1,"low":"x"}') is None
    assert read_cursor("[1]") is None
