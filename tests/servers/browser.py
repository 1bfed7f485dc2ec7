"""A real browser without a window, driven as a person drives one: Debian's Chromium by Playwright."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator

from playwright.sync_api import Browser, sync_playwright

PACKAGE = "chromium"
_PROGRAM = shutil.which("chromium") or ""


def is_installed() -> bool:
    return bool(_PROGRAM)


@contextlib.contextmanager
def running_browser() -> Iterator[Browser]:
    """The browser; each page of it is a stranger's first visit."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_PROGRAM, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()
