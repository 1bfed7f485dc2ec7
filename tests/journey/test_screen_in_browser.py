"""`hitchpost tui --web`: the screen in a real browser, and everybody else kept out of it."""

from __future__ import annotations

import base64
import contextlib
import http.client
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page

from tests.journey.workplace import COMMAND, Workplace, deliver, make_workplace
from tests.servers.browser import PACKAGE, is_installed, running_browser
from tests.servers.needed import need

SECONDS = 60.0


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Message
    text: str


class Served:
    """A running `tui --web`; `address` has its key."""

    def __init__(self, place: Workplace) -> None:
        self.process = subprocess.Popen(
            [COMMAND, "--config", place.config, "tui", "--web"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "LANG": "C.UTF-8"},
        )
        assert self.process.stdout is not None
        self.address = self.process.stdout.readline().strip()
        self.place = urlsplit(self.address)

    def ask(self, path: str, **headers: str) -> Answer:
        """The answer to a GET; Host is right unless it is given."""
        connection = http.client.HTTPConnection("127.0.0.1", self.place.port or 0, timeout=SECONDS)
        with contextlib.closing(connection):
            connection.putrequest("GET", path, skip_host=True)
            for name, value in {"Host": self.place.netloc, **headers}.items():
                connection.putheader(name, value)
            connection.endheaders()
            with connection.getresponse() as answer:
                return Answer(answer.status, answer.headers, answer.read().decode())

    def cookie(self) -> str:
        answer = self.ask(f"/?{self.place.query}")
        assert (answer.status, answer.headers["Location"]) == (303, "/")
        return str(answer.headers["Set-Cookie"])

    def screens(self) -> list[int]:
        """The processes that draw."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text(encoding="ascii")
        return [int(each) for each in children.split()]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Workplace:
    made = make_workplace(tmp_path_factory.mktemp("desk"))
    for number in range(1, 4):
        deliver(made, number, body="Could you make an offer for a new website?")
    made.run("sync")
    return made


@pytest.fixture
def served(place: Workplace) -> Iterator[Served]:
    running = Served(place)
    try:
        yield running
    finally:
        running.process.send_signal(signal.SIGINT)
        running.process.wait(SECONDS)
        if running.process.stdout:
            running.process.stdout.close()


def upgrade(**more: str) -> dict[str, str]:
    """The headers with which a page opens a WebSocket."""
    key = base64.b64encode(os.urandom(16)).decode()
    return {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": key,
        **more,
    }


def test_nobody_else_gets_in(served: Served) -> None:
    """Other people of this machine, names that are made to point here, other pages in the same browser."""
    cookie = served.cookie()
    kept = {"Cookie": cookie.partition(";")[0]}
    here = f"http://{served.place.netloc}"
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert served.ask("/", **kept).status == 200
    for path in ("/", "/?key=", "/?key=guess", "/static/js/textual.js", "/download/x"):
        assert served.ask(path).status == 403, path
    assert served.ask("/", Host="evil.example", **kept).status == 403
    assert served.ask("/", Host=f"localhost:{served.place.port}", **kept).status == 403
    for origin in ("https://evil.example", "null", "http://127.0.0.1:1", here.replace("127.0.0.1", "localhost")):
        assert served.ask("/ws", **upgrade(Origin=origin, **kept)).status == 403, origin
        assert served.ask("/", Origin=origin, **kept).status == 403, origin
    assert served.ask("/ws", **upgrade(**kept)).status == 403, "no page says no origin"
    assert served.ask("/ws", **upgrade(Origin=here)).status == 403
    assert served.screens() == []
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.2", served.place.port or 0), 2).close()


def test_what_is_answered_names_no_other_place(served: Served) -> None:
    answer = served.ask("/", Cookie=served.cookie().partition(";")[0])
    page = answer.text
    assert "https://" not in page
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert served.place.query.removeprefix("key=") not in page


def test_the_screen_works_in_a_browser(served: Served) -> None:
    need(is_installed(), PACKAGE)
    with running_browser() as browser:
        context = browser.new_context(viewport={"width": 1000, "height": 600})
        page = context.new_page()
        elsewhere: list[str] = []
        page.on("request", lambda asked: elsewhere.append(asked.url) if "127.0.0.1" not in asked.url else None)
        drawn = Drawn(page)
        page.goto(served.address, wait_until="domcontentloaded")
        drawn.wait_for("Project 3")
        assert served.place.query not in page.url
        page.keyboard.press("?")
        drawn.wait_for("Keys and marks")
        page.keyboard.press("Escape")
        page.set_viewport_size({"width": 1500, "height": 800})
        drawn.wait_for("Conversations")
        page.keyboard.press("/")
        drawn.wait_for("is:unlinked")
        page.reload(wait_until="domcontentloaded")
        drawn.wait_for("Project 3")
        second = context.new_page()
        second_drawn = Drawn(second)
        second.goto(served.address, wait_until="domcontentloaded")
        second_drawn.wait_for("Project 3")
        second.close()
        page.bring_to_front()
        page.keyboard.press("q")
        page.wait_for_selector("text=The screen was closed.", timeout=SECONDS * 1000)
        assert elsewhere == []
    ended = time.monotonic() + SECONDS
    while served.screens():
        assert time.monotonic() < ended, "a screen outlives its page"
        time.sleep(0.1)


class Drawn:
    """What a page's terminal was sent since the last wait; it is drawn on a canvas, where nothing can be read."""

    def __init__(self, page: Page) -> None:
        self.page, self.text = page, ""
        page.on("websocket", lambda opened: opened.on("framereceived", self._take))

    def _take(self, frame: bytes | str) -> None:
        self.text += frame.decode(errors="replace") if isinstance(frame, bytes) else ""

    def wait_for(self, words: str) -> None:
        ended = time.monotonic() + SECONDS
        while words not in re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.text):
            assert time.monotonic() < ended, f"“{words}” is not shown: {self.text[-300:]!r}"
            self.page.wait_for_timeout(100)
        self.text = ""
