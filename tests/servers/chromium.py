"""A real browser without a window: it opens a page, loads what the page wants, and says what it looks like then."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from pathlib import Path

PACKAGE = "chromium"
_PROGRAM = shutil.which("chromium") or "/usr/bin/chromium"
_SECONDS = 60


def is_installed() -> bool:
    return Path(_PROGRAM).exists()


def look_at(url: str, profile: Path) -> str:
    """Open a page as a person's browser would, and wait until it is loaded; its HTML by then.

    Without a window Chromium names itself otherwise; it says here what it says with one.
    """
    words = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", f"--user-data-dir={profile}"]
    ran = subprocess.run(
        [_PROGRAM, *words, f"--user-agent={_user_agent()}", "--dump-dom", url],
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=True,
    )
    return ran.stdout


@cache
def _user_agent() -> str:
    said = subprocess.run([_PROGRAM, "--version"], capture_output=True, text=True, timeout=_SECONDS, check=True).stdout
    major = said.split()[1].partition(".")[0]
    engine = "AppleWebKit/537.36 (KHTML, like Gecko)"
    return f"Mozilla/5.0 (X11; Linux x86_64) {engine} Chrome/{major}.0.0.0 Safari/537.36"
