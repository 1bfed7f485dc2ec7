"""What a request may be: not ambiguous about where it ends or whom it asks, and no larger or slower than allowed.

The server before us (hyper) refuses broken framing by itself, and ends a connection after what a proxy may have framed
in another way. Several hosts and controls in a path are refused here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent.web.pages import send_sorry

_SLOWEST_BYTES_A_SECOND = 16 * 2**10
_CLOSE = {"connection": "close"}  # what remains of the body is not read


class BodyLimit:
    """Refuses ambiguous requests with 400, a body over `most_bytes(path)` with 413, one that is too slow with 408."""

    def __init__(self, app: ASGIApp, most_bytes: Callable[[str], int], *, patience_seconds: float) -> None:
        self._app, self._most_bytes, self._patience = app, most_bytes, patience_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif _is_ambiguous(scope):
            await send_sorry(400, scope, receive, send, _CLOSE)
        else:
            await self._app(scope, self._limited(scope, receive), send)

    def _limited(self, scope: Scope, receive: Receive) -> Receive:
        most, size, is_whole = self._most_bytes(scope["path"]), 0, False
        declared = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        clock = asyncio.get_running_loop().time
        started = clock()

        async def limited() -> Message:
            nonlocal size, is_whole
            if is_whole:
                return await receive()  # only a disconnect can follow, whenever it pleases
            if declared.isdigit() and int(declared) > most:
                raise HTTPException(413, headers=_CLOSE)
            deadline = started + self._patience + size / _SLOWEST_BYTES_A_SECOND
            try:
                async with asyncio.timeout_at(deadline):
                    message = await receive()
            except TimeoutError as error:
                raise HTTPException(408, headers=_CLOSE) from error
            size += len(message.get("body", b""))
            if size > most:
                raise HTTPException(413, headers=_CLOSE)
            is_whole = not message.get("more_body", False)
            return message

        return limited


def _is_ambiguous(scope: Scope) -> bool:
    hosts = sum(name == b"host" for name, _ in scope["headers"])
    return hosts > 1 or any(char < " " or char == "\x7f" for char in scope["path"])
