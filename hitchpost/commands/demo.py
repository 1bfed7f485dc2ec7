"""`hitchpost demo`: a self-contained working copy with a sample mailbox and CRM."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from hitchpost.output import note
from hitchpost.session import JsonOption


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
    from agent.demo import prepare
    from hitchpost.commands.sync import one_pass, show_summary
    from sync.settings import load

    place = folder.expanduser().absolute() if folder else Path(tempfile.mkdtemp(prefix="hitchpost-demo-"))
    file = prepare(place)
    settings = load(file)
    show_summary(one_pass(settings), as_json)
    if not no_tui and not as_json and sys.stdin.isatty() and sys.stdout.isatty():
        from hitchpost.commands.tui import open_screen

        open_screen(settings)
    note(f"The demo stays in {place}; look again with: hitchpost --config {file} tui")
