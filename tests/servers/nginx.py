"""A real nginx for one test run, on a free port of this machine: a proxy, or a yardstick."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from tests.servers.dovecot import free_port

PACKAGE = "nginx-light"
_PROGRAM = shutil.which("nginx") or "/usr/sbin/nginx"
_START_SECONDS = 60


def is_installed() -> bool:
    return Path(_PROGRAM).exists()


@contextlib.contextmanager
def running_nginx(folder: Path, locations: str, *, processes: int = 1) -> Iterator[str]:
    """The address of a server with these `location` blocks; its files lie in `folder`."""
    port = free_port()
    (folder / "nginx.conf").write_text(_configuration(folder, port, locations, processes))
    process = subprocess.Popen(
        [_PROGRAM, "-e", str(folder / "error.log"), "-p", str(folder), "-c", str(folder / "nginx.conf")],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(process, port, folder)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(60)


def _wait(process: subprocess.Popen[bytes], port: int, folder: Path) -> None:
    end = time.monotonic() + _START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError as error:
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"nginx did not start: {(folder / 'error.log').read_text()[-2000:]}") from error
            time.sleep(0.05)
        else:
            return


def _configuration(folder: Path, port: int, locations: str, processes: int) -> str:
    scratch = "".join(
        f"  {name}_temp_path {folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return f"""
daemon off;
worker_processes {processes};
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off;
{scratch}
  server {{
    listen 127.0.0.1:{port};
{locations}
  }}
}}
"""
