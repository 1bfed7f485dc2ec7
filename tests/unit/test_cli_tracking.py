"""Consent and sent mail on the command line: what is said, what is kept, what scripts get."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from crm_model.tracking import ConsentState, Purpose, TrackingMode
from hitchpost.cli import main
from hitchpost.commands.consent import PurposeWord, StateWord
from hitchpost.commands.send import TrackWord

OLA = "ola@bergen.example"
CONFIGURATION = """
author = "Kari"
database = "sqlite:///h.db"
[organisation]
domains = ["fjord.example"]
[tracking]
url = "https://t.fjord.example"
[[mail_account]]
name = "work"
kind = "maildir"
path = "Maildir"
sender = "kari@fjord.example"
html_version = true
smtp_host = "127.0.0.1"
smtp_port = 9
smtp_tls = "none"
"""


class Shell:
    """Runs commands over one configuration; the last run's words are in `out` and `err`."""

    def __init__(self, config: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
        self._config, self._patch, self._capfd = config, monkeypatch, capfd
        self.out = self.err = ""

    def __call__(self, *arguments: str) -> int:
        self._patch.setattr("sys.argv", ["hitchpost", "--config", str(self._config), *arguments])
        with pytest.raises(SystemExit) as left:
            main()
        self.out, self.err = self._capfd.readouterr()
        return int(left.value.code or 0)

    def json(self, *arguments: str) -> Any:
        assert self(*arguments, "--json") == 0
        return json.loads(self.out)


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Shell:
    (tmp_path / "config.toml").write_text(CONFIGURATION)
    return Shell(tmp_path / "config.toml", monkeypatch, capfd)


def test_words_are_those_of_the_model() -> None:
    assert {each.value for each in PurposeWord} == {each.value for each in Purpose} | {"tracking"}
    assert {each.value for each in StateWord} == {each.value for each in ConsentState}
    assert {each.value for each in TrackWord} == {each.value for each in TrackingMode}


def test_an_answer_is_noted_listed_and_shown(shell: Shell) -> None:
    said = shell.json("consent", "set", OLA, "tracking", "given", "--source", "on the phone", "--text-version", "v2")
    assert said == {"address": OLA, "purposes": ["open", "click"], "state": "given"}
    assert {(row["purpose"], row["state"], row["author"]) for row in shell.json("consent", "list")} == {
        ("open", "given", "Kari"),
        ("click", "given", "Kari"),
    }
    shell("consent", "set", OLA, "mail", "refused", "-s", "a letter")
    assert shell("consent", "show", OLA) == 0
    assert "mail: refused, a letter (noted by Kari)" in shell.out
    assert "open: given, on the phone, text v2 (noted by Kari)" in shell.out
    assert "no mail since" in shell.out
    assert len(shell.json("consent", "show", OLA)["suppressions"]) == 1
    shell("consent", "show", "else@bergen.example")
    assert "Nobody has asked this person" in shell.err


def test_a_source_is_asked_for_and_an_address_is_read(shell: Shell) -> None:
    assert shell("consent", "set", OLA, "open", "given") == 2
    assert shell("consent", "set", "nobody", "open", "given", "-s", "x") == 1
    assert "is no e-mail address" in shell.err


def test_a_person_gets_a_copy_and_an_end(shell: Shell) -> None:
    shell("consent", "set", OLA, "open", "refused", "-s", "a letter")
    assert [row["state"] for row in shell.json("consent", "export", OLA)["consents"]] == ["refused"]
    assert shell("consent", "erase", OLA, "--yes") == 0
    assert "0 opens and clicks deleted" in shell.out
    assert shell.json("consent", "export", OLA)["consents"] == []
    assert shell.json("consent", "erase", OLA, "--yes") == {"address": OLA, "events": 0}


def test_nobody_is_asked_about_erasing_what_is_not_there(shell: Shell) -> None:
    assert shell("consent", "erase", OLA) == 0  # there is no terminal: a question would have ended it
    assert "Nothing is known of" in shell.err
    assert shell("consent", "erase", "nina") == 1
    assert "is no e-mail address" in shell.err
    shell("consent", "set", OLA, "open", "given", "-s", "a letter")
    assert shell("consent", "erase", OLA) == 1
    assert "for good?" in shell.err


def test_sending_says_what_will_be_known(shell: Shell) -> None:
    mail = ("send", "--to", OLA, "--subject", "Tilbud", "--text", "Hei")
    shell(*mail, "--track", "individual", "--dry-run")
    assert shell.err == f"Not tracked: {OLA} has not agreed to it: a count would name them.\n"
    shell("consent", "set", OLA, "tracking", "given", "-s", "on the phone")
    shell(*mail, "--track", "individual", "--dry-run")
    assert shell.err == f"Tracked: opens and clicks of {OLA} (agreed).\n"
    shell(*mail, "--dry-run")
    assert shell.err == ""


def test_who_wants_no_mail_is_warned_of_and_no_sequence_reaches_them(shell: Shell) -> None:
    shell("consent", "set", OLA, "mail", "refused", "-s", "a letter")
    mail = ("send", "--to", OLA, "--subject", "Tilbud", "--text", "Hei")
    assert shell(*mail) == 0
    assert f"{OLA} has asked for no more mail." in shell.err
    assert shell(*mail, "--sequence") == 1
    assert f"{OLA} has asked for no more mail." in shell.err


def test_sent_mail_is_listed(shell: Shell) -> None:
    assert shell.json("sent") == []
    assert shell("sent") == 0
