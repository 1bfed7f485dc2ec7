"""The outpost behind a real nginx, configured as docs/web.md says."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from agent.outpost.folder import FolderOutpost
from agent.outpost.remote import HttpOutpost
from crm_adapters.site import checked_site
from crm_model.tracking import Hit, Token, TokenKind
from tests.servers import nginx
from tests.servers.needed import need
from tests.servers.outpost import SECRET, RunningOutpost, running_outpost

PAGE = Path(__file__).parents[2] / "docs" / "web.md"
OPEN = "open-token-of-22-chars"


@dataclass(frozen=True, slots=True)
class Front:
    """An outpost and the proxy before it."""

    outpost: RunningOutpost
    url: str


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    need(nginx.is_installed(), nginx.PACKAGE)
    place = tmp_path_factory.mktemp("front")
    (place / "nginx").mkdir()
    [locations] = re.findall(r"```nginx\n.*?(    location .*?)\n}\n```", PAGE.read_text(), re.S)
    with running_outpost(place, trusted_proxies=["127.0.0.1"]) as outpost:
        located = locations.replace("http://127.0.0.1:8025", outpost.url).replace("https://", "http://")
        with nginx.running_nginx(place / "nginx", located) as url:
            yield Front(outpost, url)


def last_network(front: Front) -> str:
    with contextlib.closing(FolderOutpost(front.outpost.folder)) as agent:
        page = agent.collect("")
        agent.acknowledge(page.cursor)
        *_, hit = page.events
        assert isinstance(hit, Hit)
        return hit.network


def test_the_client_behind_the_proxy_is_told_and_its_lies_are_not(front: Front) -> None:
    with contextlib.closing(FolderOutpost(front.outpost.folder)) as agent:
        agent.publish_tokens([Token(OPEN, TokenKind.OPEN)])
    path = f"/o/{OPEN}.gif"
    lie = {"x-forwarded-for": "198.51.100.7"}
    stranger = httpx2.HTTPTransport(local_address="127.0.0.2")  # not the proxy's own address, which is trusted
    with httpx2.Client(transport=stranger) as client:
        assert client.get(front.url + path, headers=lie).status_code == 200
    assert last_network(front) == "127.0.0.0/24"
    assert httpx2.get(front.outpost.url + path, headers=lie, trust_env=False).status_code == 200
    assert last_network(front) == "198.51.100.0/24"  # straight from the trusted address


def test_the_agent_calls_through_the_proxy(front: Front) -> None:
    with contextlib.closing(HttpOutpost(checked_site(front.url, account="outpost"), SECRET)) as agent:
        agent.publish_tokens([Token("through-nginx-22-chars", TokenKind.CLICK, "https://a.example/?x=%0d")])
    answer = httpx2.get(f"{front.url}/c/through-nginx-22-chars", trust_env=False)
    assert answer.headers["location"] == "https://a.example/?x=%0d"


@pytest.mark.parametrize("path", ["/metrics", "/metrics?x", "//metrics"])
def test_metrics_are_not_for_the_world(front: Front, path: str) -> None:
    assert httpx2.get(front.url + path, trust_env=False).status_code == 404
    assert httpx2.get(f"{front.outpost.url}/metrics", trust_env=False).status_code == 200


@pytest.mark.parametrize(
    "path", ["/c/%0d%0aSet-Cookie:%20a=b", "/c/%2e%2e/%2e%2e/etc/passwd", "/c//evil.example", "/%ff"]
)
def test_odd_paths_come_to_nothing_behind_it_too(front: Front, path: str) -> None:
    answer = httpx2.get(front.url + path, trust_env=False)
    assert answer.status_code in (400, 404)
    assert not {"set-cookie", "location"} & set(answer.headers)
