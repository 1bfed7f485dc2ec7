"""Exchanges recorded from real servers, and the walk that holds a fake against them.

The fake is given every recorded request in order; its answer must have the same status, error code, shape and values.
Names that a server makes up (ids, tokens) differ: where the recording has one, the walk learns the fake's, and puts it
into later requests. A vendor says what such a name looks like, which values are of the moment, and what it skips, why.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.fakes.server import Reply, Request

RECORDINGS = Path(__file__).parents[3] / "shared" / "contracts"
_SECRET = re.compile(r"<[a-z][\w:. -]*>")


@dataclass(frozen=True, slots=True)
class Exchange:
    """One recorded exchange: what was sent, and what a real server answered."""

    name: str
    note: str
    request: Request
    status: int
    headers: Mapping[str, str]
    body: object
    shortened: bool

    @property
    def number(self) -> int:
        return int(self.name.partition("-")[0])


def recorded(peer: str) -> list[Exchange]:
    """Every exchange of a peer in order; the test is skipped where the recordings are not."""
    folder = RECORDINGS / peer
    if not folder.is_dir():
        pytest.skip(f"the recordings are not here ({folder})")
    paths = sorted(folder.glob("*.json"), key=lambda path: int(path.name.partition("-")[0]))
    return [_exchange(path) for path in paths]


@dataclass(slots=True)
class Walk:
    """One walk over the recordings of a peer.

    `made_up` matches a whole value that the server made up; `of_the_moment` are keys whose values are not compared,
    `loose` keys that the fake may leave out. `skip` maps a recording's name to the reason. `secrets` are what the
    placeholders of the recordings (`<admin:password>`) stand for with the fake.
    """

    made_up: re.Pattern[str]
    of_the_moment: frozenset[str] = frozenset()
    loose: frozenset[str] = frozenset()
    skip: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    compared_headers: tuple[str, ...] = ()
    names: dict[str, str] = field(default_factory=dict)
    walked: list[str] = field(default_factory=list)

    def over(self, exchanges: list[Exchange], answer: Callable[[Request], Reply]) -> dict[str, list[str]]:
        """What differs, by recording. Answers are given even to what is skipped: later requests build on it."""
        wrong: dict[str, list[str]] = {}
        for exchange in exchanges:
            reply = answer(self._translated(exchange.request))
            differences = list(self._differences(exchange, reply))
            if exchange.name in self.skip:
                continue
            self.walked.append(exchange.name)
            if differences:
                wrong[exchange.name] = differences
        return wrong

    def report(self, peer: str, exchanges: list[Exchange]) -> str:
        """The coverage in words, with the reason of everything skipped."""
        lines = ["", f"{peer}: {len(self.walked)} of {len(exchanges)} recorded exchanges answered alike by the fake"]
        lines += [f"  skipped {name}: {reason}" for name, reason in self.skip.items()]
        return "\n".join([*lines, ""])

    def _translated(self, request: Request) -> Request:
        def text(value: str) -> str:
            for theirs, ours in self.names.items():
                value = value.replace(theirs, ours)
            return _SECRET.sub(lambda found: self.secrets.get(found[0], found[0]), value)

        return Request(
            request.method,
            text(request.path),
            tuple((name, text(value)) for name, value in request.query),
            {name: text(value) for name, value in request.headers.items()},
            text(request.body.decode()).encode(),
        )

    def _differences(self, exchange: Exchange, reply: Reply) -> Iterator[str]:
        if reply.status != exchange.status:
            yield f"status {reply.status}, recorded {exchange.status}"
            return
        for name in self.compared_headers:
            ours = {key.lower(): value for key, value in reply.headers.items()}.get(name)
            yield from self._compare(exchange.headers.get(name), ours, f"header {name}", shortened=False)
        try:
            held = json.loads(reply.content()) if reply.content() else ""
        except ValueError:
            held = reply.content().decode()
        yield from self._compare(exchange.body, held, "$", shortened=exchange.shortened)

    def _compare(self, theirs: object, ours: object, path: str, *, shortened: bool) -> Iterator[str]:
        key = re.sub(r"\[\d+\]$", "", path).rpartition(".")[2]
        if key in self.of_the_moment:
            return
        if isinstance(theirs, dict) and isinstance(ours, dict):
            yield from self._compare_keys(theirs, ours, path, shortened=shortened)
        elif isinstance(theirs, list) and isinstance(ours, list):
            if len(theirs) != len(ours) and not shortened:
                yield f"{path}: {len(ours)} entries, recorded {len(theirs)}"
            for number, (one, other) in enumerate(zip(theirs, ours, strict=False)):
                yield from self._compare(one, other, f"{path}[{number}]", shortened=shortened)
        elif isinstance(theirs, str) and isinstance(ours, str):
            yield from self._compare_texts(theirs, ours, path)
        elif (theirs is None) != (ours is None) or _kind(theirs) != _kind(ours) or theirs != ours:
            yield f"{path}: {ours!r:.80}, recorded {theirs!r:.80}"

    def _compare_keys(
        self, theirs: dict[str, object], ours: dict[str, object], path: str, *, shortened: bool
    ) -> Iterator[str]:
        new = [key for key in theirs if key not in self.names and self.made_up.fullmatch(key) and key not in ours]
        unpaired = [key for key in ours if self.made_up.fullmatch(key) and key not in self.names.values()]
        self.names.update(zip(new, unpaired, strict=False))
        named = {self.names.get(key, key): value for key, value in theirs.items()}
        if missing := named.keys() - ours.keys() - self.loose:
            yield f"{path}: without {', '.join(sorted(missing))}"
        if not shortened and (more := ours.keys() - named.keys() - self.loose):
            yield f"{path}: more than recorded, {', '.join(sorted(more))}"
        for key in named.keys() & ours.keys():
            yield from self._compare(named[key], ours[key], f"{path}.{key}", shortened=shortened)

    def _compare_texts(self, theirs: str, ours: str, path: str) -> Iterator[str]:
        if theirs == ours or _SECRET.fullmatch(theirs):
            return
        if self.made_up.fullmatch(theirs) and self.made_up.fullmatch(ours) and self.names.get(theirs, ours) == ours:
            self.names[theirs] = ours
            return
        expected = theirs
        for name, known in self.names.items():
            expected = expected.replace(name, known)
        if expected != ours:
            yield f"{path}: {ours!r:.80}, recorded {theirs!r:.80}"


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "bool"
    return "number" if isinstance(value, int | float) else type(value).__name__


def _exchange(path: Path) -> Exchange:
    held = json.loads(path.read_text(encoding="utf-8"))
    asked, answered = held["request"], held["response"]
    query = asked.get("query") or {}
    return Exchange(
        name=path.stem,
        note=held.get("note") or "",
        request=Request(
            asked["method"],
            asked["path"],
            tuple((name, _text(value)) for name, value in query.items()),
            {name.lower(): value for name, value in (asked.get("headers") or {}).items()},
            _body(asked.get("body")),
        ),
        status=answered["status"],
        headers={name.lower(): value for name, value in (answered.get("headers") or {}).items()},
        body=answered.get("body"),
        shortened=bool(answered.get("body_shortened")),
    )


def _body(body: object) -> bytes:
    if body is None:
        return b""
    if isinstance(body, dict) and "@form" in body:
        return urlencode([(name, _text(value)) for name, value in body["@form"].items()]).encode()
    return body.encode() if isinstance(body, str) else json.dumps(body, ensure_ascii=False).encode()


def _text(value: object) -> str:
    """A parameter as it travelled: JSON is shown decoded under `@json`."""
    if isinstance(value, dict) and "@json" in value:
        return json.dumps(value["@json"], ensure_ascii=False)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
