"""What the world gets from the running outpost, and what the agent hears of it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

import httpx2
import pytest

from agent.outpost.contract import Outpost
from agent.outpost.folder import FolderOutpost
from agent.web.tracked import PIXEL
from agent.web.words import LANGUAGES, words
from crm_model.tracking import Hit, Token, TokenKind
from crm_model.web_events import OptOut, WebEvent
from tests.servers.outpost import RunningOutpost

TARGET = "https://fjordlys.example/tilbud?id=1&b=%20#del"
OPEN, CLICK, LEAVE = (Token(f"{word}-token-of-22-cha"[:22].ljust(22, "_"), kind) for word, kind in (
    ("open", TokenKind.OPEN), ("click", TokenKind.CLICK), ("leave", TokenKind.UNSUBSCRIBE),
))  # fmt: skip
NOBODYS = "nobody-published-this-"


@pytest.fixture
def agent(outpost: RunningOutpost) -> Iterator[Outpost]:
    """The agent's side, with nothing heard yet."""
    with contextlib.closing(FolderOutpost(outpost.folder)) as connected:
        connected.publish_tokens([OPEN, Token(CLICK.token, CLICK.kind, TARGET), LEAVE])
        hear(connected)
        yield connected


@pytest.fixture
def world(outpost: RunningOutpost) -> Iterator[httpx2.Client]:
    """Somebody out there; follows no redirect."""
    with httpx2.Client(base_url=outpost.url, follow_redirects=False, trust_env=False) as client:
        yield client


def hear(agent: Outpost) -> Sequence[WebEvent]:
    """What is new since the last time."""
    page = agent.collect("")
    agent.acknowledge(page.cursor)
    return page.events


def test_the_pixel_is_an_image_that_nobody_keeps_and_a_hit(agent: Outpost, world: httpx2.Client) -> None:
    answer = world.get(f"/o/{OPEN.token}.gif", headers={"user-agent": "Mail\u202e\u200b/1".encode()})
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, PIXEL, "image/gif")
    assert len(PIXEL) == 43
    assert PIXEL[:6] == b"GIF89a"
    assert "no-store" in answer.headers["cache-control"]
    assert "set-cookie" not in answer.headers
    [hit] = hear(agent)
    assert isinstance(hit, Hit)
    assert (hit.token, hit.kind, hit.method) == (OPEN.token, TokenKind.OPEN, "GET")
    assert hit.network == "127.0.0.0/24"
    assert hit.user_agent == "Mail/1"
    assert not hit.prefetch


def test_head_of_the_pixel_is_the_same_and_no_hit(agent: Outpost, world: httpx2.Client) -> None:
    got, asked = world.get(f"/o/{NOBODYS}.gif"), world.head(f"/o/{OPEN.token}.gif")
    assert {**asked.headers, "date": ""} == {**got.headers, "date": ""}
    assert asked.content == b""
    assert hear(agent) == ()


@pytest.mark.parametrize(
    "path",
    [f"/o/{NOBODYS}.gif", "/o/", "/o/x", "/o/.gif", "/o/a/b.gif", f"/o/{OPEN.token}", "/o/%ff%00.gif", "/o/é.gif"],
)
def test_a_broken_token_gets_the_pixel_all_the_same(agent: Outpost, world: httpx2.Client, path: str) -> None:
    answer = world.get(path)
    assert (answer.status_code, answer.content) == (200, PIXEL)
    assert hear(agent) == ()


def test_a_range_of_the_pixel_is_the_whole(world: httpx2.Client) -> None:
    answer = world.get(f"/o/{NOBODYS}.gif", headers={"range": "bytes=0-1", "if-none-match": "*"})
    assert (answer.status_code, answer.content) == (200, PIXEL)


@pytest.mark.parametrize("header", ["purpose", "sec-purpose", "x-purpose", "x-moz"])
def test_a_prefetch_that_says_so_is_told(agent: Outpost, world: httpx2.Client, header: str) -> None:
    world.get(f"/o/{OPEN.token}.gif", headers={header: "Prefetch;prerender"})
    [hit] = hear(agent)
    assert isinstance(hit, Hit)
    assert hit.prefetch


def test_a_link_leads_to_its_target_and_is_a_hit(agent: Outpost, world: httpx2.Client) -> None:
    for method in ("GET", "HEAD"):
        answer = world.request(method, f"/c/{CLICK.token}")
        assert (answer.status_code, answer.headers["location"], answer.content) == (302, TARGET, b"")
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-robots-tag"] == "noindex"
    assert [(hit.kind, hit.method) for hit in hear(agent) if isinstance(hit, Hit)] == [
        (TokenKind.CLICK, "GET"),
        (TokenKind.CLICK, "HEAD"),
    ]


@pytest.mark.parametrize(
    "path",
    [
        f"/c/{NOBODYS}",
        f"/c/{OPEN.token}",
        f"/c/{LEAVE.token}",
        "/c/",
        f"/c/{CLICK.token}/",
        f"/c//{CLICK.token}",
        f"//c/{CLICK.token}",
        f"/C/{CLICK.token}",
        f"/c/{CLICK.token.upper()}",
        "/c/https://evil.example/",
        "/c/?url=https://evil.example/",
        f"/c/{NOBODYS}?url=https://evil.example/",
        "/c/%2f%2fevil.example",
        "/c/%0d%0aLocation:%20https://evil.example/",
        "/c/..%2f..%2foutpost.sqlite3",
    ],
)
def test_no_other_link_leads_anywhere(agent: Outpost, world: httpx2.Client, path: str) -> None:
    answer = world.get(path)
    assert answer.status_code == 404
    assert "location" not in answer.headers
    assert "evil" not in answer.text
    assert hear(agent) == ()


def test_nothing_in_a_request_changes_where_a_link_leads(agent: Outpost, world: httpx2.Client) -> None:
    answer = world.get(
        f"/c/{CLICK.token}?url=https://evil.example/&u=//evil.example",
        headers={"host": "evil.example", "x-forwarded-host": "evil.example", "referer": "https://evil.example/"},
    )
    assert answer.headers["location"] == TARGET
    assert len(hear(agent)) == 1


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "BREW"])
@pytest.mark.parametrize("path", [f"/o/{OPEN.token}.gif", f"/c/{CLICK.token}", f"/u/{LEAVE.token}", "/health"])
def test_other_methods_are_refused(agent: Outpost, world: httpx2.Client, method: str, path: str) -> None:
    if (method, path[:3]) == ("POST", "/u/"):
        return
    answer = world.request(method, path)
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]
    assert hear(agent) == ()


def test_a_revoked_token_is_heard_of_no_more(agent: Outpost, world: httpx2.Client) -> None:
    kept, gone = (Token(f"{word}-for-revoking-22", TokenKind.CLICK, TARGET) for word in ("kept", "gone"))
    agent.publish_tokens([kept, gone])
    agent.revoke_tokens([kept.token], keep_links=True)
    agent.revoke_tokens([gone.token], keep_links=False)
    assert world.get(f"/c/{kept.token}").headers["location"] == TARGET
    assert world.get(f"/c/{gone.token}").status_code == 404
    assert hear(agent) == ()


def test_looking_at_the_page_does_nothing(agent: Outpost, world: httpx2.Client) -> None:
    page = world.get(f"/u/{LEAVE.token}", params={"mail": "1", "List-Unsubscribe": "One-Click"})
    assert page.status_code == 200
    assert 'name="tracking"' in page.text
    assert 'name="mail"' in page.text
    assert world.head(f"/u/{LEAVE.token}").status_code == 200
    assert hear(agent) == ()


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"data": {"tracking": "1"}}, (True, False, False)),
        ({"data": {"mail": "1"}}, (False, True, False)),
        ({"data": {"mail": "1", "tracking": "1"}}, (True, True, False)),
        ({"data": {"List-Unsubscribe": "One-Click"}}, (False, True, True)),
        ({"files": {"List-Unsubscribe": (None, "One-Click")}}, (False, True, True)),
    ],
)
def test_a_choice_is_done_and_told(
    agent: Outpost, world: httpx2.Client, sent: dict[str, dict[str, str]], told: tuple[bool, bool, bool]
) -> None:
    answer = world.post(f"/u/{LEAVE.token}", **sent)
    assert (answer.status_code, answer.headers.get("location")) == (200, None)
    [event] = hear(agent)
    assert isinstance(event, OptOut)
    assert event.token == LEAVE.token
    assert (event.tracking, event.mail, event.one_click) == told


@pytest.mark.parametrize("body", [b"", b"a=b", b"\xff\xfe", b"&".join(b"a=b" for _ in range(5_000)), b"mail" * 10_000])
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/é", ""])
def test_no_choice_does_nothing(agent: Outpost, world: httpx2.Client, body: bytes, kind: str) -> None:
    headers = {"content-type": kind.encode()} if kind else {}
    assert world.post(f"/u/{LEAVE.token}", content=body, headers=headers).status_code == 400
    assert hear(agent) == ()


@pytest.mark.parametrize("token", [NOBODYS, OPEN.token, CLICK.token, "x", "%00", "%ff", "<script>alert(1)</script>"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_unknown_token_has_no_page(agent: Outpost, world: httpx2.Client, token: str, method: str) -> None:
    answer = world.request(method, f"/u/{token}", data={"mail": "1"})
    assert answer.status_code in (400, 404)
    assert "<script" not in answer.text
    assert hear(agent) == ()


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_speak_the_language_of_the_reader(agent: Outpost, world: httpx2.Client, language: str) -> None:
    del agent
    headers = {"accept-language": f"xx, {language}-XX;q=0.9, en;q=0.1"}
    page, missing = world.get(f"/u/{LEAVE.token}", headers=headers), world.get(f"/c/{NOBODYS}", headers=headers)
    assert f'<html lang="{language}">' in page.text
    assert words(language)["unsubscribe.button"] in page.text
    assert words(language)["plain.title_404"] in missing.text
    for answer in (page, missing):
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"
        assert "set-cookie" not in answer.headers


def test_health_and_metrics_say_how_it_is(agent: Outpost, world: httpx2.Client) -> None:
    before = world.get("/metrics").text
    world.get(f"/o/{OPEN.token}.gif")
    health = world.get("/health")
    assert health.status_code == (503 if health.json()["problem"] else 200)
    assert health.json()["waiting_bytes"] > 0
    assert value(world.get("/metrics").text, "pixels_total") == value(before, "pixels_total") + 1
    assert len(hear(agent)) == 1
    assert world.get("/health").json()["waiting_bytes"] == 0


def value(metrics: str, name: str) -> float:
    [line] = [line for line in metrics.splitlines() if line.startswith(f"hitchpost_web_{name} ")]
    return float(line.split()[1])


def test_no_log_line_names_a_token_or_an_address(agent: Outpost, world: httpx2.Client, outpost: RunningOutpost) -> None:
    world.get(f"/o/{OPEN.token}.gif")
    world.get(f"/c/{NOBODYS}")
    world.post(f"/u/{LEAVE.token}", data={"mail": "1"})
    log = outpost.log.read_text()
    assert not any(word in log for word in (OPEN.token, NOBODYS, LEAVE.token, "127.0.0.1", "python-httpx"))
    hear(agent)
