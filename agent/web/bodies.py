"""What a request may be: not ambiguous about where it ends or whom it asks, and no larger or slower than allowed.

The server before us (hyper) refuses broken framing by itself, and ends a connection after what a proxy may have framed
in another way. Several hosts and controls in a path are refused here.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent.web.pages import send_sorry

_SLOWEST_BYTES_A_SECOND = 16 * 2**10
_MOST_BYTES_DROPPED = 64 * 2**20
_CLOSE = {"connection": "close"}


class BodyLimit:
    """Refuses ambiguous requests with 400, a body over `most_bytes(path)` with 413, one that is too slow with 408.

    Whatever is answered before a body is at its end, what remains of it is read and dropped first, for a while: a
    connection that is closed on somebody who still sends is reset, and the browser shows that instead of our answer.
    """

    def __init__(self, app: ASGIApp, most_bytes: Callable[[str], int], *, patience_seconds: float) -> None:
        self._app, self._most_bytes, self._patience = app, most_bytes, patience_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = _Body(scope, receive, self._most_bytes(scope["path"]), self._patience)

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                await body.drop_rest()
            await send(message)

        if _is_ambiguous(scope):
            await send_sorry(400, scope, receive, answer, _CLOSE)
        else:
            await self._app(scope, body.receive, answer)


class _Body:
    """The body of one request, as far as it was read."""

    def __init__(self, scope: Scope, receive: Receive, most_bytes: int, patience_seconds: float) -> None:
        headers = dict(scope["headers"])
        declared = headers.get(b"content-length", b"0")
        self._receive, self._most, self._patience = receive, most_bytes, patience_seconds
        self._declared = int(declared) if declared.isdigit() else 0
        self._expects = b"expect" in headers  # sends nothing before we ask for it
        self._is_whole = self._declared == 0 and b"transfer-encoding" not in headers
        self._is_too_slow = False
        self._size = 0
        self._started = asyncio.get_running_loop().time()

    async def receive(self) -> Message:
        """The next part. Errors: HTTPException 413, 408."""
        if self._is_whole:
            return await self._receive()  # the end of no body, or a disconnect, whenever it pleases
        if self._declared > self._most:
            raise HTTPException(413, headers=_CLOSE)
        try:
            message = await self._next(self._started, self._size)
        except TimeoutError as error:
            self._is_too_slow = True
            raise HTTPException(408, headers=_CLOSE) from error
        if self._size > self._most:
            raise HTTPException(413, headers=_CLOSE)
        return message

    async def drop_rest(self) -> None:
        """Read on to the end of the body, at the pace that any body must keep, unless too much would be left."""
        waits_for_us = self._expects and self._size == 0
        started, had = asyncio.get_running_loop().time(), self._size
        with contextlib.suppress(TimeoutError):
            while not (self._is_whole or self._is_too_slow or waits_for_us):
                dropped = self._size - had
                if max(dropped, self._declared - had) > _MOST_BYTES_DROPPED:
                    return
                await self._next(started, dropped)

    async def _next(self, started: float, came: int) -> Message:
        """The next part, `came` bytes since `started`. Errors: TimeoutError."""
        async with asyncio.timeout_at(started + self._patience + came / _SLOWEST_BYTES_A_SECOND):
            message = await self._receive()
        self._size += len(message.get("body", b""))
        self._is_whole = not message.get("more_body", False)
        return message


def _is_ambiguous(scope: Scope) -> bool:
    hosts = sum(name == b"host" for name, _ in scope["headers"])
    return hosts > 1 or any(char < " " or char == "\x7f" for char in scope["path"])
