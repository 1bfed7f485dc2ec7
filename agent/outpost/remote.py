"""An outpost on another machine, reached over HTTP: each call is signed, TLS is the business of the proxy before it.

A call whose answer was lost is never repeated as it was, for an outpost takes each signature once; the caller makes
it anew.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from agent.outpost.contract import EventPage, Outpost
from agent.outpost.signing import sign
from crm_adapters.answers import Answer
from crm_adapters.http import HttpClient
from crm_adapters.site import Site
from crm_model.errors import ConfigError, CursorExpired, LoginNeeded, NotFound, Rejected, UnknownOutcome
from crm_model.tracking import Token
from crm_model.web_events import unpack_event

_TOKENS_AT_ONCE = 1_000  # the outpost reads no larger call, for whoever signs it is known only afterwards
_JUDGED_HERE = (401, 404, 409, 422)


class HttpOutpost(Outpost):
    """The outpost at `site`, which holds the same `secret`; not shared by threads."""

    def __init__(self, site: Site, secret: str) -> None:
        self._site, self._secret, self._client = site, secret, HttpClient(site)

    def publish_tokens(self, tokens: Sequence[Token]) -> None:
        rows = [(each.token, each.kind.value, each.url) for each in tokens]
        for start in range(0, len(rows), _TOKENS_AT_ONCE):
            self._call("publish_tokens", {"tokens": rows[start : start + _TOKENS_AT_ONCE]})

    def revoke_tokens(self, tokens: Sequence[str], *, keep_links: bool) -> None:
        for start in range(0, len(tokens), _TOKENS_AT_ONCE):
            some = tokens[start : start + _TOKENS_AT_ONCE]
            self._call("revoke_tokens", {"tokens": list(some), "keep_links": keep_links})

    def publish_pages(self, pages: Mapping[str, Mapping[str, Any]]) -> None:
        self._call("publish_pages", {"pages": {name: dict(content) for name, content in pages.items()}})

    def collect(self, cursor: str, *, limit: int = 500) -> EventPage:
        answer = self._call("collect", {"cursor": cursor, "limit": limit})
        said: Any = answer.json()
        try:
            events = tuple(unpack_event(event) for event in said["events"])
            return EventPage(events, str(said["cursor"]), int(said["broken"]))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise UnknownOutcome(f"{self._site.host} answered with what is no page of events.") from error

    def read_blob(self, blob: str) -> bytes:
        return self._call("read_blob", {"blob": blob}).body

    def acknowledge(self, cursor: str, blobs: Sequence[str] = ()) -> None:
        self._call("acknowledge", {"cursor": cursor, "blobs": list(blobs)})

    def close(self) -> None:
        self._client.close()

    def _call(self, name: str, payload: Mapping[str, object]) -> Answer:
        body = json.dumps(payload).encode()
        headers = {"content-type": "application/json", **sign(self._secret, name, body)}
        answer = self._client.call(
            "POST", f"agent/{name}", content=body, headers=headers, writes=True, allow=_JUDGED_HERE
        )
        if answer.status in _JUDGED_HERE:
            raise self._refusal(answer)
        return answer

    def _refusal(self, answer: Answer) -> Exception:
        """The outpost's word as our error."""
        try:
            said = json.loads(answer.body)
            word, sentence = said["error"], said["message"]
        except (ValueError, TypeError, KeyError, RecursionError):
            word, sentence = "", ""
        if word in ("signature", "clock", "repeated"):
            mend = {"clock": "set both clocks", "repeated": "something between us repeats calls"}
            return LoginNeeded(
                f"the outpost at {self._site.host} does not accept our calls: {sentence}; "
                f"{mend.get(word, 'give both machines the same secret')}",
                account="outpost",
            )
        if word == "not_found":
            return NotFound(sentence)
        if word == "cursor_expired":
            return CursorExpired(sentence)
        if word == "rejected":
            return Rejected(sentence)
        return ConfigError(
            f"no outpost answers at {self._site.host}; look at the address, and whether `hitchpost web` has a secret",
            key="web: remote",
        )
