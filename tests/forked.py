"""The command in a process of its own, forked from one that has imported the program already.

Starting Python and importing the program costs more than most commands do. Where a test is of starting, ending or
killing a program, it starts the installed one (`Workplace.start`).
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hitchpost.cli import command, main

_IMPORTED = (
    "agent.daemon",
    "agent.demo",
    "agent.doctor",
    "agent.hooks.delivering",
    "agent.outpost.connecting",
    "agent.parse",
    "agent.rehearsal",
    "agent.sending.way_out",
    "crm_adapters.local.adapter",
    "sync.audit",
    "sync.desk_views",
    "sync.edits",
    "sync.mailboxes.imap",
    "sync.mailboxes.maildir",
    "sync.oauth.sign_in",
    "sync.queries",
    "sync.settings",
    "sync.settings.file",
    "sync.settings.web",
    "sync.store.schema",
    "tui.gateway",
)
for _name in _IMPORTED:  # what commands import when they run
    importlib.import_module(_name)
_commands: Any = command()
_commands.make_context("hitchpost", ["status"])  # Typer imports what reads a command's words at its first use

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload([__name__, "pytest"])  # pytest: each child imports its parent's main module anew
_INPUT, _OUTPUT, _ERRORS = "input", "output", "errors"


def run_command(
    *words: str, env: Mapping[str, str], text: str = "", timeout_seconds: float = 240
) -> subprocess.CompletedProcess[str]:
    """Run hitchpost with these words to its end. Errors: TimeoutExpired."""
    with tempfile.TemporaryDirectory(prefix="hp-") as folder:
        place = Path(folder)
        place.joinpath(_INPUT).write_text(text, encoding="utf-8")
        process = _FORKS.Process(target=_be_the_command, args=(words, dict(env), folder, Path.cwd()))
        process.start()
        process.join(timeout_seconds)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired(words, timeout_seconds, place.joinpath(_OUTPUT).read_bytes())
        code = process.exitcode
        process.close()
        said, complained = (place.joinpath(name).read_text(encoding="utf-8") for name in (_OUTPUT, _ERRORS))
    return subprocess.CompletedProcess(words, code, said, complained)


def _be_the_command(words: tuple[str, ...], env: dict[str, str], folder: str, here: Path) -> None:
    os.chdir(here)
    os.environ.clear()
    os.environ.update(env)
    for number, (name, flags) in enumerate(
        ((_INPUT, os.O_RDONLY), (_OUTPUT, os.O_WRONLY | os.O_CREAT), (_ERRORS, os.O_WRONLY | os.O_CREAT))
    ):
        opened = os.open(Path(folder) / name, flags, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115  # multiprocessing closed it
    sys.argv = ["hitchpost", *words]
    main()
