"""The running outpost under load, killed, on a full disk, without its database: what was answered was kept."""

from __future__ import annotations

import contextlib
import http.client
import os
import resource
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from agent.outpost.folder import FolderOutpost
from crm_model.tracking import Hit, Token, TokenKind
from crm_model.web_events import WebEvent
from tests.servers.outpost import RunningOutpost, running_outpost, start_outpost

OPEN, CLICK, LEAVE = "open-token-of-22-chars", "click-token-of-22-char", "leave-token-of-22-char"
TARGET = "https://fjordlys.example/"


def publish(outpost: RunningOutpost) -> None:
    with contextlib.closing(FolderOutpost(outpost.folder)) as agent:
        agent.publish_tokens(
            [
                Token(OPEN, TokenKind.OPEN),
                Token(CLICK, TokenKind.CLICK, TARGET),
                Token(LEAVE, TokenKind.UNSUBSCRIBE),
            ]
        )


def everything(folder: Path) -> Iterator[WebEvent]:
    with contextlib.closing(FolderOutpost(folder)) as agent:
        cursor = ""
        while (page := agent.collect(cursor, limit=1_000)).events:
            yield from page.events
            cursor = page.cursor


def workers(outpost: RunningOutpost) -> list[int]:
    """The processes that answer."""
    text = Path(f"/proc/{outpost.process.pid}/task/{outpost.process.pid}/children").read_text()
    return [int(word) for word in text.split()]


class Visitor(threading.Thread):
    """Opens and clicks until the outpost is gone; `answered` are the numbers that it got an answer for."""

    def __init__(self, outpost: RunningOutpost, name: str) -> None:
        super().__init__(name=name)
        self.port, self.answered = outpost.port, set[str]()

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with contextlib.suppress(OSError, http.client.HTTPException):
            for number in range(10**9):
                path, wanted = (f"/o/{OPEN}.gif", 200) if number % 2 else (f"/c/{CLICK}", 302)
                connection.request("GET", path, headers={"User-Agent": f"{self.name}-{number}"})
                answer = connection.getresponse()
                answer.read()
                assert answer.status == wanted
                self.answered.add(f"{self.name}-{number}")
        connection.close()


def test_a_kill_under_load_loses_nothing_that_was_answered(tmp_path: Path) -> None:
    outpost = start_outpost(tmp_path, {"workers": 2})
    publish(outpost)
    visitors = [Visitor(outpost, f"visitor{number}") for number in range(6)]
    for visitor in visitors:
        visitor.start()
    end = time.monotonic() + 60
    while sum(len(visitor.answered) for visitor in visitors) < 500:
        assert time.monotonic() < end
        time.sleep(0.01)
    outpost.kill()
    for visitor in visitors:
        visitor.join()
    answered = set().union(*(visitor.answered for visitor in visitors))
    hits = [event for event in everything(outpost.folder) if isinstance(event, Hit)]
    assert answered <= {hit.user_agent for hit in hits}
    assert len({hit.id for hit in hits}) == len(hits)
    assert len({hit.user_agent for hit in hits}) == len(hits)


def test_the_processes_end_with_the_one_that_was_killed_and_another_can_start(tmp_path: Path) -> None:
    outpost = start_outpost(tmp_path, {})
    children = workers(outpost)
    assert children
    outpost.process.kill()
    outpost.process.wait()
    end = time.monotonic() + 60
    while any(Path(f"/proc/{child}/stat").exists() for child in children):
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_killed_worker_is_replaced(tmp_path: Path) -> None:
    with running_outpost(tmp_path) as outpost:
        [child] = workers(outpost)
        os.kill(child, signal.SIGKILL)
        end = time.monotonic() + 60
        while True:
            with contextlib.suppress(httpx2.TransportError):
                if httpx2.get(f"{outpost.url}/o/x.gif", trust_env=False).status_code == 200:
                    break
            assert time.monotonic() < end
            time.sleep(0.1)
        assert workers(outpost) != [child]


def test_it_ends_cleanly_and_keeps_what_it_heard(tmp_path: Path) -> None:
    with running_outpost(tmp_path) as outpost:
        publish(outpost)
        httpx2.get(f"{outpost.url}/o/{OPEN}.gif", trust_env=False)
        assert outpost.stop() == 0
    assert len(list(everything(outpost.folder))) == 1
    assert "Traceback" not in outpost.log.read_text()


def test_a_full_disk_stops_no_answer_and_no_promise_is_broken(tmp_path: Path) -> None:
    with running_outpost(tmp_path) as outpost, httpx2.Client(base_url=outpost.url, trust_env=False) as world:
        publish(outpost)
        assert world.get(f"/o/{OPEN}.gif").status_code == 200
        [child] = workers(outpost)
        size = sum(path.stat().st_size for path in (outpost.folder / "spool").glob("*.jsonl"))
        endless = resource.prlimit(child, resource.RLIMIT_FSIZE, (size + 10, resource.RLIM_INFINITY))
        assert world.get(f"/o/{OPEN}.gif").status_code == 200
        assert world.get(f"/c/{CLICK}").headers["location"] == TARGET
        refused = world.post(f"/u/{LEAVE}", data={"mail": "1"})
        assert refused.status_code == 503
        assert "could not be saved" in refused.text
        health = world.get("/health")
        assert health.status_code == 503
        assert health.json()["held"] == 2
        resource.prlimit(child, resource.RLIMIT_FSIZE, endless)
        end = time.monotonic() + 60
        while world.get("/health").json()["held"]:
            assert time.monotonic() < end
            time.sleep(0.05)
        assert world.post(f"/u/{LEAVE}", data={"mail": "1"}).status_code == 200
    assert [type(event).__name__ for event in everything(outpost.folder)] == ["Hit", "Hit", "Hit", "OptOut"]


def test_a_broken_database_stops_no_pixel_and_loses_no_event(tmp_path: Path) -> None:
    with running_outpost(tmp_path) as outpost, httpx2.Client(base_url=outpost.url, trust_env=False) as world:
        publish(outpost)
        for path in outpost.folder.glob("outpost.sqlite3*"):
            path.write_bytes(b"no database" * 1_000)
        assert world.get(f"/o/{OPEN}.gif").status_code == 200
        click = world.get(f"/c/{CLICK}")
        assert click.status_code in (302, 503)
        assert world.get("/health").status_code == 503
        assert world.get(f"/u/{LEAVE}").status_code == 200
        assert world.post(f"/u/{LEAVE}", data={"mail": "1"}).status_code == 200
        heard = b"".join(path.read_bytes() for path in (outpost.folder / "spool").glob("*.jsonl"))
        assert heard.count(OPEN.encode()) == 1
        assert heard.count(CLICK.encode()) == 1
        assert heard.count(LEAVE.encode()) == 1


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"listen": "203.0.113.1:80"}, "listen"),
        ({"folder": "/proc/nowhere"}, "folder"),
        ({"trusted_proxies": ["everybody"]}, "trusted_proxies"),
        ({"listen": "8025"}, "listen"),
    ],
)
def test_what_cannot_be_is_a_sentence(tmp_path: Path, keys: dict[str, object], told: str) -> None:
    with pytest.raises(RuntimeError, match=f"did not start: hitchpost: .*{told}"):
        start_outpost(tmp_path, keys)
