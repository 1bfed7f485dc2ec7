"""Incoming hooks at an outpost: signed as standardwebhooks.com has it, on the disk before they are thanked.

POST /h/NAME   {"event": …}   202 taken · 400 not understood · 401 not signed · 404 no such hook · 503 not kept
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from datetime import UTC, datetime
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from agent.hooks.calls import PAGE, understood
from agent.hooks.signing import check_signature
from agent.web.station import Station, station_of
from crm_model.errors import ConfigError, Rejected, TryLater
from crm_model.web_events import IncomingHook

PATH = "/h/"


def routes() -> list[BaseRoute]:
    """The routes of this module."""
    return [Route(f"{PATH}{{name}}", answer, methods=["POST"])]


async def answer(request: Request) -> Response:
    """One call."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    return await run_in_threadpool(
        _taken, station_of(request), request.path_params["name"], headers, await request.body()
    )


def _taken(station: Station, name: str, headers: dict[str, str], body: bytes) -> Response:
    try:
        page = station.register.page(f"{PAGE}{name}")
        if page is None:
            return _refuse(station, 404, "There is no such hook.")
        key = check_signature(str(page["secret"]), headers, body, datetime.now(UTC))
        told = _read(body)
        digest = hashlib.sha256(f"{name}\0{key}".encode()).hexdigest()[:32]
        station.spool.keep_for_sure(IncomingHook(f"hook-{digest}", datetime.now(UTC), name, told))
    except (Rejected, ConfigError) as error:
        return _refuse(station, 401, str(error))
    except ValueError as error:
        return _refuse(station, 400, str(error))
    except (TryLater, sqlite3.Error):
        return _refuse(station, 503, "It can't be kept right now; nothing was taken.")
    station.counters.add("hooks")
    return JSONResponse({"state": "taken"}, 202)


def _read(body: bytes) -> dict[str, Any]:
    """Errors: ValueError that says what is wrong."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ValueError("The body is no JSON.") from error
    if not isinstance(told, dict):
        raise ValueError("The body is no JSON object.")  # noqa: TRY004  # the caller's values, not our types
    return understood(told)


def _refuse(station: Station, status: int, sentence: str) -> JSONResponse:
    station.counters.add("hooks_refused")
    return JSONResponse({"error": f"http_{status}", "message": sentence}, status)


_REFUSED = {"400": "Not understood.", "401": "Not signed.", "404": "There is no such hook.", "503": "Not kept."}

_NAME = {"type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,39}$"}

DESCRIPTION: dict[str, Any] = {
    f"{PATH}{{name}}": {
        "post": {
            "operationId": "tell",
            "summary": "Tell of a lead or an activity.",
            "parameters": [
                {"name": "name", "in": "path", "required": True, "schema": _NAME},
                *(
                    {"name": header, "in": "header", "schema": {"type": "string"}}
                    for header in ("webhook-id", "webhook-timestamp", "webhook-signature")
                ),
            ],
            "requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}},
            "responses": {"202": {"description": "Taken."}}
            | {status: {"description": words} for status, words in _REFUSED.items()},
        }
    }
}
