"""The screen in a browser: textual-serve behind a key, for this machine and one person.

Whoever reaches the screen can do all that it can. So it listens on loopback alone; its address holds a key that nobody
guesses and that is traded for a cookie at once; and it answers no page but its own, by Host and Origin: other pages in
the same browser, names that are made to point here, and other people on this machine stay out.
"""

from __future__ import annotations

import hmac
import secrets
import shlex
import socket
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from string import Template

from aiohttp import web
from textual_serve.server import Server

from tui.words import say, spoken

_ADDRESS = "127.0.0.1"
_PAGE = Path(__file__).with_name("page.html")
_KEYS = Path(__file__).with_name("keys.js")
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self' ws://{host}; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class ScreenServer(Server):
    """Starts `command`, the screen, once for each page that is opened; it ends with its page."""

    def __init__(self, command: Sequence[str], listening: socket.socket) -> None:
        port = listening.getsockname()[1]
        # What a crashing screen complains of holds people's mail: it stands in its own log already, without content.
        super().__init__(f"exec {shlex.join(command)} 2>/dev/null", host=_ADDRESS, port=port)
        self._listening, self._here, self._cookie = listening, f"{_ADDRESS}:{port}", f"hitchpost-{port}"
        self._key = secrets.token_urlsafe(32)

    @property
    def address(self) -> str:
        """What is opened in the browser; good as long as this serves."""
        return f"http://{self._here}/?key={self._key}"

    def run(self) -> None:
        """Serve until Ctrl-C or SIGTERM; every screen ends then."""
        web.run_app(self._make_app(), sock=self._listening, print=None, access_log=None)

    async def _make_app(self) -> web.Application:
        app = await super()._make_app()
        app.add_routes([web.get("/keys.js", self._keys)])
        app.middlewares.append(self._guard)
        app.on_response_prepare.append(self._harden)
        return app

    async def on_startup(self, app: web.Application) -> None:
        """textual-serve would draw its name here."""

    async def handle_index(self, request: web.Request) -> web.StreamResponse:
        """Our own page: textual-serve's fetches a typeface from elsewhere."""
        words = {"ended": say("The screen was closed."), "again": say("Open it again")}
        page = Template(_PAGE.read_text(encoding="utf-8")).substitute(words, host=self._here, language=spoken())
        return web.Response(text=page, content_type="text/html")

    async def _keys(self, request: web.Request) -> web.StreamResponse:
        return web.FileResponse(_KEYS)

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.headers.getall("Host", []) != [self._here]:
            raise web.HTTPForbidden(text=say("This address is not served here."))
        origin = request.headers.get("Origin")
        if origin != f"http://{self._here}" and (origin is not None or request.path == "/ws"):
            raise web.HTTPForbidden(text=say("Other pages may not look at this one."))
        if request.path == "/" and self._is_key(request.query.get("key", "")):
            answer = web.HTTPSeeOther("/")
            answer.set_cookie(self._cookie, self._key, httponly=True, samesite="Strict", path="/")
            raise answer
        if not self._is_key(request.cookies.get(self._cookie, "")):
            raise web.HTTPForbidden(text=say("Open the address that `hitchpost tui --web` names."))
        return await handler(request)

    def _is_key(self, text: str) -> bool:
        return hmac.compare_digest(text.encode(), self._key.encode())

    async def _harden(self, request: web.Request, response: web.StreamResponse) -> None:
        response.headers["Content-Security-Policy"] = _POLICY.format(host=self._here)
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Content-Type-Options"] = "nosniff"


def listen(port: int) -> socket.socket:
    """A place on loopback, any that is free for 0. Errors: OSError."""
    return socket.create_server((_ADDRESS, port))
