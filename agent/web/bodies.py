"""Bodies of requests: none is larger or slower than its path allows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_BODY_SECONDS = 60.0


class BodyLimit:
    """Refuses a body over `most_bytes(path)` with 413 and one that does not arrive with 408."""

    def __init__(self, app: ASGIApp, most_bytes: Callable[[str], int], *, seconds: float = _BODY_SECONDS) -> None:
        self._app, self._most_bytes, self._seconds = app, most_bytes, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            receive = self._limited(scope, receive)
        await self._app(scope, receive, send)

    def _limited(self, scope: Scope, receive: Receive) -> Receive:
        most, size = self._most_bytes(scope["path"]), 0
        declared = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        deadline = asyncio.get_running_loop().time() + self._seconds

        async def limited() -> Message:
            nonlocal size
            if declared.isdigit() and int(declared) > most:
                raise HTTPException(413, headers={"connection": "close"})
            try:
                async with asyncio.timeout_at(deadline):
                    message = await receive()
            except TimeoutError as error:
                raise HTTPException(408, headers={"connection": "close"}) from error
            size += len(message.get("body", b""))
            if size > most:
                raise HTTPException(413, headers={"connection": "close"})
            return message

        return limited
