"""Doctor names what is wrong and how to mend it, and looks at everything even when one thing fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.doctor import Finding, Level, clashes, examine
from tests.servers.scripted_smtp import running_smtp

CONFIG = """
[organisation]
domains = ["x.example"]
[[mail_account]]
name = "work"
kind = "maildir"
path = "mail"
[[crm]]
name = "local"
backend = "local"
path = "crm.sqlite3"
"""


def write(folder: Path, text: str) -> Path:
    file = folder / "config.toml"
    file.write_text(text)
    file.chmod(0o600)
    for part in ("cur", "new", "tmp"):
        (folder / "mail" / part).mkdir(parents=True, exist_ok=True)
    return file


def found(file: Path) -> dict[str, Finding]:
    return {finding.subject: finding for finding in examine(file)}


def test_all_is_fine(tmp_path: Path) -> None:
    findings = found(write(tmp_path, f'database = "sqlite:///{tmp_path}/x.sqlite3"\n{CONFIG}'))
    assert {finding.level for finding in findings.values()} == {Level.FINE}
    assert {"configuration", "database", "mail_account “work”", "crm “local”"} <= findings.keys()


def test_every_fault_has_a_mend_and_hides_no_other(tmp_path: Path) -> None:
    (tmp_path / "no.sqlite3").write_bytes(b"this is no database" * 100)
    (tmp_path / "crm.sqlite3").mkdir()
    file = write(tmp_path, 'database = "sqlite:///no.sqlite3"\n' + CONFIG.replace('"mail"', '"elsewhere"'))
    findings = found(file)
    for subject in ("database", "mail_account “work”", "crm “local”"):
        assert findings[subject].level is Level.ERROR, subject
    assert all(finding.mend for finding in findings.values() if finding.level is not Level.FINE)


def test_an_owner_of_a_form_whom_the_crm_does_not_know(tmp_path: Path) -> None:
    form = '[[form]]\nname = "contact"\ntitle = "X"\n[form.owners]\nweb = "kari@x.example"\n"*" = "karri"\n'
    people = 'owners = ["kari Kari Bø <kari@x.example>"]\n'
    findings = [each for each in examine(write(tmp_path, f"{CONFIG}{people}{form}")) if each.subject.startswith("form")]
    assert [(each.level, "“karri”" in each.problem, bool(each.mend)) for each in findings] == [
        (Level.WARNING, True, True)
    ]


def test_a_secret_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HP_NOT_SET", raising=False)
    account = '[[mail_account]]\nname = "far"\nkind = "imap"\nhost = "127.0.0.1"\nport = 9\nuser = "u"\n'
    findings = found(write(tmp_path, f'{CONFIG}\n{account}secret = {{ env = "HP_NOT_SET" }}'))
    assert findings["mail_account “far”"].level is not Level.FINE


def test_a_file_that_others_can_read(tmp_path: Path) -> None:
    file = write(tmp_path, CONFIG)
    file.chmod(0o640)
    assert found(file)[str(file)] == Finding(
        Level.WARNING, str(file), "other users can open it (mode 640)", f"chmod go-rwx '{file}'"
    )


def test_nobody_and_no_mailbox(tmp_path: Path) -> None:
    findings = found(write(tmp_path, f'database = "sqlite:///{tmp_path}/x.sqlite3"'))
    assert findings["organisation"].level is Level.WARNING
    assert "mailbox add" in findings["mailboxes"].mend


def test_another_distribution_that_owns_our_names() -> None:
    owners = {"agent": ["hitchpost", "agent-toolkit"], "sync": ["hitchpost"], "tui": ["tui", "Hitchpost"]}
    findings = list(clashes(owners))
    assert [(finding.subject, finding.level) for finding in findings] == [
        ("package agent", Level.ERROR),
        ("package tui", Level.ERROR),
    ]
    assert "pip uninstall agent-toolkit" in findings[0].mend


def test_sending_is_tried_without_a_mail(tmp_path: Path) -> None:
    for place in ("cur", "new", "tmp"):
        (tmp_path / "mail" / place).mkdir(parents=True)
    with running_smtp() as server:
        account = f'[[mail_account]]\nname = "work"\nkind = "maildir"\npath = "{tmp_path}/mail"\n'
        way = f'sender = "me@x.example"\nsmtp_host = "127.0.0.1"\nsmtp_port = {server.port}\nsmtp_tls = "none"\n'
        file = write(tmp_path, f'database = "sqlite:///{tmp_path}/x.sqlite3"\n{account}{way}')
        assert found(file)["mail_account “work” sending"].level is Level.FINE
        server.faults["connect"] = ["554 go away"]
        assert found(file)["mail_account “work” sending"].level is not Level.FINE
        assert server.taken == []
