"""The page that ends tracking, mail, or both. Looking at it does nothing, for scanners look at everything.

    GET  /u/TOKEN   the page with both choices
    POST /u/TOKEN   the choice of a person, or a mail program's button (RFC 8058: List-Unsubscribe=One-Click)

What the answer says was done lies on the disk before it goes out.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime
from email import message_from_bytes
from html import escape
from itertools import islice
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from agent.outpost.register import TokenState
from agent.web.pages import plain_page, sorry_page
from agent.web.station import Station, language_of, station_of
from agent.web.tracked import TOKEN
from agent.web.words import words
from crm_model.errors import TryLater
from crm_model.tracking import TokenKind
from crm_model.web_events import OptOut

_ONE_CLICK = ("list-unsubscribe", "one-click")
_MOST_FIELDS = 20


def routes() -> list[BaseRoute]:
    """The routes of this module."""
    return [Route("/u/{token}", answer, methods=["GET", "POST"])]


async def answer(request: Request) -> Response:
    """Show the page, or do what was chosen."""
    station, language = station_of(request), language_of(request)
    token = request.path_params["token"]
    if not await run_in_threadpool(_is_known, station, token):
        station.counters.add("unknown_tokens")
        return sorry_page(language, 404)
    if request.method != "POST":
        return _choices(language)
    fields = read_fields(request.headers.get("content-type", ""), await request.body())
    one_click = any((name.lower(), value.lower()) == _ONE_CLICK for name, value in fields.items())
    tracking, mail = "tracking" in fields, one_click or "mail" in fields
    if not (tracking or mail):
        return _choices(language, status=400)
    event = OptOut(station.new_id(), datetime.now(UTC), token, tracking, mail, one_click)
    try:
        await run_in_threadpool(station.spool.keep_for_sure, event)
    except TryLater:
        return sorry_page(language, 503)
    station.counters.add("opt_outs")
    return _done(language, tracking=tracking, mail=mail)


def read_fields(content_type: str, body: bytes) -> Mapping[str, str]:
    """The fields of a small form, URL-encoded or multipart; what is neither has none."""
    if content_type.lower().startswith("multipart/form-data"):
        message = message_from_bytes(b"content-type: " + content_type.encode("latin-1") + b"\r\n\r\n" + body)
        parts = islice(message.walk(), 1, _MOST_FIELDS + 1)
        found = ((part.get_param("name", header="content-disposition"), part.get_payload()) for part in parts)
        return {name: value.strip() for name, value in found if isinstance(name, str) and isinstance(value, str)}
    try:
        return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_MOST_FIELDS))
    except ValueError:
        return {}


def _is_known(station: Station, token: str) -> bool:
    """While the database is away every token may be one: the agent looks again, and nobody's wish is lost."""
    try:
        entry = station.register.find(token)
    except sqlite3.Error:
        return bool(TOKEN.fullmatch(token))
    return entry is not None and entry.kind is TokenKind.UNSUBSCRIBE and entry.state is not TokenState.GONE


def _choices(language: str, *, status: int = 200) -> Response:
    texts = words(language)
    wrong = f'<p class="wrong" role="alert">{escape(texts["unsubscribe.nothing"])}</p>\n' if status != 200 else ""
    boxes = "".join(
        f'<label><input type="checkbox" name="{name}" value="1"> {escape(texts[f"unsubscribe.{name}"])}</label>\n'
        for name in ("tracking", "mail")
    )
    body = (
        f"<p>{escape(texts['unsubscribe.intro'])}</p>\n{wrong}"
        f'<form method="post">\n{boxes}<button>{escape(texts["unsubscribe.button"])}</button>\n</form>'
    )
    return plain_page(language, texts["unsubscribe.title"], body, status=status)


def _done(language: str, *, tracking: bool, mail: bool) -> Response:
    texts = words(language)
    chosen = [name for name, is_chosen in (("done_tracking", tracking), ("done_mail", mail)) if is_chosen]
    body = "\n".join(f"<p>{escape(texts[f'unsubscribe.{name}'])}</p>" for name in chosen)
    return plain_page(language, texts["unsubscribe.done_title"], body)
