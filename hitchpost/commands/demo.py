"""`hitchpost demo`: a self-contained working copy with a sample mailbox and CRM."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hitchpost.exits import FAILED
from hitchpost.output import note
from hitchpost.session import JsonOption, opened_store

if TYPE_CHECKING:
    from agent.summary import PassSummary
    from sync.settings import Settings

_STOP_SECONDS = 5.0


def demo(
    folder: Annotated[
        Path | None, typer.Option("--dir", metavar="FOLDER", help="Where to put it; else a temporary folder.")
    ] = None,
    no_tui: Annotated[bool, typer.Option("--no-tui", help="Only print the summary.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Try it all on a sample mailbox and CRM, apart from your own: one pass, then the screen.

    Example: hitchpost demo --dir ~/hitchpost-demo
    """
    from agent.demo import SENT_TO_NOBODY, prepare
    from hitchpost.commands.sync import show_summary
    from sync.settings import load

    place = folder.expanduser().absolute() if folder else Path(tempfile.mkdtemp(prefix="hitchpost-demo-"))
    file = prepare(place)
    settings = load(file)
    summary = _first_pass(settings)
    show_summary(summary, as_json)
    if not no_tui and not as_json and sys.stdin.isatty() and sys.stdout.isatty():
        from hitchpost.commands.tui import open_screen

        with _agent_beside(file):
            open_screen(file)
    note(f"Mail that you send in the demo lies in {place / SENT_TO_NOBODY}; nobody gets any.")
    note(f"The demo stays in {place}; look again with: hitchpost --config {file} tui")
    if summary.errors:
        raise typer.Exit(FAILED)


def _first_pass(settings: Settings) -> PassSummary:
    from agent.daemon import run_pass
    from agent.demo import stage
    from hitchpost.logs import start_logs
    from hitchpost.progress import shown_progress
    from sync.store.agent_lock import held_agent_lock

    start_logs(quiet=True)
    with opened_store(settings) as store, held_agent_lock(store):
        with shown_progress() as show:
            summary = run_pass(settings, store, show)
        stage(settings, store, lambda: run_pass(settings, store, lambda _step: None))
    return summary


@contextlib.contextmanager
def _agent_beside(file: Path) -> Iterator[None]:
    """The agent as a process of its own while the screen is open, so that edits go out and come back."""
    command = [sys.executable, "-m", "hitchpost", "--config", str(file), "agent"]
    with file.with_name("agent.log").open("ab") as log:
        agent = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)  # noqa: S603 - ourselves
    try:
        yield
    finally:
        agent.terminate()
        try:
            agent.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            agent.kill()
