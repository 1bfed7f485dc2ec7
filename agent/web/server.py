"""Serving an outpost: granian's processes around our application."""

from __future__ import annotations

import functools
import logging
import os
import signal
import socket
import threading
import time

from granian import Granian
from granian.constants import HTTPModes, Interfaces, Loops
from granian.http import HTTP1Settings
from starlette.types import ASGIApp

from agent.outpost.ground import prepare_ground
from agent.outpost.register import Register
from agent.web.application import build_application
from agent.web.counters import clear_counters
from agent.web.station import StationOptions
from crm_model.errors import ConfigError

_log = logging.getLogger(__name__)
_HEAD_BYTES = 16 * 2**10
_CONNECTIONS = 1_024
_LAST_SECONDS = 10
_LOOK_SECONDS = 1.0


def serve(options: StationOptions, host: str, port: int, *, workers: int) -> None:
    """Serve until SIGTERM or SIGINT; what was heard is on the disk afterwards. Errors: ConfigError."""
    _check_address(host, port)
    ground = prepare_ground(options.folder)
    Register(ground.database).close()  # what is wrong with it shows here, as a sentence
    clear_counters(ground.counters)
    for left in ground.folder.glob(f"{ground.pace.name}*"):
        left.unlink(missing_ok=True)  # from the last time; whatever broke it is gone too
    server = Granian(
        "hitchpost",
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        workers=workers,
        loop=Loops.asyncio,  # uvloop serves no more of these requests a second
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=options.patience_seconds * 1_000, max_buffer_size=_HEAD_BYTES),
        websockets=False,
        backlog=_CONNECTIONS,
        log_enabled=False,
        respawn_failed_workers=True,
        workers_kill_timeout=_LAST_SECONDS,
    )
    _log.info("web_started", extra={"port": port, "workers": workers})
    server.serve(target_loader=functools.partial(_load, options, os.getpid()), wrap_loader=False)


def _load(options: StationOptions, parent: int) -> ASGIApp:
    """The application, in a process of its own."""
    threading.Thread(target=_follow, args=(parent,), name="follow-parent", daemon=True).start()
    return build_application(options)


def _follow(parent: int) -> None:
    """End with the parent: one that was killed tells nobody, and its port would stay taken."""
    while os.getppid() == parent:
        time.sleep(_LOOK_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)


def _check_address(host: str, port: int) -> None:
    """Errors: ConfigError where nobody can listen here; the server itself would say so in the midst of its start."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise ConfigError(
            f"nobody can listen at {host}:{port} ({error.strerror}); is another outpost running there?",
            key="web: listen",
        ) from error
