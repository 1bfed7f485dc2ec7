"""The command line: names, help, exit codes, what it prints and what it leaves behind."""

from __future__ import annotations

import contextlib
import functools
import io
import json
import os
import pty
import stat
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import pytest
from typer.main import get_command

from agent.demo.working_copy import sample_mails, write_maildir
from crm_model.errors import Busy, ConfigError, Rejected
from hitchpost import exits
from hitchpost.cli import app, main
from hitchpost.commands.threads import View
from hitchpost.output import plain, print_line, print_text
from hitchpost.session import opened_store
from sync.settings import load
from sync.store import crms
from sync.views import Mailview

COMMANDS = {
    *("demo", "init", "mailbox", "crm", "sync", "agent", "tui", "threads", "thread", "attachment", "leads", "record"),
    *("send", "outbox", "sent", "consent", "hooks", "form"),
    *("rehearse", "rules", "views", "audit", "status", "doctor", "web"),
}
GROUPS = {
    "mailbox": {"add", "list", "test", "sign-in", "remove"},
    "crm": {"add", "list", "test", "map", "confirm", "remove"},
    "form": {"add", "list", "show", "remove", "snippet"},
    "consent": {"list", "show", "set", "export", "erase"},
    "outbox": {"list", "show", "cancel", "drop", "retry", "sent"},
    "hooks": {"add", "list", "test", "deliveries", "replay", "remove"},
    "rules": {"list", "suggest", "add", "edit", "remove"},
    "views": {"list", "save", "remove"},
}
SILENT = {"tui"}


@dataclass(frozen=True, slots=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Run(Protocol):
    def __call__(self, *arguments: str) -> Ran: ...


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run a command in this process, with a home of its own and no terminal."""
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    for name in ("HITCHPOST_CONFIG", "HITCHPOST_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.stdin", io.StringIO())

    def ran(*arguments: str) -> Ran:
        monkeypatch.setattr("sys.argv", ["hitchpost", *arguments])
        with pytest.raises(SystemExit) as end:
            main()
        out, err = capfd.readouterr()
        return Ran(int(end.value.code or 0), out, err)

    return ran


@pytest.fixture
def configured(run: Run, tmp_path: Path) -> Run:
    """The same with a configuration and a Maildir account."""
    write_maildir(tmp_path / "mail", sample_mails_now())
    assert run("init", "--author", "Kari", "--domain", "fjordlys.example").code == 0
    assert run("mailbox", "add", "work", "-k", "maildir", "-s", f"path={tmp_path / 'mail'}").code == 0
    return run


@functools.cache
def sample_mails_now() -> list[Any]:
    return list(sample_mails(datetime.now(UTC)))


def every_command() -> list[tuple[str, ...]]:
    inner = [(group, name) for group, names in GROUPS.items() for name in sorted(names)]
    return [(name,) for name in sorted(COMMANDS - set(GROUPS))] + inner


def test_the_commands_are_exactly_these() -> None:
    root: Any = get_command(app)
    assert set(root.commands) == COMMANDS
    for group, names in GROUPS.items():
        assert set(root.commands[group].commands) == names


@pytest.mark.parametrize("command", every_command(), ids=" ".join)
def test_each_help_has_an_example_and_json(run: Run, command: tuple[str, ...]) -> None:
    ran = run(*command, "--help")
    assert ran.code == 0
    words = " ".join(ran.out.split())
    assert f"Example: hitchpost {' '.join(command)}" in words
    assert ("--json" in words) is (command[0] not in SILENT)


@pytest.mark.parametrize(
    "arguments",
    [["nonsense"], ["threads", "--nonsense"], ["thread"], ["thread", "x"], ["threads", "--view", "odd"], ["tui"]],
)
def test_wrong_use_is_two(configured: Run, arguments: list[str]) -> None:
    ran = configured(*arguments)
    assert ran.code == 2
    assert ran.err


@pytest.mark.parametrize(
    "command",
    ["leads", "threads", "rules list", "rules suggest", "outbox list", "sent", "consent list", "hooks deliveries"],
)
def test_an_empty_list_says_so_beside_its_answer(configured: Run, command: str) -> None:
    words = command.split()
    said = configured(*words)
    assert (said.code, said.out) == (0, "")
    assert said.err.strip().endswith(".")
    as_json = configured(*words, "--json")
    assert (as_json.json, as_json.err) == ([], "")


def test_help_and_errors_use_no_words_of_a_library(run: Run) -> None:
    assert "<bool>" not in run("leads", "--help").out
    wrong = run("consent", "set", "ola@fjord.example", "tracking", "yes", "--source", "x")
    assert wrong.code == 2
    assert "'yes' is not one of" in wrong.err
    assert "Value error" not in wrong.err


def test_no_configuration_is_two_and_names_init(run: Run) -> None:
    ran = run("status")
    assert (ran.code, ran.out) == (2, "")
    assert "hitchpost init" in ran.err
    assert len(ran.err.splitlines()) == 1


def test_unknown_key_is_two_and_names_the_nearest(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text("pol_seconds = 3")
    for arguments in (("status", "--config", str(file)), ("--config", str(file), "status")):
        ran = run(*arguments)
        assert ran.code == 2
        assert ran.err == f"hitchpost: {file}: pol_seconds: nobody knows this key. Did you mean “poll_seconds”?\n"


def test_configuration_by_environment(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HITCHPOST_CONFIG", str(tmp_path / "none.toml"))
    assert str(tmp_path / "none.toml") in run("status").err


def test_init_writes_a_private_file_once(run: Run, tmp_path: Path) -> None:
    arguments = ("init", "--author", "Kari", "--organisation", "Fjordlys", "--domain", "fjordlys.example", "--json")
    ran = run(*arguments)
    file = Path(ran.json["written"])
    assert file == tmp_path / "home" / "hitchpost" / "config.toml"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    before = file.read_text()
    again = run(*arguments)
    assert (again.code, file.read_text()) == (2, before)
    assert "never overwritten" in again.err


def test_init_refuses_a_wrong_answer(run: Run) -> None:
    ran = run("init", "--country", "Norway")
    assert ran.code == 2
    assert "two letters" in ran.err


def test_mailbox_from_add_to_remove(configured: Run, tmp_path: Path) -> None:
    assert configured("mailbox", "list", "--json").json[0]["options"]["path"] == str(tmp_path / "mail")
    folders = configured("mailbox", "test", "work", "--json").json
    assert [folder["role"] for folder in folders] == ["inbox", "sent"]
    assert sum(folder["total"] for folder in folders) == len(sample_mails_now())
    assert "inbox" in configured("mailbox", "test", "work").out
    assert configured("mailbox", "remove", "work").out == "removed work\n"
    assert configured("mailbox", "list", "--json").json == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("mailbox", "add", "x", "-k", "mailbox"), "Did you mean “mbox”?"),
        (("mailbox", "add", "x", "-k", "maildir"), "--set path="),
        (("mailbox", "add", "x", "-k", "maildir", "-s", "pth=/x"), "Did you mean “path”?"),
        (("mailbox", "add", "x", "-k", "maildir", "-s", "path"), "KEY=VALUE"),
        (("mailbox", "add", "work", "-k", "maildir", "-s", "path=/x"), "name is taken"),
        (("mailbox", "add", "x", "-k", "imap", "-s", "host=h", "-s", "user=u"), "--secret-env"),
        (("mailbox", "add", "x", "-k", "imap", "-s", "host=h", "-s", "user=u", "-s", "port=many"), "whole number"),
        (("mailbox", "test", "wrk"), "Did you mean “work”?"),
        (("mailbox", "remove", "wrk"), "Did you mean “work”?"),
        (("crm", "add", "x", "-b", "locl"), "Did you mean “local”?"),
        (("crm", "test", "lokal"), "Did you mean “local”?"),
    ],
)
def test_wrong_connections_are_two_and_change_nothing(
    configured: Run, arguments: tuple[str, ...], words: str, tmp_path: Path
) -> None:
    file = tmp_path / "home" / "hitchpost" / "config.toml"
    before = file.read_text()
    ran = configured(*arguments)
    assert ran.code == 2
    assert words in " ".join(ran.err.replace("│", " ").split())
    assert file.read_text() == before


def test_a_mailbox_that_fails_its_test_is_not_added(configured: Run, tmp_path: Path) -> None:
    file = tmp_path / "home" / "hitchpost" / "config.toml"
    before = file.read_text()
    command = ("mailbox", "add", "lost", "-k", "maildir", "-s", f"path={tmp_path / 'nowhere'}")
    ran = configured(*command)
    assert ran.code != 0
    assert "nothing was added" in ran.err
    assert "added lost" not in ran.err
    assert file.read_text() == before
    assert configured(*command, "--no-test").code == 0


def test_secret_sources_are_written_and_never_the_secret(configured: Run, tmp_path: Path) -> None:
    command = (
        "mailbox",
        "add",
        "far",
        "-k",
        "imap",
        "-s",
        "host=h.example",
        "-s",
        "user=u",
        "--secret-env",
        "HP_FAR",
        "--no-test",
    )
    assert configured(*command).code == 0
    text = (tmp_path / "home" / "hitchpost" / "config.toml").read_text()
    assert 'secret = {env = "HP_FAR"}' in text
    assert configured("mailbox", "list").code == 0


class Terminal(io.StringIO):
    """Somebody who types these answers."""

    def isatty(self) -> bool:
        return True


@pytest.mark.timeout(120)
def test_without_a_keyring_a_password_is_typed_unseen_into_a_private_file(run: Run, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    assert run("init", "--config", str(config), "--domain", "bo.example").code == 0
    words = [
        sys.executable,
        "-m",
        "hitchpost",
        "mailbox",
        "add",
        "far",
        "-k",
        "imap",
        "--no-test",
        "--config",
        str(config),
    ]
    shown = typed_at(words, [(b"): ", b"imap.x.example\n"), (b"): ", b"kari\n"), ("”: ".encode(), b"s3cret\n")])
    kept = tmp_path / "far.mailbox.secret"
    assert (kept.read_text(), stat.S_IMODE(kept.stat().st_mode)) == ("s3cret\n", 0o600)
    assert f'user = "kari"\nsecret = {{file = "{kept}"}}' in config.read_text()
    assert "s3cret" not in shown + config.read_text()
    assert str(kept) in "".join(shown.split())


def typed_at(words: list[str], answers: list[tuple[bytes, bytes]]) -> str:
    """Run a command at a real terminal, without a keyring; what the terminal showed.

    Each answer is typed once its question shows.
    """
    ours, theirs = pty.openpty()
    environment = {**os.environ, "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
    with subprocess.Popen(
        words, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True
    ) as process:
        os.close(theirs)
        shown = asked = b""
        with contextlib.suppress(OSError):  # how Linux says that the other end of a terminal is closed
            while taken := os.read(ours, 1024):
                shown, asked = shown + taken, asked + taken
                if answers and answers[0][0] in asked:
                    os.write(ours, answers.pop(0)[1])
                    asked = b""
    os.close(ours)
    assert (process.returncode, answers) == (0, []), shown.decode()
    return shown.decode()


def test_a_taken_name_costs_no_secret(configured: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = tmp_path / "kept"
    wish = ("mailbox", "add", "far", "-k", "imap", "-s", "host=h.example", "-s", "user=u")
    command = (*wish, "--no-test", "--secret-file")
    for secret, code in (("first", 0), ("second", 2)):
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{secret}\n"))
        assert configured(*command, str(kept)).code == code
    assert kept.read_text() == "first\n"


@pytest.mark.parametrize("command", ["s3cret-of-kari", "no-such-program show mail", " "])
def test_a_command_that_is_no_program_is_refused(configured: Run, tmp_path: Path, command: str) -> None:
    file = tmp_path / "home" / "hitchpost" / "config.toml"
    before = file.read_text()
    wish = ("mailbox", "add", "far", "-k", "imap", "-s", "host=h.example", "-s", "user=u")
    asked = (*wish, "--no-test", "--secret-command")
    ran = configured(*asked, command)
    assert (ran.code, file.read_text()) == (2, before)
    assert "no program of this machine" in ran.err
    assert "s3cret" not in ran.err
    assert configured(*asked, "no-such-program | head -1").code == 0


def test_init_asks_a_person(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", Terminal("Kari\nFjordlys\nfjordlys.example, f.example\n\nno\n"))
    ran = run("init", "--json")
    assert ran.code == 0
    text = Path(ran.json["written"]).read_text()
    assert 'domains = ["fjordlys.example", "f.example"]' in text


def test_crm_from_add_to_remove(configured: Run, tmp_path: Path) -> None:
    assert configured("crm", "add", "house", "-b", "local", "-s", f"path={tmp_path / 'crm'}").code == 0
    assert [crm["name"] for crm in configured("crm", "list", "--json").json] == ["local", "house"]
    assert configured("crm", "test", "house", "--json").json["counts"]["lead"] == 0
    assert configured("crm", "remove", "house").code == 0


def test_vanished_mailbox_is_named(configured: Run, tmp_path: Path) -> None:
    (tmp_path / "mail").rename(tmp_path / "elsewhere")
    ran = configured("mailbox", "test", "work")
    assert ran.code in (1, 2)
    assert str(tmp_path / "mail") in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize("command", [("threads",), ("leads",), ("status",)])
def test_views_of_an_empty_database(configured: Run, command: tuple[str, ...]) -> None:
    assert configured(*command).code == 0
    assert configured(*command, "--json").json is not None


@pytest.mark.parametrize("command", [("thread", "99"), ("record", "99")])
def test_what_is_not_there_is_one(configured: Run, command: tuple[str, ...]) -> None:
    ran = configured(*command)
    assert ran.code == 1
    assert len(ran.err.splitlines()) == 1


def test_audit_names_what_was_never_read(configured: Run) -> None:
    ran = configured("audit")
    assert ran.code == 1
    assert "missing: work" in ran.out


def test_doctor_finds_and_mends(configured: Run, tmp_path: Path) -> None:
    (tmp_path / "home" / "hitchpost" / "config.toml").chmod(0o644)
    findings = {finding["subject"]: finding for finding in configured("doctor", "--json").json}
    assert findings["mail_account “work”"]["level"] == "fine"
    loose = findings[str(tmp_path / "home" / "hitchpost" / "config.toml")]
    assert (loose["level"], loose["mend"][:11]) == ("warning", "chmod go-rw")


def test_doctor_finds_a_key_that_means_two_things(configured: Run, tmp_path: Path) -> None:
    file = tmp_path / "home" / "hitchpost" / "config.toml"
    before = {each["subject"]: each["level"] for each in configured("doctor", "--json").json}
    file.write_text(f'{file.read_text()}\n[keys]\nown = {{ archive = "u" }}\n')
    found = {each["subject"]: each for each in configured("doctor", "--json").json}["keys"]
    assert (before["keys"], found["level"]) == ("fine", "error")
    assert "“u” means archive and undo" in found["problem"]
    assert "keys.own" in found["mend"]


def test_doctor_on_a_bad_configuration_is_one(run: Run) -> None:
    ran = run("doctor")
    assert ran.code == 1
    assert "hitchpost init" in ran.out


def test_views_are_those_of_the_store() -> None:
    assert [view.value for view in View] == [view.value for view in Mailview]


@pytest.mark.parametrize(
    ("error", "code"), [(ConfigError("wrong"), 2), (Busy("later"), 1), (Rejected("no"), 1), (ValueError("x"), 1)]
)
def test_errors_become_one_sentence(
    error: Exception, code: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HITCHPOST_DEBUG", raising=False)

    def fail() -> None:
        raise error

    with pytest.raises(SystemExit) as end:
        exits.run_and_exit(fail)
    assert end.value.code == code
    assert len(capsys.readouterr().err.splitlines()) == 1
    monkeypatch.setenv("HITCHPOST_DEBUG", "1")
    with pytest.raises(type(error)):
        exits.run_and_exit(fail)


def test_nothing_printed_can_steer_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    hostile = "\x1b[2J\x1b]0;x\x07red\u202e\r\n\x9b31m"
    print_line(hostile)
    print_text(hostile, indent="  ")
    assert not set(capsys.readouterr().out) & set("\x1b\x07\x9b\r\u202e")
    assert json.dumps(plain({"a": hostile})).isascii()


def test_reader_that_has_enough_is_no_traceback(configured: Run, tmp_path: Path) -> None:
    environment = {**os.environ, "HOME": str(tmp_path / "home"), "XDG_CONFIG_HOME": str(tmp_path / "home")}
    command = f"{sys.executable} -c 'from hitchpost.cli import main; main()' mailbox list --json | true"
    ran = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], env=environment, capture_output=True, text=True, check=False
    )
    assert "Traceback" not in ran.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_below_the_output_is_no_bug() -> None:
    with Path("/dev/full").open("w") as full:
        words = [sys.executable, "-m", "hitchpost", "--help"]
        ran = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (ran.returncode, "No space left" in ran.stderr, "bug" in ran.stderr) == (1, True, False)


@pytest.mark.parametrize(
    "arguments",
    [("consent", "show", "kari\udcff"), ("form", "add", "x", "--title", "S\udcf8k"), ("threads", "--search=b\udce5t")],
)
def test_an_argument_that_is_no_text_is_no_bug(configured: Run, arguments: tuple[str, ...]) -> None:
    ran = configured(*arguments)
    assert (ran.code, "is not UTF-8" in ran.err, "bug" in ran.err) == (2, True, False)
    assert len(ran.err.splitlines()) == 1


def test_a_file_may_have_a_name_that_is_no_text(configured: Run, tmp_path: Path) -> None:
    config = tmp_path / "m\udcf8te.toml"
    config.write_text((tmp_path / "home" / "hitchpost" / "config.toml").read_text())
    assert configured("mailbox", "list", "--config", str(config)).code == 0
    assert configured("mailbox", "list", f"--config={config}").code == 0


def test_a_closed_output_is_no_error(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(f'database = "sqlite:///{tmp_path / "hitchpost.db"}"\n')
    command = f'exec "{sys.executable}" -m hitchpost status --config "{config}" --json >&-'
    ran = subprocess.run(["sh", "-c", command], stderr=subprocess.PIPE, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_a_field_map_is_shown_changed_and_taken_back(run: Run, tmp_path: Path) -> None:
    config = str(tmp_path / "config.toml")
    assert run("init", "--config", config, "--domain", "bo.example").code == 0
    assert run("crm", "add", "house", "--config", config, "-b", "local", "-s", f"path={tmp_path / 'c.db'}").code == 0
    rules = [
        "--set",
        "lead.employer.field=company",
        "--set",
        "lead.status.values=fresh=new",
        "-s",
        "lead.phone.pin=yes",
    ]
    shown = run("crm", "map", "house", "--config", config, *rules, "--set", "lead.phone.direction=in", "--json")
    assert shown.code == 0, shown.err
    rows = {row["field"]: row for row in shown.json if row["kind"] == "lead"}
    assert rows["employer"]["crm_field"] == "company"
    assert (rows["phone"]["direction"], rows["phone"]["shown"]) == ("in", "pinned")
    assert run("crm", "map", "house", "--config", config, "--unset", "lead.employer").code == 0
    rows = {row["field"]: row for row in run("crm", "map", "house", "--config", config, "--json").json}
    assert "company" in rows


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ("lead.employer.field=compny", "Did you mean “company”?"),
        ("lead.compny.pin=yes", "Did you mean “company”?"),
        ("leed.company.pin=yes", "Did you mean “lead”?"),
        ("lead.company.pni=yes", "Did you mean “pin”?"),
        ("lead.company.direction=up", "direction"),
        ("lead.company.pin=perhaps", "true or false"),
        ("company=x", "write KIND.FIELD.KEY=VALUE"),
    ],
)
def test_a_wrong_rule_is_refused_with_the_mend(run: Run, tmp_path: Path, wish: str, said: str) -> None:
    config = tmp_path / "config.toml"
    run("init", "--config", str(config), "--domain", "bo.example")
    run("crm", "add", "house", "--config", str(config), "-b", "local", "-s", f"path={tmp_path / 'c.db'}")
    before = config.read_text()
    ran = run("crm", "map", "house", "--config", str(config), "--set", wish)
    assert ran.code == 2
    assert said in ran.err
    assert config.read_text() == before


def test_a_crm_that_fails_its_test_is_not_added(run: Run, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    run("init", "--config", str(config), "--domain", "bo.example")
    (tmp_path / "c.db").write_text("no database at all, but long enough to be taken for one " * 20)
    before = config.read_text()
    asked = ("crm", "add", "house", "--config", str(config), "-b", "local", "-s", f"path={tmp_path / 'c.db'}")
    ran = run(*asked)
    assert ran.code == 2
    assert "no usable CRM file" in ran.err
    assert "--set path: " in ran.err
    assert str(config) not in ran.err
    assert config.read_text() == before
    assert run(*asked, "--no-test").code == 0


def test_a_kind_that_no_crm_has_is_refused(configured: Run) -> None:
    ran = configured("crm", "map", "local", "--kind", "nonsense")
    assert (ran.code, ran.out) == (2, "")
    assert "lead, contact, account, opportunity" in " ".join(ran.err.replace("│", " ").split())
    shown = configured("crm", "map", "local", "--kind", "lead", "--json")
    assert {row["kind"] for row in shown.json} == {"lead"}


@pytest.mark.parametrize("flags", [(), ("--yes",), ("--yes", "--json")], ids=" ".join)
def test_nobody_confirms_a_crm_that_was_never_read(configured: Run, flags: tuple[str, ...]) -> None:
    ran = configured("crm", "confirm", "local", *flags)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == "hitchpost: local was not read yet; run `hitchpost sync` first\n"
    assert configured("sync").code == 0
    assert "confirmed already" in configured("crm", "confirm", "local").out


def test_confirming_shows_first_what_would_be_written(run: Run, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    run("init", "--config", str(config), "--domain", "bo.example")
    run("crm", "add", "house", "--config", str(config), "-b", "local", "-s", f"path={tmp_path / 'c.db'}")
    with opened_store(load(config)) as store, store.write() as unit:  # a pass would confirm a CRM of our own
        crms.succeeded(unit, "house", datetime.now(UTC))
    ran = run("crm", "confirm", "house", "--config", str(config))
    assert ran.out == "would create 0 leads, link 0 mails, update 0 records\n"
    assert "Nothing was written." in ran.err
    assert run("crm", "confirm", "house", "--config", str(config), "--yes", "--json").json["confirmed"]
    assert "confirmed already" in run("crm", "confirm", "house", "--config", str(config)).out


def test_views_are_kept_listed_and_removed(configured: Run) -> None:
    assert configured("views", "save", "Mine", "--view", "linked", "--search", "fjord").out == "kept Mine\n"
    rows = configured("views", "list", "--json").json
    assert {"name": "Mine", "view": "linked", "search": "fjord", "count": None} in rows
    assert {"name": "", "view": "pipeline", "search": "", "count": 0} in rows
    assert configured("views", "save", "Mine", "--view", "odd").code == 2
    assert configured("views", "remove", "Mine", "--json").json == {"removed": "Mine"}
    assert configured("views", "remove", "Mine").code == 1
