"""Secrets come from where the configuration says, and never show."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import keyring
import keyring.backend
import keyring.backends.fail
import keyring.errors
import pytest

from crm_model.errors import ConfigError
from sync import secrets
from sync.secrets import SecretKind, SecretSource, fetch_secret, keep_secret, store_in_keyring

OWNER = "mail_account “work”"


class MemoryKeyring(keyring.backend.KeyringBackend):
    priority = 5

    def __init__(self) -> None:
        super().__init__()
        self.held: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.held.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.held[service, username] = password


class PlainTextKeyring(MemoryKeyring):
    priority = 0.5


class LockedKeyring(MemoryKeyring):
    def get_password(self, service: str, username: str) -> str | None:
        raise keyring.errors.KeyringLocked("locked")


@pytest.fixture
def own_keyring() -> Iterator[MemoryKeyring]:
    before, mine = keyring.get_keyring(), MemoryKeyring()
    keyring.set_keyring(mine)
    yield mine
    keyring.set_keyring(before)


def source(kind: str, place: str) -> SecretSource:
    return SecretSource(SecretKind(kind), place)


def test_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HP_TEST_SECRET", "s3cret")
    assert fetch_secret(source("env", "HP_TEST_SECRET"), OWNER) == "s3cret"


def test_missing_environment_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HP_TEST_SECRET", raising=False)
    with pytest.raises(ConfigError, match="HP_TEST_SECRET is not set"):
        fetch_secret(source("env", "HP_TEST_SECRET"), OWNER)


def test_no_source_names_the_ways() -> None:
    with pytest.raises(ConfigError, match="env") as caught:
        fetch_secret(None, OWNER)
    assert OWNER in str(caught.value)


def test_command_gives_first_line_only() -> None:
    assert fetch_secret(source("command", "printf 'one two\\nsecond\\n'"), OWNER) == "one two"


def test_command_without_shell_keeps_words_literal() -> None:
    assert fetch_secret(source("command", "printf %s 'a|b;c'"), OWNER) == "a|b;c"


def test_command_with_pipe_and_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HP_WORD", "word")
    assert fetch_secret(source("command", 'printf "$HP_WORD\\nx\\n" | tr w W'), OWNER) == "Word"


def test_failed_command_tells_the_code_and_nothing_it_printed() -> None:
    with pytest.raises(ConfigError, match="exit code 3") as caught:
        fetch_secret(source("command", "sh -c 'echo hunter2; echo hunter2 >&2; exit 3'"), OWNER)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("command", ["no-such-program-anywhere x", "true", "printf '\\377\\n'", "sh -c 'unclosed"])
def test_useless_command_is_a_sentence(command: str) -> None:
    with pytest.raises(ConfigError, match="command"):
        fetch_secret(source("command", command), OWNER)


def test_slow_command_is_ended_with_its_children(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(secrets, "COMMAND_SECONDS", 0.3)
    script = tmp_path / "slow.py"
    script.write_text("import subprocess; print('hunter2', flush=True); subprocess.run(['sleep', '60'])")
    with pytest.raises(ConfigError, match="no answer within") as caught:
        fetch_secret(source("command", f"{sys.executable} {script}"), OWNER)
    assert caught.value.__cause__ is None
    assert "hunter2" not in str(caught.value)


def test_keyring_round_trip(own_keyring: MemoryKeyring) -> None:
    store_in_keyring("work", "s3cret", OWNER)
    assert fetch_secret(source("keyring", "work"), OWNER) == "s3cret"
    assert ("hitchpost", "work") in own_keyring.held


def test_empty_keyring_says_how_to_store(own_keyring: MemoryKeyring) -> None:
    with pytest.raises(ConfigError, match="--new-secret"):
        fetch_secret(source("keyring", "work"), OWNER)


@pytest.mark.parametrize(
    ("backend", "words"),
    [
        (keyring.backends.fail.Keyring(), "no keyring"),
        (PlainTextKeyring(), "does not protect"),
        (LockedKeyring(), "locked"),
    ],
)
def test_unusable_keyring_names_the_other_ways(
    own_keyring: MemoryKeyring, backend: keyring.backend.KeyringBackend, words: str
) -> None:
    keyring.set_keyring(backend)
    with pytest.raises(ConfigError, match=words) as caught:
        fetch_secret(source("keyring", "work"), OWNER)
    assert "env =" in str(caught.value)
    assert "command =" in str(caught.value)


def test_description_tells_the_place() -> None:
    assert source("command", "pass show mail").describe() == "command pass show mail"


def test_file_round_trip_is_private_and_replaces_the_old_one(tmp_path: Path) -> None:
    place = tmp_path / "sub" / "work.secret"
    for secret in ("first", "second"):
        keep_secret(source("file", str(place)), OWNER, secret)
        assert fetch_secret(source("file", str(place)), OWNER) == secret
    assert place.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in place.parent.iterdir()] == ["work.secret"]


def test_a_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    place = tmp_path / "work.secret"
    place.write_text("hunter2\n")
    place.chmod(0o640)
    with pytest.raises(ConfigError, match="chmod 600") as caught:
        fetch_secret(source("file", str(place)), OWNER)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("content", [None, b"", b"\n", b"\xff\xfe"])
def test_useless_file_is_a_sentence(tmp_path: Path, content: bytes | None) -> None:
    place = tmp_path / "work.secret"
    if content is not None:
        place.touch(mode=0o600)
        place.write_bytes(content)
    with pytest.raises(ConfigError, match=r"work\.secret") as caught:
        fetch_secret(source("file", str(place)), OWNER)
    assert OWNER in str(caught.value)


def test_renewed_secret_goes_into_the_keyring(own_keyring: MemoryKeyring) -> None:
    keep_secret(source("keyring", "work"), OWNER, "renewed")
    assert own_keyring.held["hitchpost", "work"] == "renewed"


@pytest.mark.parametrize("place", [source("env", "HP_X"), source("command", "pass show x"), None])
def test_places_that_cannot_be_written_say_so(place: SecretSource | None) -> None:
    with pytest.raises(ConfigError, match="can't be kept") as caught:
        keep_secret(place, OWNER, "hunter2")
    assert "hunter2" not in str(caught.value)
