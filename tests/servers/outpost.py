"""The real `hitchpost web` for one test, in a process of its own on a free port of this machine."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx2

from tests.servers.dovecot import free_port

SECRET = "a-secret-that-only-tests-hold"
_START_SECONDS = 120


@dataclass(frozen=True, slots=True)
class RunningOutpost:
    """`folder` is its own; `configuration` the file with its `[web]` table; `log` what it wrote on stderr."""

    folder: Path
    configuration: Path
    port: int
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def stop(self) -> int:
        """End it as a service manager does; its exit code."""
        self.process.terminate()
        return self.process.wait(60)

    def kill(self) -> None:
        """kill -9 of all its processes at once."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(60)


@contextlib.contextmanager
def running_outpost(place: Path, **keys: object) -> Iterator[RunningOutpost]:
    """Run it with a configuration of its own under `place`; `keys` are of the `[web]` table."""
    running = start_outpost(place, keys)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.stop()


def start_outpost(place: Path, keys: Mapping[str, object]) -> RunningOutpost:
    """Start it and wait until it answers."""
    port = free_port()
    (place / "secret").write_text(SECRET)
    (place / "secret").chmod(0o600)
    table = {"listen": f"127.0.0.1:{port}", "folder": "outpost", **keys}
    lines = [f"{key} = {json.dumps(value)}" for key, value in table.items()]
    configuration = place / "web.toml"
    configuration.write_text("\n".join(["[web]", *lines, 'secret = { file = "secret" }', ""]))
    log = place / "web.log"
    process = start_command(["web", "--config", str(configuration)], log, f"http://127.0.0.1:{port}")
    return RunningOutpost(place / "outpost", configuration, port, process, log)


def start_command(words: Sequence[str], log: Path, url: str) -> subprocess.Popen[bytes]:
    """Run hitchpost with these words until it answers at `url`. Errors: RuntimeError with what it said."""
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "hitchpost", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=out,
            start_new_session=True,
        )
    try:
        _wait(process, log, url)
    except BaseException:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(60)
        raise
    return process


def _wait(process: subprocess.Popen[bytes], log: Path, url: str) -> None:
    end = time.monotonic() + _START_SECONDS
    while True:
        try:
            httpx2.get(f"{url}/health", timeout=20, trust_env=False)
        except httpx2.TransportError as error:
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"the outpost did not start: {log.read_text()[-2000:]}") from error
            time.sleep(0.05)
        else:
            return
