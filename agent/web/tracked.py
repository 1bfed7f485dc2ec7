"""The pixel and the links, answered before anything else is asked: routing would cost as much again as the answer.

    GET  /o/TOKEN.gif   the image, whatever the token; a hit where it is known
    GET  /c/TOKEN       302 to where the token leads; a hit. Any other: 404, and a page
    HEAD                the same without a body; of a link it is a hit, for scanners ask so; of the image it is none

A hit lies in the spool before the answer goes out. The main database is never opened.
"""

from __future__ import annotations

import re
import sqlite3
from datetime import UTC, datetime

from starlette.types import ASGIApp, Receive, Scope, Send

from agent.outpost.register import Entry, TokenState
from agent.web.pages import send_sorry
from agent.web.station import Station
from crm_model.safe_text import safe_line
from crm_model.tracking import Hit, TokenKind

PIXEL = bytes.fromhex(
    "474946383961 0100 0100 80 00 00 000000 000000"  # GIF89a, 1 x 1, two colours
    "21f9 04 01 0000 00 00 2c 0000 0000 0100 0100 00 02 02 4401 00 3b"
)
"""One transparent dot, 43 bytes."""

TOKEN = re.compile(r"[A-Za-z0-9_-]{8,64}")
"""What a token looks like, whether anybody published it or not."""

_LONGEST_AGENT = 512
_PIXEL_HEADERS = [
    (b"content-type", b"image/gif"),
    (b"content-length", b"43"),
    (b"cache-control", b"no-store, no-cache, must-revalidate, private, max-age=0"),
    (b"pragma", b"no-cache"),
    (b"expires", b"0"),
    (b"cross-origin-resource-policy", b"cross-origin"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-robots-tag", b"noindex"),
]
_CLICK_HEADERS = [
    (b"content-length", b"0"),
    (b"cache-control", b"no-store"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-robots-tag", b"noindex"),
]
_PREFETCH_HEADERS = frozenset({b"purpose", b"sec-purpose", b"x-purpose", b"x-moz"})
_PREFETCH_WORDS = (b"prefetch", b"prerender", b"preview")


class TrackedPaths:
    """Answers `/o/` and `/c/`; `app` answers the rest."""

    def __init__(self, app: ASGIApp, station: Station) -> None:
        self._app, self._station = app, station

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(("/o/", "/c/")):
            await self._app(scope, receive, send)
        elif scope["method"] not in ("GET", "HEAD"):
            await send_sorry(405, scope, receive, send, {"allow": "GET, HEAD"})
        elif scope["path"].startswith("/o/"):
            await self._answer_pixel(scope, send)
        else:
            await self._answer_click(scope, receive, send)

    async def _answer_pixel(self, scope: Scope, send: Send) -> None:
        path: str = scope["path"]
        is_get = scope["method"] == "GET"
        self._station.counters.add("pixels")
        if is_get and path.endswith(".gif"):
            self._look_up(path[3:-4], TokenKind.OPEN, scope)
        await send({"type": "http.response.start", "status": 200, "headers": _PIXEL_HEADERS})
        await send({"type": "http.response.body", "body": PIXEL if is_get else b""})

    async def _answer_click(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            entry = self._look_up(scope["path"][3:], TokenKind.CLICK, scope)
        except sqlite3.Error:
            await send_sorry(503, scope, receive, send)
            return
        if entry is None or entry.state is TokenState.GONE:
            self._station.counters.add("links_not_found")
            await send_sorry(404, scope, receive, send)
            return
        self._station.counters.add("clicks")
        headers = [(b"location", entry.url.encode("ascii")), *_CLICK_HEADERS]
        await send({"type": "http.response.start", "status": 302, "headers": headers})
        await send({"type": "http.response.body"})

    def _look_up(self, token: str, kind: TokenKind, scope: Scope) -> Entry | None:
        """What the token leads to; its hit is kept. Errors: sqlite3.Error for a link while the database is away."""
        station = self._station
        entry = None
        if TOKEN.fullmatch(token):
            try:
                entry = station.register.find(token)
            except sqlite3.Error:
                station.spool.keep(self._hit(token, kind, scope))  # the agent knows whether there is such a token
                if kind is TokenKind.CLICK:
                    raise
                return None
        if entry is None or entry.kind is not kind:
            station.counters.add("unknown_tokens")
            return None
        if entry.state is TokenState.RECORDED:
            station.spool.keep(self._hit(token, kind, scope))
        return entry

    def _hit(self, token: str, kind: TokenKind, scope: Scope) -> Hit:
        agent, prefetch = "", False
        for name, value in scope["headers"]:
            if name == b"user-agent":
                agent = safe_line(value.decode("utf-8", "replace"))[:_LONGEST_AGENT]
            elif name in _PREFETCH_HEADERS:
                prefetch = prefetch or any(word in value.lower() for word in _PREFETCH_WORDS)
        return Hit(
            id=self._station.new_id(),
            token=token,
            kind=kind,
            at=datetime.now(UTC),
            method=scope["method"],
            user_agent=agent,
            network=self._station.clients.network(scope),
            prefetch=prefetch,
        )
