"""The spool loses nothing: whoever writes at once, whatever the disk refuses, wherever a process is killed."""

from __future__ import annotations

import contextlib
import fcntl
import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.outpost import spool as spool_module
from agent.outpost.collecting import _finished, delete_read, read_cursor, read_events, waiting_bytes
from agent.outpost.ground import Ground, prepare_ground
from agent.outpost.spool import Spool
from crm_model.errors import Unreachable
from crm_model.tracking import Hit, TokenKind

FILES = Path("/proc/self/fd")
START = datetime(2099, 1, 1, tzinfo=UTC)  # no event is older than its segment


def hit(name: str, seconds: float = 0.0) -> Hit:
    return Hit(name, "token", TokenKind.OPEN, START + timedelta(seconds=seconds))


def ids(ground: Ground, *, limit: int = 500) -> list[str]:
    found: list[str] = []
    places: dict[str, int] = {}
    while (page := read_events(ground, places, limit=limit)).events:
        found += [event.id for event in page.events]
        places = read_cursor(page.cursor)
    return found


def delete_all_read(ground: Ground) -> None:
    """As if every byte had been acknowledged."""
    delete_read(ground, {path.name: 10**9 for path in ground.spool.iterdir()})


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    return prepare_ground(tmp_path / "outpost")


def test_what_was_kept_can_be_read_while_it_is_being_written(ground: Ground) -> None:
    with contextlib.closing(Spool(ground.spool)) as spool:
        spool.keep(hit("a"))
        assert ids(ground) == ["a"]
        spool.keep(hit("b", 1))
        assert ids(ground) == ["a", "b"]
        delete_all_read(ground)
        assert ids(ground) == ["a", "b"]
    delete_all_read(ground)
    assert ids(ground) == []


def test_many_threads_lose_and_tear_nothing(ground: Ground) -> None:
    with contextlib.closing(Spool(ground.spool, segment_bytes=4_096, segment_seconds=0.05)) as spool:

        def talk(name: str) -> None:
            for number in range(200):
                (spool.keep_for_sure if number % 50 == 0 else spool.keep)(hit(f"{name}-{number}"))

        threads = [threading.Thread(target=talk, args=(name,)) for name in "abcdefgh"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(ids(ground)) == sorted(f"{name}-{number}" for name in "abcdefgh" for number in range(200))
    assert read_events(ground, {}, limit=10_000).broken == 0


@settings(max_examples=25, deadline=None)
@given(
    talks=st.lists(st.lists(st.integers(0, 50), max_size=12), max_size=5),
    limits=st.lists(st.integers(1, 7), min_size=1),
)
def test_pages_of_any_size_give_each_event_once_in_order(
    tmp_path_factory: pytest.TempPathFactory, talks: list[list[int]], limits: list[int]
) -> None:
    ground = prepare_ground(tmp_path_factory.mktemp("spool"))
    for number, talk in enumerate(talks):
        with contextlib.closing(Spool(ground.spool)) as spool:
            for place, seconds in enumerate(sorted(talk)):
                spool.keep(hit(f"{number}-{place}", seconds))
    places: dict[str, int] = {}
    found: list[tuple[datetime, str]] = []
    turn = 0
    while (page := read_events(ground, places, limit=limits[turn % len(limits)])).events:
        found += [(event.at, event.id) for event in page.events]
        places = read_cursor(page.cursor)
        turn += 1
    assert [at for at, _ in found] == sorted(at for at, _ in found)
    assert sorted(name for _, name in found) == sorted(
        f"{number}-{place}" for number, talk in enumerate(talks) for place in range(len(talk))
    )


def test_many_small_segments_are_read_with_few_files_open(ground: Ground) -> None:
    for number in range(100):
        with contextlib.closing(Spool(ground.spool)) as spool:
            spool.keep(replace(hit(str(number)), at=datetime.now(UTC)))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(int(name.name) for name in FILES.iterdir()) + 20, hard))
    try:
        assert ids(ground) == [str(number) for number in range(100)]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_segment_that_is_collected_before_it_is_locked_keeps_its_first_event(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, hurried = fcntl.flock, list[bool]()

    def collect_before_it_is_locked(descriptor: int, operation: int) -> None:
        if not hurried and operation == fcntl.LOCK_EX:
            hurried.append(True)
            delete_read(ground, {})
        lock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", collect_before_it_is_locked)
    with contextlib.closing(Spool(ground.spool)) as spool:
        spool.keep(hit("first"))
        assert ids(ground) == ["first"]
    assert hurried


def test_a_segment_cannot_be_begun_while_it_is_being_deleted(ground: Ground) -> None:
    path = ground.spool / f"{1:020d}-00000000.jsonl"
    path.touch()
    with path.open("rb") as seen, _finished(seen) as is_finished, path.open("ab") as writer:
        assert is_finished
        with pytest.raises(BlockingIOError):
            fcntl.flock(writer, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextlib.contextmanager
def full_disk(at_bytes: int) -> Iterator[None]:
    """No file may grow beyond this: the system refuses as it does on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (at_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_holds_hits_and_refuses_promises_until_there_is_room(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool_module, "_RETRY_SECONDS", 0.01)
    with contextlib.closing(Spool(ground.spool)) as spool:
        spool.keep_for_sure(hit("before"))
        with full_disk(sum(path.stat().st_size for path in ground.spool.glob("*.jsonl")) + 20):
            for number in range(5):
                spool.keep(hit(f"held-{number}", number))
            with pytest.raises(Unreachable, match="disk"):
                spool.keep_for_sure(hit("promised"))
            assert spool.health().held == 5
            assert "disk" in spool.health().problem
            assert ids(ground) == ["before"]
        spool.keep(hit("after", 9))
    assert spool.health().held == 0
    assert ids(ground) == ["before", *(f"held-{number}" for number in range(5)), "after"]
    assert read_events(ground, {}, limit=100).broken == 0


def test_a_disk_that_stays_full_loses_the_newest_and_says_how_many(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool_module, "_HELD_EVENTS", 10)
    with contextlib.closing(Spool(ground.spool)) as spool, full_disk(0):
        for number in range(25):
            spool.keep(hit(str(number)))
        health = spool.health()
    assert (health.held, health.lost) == (10, 15)


TALKER = """
import sys
from pathlib import Path
from agent.outpost.spool import Spool
from crm_model.tracking import Hit, TokenKind
from datetime import UTC, datetime
spool = Spool(Path(sys.argv[1]), segment_bytes=20_000, segment_seconds=0.05)
for number in range(10**9):
    spool.keep(Hit(str(number), "token", TokenKind.OPEN, datetime.now(UTC)))
    print(number, flush=True)
"""


@pytest.mark.parametrize("lines", [1, 300, 2_000])
def test_what_a_killed_process_kept_is_there(ground: Ground, lines: int) -> None:
    talker = subprocess.Popen([sys.executable, "-c", TALKER, str(ground.spool)], stdout=subprocess.PIPE, text=True)
    assert talker.stdout
    said = [talker.stdout.readline() for _ in range(lines)]
    os.kill(talker.pid, signal.SIGKILL)
    said += talker.stdout.readlines()
    talker.stdout.close()
    talker.wait()
    kept = set(ids(ground))
    assert {line.strip() for line in said if line.endswith("\n")} <= kept
    assert waiting_bytes(ground, {})[0] > 0
    delete_all_read(ground)
    assert ids(ground) == []
