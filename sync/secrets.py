"""Passwords and tokens: fetched when they are needed from wherever the configuration says, put back when renewed."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import stat
import subprocess
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from crm_model.errors import ConfigError
from sync.private_files import write_private

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

KEYRING_SERVICE = "hitchpost"
"""The service name that our entries stand under in the system's keyring."""

COMMAND_SECONDS = 30.0
"""How long a command may take to print a secret: a person may have to unlock a password store first."""

_OTHER_WAYS = 'secret = { file = "PATH" }, secret = { env = "NAME" } or secret = { command = "…" }'
_SHELL_TOKEN = re.compile(r"[|&;<>()]+")


class SecretKind(StrEnum):
    ENV = "env"
    COMMAND = "command"
    KEYRING = "keyring"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class SecretSource:
    """Where a secret is: an environment variable's name, a command line, an entry of the keyring, or a file's path."""

    kind: SecretKind
    place: str

    def describe(self) -> str:
        """The place in words, for `mailbox list` and `doctor`; never the secret."""
        kind = "environment variable" if self.kind is SecretKind.ENV else self.kind.value
        return f"{kind} {self.place}"


def fetch_secret(source: SecretSource | None, owner: str) -> str:
    """The secret of `owner` (a table of the configuration, as `mail_account “work”`). Errors: ConfigError."""
    if source is None:
        raise ConfigError(f'no secret is named; add secret = {{ keyring = "NAME" }}, {_OTHER_WAYS}', key=owner)
    if source.kind is SecretKind.ENV:
        return _from_environment(source.place, owner)
    if source.kind is SecretKind.COMMAND:
        return _from_command(source.place, owner)
    if source.kind is SecretKind.FILE:
        return _from_file(Path(source.place), owner)
    return _from_keyring(source.place, owner)


def keep_secret(source: SecretSource | None, owner: str, secret: str) -> None:
    """Put a new or renewed secret where `source` says. Errors: ConfigError where that place can't be written."""
    if source is not None and source.kind is SecretKind.KEYRING:
        store_in_keyring(source.place, secret, owner)
    elif source is not None and source.kind is SecretKind.FILE:
        _into_file(Path(source.place), secret, owner)
    else:
        place = source.describe() if source else "no place"
        raise ConfigError(
            f'a renewed secret can\'t be kept in {place}; use secret = {{ keyring = "NAME" }} or {{ file = "PATH" }}',
            key=owner,
        )


def store_in_keyring(name: str, secret: str, owner: str) -> None:
    """Keep a secret in the system's keyring. Errors: ConfigError where there is none that is safe."""
    import keyring.errors

    backend = _safe_keyring(owner)
    try:
        backend.set_password(KEYRING_SERVICE, name, secret)
    except keyring.errors.KeyringError as error:
        raise _keyring_trouble(error, owner) from error


def check_keyring(owner: str) -> None:
    """Errors: ConfigError where there is no keyring that is safe."""
    _safe_keyring(owner)


def check_command(command: str, owner: str) -> None:
    """Errors: ConfigError where its program is not on this machine; a shell finds its own. The word is never told."""
    words = _arguments(command, owner)
    if not words or shutil.which(words[0]) is None:
        raise ConfigError(
            "the secret's command starts with no program of this machine; name one that prints the secret, "
            f"or use {_OTHER_WAYS}",
            key=owner,
        )


def _from_environment(name: str, owner: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise ConfigError(f"the environment variable {name} is not set, or is empty; set it before starting", key=owner)
    return value


def _from_command(command: str, owner: str) -> str:
    """First line of what the command prints; nothing of its output is ever told."""
    try:
        process = subprocess.Popen(  # noqa: S603 - the person's own configuration says what to run
            _arguments(command, owner),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        raise ConfigError(f"the secret's command can't be started: {error.strerror}", key=owner) from error
    try:
        output, _ = process.communicate(timeout=COMMAND_SECONDS)
    except subprocess.TimeoutExpired as error:
        _end(process)
        # A chained TimeoutExpired would carry the output along.
        raise ConfigError(
            f"the secret's command gave no answer within {error.timeout:g} seconds; run it by hand once to see why",
            key=owner,
        ) from None
    if process.returncode:
        raise ConfigError(
            f"the secret's command ended with exit code {process.returncode}; run it by hand to see why", key=owner
        )
    return _first_line(output, owner)


def _first_line(output: bytes, owner: str) -> str:
    try:
        line = output.split(b"\n", 1)[0].decode().removesuffix("\r")
    except UnicodeDecodeError:
        raise ConfigError("the secret's command printed something that is no UTF-8 text", key=owner) from None
    if not line:
        raise ConfigError("the secret's command printed an empty first line", key=owner)
    return line


def _arguments(command: str, owner: str) -> list[str]:
    """The command as arguments; through a shell only where it needs one (pipes, variables, redirections)."""
    try:
        lexer = shlex.shlex(command, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        needs_shell = any(_SHELL_TOKEN.fullmatch(token) for token in lexer) or "$" in command or "`" in command
        return ["/bin/sh", "-c", command] if needs_shell else [os.path.expanduser(x) for x in shlex.split(command)]  # noqa: PTH111 - a word, not always a path
    except ValueError as error:
        raise ConfigError(f"the secret's command can't be read: {error}", key=owner) from error


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill the command with everything it started: a grandchild would keep the pipe open."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        process.kill()
    process.communicate()


def _from_file(path: Path, owner: str) -> str:
    """The whole file without its last line end. One that others may read holds no secret."""
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="utf-8").rstrip("\r\n")
    except FileNotFoundError as error:
        raise ConfigError(f"the secret's file {path} is not there; {_file_mend(owner)}", key=owner) from error
    except OSError as error:
        raise ConfigError(f"the secret's file {path} can't be read: {error.strerror}", key=owner) from error
    except UnicodeDecodeError:
        raise ConfigError(f"the secret's file {path} holds no UTF-8 text", key=owner) from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ConfigError(f"others may read the secret's file; run `chmod 600 {path}` and change the secret", key=owner)
    if not text:
        raise ConfigError(f"the secret's file {path} is empty; {_file_mend(owner)}", key=owner)
    return text


def _file_mend(owner: str) -> str:
    if owner == "web":
        return "make it with `hitchpost web --new-secret`, or copy it from the other machine"
    command = "crm" if owner.startswith("crm") else "mailbox"
    return f"make it with `hitchpost {command} test NAME --new-secret`"


def _into_file(path: Path, secret: str, owner: str) -> None:
    try:
        write_private(path, secret + "\n")
    except OSError as error:
        raise ConfigError(f"the secret's file {path} can't be written: {error.strerror}", key=owner) from error


def _from_keyring(name: str, owner: str) -> str:
    import keyring.errors

    backend = _safe_keyring(owner)
    try:
        secret = backend.get_password(KEYRING_SERVICE, name)
    except keyring.errors.KeyringError as error:
        raise _keyring_trouble(error, owner) from error
    if not secret:
        raise ConfigError(
            f"the keyring holds nothing for “{name}”; store it with `hitchpost mailbox test NAME --new-secret` "
            f"(`crm test` for a CRM), or use {_OTHER_WAYS}",
            key=owner,
        )
    return secret


def _safe_keyring(owner: str) -> KeyringBackend:
    """The system's keyring, unless it would keep passwords in plain text (priority below 1) or is none at all."""
    import keyring
    import keyring.backends.chainer
    import keyring.backends.fail

    backend = keyring.get_keyring()
    parts = list(backend.backends) if isinstance(backend, keyring.backends.chainer.ChainerBackend) else [backend]
    if not parts or isinstance(backend, keyring.backends.fail.Keyring):
        raise ConfigError(f"this machine has no keyring; use {_OTHER_WAYS}", key=owner)
    weak = [part for part in parts if _priority(part) < 1]
    if weak:
        raise ConfigError(
            f"the keyring {type(weak[0]).__module__} does not protect what it holds and is not used; use {_OTHER_WAYS}",
            key=owner,
        )
    return backend


def _priority(backend: KeyringBackend) -> float:
    try:
        return float(backend.priority)
    except RuntimeError:  # how a backend says that it can't work here
        return -1


def _keyring_trouble(error: Exception, owner: str) -> ConfigError:
    import keyring.errors

    if isinstance(error, keyring.errors.NoKeyringError):
        return ConfigError(f"this machine has no keyring; use {_OTHER_WAYS}", key=owner)
    if isinstance(error, keyring.errors.KeyringLocked):
        return ConfigError(f"the keyring is locked: unlock it (log in to the desktop), or use {_OTHER_WAYS}", key=owner)
    return ConfigError(f"the keyring failed ({type(error).__name__}); use {_OTHER_WAYS}", key=owner)
