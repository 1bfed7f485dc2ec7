"""Whether an outpost is well, for people, load balancers and Prometheus.

GET /health    200 if it is well, 503 if events may be lost; JSON
GET /metrics   counters and the spool, Prometheus text; for this machine and trusted proxies alone
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from agent.outpost.state import OutpostState, look_at
from agent.web.counters import COUNTED
from agent.web.station import Station, station_of
from crm_model.errors import HitchpostError

_NO_STORE = {"cache-control": "no-store"}
DESCRIPTION = {
    "/health": {
        "get": {
            "summary": "Whether the outpost is well",
            "responses": {
                str(status): {
                    "description": told,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Health"}}},
                }
                for status, told in ((200, "It is well"), (503, "Events may be lost"))
            },
        }
    }
}
SCHEMAS = {
    "Health": {
        "type": "object",
        "required": ["status", "problem", "waiting_bytes", "waiting_seconds", "held", "lost"],
        "properties": {
            "status": {"enum": ["fine", "troubled"]},
            "problem": {"type": "string"},
            "waiting_bytes": {"type": "integer", "minimum": 0},
            "waiting_seconds": {"type": "number", "minimum": 0},
            "held": {"type": "integer", "minimum": 0},
            "lost": {"type": "integer", "minimum": 0},
        },
    }
}


def routes() -> list[BaseRoute]:
    """The routes of this module."""
    return [Route("/health", health), Route("/metrics", metrics)]


async def health(request: Request) -> Response:
    """The state in JSON."""
    station = station_of(request)
    state, spool = await run_in_threadpool(_look, station), station.spool.health()
    problem = spool.problem or state.problem
    return JSONResponse(
        {
            "status": "troubled" if problem else "fine",
            "problem": problem,
            "waiting_bytes": state.waiting_bytes,
            "waiting_seconds": round(state.waiting_seconds, 1),
            "held": spool.held,
            "lost": spool.lost,
        },
        503 if problem else 200,
        _NO_STORE,
    )


async def metrics(request: Request) -> Response:
    """The counters and the spool."""
    station = station_of(request)
    if not station.clients.is_near(request.scope):
        raise HTTPException(404)
    state, totals = await run_in_threadpool(_look, station), await run_in_threadpool(station.counters.totals)
    text = "\n".join([*_lines(totals, state, station.spool.health().held), ""])
    return PlainTextResponse(text, headers=_NO_STORE, media_type="text/plain; version=0.0.4")


def _look(station: Station) -> OutpostState:
    try:
        return look_at(station.ground, station.notes)
    except (HitchpostError, sqlite3.Error, OSError) as error:
        return OutpostState(0, 0.0, 0, f"the outpost's folder can't be read ({type(error).__name__})")


def _lines(totals: dict[str, int], state: OutpostState, held: int) -> Iterator[str]:
    for name, told in COUNTED.items():
        yield from _metric(f"{name}_total", "counter", told, totals[name])
    yield from _metric("spool_waiting_bytes", "gauge", "Bytes that wait for the agent", state.waiting_bytes)
    yield from _metric("spool_waiting_seconds", "gauge", "How long the oldest event waits", state.waiting_seconds)
    yield from _metric("spool_held", "gauge", "Events in memory because the disk refuses them", held)
    yield from _metric("disk_free_bytes", "gauge", "Room on the disk", state.free_bytes)


def _metric(name: str, kind: str, told: str, value: float) -> Iterator[str]:
    yield f"# HELP hitchpost_web_{name} {told}."
    yield f"# TYPE hitchpost_web_{name} {kind}"
    yield f"hitchpost_web_{name} {value:g}" if isinstance(value, float) else f"hitchpost_web_{name} {value}"
