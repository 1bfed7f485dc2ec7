"""`hitchpost web` as a person meets it: alone, asked how it is, its secret, and what doctor and status say of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from agent.outpost.signing import sign
from hitchpost.cli import main
from tests.journey.workplace import Workplace, make_workplace
from tests.servers.dovecot import free_port
from tests.servers.outpost import SECRET, RunningOutpost, start_command


@dataclass(frozen=True, slots=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Desk:
    """The command line in this process, for it takes a while to start; what serves is a process of its own."""

    def __init__(self, place: Workplace, patch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[str]) -> None:
        self.place, self._patch, self._capture = place, patch, capture

    def say(self, table: str) -> None:
        """Add a `[web]` table to the configuration."""
        self.place.config.write_text(f"{self.place.config.read_text()}\n[web]\n{table}\n")

    def run(self, *words: str) -> Ran:
        self._patch.setattr("sys.argv", ["hitchpost", "--config", str(self.place.config), *words])
        with pytest.raises(SystemExit) as end:
            main()
        out, err = self._capture.readouterr()
        return Ran(int(end.value.code or 0), out, err)

    def outpost_finding(self) -> dict[str, Any] | None:
        """What doctor says of the outpost."""
        return next((found for found in self.run("doctor", "--json").json if found["subject"] == "outpost"), None)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Desk:
    return Desk(make_workplace(tmp_path), monkeypatch, capfd)


def beside(outpost: RunningOutpost, *, port: int = 0) -> str:
    """The table of an agent that shares the outpost's folder."""
    return f'listen = "127.0.0.1:{port or outpost.port}"\nfolder = "{outpost.folder}"'


def test_a_machine_with_nothing_but_a_folder_needs_no_file(tmp_path: Path) -> None:
    port = free_port()
    process = start_command(
        ["web", "--config", str(tmp_path / "none.toml"), "--folder", str(tmp_path / "o"), "--listen", f"[::1]:{port}"],
        tmp_path / "log",
        url := f"http://[::1]:{port}",
    )
    try:
        assert httpx2.get(f"{url}/o/x.gif", trust_env=False).status_code == 200
        body = b"{}"
        signed = sign(SECRET, "collect", body)
        assert httpx2.post(f"{url}/agent/collect", content=body, headers=signed, trust_env=False).status_code == 404
        assert (tmp_path / "o").stat().st_mode & 0o777 == 0o700
        assert all(path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "o").rglob("*"))
    finally:
        process.terminate()
        assert process.wait(20) == 0


def test_it_says_how_it_is(outpost: RunningOutpost, desk: Desk) -> None:
    desk.say(beside(outpost))
    health = desk.run("web", "--health", "--json").json
    assert health["address"] == outpost.url
    assert health["waiting_bytes"] >= 0
    assert "answers" in desk.run("web", "--health").out
    finding = desk.outpost_finding()
    assert finding
    assert finding["level"] == "fine"
    assert outpost.url in desk.run("status", "--json").json["outpost"]
    assert outpost.url in desk.run("status").out


def test_it_says_that_nobody_answers_and_what_to_do(outpost: RunningOutpost, desk: Desk) -> None:
    desk.say(beside(outpost, port=free_port()))
    ran = desk.run("web", "--health")
    assert (ran.code, "no outpost answers" in ran.err) == (1, True)
    finding = desk.outpost_finding()
    assert finding
    assert finding["level"] == "error"
    assert "hitchpost web" in finding["mend"]
    assert "no outpost answers" in desk.run("status", "--json").json["outpost"]


def test_where_there_is_no_outpost_nobody_asks_for_one(desk: Desk) -> None:
    assert desk.outpost_finding() is None
    assert "outpost" not in desk.run("status", "--json").json


def test_a_second_one_at_the_same_address_is_refused(outpost: RunningOutpost, desk: Desk, tmp_path: Path) -> None:
    desk.say(beside(outpost))
    ran = desk.run("web", "--folder", str(tmp_path / "other"))
    assert (ran.code, "another outpost" in ran.err) == (2, True)


def test_a_new_secret_is_kept_in_its_place_alone(desk: Desk, tmp_path: Path) -> None:
    desk.say('secret = { file = "web.secret" }')
    ran = desk.run("web", "--new-secret")
    secret = (tmp_path / "web.secret").read_text().strip()
    assert len(secret) > 40
    assert secret not in ran.out + ran.err
    assert (tmp_path / "web.secret").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(("secret", "words"), [(None, "--new-secret"), ("short", "shorter than"), ("", "--new-secret")])
def test_no_secret_or_a_short_one_is_a_sentence(desk: Desk, tmp_path: Path, secret: str | None, words: str) -> None:
    desk.say(f'listen = "127.0.0.1:{free_port()}"\nsecret = {{ file = "web.secret" }}')
    if secret is not None:
        (tmp_path / "web.secret").touch(0o600)
        (tmp_path / "web.secret").write_text(secret)
    ran = desk.run("web")
    assert (ran.code, words in ran.err) == (2, True)
