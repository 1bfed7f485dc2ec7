"""The commands as processes, on the demo's working copy: exit codes, summaries, signals, one agent at a time."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.forked import run_command

MAILS = 76


class Home:
    """A home folder with a demo in it, and the command on it."""

    def __init__(self, root: Path) -> None:
        self.demo = root / "demo"
        self.config = self.demo / "config.toml"
        self.environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("HITCHPOST_")},
            "HOME": str(root),
            "XDG_CONFIG_HOME": str(root / "config"),
            "XDG_DATA_HOME": str(root / "data"),
        }

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "hitchpost", *arguments]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return run_command(*arguments, env=self.environment)

    def json(self, *arguments: str) -> Any:
        ran = self.run("--config", str(self.config), *arguments, "--json")
        assert ran.returncode == 0, ran.stderr
        return json.loads(ran.stdout)

    def start_agent(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command("--config", str(self.config), "agent"),
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """After `hitchpost demo` without a terminal."""
    place = Home(tmp_path_factory.mktemp("home"))
    ran = place.run("demo", "--dir", str(place.demo))
    assert ran.returncode == 0, ran.stderr
    assert f"messages: {MAILS} -" in ran.stdout
    assert "suggested" in ran.stdout
    return place


@pytest.fixture
def agent(home: Home) -> Iterator[subprocess.Popen[str]]:
    """A running agent."""
    with home.start_agent() as running:
        assert running.stderr
        assert json.loads(running.stderr.readline())["event"] == "agent_started"
        yield running
        running.kill()


def test_demo_accounts_for_every_message(home: Home) -> None:
    status = home.json("status")
    assert sum(status["outcomes"].values()) == MAILS
    assert status["outcomes"].keys() >= {"linked", "suggested", "ignored"}
    assert [(crm["name"], crm["kind"], crm["error"]) for crm in status["crms"]] == [("local", "local", "")]
    report = home.json("audit")["sample"]
    assert sum(folder["held"] for folder in report["folders"]) == MAILS
    assert all(folder["missing"] == [] for folder in report["folders"])


def test_demo_shows_a_conflict_and_edits_on_their_way(home: Home) -> None:
    status = home.json("status")
    assert status["conflicts"] == 1
    assert status["changes"]["pending"] >= 1


def test_demo_again_reads_nothing_twice(home: Home) -> None:
    again = home.run("demo", "--dir", str(home.demo), "--no-tui", "--json")
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["outcomes"] == {}
    assert sum(home.json("status")["outcomes"].values()) == MAILS


def test_conversations_and_records_for_scripts(home: Home) -> None:
    rows = home.json("threads", "--view", "linked", "--limit", "5")
    assert 0 < len(rows) <= 5
    conversation = home.json("thread", str(rows[0]["id"]))
    link = conversation["links"][0]
    assert link["rule"]
    assert home.json("record", str(link["record_id"]))["title"] == link["title"]
    assert any(row["title"] == "Mathilde Vik" for row in home.json("leads"))


def test_search_finds_words_of_the_text(home: Home) -> None:
    assert [row["people"] for row in home.json("threads", "kaffebrenneri")] == ["Tindra Holm"]


def test_hostile_subject_is_shown_without_its_escapes(home: Home) -> None:
    ran = home.run("--config", str(home.config), "threads", "Urgent", "--view", "all")
    assert "Urgent offer" in ran.stdout
    assert not set(ran.stdout) & set("\x1b\x07\u202e")


def test_sync_says_what_failed_and_goes_on(home: Home, tmp_path: Path) -> None:
    broken = home.demo / "broken.toml"
    broken.write_text(
        home.config.read_text() + f'\n[[mail_account]]\nname = "gone"\nkind = "maildir"\npath = "{tmp_path}/x"\n'
    )
    ran = home.run("--config", str(broken), "sync", "--json")
    assert ran.returncode == 1
    assert len(json.loads(ran.stdout)["errors"]) == 1
    assert "gone" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_rule_is_shown_with_its_effect_kept_and_removed(home: Home) -> None:
    lead = home.json("leads")[0]["id"]
    settings = ("--config", str(home.config), "rules")
    shown = home.run(
        *settings, "add", "--from", "@fjellrev.example", "--about", "nettbutikk", "--to", str(lead), "--yes"
    )
    assert (shown.returncode, shown.stdout) == (0, "added\n")
    assert "mails of the last 90 days" in shown.stderr
    [rule] = home.json("rules", "list")
    assert (rule["rule"]["words"], rule["rule"]["record_id"]) == (["nettbutikk"], lead)
    unsure = home.run(*settings, "add", "--from", "@fjellrev.example", "--never-lead")
    assert unsure.returncode != 0
    assert home.run(*settings, "add", "--from", "nobody", "--never-lead", "--yes").returncode == 1
    assert home.run(*settings, "add", "--from", "@x.example", "--yes").returncode == 2
    assert home.run(*settings, "remove", str(rule["rule"]["id"])).returncode == 0
    assert home.json("rules", "list") == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_agent_ends_cleanly_within_five_seconds(agent: subprocess.Popen[str], number: int) -> None:
    time.sleep(0.5)
    began = time.monotonic()
    agent.send_signal(number)
    _, err = agent.communicate(timeout=10)
    assert time.monotonic() - began < 5
    assert agent.returncode == 0
    assert json.loads(err.splitlines()[-1])["event"] == "agent_stopped"


def test_second_agent_and_sync_are_refused(home: Home, agent: subprocess.Popen[str]) -> None:
    for command in ("agent", "sync"):
        ran = home.run("--config", str(home.config), command)
        assert ran.returncode == 1
        assert "Another hitchpost agent" in ran.stderr
    agent.terminate()
    agent.wait(10)
    assert home.run("--config", str(home.config), "agent", "--once").returncode == 0


def test_agent_reads_new_mail_while_it_runs(home: Home, agent: subprocess.Popen[str]) -> None:
    del agent
    mail = (
        b"From: Nina Falk <nina@falk.example>\nTo: kari@fjordlys.example\nSubject: Hei fra Nina\n"
        b"Message-ID: <late@falk.example>\nDate: Sun, 22 Nov 2026 12:00:00 +0000\n\nHei!\n"
    )
    (home.demo / "mail" / "new" / "1795348800.late.demo").write_bytes(mail)
    deadline = time.monotonic() + 30
    while not (found := home.json("threads", "Nina", "--view", "all")) and time.monotonic() < deadline:
        time.sleep(0.5)
    assert [row["subject"] for row in found] == ["Hei fra Nina"]
