"""Schemathesis makes up calls from the OpenAPI description and holds the running outpost to it."""

from __future__ import annotations

from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings

from agent.outpost.signing import sign
from agent.web.openapi import description
from tests.servers.outpost import SECRET, RunningOutpost

PREFIX = "/agent/"


class Signed(requests.auth.AuthBase):
    """Signs as the agent does, whatever the body."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        call = (request.path_url or "").removeprefix(PREFIX)
        body = request.body or b""
        request.headers.update(sign(SECRET, call, body if isinstance(body, bytes) else body.encode()))
        return request


def test_the_document_is_served(outpost: RunningOutpost) -> None:
    assert requests.get(f"{outpost.url}/openapi.json", timeout=60).json() == description()


@pytest.mark.parametrize("signed", [True, False], ids=["signed", "unsigned"])
@pytest.mark.parametrize("path", sorted(description()["paths"]))
def test_it_answers_as_described(outpost: RunningOutpost, path: str, signed: bool) -> None:
    schema = schemathesis.openapi.from_dict(description())
    [method] = description()["paths"][path]

    @given(case=schema[path][method.upper()].as_strategy())
    @settings(max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    def check(case: Any) -> None:
        case.call_and_validate(base_url=outpost.url, auth=Signed() if signed else None)

    check()
    assert requests.get(f"{outpost.url}/health", timeout=60).status_code in (200, 503)
