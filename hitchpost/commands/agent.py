"""`hitchpost agent`: the daemon."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING, Annotated

import typer

from hitchpost.exits import FAILED
from hitchpost.session import ConfigOption, JsonOption, load_settings, opened_store

if TYPE_CHECKING:
    from types import FrameType


def agent(
    context: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="One pass, as `hitchpost sync`.")] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Do what `sync` does, for ever. SIGTERM or Ctrl-C ends it cleanly; logs are JSON lines on stderr.

    Example: hitchpost agent
    """
    settings = load_settings(context, config)
    if once:
        from hitchpost.commands.sync import one_pass, show_summary

        summary = one_pass(settings)
        show_summary(summary, as_json)
        raise typer.Exit(FAILED if summary.errors else 0)
    stop = threading.Event()
    _stop_on_signal(stop)
    from agent.daemon import run_forever
    from hitchpost.logs import start_logs
    from sync.store.agent_lock import held_agent_lock

    start_logs(quiet=False)
    with opened_store(settings) as store, held_agent_lock(store):
        run_forever(settings, store, stop)


def _stop_on_signal(stop: threading.Event) -> None:
    def ask_to_stop(number: int, frame: FrameType | None) -> None:
        del frame
        if stop.is_set() and number == signal.SIGINT:
            raise KeyboardInterrupt  # a second Ctrl-C does not wait
        stop.set()

    signal.signal(signal.SIGTERM, ask_to_stop)
    signal.signal(signal.SIGINT, ask_to_stop)
