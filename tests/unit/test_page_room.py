"""How much mail may be on its way to the database at once."""

from __future__ import annotations

import threading
import time

from agent.page_room import PageRoom, size_of
from crm_model.mail import RawMessage
from sync.mailboxes.contract import MailPage


def _never() -> bool:
    return False


def test_who_finds_no_room_waits_until_some_is_given_back() -> None:
    room, order = PageRoom(10), []
    room.take(8, _never)

    def second() -> None:
        room.take(8, _never)
        order.append("second")

    thread = threading.Thread(target=second)
    thread.start()
    time.sleep(0.1)
    order.append("first")
    room.give_back(8)
    thread.join(60)
    assert order == ["first", "second"]


def test_many_fetchers_never_hold_more_than_fits() -> None:
    room, held, most = PageRoom(30), [0], [0]
    lock = threading.Lock()

    def fetch() -> None:
        for _ in range(20):
            room.take(10, _never)
            with lock:
                held[0] += 10
                most[0] = max(most[0], held[0])
            time.sleep(0.001)
            with lock:
                held[0] -= 10
            room.give_back(10)

    threads = [threading.Thread(target=fetch) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert 0 < most[0] <= 30


def test_a_slow_server_holds_the_others_up_only_for_a_while() -> None:
    room = PageRoom(10, patience_seconds=0.3)
    room.take(10, _never)
    started = time.monotonic()
    room.take(10, _never)
    assert 0.2 < time.monotonic() - started < 5


def test_who_is_told_to_stop_does_not_wait() -> None:
    room = PageRoom(10)
    room.take(10, _never)
    started = time.monotonic()
    room.take(10, lambda: True)
    assert time.monotonic() - started < 5


def test_a_page_counts_by_the_bytes_it_holds() -> None:
    page = MailPage("1", [RawMessage("1", b"abc", 900), RawMessage("2", b"de", 2)], "c", more=False)
    assert size_of(page) == 5
