"""Real servers that tests need: skipped with the package's name where absent, never where CI demands them."""

from __future__ import annotations

import os

import pytest


def need(found: object, package: str) -> None:
    """Skip the test unless the server's program was found; fail instead where HITCHPOST_REQUIRE_SERVERS is set."""
    if found:
        return
    reason = f"needs Debian's package {package}"
    if os.environ.get("HITCHPOST_REQUIRE_SERVERS"):
        pytest.fail(reason)
    pytest.skip(reason)
