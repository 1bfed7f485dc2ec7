"""A real terminal for a program: tmux with a server, a configuration and a size of its own, gone afterwards."""

from __future__ import annotations

import contextlib
import secrets
import shlex
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

PACKAGE = "tmux"
_PATIENCE_SECONDS = 60.0
_LOOK_SECONDS = 0.1


def is_installed() -> bool:
    return shutil.which("tmux") is not None


@dataclass(frozen=True)
class Tmux:
    """One window with one program; keys are written as `tmux send-keys` has them ("Enter", "C-s", "j")."""

    socket: str

    def press(self, *keys: str) -> None:
        self.run("send-keys", "-t", "desk", *keys)

    def type(self, text: str) -> None:
        self.run("send-keys", "-t", "desk", "-l", text)

    @property
    def shown(self) -> str:
        """What stands in the window, a line each."""
        return self.run("capture-pane", "-p", "-t", "desk")

    @property
    def is_alive(self) -> bool:
        """Whether the program still runs: its window ends with it."""
        return not subprocess.run(
            self._command("has-session", "-t", "desk"), capture_output=True, check=False
        ).returncode

    def wait_for(self, *wanted: str) -> str:
        """What is shown as soon as all of this stands there."""
        return self.wait_until(lambda shown: all(each in shown for each in wanted), f"{wanted} to be shown")

    def wait_until(self, is_so: Callable[[str], bool], what: str) -> str:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not is_so(shown := self.shown):
            assert time.monotonic() < deadline, f"waited in vain for {what}:\n{shown}"
            time.sleep(_LOOK_SECONDS)
        return shown

    def wait_for_its_end(self) -> None:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while self.is_alive:
            assert time.monotonic() < deadline, "the program did not end"
            time.sleep(_LOOK_SECONDS)

    def run(self, *words: str) -> str:
        return subprocess.run(
            self._command(*words), capture_output=True, check=True, text=True, encoding="utf-8"
        ).stdout

    def _command(self, *words: str) -> list[str]:
        return ["tmux", "-u", "-f", "/dev/null", "-L", self.socket, *words]


@contextlib.contextmanager
def in_tmux(command: Sequence[str | Path], columns: int = 80, lines: int = 24) -> Iterator[Tmux]:
    """The command in a terminal of its own."""
    window = Tmux(f"hitchpost-{secrets.token_hex(6)}")
    window.run("new-session", "-d", "-s", "desk", "-x", str(columns), "-y", str(lines), shlex.join(map(str, command)))
    try:
        yield window
    finally:
        subprocess.run(window._command("kill-server"), capture_output=True, check=False)
