"""A real PostgreSQL for tests: its own cluster in a temporary folder, on a Unix socket only, stopped at the end."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

PACKAGE = "postgresql"
_ACCOUNT = "postgres"


def program(name: str) -> str | None:
    """The path of a server program: on the path, or where Debian keeps it."""
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)
    return str(versions[0]) if versions else shutil.which(name)


@contextlib.contextmanager
def running_postgresql() -> Iterator[str]:
    """A fresh cluster; its URL without database name, to be completed as `f"{url}&dbname=…"`."""
    initdb, pg_ctl = program("initdb"), program("pg_ctl")
    assert initdb and pg_ctl, f"install Debian's package {PACKAGE}"
    # PostgreSQL refuses to run as root, and its socket's path must be short.
    with tempfile.TemporaryDirectory(prefix="hp-pg-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        if os.geteuid() == 0:
            shutil.chown(folder, _ACCOUNT)
        data = f"{folder}/data"
        _run(initdb, "-D", data, "-U", "hitchpost", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        settings = f"-k {folder} -c listen_addresses= -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
        _run(pg_ctl, "-D", data, "-l", f"{folder}/log", "-w", "-o", settings, "start")
        try:
            yield f"postgresql://hitchpost@/postgres?host={folder}"
        finally:
            _run(pg_ctl, "-D", data, "-m", "immediate", "stop")


def _run(*command: str) -> None:
    account = pwd.getpwnam(_ACCOUNT) if os.geteuid() == 0 else None
    subprocess.run(
        command,
        check=True,
        capture_output=True,
        timeout=60,
        cwd="/",
        user=account.pw_uid if account else None,
        group=account.pw_gid if account else None,
        extra_groups=[] if account else None,
    )
