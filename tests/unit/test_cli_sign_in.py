"""Adding and signing in to mailboxes that want a browser: the whole command, with a program as the browser."""

from __future__ import annotations

import json
import os
import shlex
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest

from sync.mailboxes.testing import letter
from tests.fakes.gmail import FakeGmail, running_gmail
from tests.fakes.oauth import CLIENT_ID
from tests.forked import run_command

Run = Callable[..., subprocess.CompletedProcess[str]]
BROWSE = "import sys, urllib.request as r; r.urlopen(sys.argv[1], timeout=60).read()"


@pytest.fixture
def gmail() -> Iterator[FakeGmail]:
    with running_gmail() as server:
        yield server


@pytest.fixture
def client_file(gmail: FakeGmail, tmp_path: Path) -> Path:
    table = {
        "client_id": CLIENT_ID,
        "client_secret": gmail.oauth.client_secret,
        "auth_uri": f"{gmail.oauth.url}/authorize",
        "token_uri": f"{gmail.oauth.url}/token",
    }
    path = tmp_path / "client.json"
    path.write_text(json.dumps({"installed": table}))
    return path


def environment(home: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "BROWSER": shlex.join([sys.executable, "-c", BROWSE, "%s"]) + " &",
        "OAUTHLIB_INSECURE_TRANSPORT": "1",  # the fake has no TLS
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
    }


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """The program in a process of its own, with a home of its own, no keyring and a browser."""
    env = environment(tmp_path)

    def ran(*arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
        return run_command(*arguments, env=env, text=text)

    assert ran("init", "--author", "Kari", "--domain", "fjordlys.example").returncode == 0
    return ran


@pytest.fixture
def added(run: Run, gmail: FakeGmail, client_file: Path) -> Run:
    gmail.mailbox.deliver(letter(1), datetime.now(UTC))
    wish = ["-s", f"user={gmail.mailbox.user}", "-s", f"api_url={gmail.server.url}", "--client-file", str(client_file)]
    done = run("mailbox", "add", "work", "-k", "gmail", *wish, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [{"key": "all", "name": "All Mail", "role": "all", "total": 1}]
    return run


def secret_file(tmp_path: Path) -> Path:
    (path,) = tmp_path.rglob("sign-ins/work.json")
    return path


@pytest.mark.timeout(120)
def test_gmail_is_added_signed_in_to_and_tried(added: Run, tmp_path: Path) -> None:
    path = secret_file(tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    grant = json.loads(path.read_text())
    assert grant["refresh_token"].startswith("refresh-")
    configuration = next(tmp_path.rglob("config.toml")).read_text()
    assert "refresh-" not in configuration
    assert grant["client_secret"] not in configuration
    done = added("sync", "--json")
    assert done.returncode == 0, done.stderr


@pytest.mark.timeout(120)
def test_a_machine_without_a_browser(run: Run, gmail: FakeGmail, client_file: Path, tmp_path: Path) -> None:
    """The address is opened elsewhere; what that browser could not load in the end is pasted."""
    wish = ["-s", f"user={gmail.mailbox.user}", "-s", f"api_url={gmail.server.url}", "--client-file", str(client_file)]
    command = [sys.executable, "-m", "hitchpost", "mailbox", "add", "work", "-k", "gmail", *wish, "--paste"]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, env=environment(tmp_path), text=True, stdin=pipe, stdout=pipe, stderr=pipe
    ) as process:
        assert process.stderr
        address = next(word for line in process.stderr for word in line.split() if "/authorize?" in word)
        out, err = process.communicate(f"{httpx2.get(address).headers['Location']}\n", timeout=60)
    assert process.returncode == 0, err
    assert "All Mail" in out
    assert json.loads(secret_file(tmp_path).read_text())["refresh_token"].startswith("refresh-")


@pytest.mark.timeout(120)
def test_a_dead_sign_in_is_shown_and_mended(added: Run, gmail: FakeGmail) -> None:
    gmail.oauth.revoke()
    assert added("sync").returncode != 0
    status = added("status")
    assert "hitchpost mailbox sign-in work" in " ".join(status.stdout.split())
    done = added("mailbox", "sign-in", "work")
    assert done.returncode == 0, done.stderr
    assert "All Mail" in done.stdout
    assert "sign-in work" not in added("status").stdout
    assert added("sync").returncode == 0


@pytest.mark.timeout(120)
def test_a_place_that_cannot_be_written_is_said_before_the_browser_opens(
    added: Run, gmail: FakeGmail, tmp_path: Path
) -> None:
    asked = len(gmail.oauth.asked)
    file = next(tmp_path.rglob("config.toml"))
    kept = secret_file(tmp_path)
    text = file.read_text()
    line = next(each for each in text.splitlines() if each.startswith("secret"))
    file.write_text(text.replace(line, f"secret = {{ command = \"cat '{kept}'\" }}"))
    done = added("mailbox", "sign-in", "work")
    assert done.returncode == 2
    assert "keyring" in done.stderr
    assert len(gmail.oauth.asked) == asked


@pytest.mark.timeout(120)
def test_the_wrong_account_is_said(run: Run, gmail: FakeGmail, client_file: Path) -> None:
    wish = ["-s", "user=other@fjordlys.example", "-s", f"api_url={gmail.server.url}", "--client-file", str(client_file)]
    done = run("mailbox", "add", "work", "-k", "gmail", *wish)
    assert done.returncode == 2
    assert f"you signed in as {gmail.mailbox.user}" in " ".join(done.stderr.split())


@pytest.mark.timeout(120)
def test_the_first_sign_in_needs_a_client(run: Run) -> None:
    done = run("mailbox", "add", "work", "-k", "gmail", "-s", "user=a@gmail.com")
    assert done.returncode == 2
    assert "--client-file" in done.stderr
    done = run(
        "mailbox",
        "add",
        "ms",
        "-k",
        "imap",
        "-s",
        "host=outlook.office365.com",
        "-s",
        "user=a@b.example",
        "-s",
        "oauth=microsoft",
    )
    assert done.returncode == 2
    assert "--client-id" in done.stderr


@pytest.mark.timeout(120)
def test_an_account_with_a_password_has_no_sign_in(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mail" / "cur").mkdir(parents=True)
    (tmp_path / "mail" / "new").mkdir()
    assert run("mailbox", "add", "old", "-k", "maildir", "-s", f"path={tmp_path / 'mail'}").returncode == 0
    done = run("mailbox", "sign-in", "old")
    assert done.returncode == 2
    assert "--new-secret" in done.stderr
