"""`hitchpost agent`: the daemon."""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import threading
from typing import TYPE_CHECKING, Annotated, NoReturn

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
    _leave_at_once()


def _stop_on_signal(stop: threading.Event) -> None:
    """Set `stop` at SIGTERM and SIGINT, from a thread: a handler may interrupt the one that holds the event's lock."""
    told, heard = socket.socketpair()
    told.setblocking(False)
    signal.set_wakeup_fd(told.fileno(), warn_on_full_buffer=False)

    def listen() -> None:
        heard.recv(1)
        stop.set()

    threading.Thread(target=listen, name="signals", daemon=True).start()
    asked = 0

    def count(number: int, frame: FrameType | None) -> None:
        del frame
        nonlocal asked
        asked += 1
        if asked > 1 and number == signal.SIGINT:
            told.close()
            raise KeyboardInterrupt  # a second Ctrl-C does not wait

    signal.signal(signal.SIGTERM, count)
    signal.signal(signal.SIGINT, count)


def _leave_at_once() -> NoReturn:
    """Without tearing the interpreter down: threads that still wait for a server die with locks in their hands, and
    the teardown has been seen to wait for those without end. To the store it is no worse than kill -9.
    """
    logging.shutdown()
    sys.stdout.flush()
    os._exit(0)
