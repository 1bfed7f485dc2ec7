"""`hitchpost web` as a person meets it: alone, asked how it is, its secret, and what doctor and status say of it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import httpx2
import pytest

from agent.outpost.signing import sign
from tests.journey.workplace import Workplace, make_workplace
from tests.servers.dovecot import free_port
from tests.servers.outpost import SECRET, RunningOutpost, start_command

Findings = dict[str, dict[str, Any]]


def beside(outpost: RunningOutpost, folder: Path) -> Workplace:
    """An agent's place of work that shares the outpost's folder."""
    place = make_workplace(folder)
    table = f'\n[web]\nlisten = "127.0.0.1:{outpost.port}"\nfolder = "{outpost.folder}"\n'
    place.config.write_text(place.config.read_text() + table)
    return place


def findings(place: Workplace, *, exit_code: int = 0) -> Findings:
    return {finding["subject"]: finding for finding in place.json("doctor", exit_code=exit_code)}


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


def test_it_says_how_it_is(outpost: RunningOutpost, tmp_path: Path) -> None:
    place = beside(outpost, tmp_path)
    health = place.json("web", "--health")
    assert health["address"] == outpost.url
    assert health["waiting_bytes"] >= 0
    assert "answers" in place.run("web", "--health")
    assert findings(place)["outpost"]["level"] == "fine"
    assert outpost.url in place.json("status")["outpost"]
    assert outpost.url in place.run("status")


def test_it_says_that_nobody_answers_and_what_to_do(outpost: RunningOutpost, tmp_path: Path) -> None:
    place = beside(outpost, tmp_path)
    place.config.write_text(place.config.read_text().replace(f":{outpost.port}", f":{free_port()}"))
    place.run("web", "--health", exit_code=1)
    finding = findings(place, exit_code=1)["outpost"]
    assert finding["level"] == "error"
    assert "hitchpost web" in finding["mend"]
    assert "reached" in place.json("status")["outpost"]


def test_where_there_is_no_outpost_nobody_asks_for_one(tmp_path: Path) -> None:
    place = make_workplace(tmp_path)
    assert "outpost" not in findings(place)
    assert "outpost" not in place.json("status")


def test_a_second_one_at_the_same_address_is_refused(outpost: RunningOutpost, tmp_path: Path) -> None:
    place = beside(outpost, tmp_path)
    process = place.start("web", "--folder", str(tmp_path / "other"))
    _, complained = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "another outpost" in complained


def test_a_new_secret_is_kept_in_its_place_alone(tmp_path: Path) -> None:
    place = make_workplace(tmp_path)
    place.config.write_text(place.config.read_text() + '\n[web]\nsecret = { file = "web.secret" }\n')
    said = place.run("web", "--new-secret")
    secret = (tmp_path / "web.secret").read_text().strip()
    assert len(secret) > 40
    assert secret not in said
    assert (tmp_path / "web.secret").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(("secret", "words"), [(None, "--new-secret"), ("short", "shorter than"), ("", "--new-secret")])
def test_no_secret_or_a_short_one_is_a_sentence(tmp_path: Path, secret: str | None, words: str) -> None:
    place = make_workplace(tmp_path)
    place.config.write_text(
        place.config.read_text() + f'\n[web]\nlisten = "127.0.0.1:{free_port()}"\nsecret = {{ file = "web.secret" }}\n'
    )
    if secret is not None:
        descriptor = os.open(tmp_path / "web.secret", os.O_WRONLY | os.O_CREAT, 0o600)
        os.write(descriptor, secret.encode())
        os.close(descriptor)
    process: subprocess.Popen[str] = place.start("web")
    _, complained = process.communicate(timeout=60)
    assert process.returncode == 2
    assert words in complained
