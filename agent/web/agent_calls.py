"""The agent's private calls to its outpost, each signed (`agent.outpost.signing`); without a secret there are none.

POST /agent/CALL   a JSON object in, a JSON object out; `read_blob` answers with bytes
refused            {"error": word, "message": sentence}; the word says which of our errors it is
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from agent.outpost.contract import Outpost
from agent.outpost.signing import WINDOW_SECONDS, is_fresh, is_signed, nonce_of
from agent.web.agent_schemas import GIVES, REFUSAL, TAKES
from agent.web.station import Station, station_of
from crm_model.errors import CursorExpired, HitchpostError, NotFound, Rejected, TryLater
from crm_model.tracking import Token, TokenKind
from crm_model.web_events import pack_event

PREFIX = "/agent/"
MOST_BYTES = 4 * 2**20
_STATUS: tuple[tuple[type[HitchpostError], int, str], ...] = (
    (NotFound, 404, "not_found"),
    (CursorExpired, 409, "cursor_expired"),
    (Rejected, 422, "rejected"),
    (TryLater, 503, "try_later"),
    (HitchpostError, 500, "troubled"),
)

Payload = Mapping[str, Any]


def routes() -> list[BaseRoute]:
    """The routes of this module."""
    return [Route(PREFIX + "{call}", answer, methods=["POST"])]


async def answer(request: Request) -> Response:
    """One call of the agent."""
    station, call = station_of(request), request.path_params["call"]
    carry_out = _CALLS.get(call)
    if not station.options.secret or carry_out is None:
        raise HTTPException(404)
    body = await request.body()
    if (refusal := await run_in_threadpool(_refusal, station, call, body, request.headers)) is not None:
        station.counters.add("agent_calls_refused")
        return refusal
    station.counters.add("agent_calls")
    try:
        return await run_in_threadpool(carry_out, station.outpost, json.loads(body))
    except HitchpostError as error:
        status, word = next((status, word) for kind, status, word in _STATUS if isinstance(error, kind))
        return _refuse(status, word, str(error))
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        return _refuse(422, "rejected", "the call is not as this version of hitchpost makes it")


def _refusal(station: Station, call: str, body: bytes, headers: Mapping[str, str]) -> Response | None:
    if not is_signed(station.options.secret, call, body, headers):
        return _refuse(401, "signature", "the signature is wrong: the secrets differ")
    if not is_fresh(headers):
        return _refuse(401, "clock", f"the clocks differ by more than {WINDOW_SECONDS:.0f} seconds")
    if not station.notes.use_nonce(nonce_of(headers), keep_seconds=2 * WINDOW_SECONDS):
        return _refuse(401, "repeated", "this call was made before")
    return None


def _refuse(status: int, word: str, sentence: str) -> JSONResponse:
    return JSONResponse({"error": word, "message": sentence}, status)


def _publish_tokens(outpost: Outpost, payload: Payload) -> Response:
    outpost.publish_tokens([Token(token, TokenKind(kind), url) for token, kind, url in payload["tokens"]])
    return JSONResponse({})


def _revoke_tokens(outpost: Outpost, payload: Payload) -> Response:
    outpost.revoke_tokens(payload["tokens"], keep_links=payload["keep_links"])
    return JSONResponse({})


def _publish_pages(outpost: Outpost, payload: Payload) -> Response:
    outpost.publish_pages(payload["pages"])
    return JSONResponse({})


def _collect(outpost: Outpost, payload: Payload) -> Response:
    page = outpost.collect(payload["cursor"], limit=int(payload["limit"]))
    events = [pack_event(event) for event in page.events]
    return JSONResponse({"events": events, "cursor": page.cursor, "broken": page.broken})


def _read_blob(outpost: Outpost, payload: Payload) -> Response:
    return Response(outpost.read_blob(payload["blob"]), media_type="application/octet-stream")


def _acknowledge(outpost: Outpost, payload: Payload) -> Response:
    outpost.acknowledge(payload["cursor"], payload["blobs"])
    return JSONResponse({})


_CALLS: Mapping[str, Callable[[Outpost, Payload], Response]] = {
    "publish_tokens": _publish_tokens,
    "revoke_tokens": _revoke_tokens,
    "publish_pages": _publish_pages,
    "collect": _collect,
    "read_blob": _read_blob,
    "acknowledge": _acknowledge,
}

SECURITY = {
    "signature": {
        "type": "apiKey",
        "in": "header",
        "name": "x-hitchpost-signature",
        "description": "HMAC-SHA256 over call, time, nonce and body; see agent.outpost.signing",
    }
}
SCHEMAS = {"Refusal": REFUSAL}
_REFUSALS = {
    401: "The signature is wrong, too old, or was used before",
    404: "There is no such file",
    409: "The cursor means nothing (any more)",
    413: "The body is too large",
    422: "The call is refused",
    503: "Try again later",
}


def describe() -> dict[str, Any]:
    """The calls for OpenAPI, by path."""
    return {f"{PREFIX}{call}": {"post": _operation(call)} for call in _CALLS}


def _operation(call: str) -> dict[str, Any]:
    given = {"application/json": {"schema": GIVES[call]}} if call in GIVES else {"application/octet-stream": {}}
    refused = {"application/json": {"schema": {"$ref": "#/components/schemas/Refusal"}}}
    return {
        "operationId": call,
        "security": [{"signature": []}],
        "requestBody": {"required": True, "content": {"application/json": {"schema": TAKES[call]}}},
        "responses": {
            "200": {"description": "Done", "content": given},
            **{str(status): {"description": told, "content": refused} for status, told in _REFUSALS.items()},
        },
    }
