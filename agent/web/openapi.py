"""The description of every JSON endpoint (OpenAPI 3.1), at /openapi.json. A part describes its own; here they meet."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from agent.web import agent_calls, health, hooks


def routes() -> list[BaseRoute]:
    """The routes of this module."""
    return [Route("/openapi.json", answer)]


@cache
def description() -> dict[str, Any]:
    """The whole document."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Hitchpost's outpost", "version": version("hitchpost")},
        "paths": {**health.DESCRIPTION, **hooks.DESCRIPTION, **agent_calls.describe()},
        "components": {
            "schemas": {**health.SCHEMAS, **agent_calls.SCHEMAS},
            "securitySchemes": agent_calls.SECURITY,
        },
    }


async def answer(_request: Request) -> Response:
    """The document."""
    return JSONResponse(description())
