"""The outpost's ASGI application: the fast paths before, Starlette's routes behind. A part adds its routes here."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from agent.web import agent_calls, forms, health, hooks, openapi, unsubscribe
from agent.web.bodies import BodyLimit
from agent.web.form_bodies import MOST_BYTES as UPLOAD_BYTES
from agent.web.pages import sorry_page
from agent.web.station import Station, StationOptions, language_of, station_of
from agent.web.tracked import TrackedPaths
from agent.web_forms.snippet import PATH as FORMS

_MOST_BYTES = 64 * 2**10
_log = logging.getLogger(__name__)


def build_application(options: StationOptions) -> ASGIApp:
    """The whole application with its station. Errors: ConfigError, Busy, Unreachable."""
    station = Station(options)
    reception = forms.make_reception(station)

    @asynccontextmanager
    async def station_open(_app: Starlette) -> AsyncIterator[None]:
        yield
        reception.close()
        station.close()

    site = Starlette(routes=_routes(), lifespan=station_open, exception_handlers=_EXCEPTIONS)
    site.router.redirect_slashes = False  # its redirect would name whatever host the request names
    site.state.station = station
    site.state.reception = reception
    limited = BodyLimit(site, _most_bytes, patience_seconds=options.patience_seconds)
    return TrackedPaths(limited, station)


def _routes() -> list[BaseRoute]:
    return [
        *unsubscribe.routes(),
        *forms.routes(),
        *health.routes(),
        *hooks.routes(),
        *agent_calls.routes(),
        *openapi.routes(),
        Route("/robots.txt", _robots),
    ]


def _most_bytes(path: str) -> int:
    """How large a body may be at a path."""
    if path.startswith(FORMS):
        return UPLOAD_BYTES
    return agent_calls.MOST_BYTES if path.startswith(agent_calls.PREFIX) else _MOST_BYTES


async def _robots(_request: Request) -> Response:
    return Response("User-agent: *\nDisallow: /\n", media_type="text/plain")


async def _sorry(request: Request, error: Exception) -> Response:
    """Refusals as a page, or as JSON for programs."""
    status, headers = (error.status_code, dict(error.headers or {})) if isinstance(error, HTTPException) else (500, {})
    if status != 404:
        station_of(request).counters.add("requests_refused")
    if not isinstance(error, HTTPException):
        _log.error("web_failed", exc_info=error)
    if "json" in request.headers.get("accept", "") or request.url.path.startswith(agent_calls.PREFIX):
        return JSONResponse({"error": f"http_{status}", "message": HTTPStatus(status).phrase}, status, headers)
    return sorry_page(language_of(request), status, headers)


_EXCEPTIONS = {HTTPException: _sorry, Exception: _sorry}
