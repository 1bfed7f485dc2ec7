"""Where a tracked link may lead: what a redirect can carry without harm."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

LONGEST_TARGET = 2_048
_SENDABLE = re.compile(r"[!-~]+")


def is_sound_target(url: str) -> bool:
    """Whether this is a whole http(s) address in printable ASCII, without user or password, of a bearable length."""
    if len(url) > LONGEST_TARGET or not _SENDABLE.fullmatch(url) or "\\" in url:
        return False
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
