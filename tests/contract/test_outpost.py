"""Both ways to an outpost keep the same promises: through its folder, and over HTTP to the real program."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest

from agent.outpost.blobs import BlobFolder
from agent.outpost.contract import Outpost
from agent.outpost.folder import FolderOutpost
from agent.outpost.ground import prepare_ground
from agent.outpost.register import Register
from agent.outpost.remote import HttpOutpost
from agent.outpost.spool import Spool
from crm_adapters.site import checked_site
from crm_model.errors import CursorExpired, LoginNeeded, NotFound, Rejected
from crm_model.tracking import Hit, Token, TokenKind
from crm_model.web_events import OptOut, Submission, UploadedFile, WebEvent
from tests.servers.outpost import SECRET, RunningOutpost, running_outpost

START = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
"""Behind the moment at which the segments are begun, as every event is that is heard."""


def hit(number: int, *, seconds: float | None = None) -> Hit:
    at = START + timedelta(seconds=number if seconds is None else seconds)
    return Hit(f"hit-{number}", f"token{number:017}", TokenKind.OPEN, at, user_agent="Mail/1")


def collect_all(outpost: Outpost, *, limit: int = 500) -> list[WebEvent]:
    events: list[WebEvent] = []
    cursor = ""
    while (page := outpost.collect(cursor, limit=limit)).events:
        events += page.events
        cursor = page.cursor
    return events


class OutpostContract:
    """What every way to an outpost must do; `folder` is where the outpost itself stands."""

    folder: Path
    outpost: Outpost

    def hear(self, *events: WebEvent) -> None:
        """The world tells this outpost, in a process that ends afterwards."""
        with contextlib.closing(Spool(prepare_ground(self.folder).spool)) as spool:
            for event in events:
                spool.keep(event)

    def entry(self, token: str) -> object:
        with contextlib.closing(Register(prepare_ground(self.folder).database)) as register:
            return register.find(token)

    def test_a_published_token_is_known_and_can_be_published_again(self) -> None:
        token = Token(
            "click-token-of-22-long", TokenKind.CLICK, "https://fjordlys.example/a?b=c#d", "kari@fjord.example"
        )
        self.outpost.publish_tokens([token])
        first = self.entry(token.token)
        self.outpost.publish_tokens([token, Token("another-token-of-22-ch", TokenKind.OPEN)])
        assert first == self.entry(token.token)
        assert "fjordlys.example" in str(first)

    def test_recipients_are_not_told_and_what_was_told_opens_no_link(self) -> None:
        self.outpost.publish_tokens([Token("open-token-of-22-chars", TokenKind.OPEN, recipient="kari@fjord.example")])
        assert self.entry("open-token-of-22-chars")
        kept = b"".join(path.read_bytes() for path in self.folder.rglob("*") if path.is_file())
        assert b"kari@fjord" not in kept
        assert b"open-token-of-22-chars" not in kept

    def test_a_revoked_token_keeps_its_link_or_loses_it_and_never_comes_back(self) -> None:
        tokens = [Token(f"token-{number}-of-22-chars-", TokenKind.CLICK, "https://a.example/") for number in range(3)]
        self.outpost.publish_tokens(tokens)
        self.outpost.revoke_tokens([tokens[0].token], keep_links=True)
        self.outpost.revoke_tokens([tokens[1].token, "never-published-at-all"], keep_links=False)
        self.outpost.revoke_tokens([tokens[1].token], keep_links=True)
        self.outpost.publish_tokens(tokens)
        kept, gone, other = (str(self.entry(token.token)) for token in tokens)
        assert "UNRECORDED" in kept
        assert "a.example" in kept
        assert "GONE" in gone
        assert "a.example" not in gone
        assert "RECORDED" in other

    @pytest.mark.parametrize(
        "url",
        [
            *("", "javascript:alert(1)", "//evil.example", "/path", "ftp://a.example/", "https://", "https://a b/"),
            *("https://a.example/\r\nset-cookie: a=b", "https://user:pw@a.example/", "https://ø.example/"),
            *("https://a.example/" + "x" * 2_048, "https://a.example\\@evil.example/", "https://[::1/"),
        ],
    )
    def test_a_link_that_can_do_harm_is_refused(self, url: str) -> None:
        with pytest.raises(Rejected, match="http or https"):
            self.outpost.publish_tokens([Token("click-token-of-22-long", TokenKind.CLICK, url)])
        assert self.entry("click-token-of-22-long") is None

    def test_pages_take_the_place_of_what_was_there(self) -> None:
        self.outpost.publish_pages({"form:a": {"title": "Ä"}, "form:b": {"fields": [1, None]}})
        self.outpost.publish_pages({"form:b": {"fields": [2]}})
        with contextlib.closing(Register(prepare_ground(self.folder).database)) as register:
            assert register.page("form:a") is None
            assert register.page("form:b") == {"fields": [2]}

    def test_nothing_heard_is_an_empty_page(self) -> None:
        page = self.outpost.collect("")
        assert (page.events, page.broken) == ((), 0)
        assert self.outpost.collect(page.cursor) == page
        self.outpost.acknowledge(page.cursor)

    def test_events_come_in_pages_each_once_oldest_first(self) -> None:
        self.hear(*(hit(number) for number in range(0, 20, 2)))
        self.hear(*(hit(number) for number in range(1, 20, 2)))
        assert collect_all(self.outpost, limit=3) == [hit(number) for number in range(20)]

    def test_the_same_again_until_it_is_acknowledged(self) -> None:
        self.hear(*(hit(number) for number in range(6)))
        first = self.outpost.collect("", limit=4)
        assert self.outpost.collect("", limit=4) == first
        self.outpost.acknowledge(first.cursor)
        self.outpost.acknowledge(first.cursor)
        assert [event.id for event in self.outpost.collect("").events] == ["hit-4", "hit-5"]
        assert [event.id for event in self.outpost.collect(first.cursor).events] == ["hit-4", "hit-5"]
        self.hear(hit(9))
        assert [event.id for event in collect_all(self.outpost)] == ["hit-4", "hit-5", "hit-9"]

    def test_what_was_acknowledged_leaves_the_disk(self) -> None:
        self.hear(*(hit(number) for number in range(3)))
        page = self.outpost.collect("")
        assert list((self.folder / "spool").glob("*.jsonl"))
        self.outpost.acknowledge(page.cursor)
        assert not list((self.folder / "spool").glob("*.jsonl"))
        self.hear(hit(7))
        assert [event.id for event in collect_all(self.outpost)] == ["hit-7"]

    def test_a_torn_line_is_set_aside_and_the_rest_goes_on(self) -> None:
        self.hear(hit(1))
        [segment] = (self.folder / "spool").glob("*.jsonl")
        with segment.open("ab") as file:
            file.write(b'{"type":"hit"}\nno json\n[]\n{"type":"hi')
        self.hear(hit(2))
        page = self.outpost.collect("")
        assert [event.id for event in page.events] == ["hit-1", "hit-2"]
        assert page.broken == 4
        assert self.outpost.collect(page.cursor).broken == 0
        self.outpost.acknowledge(page.cursor)
        aside = sorted(path.read_bytes() for path in (self.folder / "spool" / "broken").iterdir())
        assert aside == [b"[]\n", b"no json\n", b'{"type":"hi', b'{"type":"hit"}\n']

    def test_every_kind_of_event_comes_whole(self) -> None:
        told: list[WebEvent] = [
            OptOut("o", START, "token", tracking=True, mail=False, one_click=True),
            Submission(
                "s", START, "contact", {"name": "Åse \u2028 <b>"}, "no", (UploadedFile("b", "a.pdf", "x/y", 3),)
            ),
        ]
        self.hear(*told)
        assert collect_all(self.outpost) == told

    def test_an_uploaded_file_comes_whole_and_is_forgotten_when_acknowledged(self) -> None:
        blobs = BlobFolder(prepare_ground(self.folder).blobs)
        content = os.urandom(200_000)
        first, size = blobs.keep(io.BytesIO(content), most_bytes=200_000)
        twin, _ = blobs.keep(io.BytesIO(content), most_bytes=200_000)
        assert size == 200_000
        assert self.outpost.read_blob(first) == content
        self.outpost.acknowledge("", [first, "../../etc/passwd"])
        with pytest.raises(NotFound):
            self.outpost.read_blob(first)
        assert self.outpost.read_blob(twin) == content

    @pytest.mark.parametrize("blob", ["", "..", "../outpost.sqlite3", "/etc/passwd", "a" * 64 + "-" + "b" * 16, "\0"])
    def test_no_name_reads_another_file(self, blob: str) -> None:
        with pytest.raises(NotFound):
            self.outpost.read_blob(blob)

    @pytest.mark.parametrize("cursor", ["x", "[]", '{"../../etc/passwd": 0}', '{"a": 1}', "null", "[" * 100_000])
    def test_a_cursor_that_means_nothing_is_refused(self, cursor: str) -> None:
        with pytest.raises(CursorExpired, match="again"):
            self.outpost.collect(cursor)
        with pytest.raises(CursorExpired):
            self.outpost.acknowledge(cursor)


class TestFolder(OutpostContract):
    @pytest.fixture(autouse=True)
    def opened(self, tmp_path: Path) -> Iterator[None]:
        self.folder = tmp_path / "outpost"
        self.outpost = FolderOutpost(self.folder)
        yield
        self.outpost.close()
        self.outpost.close()


@pytest.fixture(scope="class")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningOutpost]:
    with running_outpost(tmp_path_factory.mktemp("outpost")) as running:
        yield running


def empty(folder: Path) -> None:
    """As new, while the program goes on running."""
    for path in (*folder.glob("spool/*.jsonl"), *folder.glob("spool/broken/*"), *folder.glob("blobs/*")):
        path.unlink()
    with contextlib.closing(Register(prepare_ground(folder).database)) as register:
        connection = register._connection
        for table in ("tokens", "pages", "places"):
            connection.execute(f"DELETE FROM {table}")


class TestHttp(OutpostContract):
    @pytest.fixture(autouse=True)
    def opened(self, served: RunningOutpost) -> Iterator[None]:
        self.folder, self.served = served.folder, served
        empty(served.folder)
        self.outpost = self.connect(SECRET)
        yield
        self.outpost.close()
        self.outpost.close()

    def connect(self, secret: str) -> Outpost:
        return HttpOutpost(checked_site(self.served.url, account="outpost"), secret)

    def test_another_secret_is_refused_with_the_mend(self) -> None:
        with contextlib.closing(self.connect("a-secret-that-nobody-knows")) as stranger:
            calls: list[Callable[[], object]] = [
                lambda: stranger.collect(""),
                lambda: stranger.acknowledge(""),
                lambda: stranger.publish_tokens([Token("open-token-of-22-chars", TokenKind.OPEN)]),
                lambda: stranger.read_blob("x"),
                lambda: stranger.publish_pages({}),
                lambda: stranger.revoke_tokens(["a"], keep_links=True),
            ]
            for call in calls:
                with pytest.raises(LoginNeeded, match="same secret"):
                    call()

    def test_a_call_is_good_once_and_only_near_its_time(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from agent.outpost import signing

        headers = signing.sign(SECRET, "collect", b'{"cursor": "", "limit": 5}')
        url, body = f"{self.served.url}/agent/collect", b'{"cursor": "", "limit": 5}'
        assert httpx2.post(url, content=body, headers=headers).status_code == 200
        assert httpx2.post(url, content=body, headers=headers).json()["error"] == "repeated"
        monkeypatch.setattr(signing.time, "time", lambda: 1_000_000_000.0)
        with pytest.raises(LoginNeeded, match="clocks"):
            self.outpost.collect("")

    def test_a_signature_holds_for_its_call_and_body_alone(self) -> None:
        from agent.outpost import signing

        headers = signing.sign(SECRET, "collect", b"{}")
        assert httpx2.post(f"{self.served.url}/agent/collect", content=b"{ }", headers=headers).status_code == 401
        assert httpx2.post(f"{self.served.url}/agent/acknowledge", content=b"{}", headers=headers).status_code == 401

    @pytest.mark.parametrize("body", [b"", b"null", b"[]", b"{}", b'{"cursor": 5, "limit": []}', b"[" * 50_000])
    def test_a_signed_call_of_another_version_is_refused(self, body: bytes) -> None:
        from agent.outpost import signing

        url = f"{self.served.url}/agent/collect"
        answer = httpx2.post(url, content=body, headers=signing.sign(SECRET, "collect", body))
        assert (answer.status_code, answer.json()["error"]) == (422, "rejected")
