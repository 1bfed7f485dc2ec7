"""A place of work for journeys: a configuration, a Maildir, and the installed command run as a process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from tests.forked import run_command

COMMAND = Path(sys.executable).with_name("hitchpost")
NOW = datetime.now(UTC).replace(microsecond=0)


@dataclass(frozen=True)
class Workplace:
    """One person's set-up under `folder`."""

    folder: Path

    @property
    def config(self) -> Path:
        return self.folder / "config.toml"

    @property
    def database(self) -> str:
        return f"sqlite:///{self.folder / 'hitchpost.db'}"

    @property
    def crm_file(self) -> Path:
        return self.folder / "crm.db"

    @property
    def maildir(self) -> Path:
        return self.folder / "Maildir"

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [COMMAND, "--config", self.config, *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
            env=self._environment(),
        )

    def run(self, *words: str, exit_code: int = 0) -> str:
        ran = run_command("--config", str(self.config), *words, env=self._environment())
        assert ran.returncode == exit_code, f"{words}: exit {ran.returncode}\n{ran.stdout}\n{ran.stderr}"
        return ran.stdout

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "NO_COLOR": "1"}

    def json(self, *words: str, exit_code: int = 0) -> Any:
        return json.loads(self.run(*words, "--json", exit_code=exit_code))


def make_workplace(folder: Path, *, poll_seconds: int = 60) -> Workplace:
    place = Workplace(folder)
    for name in ("cur", "new", "tmp"):
        (place.maildir / name).mkdir(parents=True)
    place.config.write_text(
        f"""
author = "Ingrid"
database = "{place.database}"
poll_seconds = {poll_seconds}
backfill_months = 0

[organisation]
name = "Nordvik"
domains = ["nordvik.example"]

[leads]
mode = "suggest"
crm = "local"

[[mail_account]]
name = "work"
kind = "maildir"
path = "{place.maildir}"

[[crm]]
name = "local"
backend = "local"
path = "{place.crm_file}"
"""
    )
    place.config.chmod(0o600)
    tomllib.loads(place.config.read_text())
    return place


def deliver(place: Workplace, number: int, *, refs: tuple[int, ...] = (), **more: str) -> None:
    """Drop one message into the Maildir, as a delivery would."""
    message = EmailMessage()
    message["From"] = more.get("sender", f"Person {number % 50} <p{number % 50}@firm{number % 20}.example>")
    message["To"] = "sales@nordvik.example"
    message["Subject"] = more.get("subject", f"Project {number}")
    message["Message-ID"] = f"<{number}@firm.example>"
    message["Date"] = format_datetime(NOW - timedelta(minutes=10_000 - number))
    if refs:
        message["References"] = " ".join(f"<{ref}@firm.example>" for ref in refs)
    message.set_content(more.get("body", f"Text of mail {number}.\n" * 5))
    name = f"{1_700_000_000 + number}.M{number}P1.host"
    (place.maildir / "tmp" / name).write_bytes(message.as_bytes())
    (place.maildir / "tmp" / name).rename(place.maildir / "new" / name)
