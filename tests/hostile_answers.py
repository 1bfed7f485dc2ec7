"""A CRM's own answers, each with some of their values turned into what no CRM should send."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator
from typing import Any

from tests.fakes.server import Reply, Request

ODD: tuple[Any, ...] = (
    *(None, True, -1, 10**40, 1.5, float("nan"), float("inf"), "", "\x00\ud800", "9" * 5_000, "2026-99-99", []),
    *({}, [[]], [None], {"a": {}}, "x" * 70_000, [1, "a", {}], {"id": []}, "0001-01-01T00:00:00Z", "\x1b[2J"),
)


def hostile(answer: Callable[[Request], Reply], dice: random.Random) -> Callable[[Request], Reply]:
    """The same server, lying in every other answer but those of a login."""

    def lying(request: Request) -> Reply:
        reply = answer(request)
        said = _data(reply)
        if said is None or dice.random() < 0.5 or "token" in request.path or "login" in request.path.lower():
            return reply
        said = copy.deepcopy(said)
        places = list(_places(said))
        if not places or dice.random() < 0.1:
            said = dice.choice(ODD)
        for holder, key in dice.sample(places, min(len(places), dice.choice((1, 1, 1, 3)))):
            holder[key] = dice.choice(ODD)
        return Reply(reply.status, json.dumps(said), reply.headers)

    return lying


def _data(reply: Reply) -> Any:
    try:
        return json.loads(reply.content())
    except ValueError:
        return None


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Everything in an answer that can be replaced."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in list(pairs):
        yield value, key
        yield from _places(inner)
