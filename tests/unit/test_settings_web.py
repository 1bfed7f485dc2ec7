"""The `[web]` table: a DMZ's machine needs no other, and what can't be is a sentence that names its key."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path

import pytest

from crm_model.errors import ConfigError
from sync.settings import parse
from sync.settings.web import WebSettings

PLACE = Path("/etc/hitchpost/web.toml")


def read(text: str) -> WebSettings:
    return parse(text, PLACE).web


def test_the_table_alone_is_a_whole_configuration() -> None:
    web = read("""
        [web]
        listen = "[::1]:80"
        folder = "spool"
        workers = 2
        trusted_proxies = ["10.0.0.0/8", "::1"]
        whole_addresses = true
        patience_seconds = 3
        secret = { file = "web.secret" }
    """)
    assert (web.host, web.port, web.folder) == ("::1", 80, Path("/etc/hitchpost/spool"))
    assert web.trusted_proxies == (ip_network("10.0.0.0/8"), ip_network("::1"))
    assert (web.workers, web.whole_addresses, web.patience_seconds, web.named) == (2, True, 3, True)
    assert web.source
    assert web.source.place == "/etc/hitchpost/web.secret"


def test_nothing_said_is_an_outpost_on_this_machine_alone() -> None:
    web = read("")
    assert (web.host, web.port, web.named, web.remote, web.secret()) == ("127.0.0.1", 8025, False, "", "")
    assert not web.whole_addresses
    assert not web.trusted_proxies


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        ("listen = '8025'", "web: listen", "127.0.0.1:8025"),
        ("listen = 'localhost:0'", "web: listen", "127.0.0.1:8025"),
        ("listen = 'localhost:65536'", "web: listen", "127.0.0.1:8025"),
        ("trusted_proxies = ['10.0.0.1/8']", "web: trusted_proxies", "10.0.0.0/8"),
        ("trusted_proxies = ['proxy']", "web: trusted_proxies", "10.0.0.0/8"),
        ("workers = 0", "web.workers", "at least 1"),
        ("patience_seconds = 0", "web.patience_seconds", "at least 1"),
        ("remote = 'post.example'\nsecret = { env = 'X' }", "web: remote", "https://"),
        ("remote = 'http://post.example'\nsecret = { env = 'X' }", "web: remote", "allow_http"),
        ("remote = 'https://a:b@post.example'\nsecret = { env = 'X' }", "web: remote", "password"),
        ("remote = 'https://post.example'", "web: secret", "both hold"),
        ("secret = {}", "web: secret", "exactly one"),
        ("liste = ''", "web.liste", "listen"),
    ],
)
def test_what_cannot_be_is_a_sentence(text: str, key: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(f"[web]\n{text}")
    assert caught.value.key == key
    assert words in str(caught.value)


def test_plain_http_only_on_this_machine_unless_it_is_accepted() -> None:
    secret = "secret = { env = 'X' }"
    assert read(f"[web]\nremote = 'http://127.0.0.1:8025/'\n{secret}").remote == "http://127.0.0.1:8025"
    assert read(f"[web]\nremote = 'http://post.example'\nallow_http = true\n{secret}").allow_http


def test_a_secret_that_can_be_guessed_is_refused_and_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTPOST_SECRET", "hunter2")
    web = read("[web]\nsecret = { env = 'OUTPOST_SECRET' }")
    with pytest.raises(ConfigError, match="shorter than 24") as caught:
        web.secret()
    assert "hunter2" not in str(caught.value)
    monkeypatch.setenv("OUTPOST_SECRET", "x" * 24)
    assert web.secret() == "x" * 24
