"""What somebody sends to a form, read within its limits: fields, and files that go to the disk while they come."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from agent.parsing.charsets import find_codec
from agent.web.station import station_of
from agent.web_forms.reception import Sent
from agent.web_forms.uploads import Upload
from crm_model.web_forms import WebForm

MOST_BYTES = 512 * 2**20
"""Ten files of fifty megabytes and the text; each form's own limit is lower."""

_TEXT_BYTES = 512 * 2**10
_MOST_FIELDS = 60
_MOST_FILES = 20


async def read_form(request: Request, form: WebForm) -> FormData:
    """The fields and files of a post. Errors: HTTPException 413 for too much, 400 for what can't be read."""
    if not _is_charset_of_forms(request.headers.get("content-type", "")):
        raise HTTPException(400)
    try:
        return await _bounded(request, form).form(
            max_files=_MOST_FILES, max_fields=_MOST_FIELDS, max_part_size=_TEXT_BYTES
        )
    except (FormParserError, ClientDisconnect, LookupError, ValueError) as error:  # ValueError: UnicodeError too
        raise HTTPException(400) from error


def _is_charset_of_forms(content_type: str) -> bool:
    """Whether texts come in a charset that forms are sent in: Python knows some that take hours, or give surrogates."""
    _, parameters = parse_options_header(content_type)
    charset = find_codec(parameters.get(b"charset", b"utf-8").decode("latin-1"))
    return charset is not None and charset != "utf-7"


async def read_json(request: Request) -> Mapping[str, str]:
    """The fields of a JSON body. Errors: HTTPException 413; 400 for anything but an object of texts and yes or no."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > _TEXT_BYTES:
            raise HTTPException(413, headers={"connection": "close"})
    if not request.headers.get("content-type", "").lower().startswith("application/json"):
        raise HTTPException(400)
    try:
        found = json.loads(bytes(body))
    except (ValueError, RecursionError) as error:
        raise HTTPException(400) from error
    if not isinstance(found, dict) or not all(isinstance(value, str | bool) for value in found.values()):
        raise HTTPException(400)
    return {str(name): value if isinstance(value, str) else "true" if value else "" for name, value in found.items()}


def sent_by_page(request: Request, language: str, data: FormData) -> Sent:
    """What a browser sent."""
    texts = {name: value for name, value in data.multi_items() if isinstance(value, str)}
    return _sent(request, language, texts, files=_files(data), ticket=texts.pop("csrf", ""))


def sent_by_program(request: Request, language: str, values: Mapping[str, str]) -> Sent:
    """What a program sent, or a script in a page; its key makes a repeated call the same one."""
    return _sent(request, language, values, key=request.headers.get("idempotency-key", "")[:200])


def _sent(request: Request, language: str, values: Mapping[str, str], **more: Any) -> Sent:
    return Sent(
        values,
        origin="" if is_own(request) else request.headers.get("origin", "").lower(),
        network=station_of(request).clients.network(request.scope),
        language=language,
        page=_without_query(request.headers.get("referer", "")),
        **more,
    )


def is_own(request: Request) -> bool:
    """Whether our own page sent this: the browser says so, whatever names a proxy before us uses."""
    origin, host = request.headers.get("origin", ""), request.headers.get("host", "")
    return request.headers.get("sec-fetch-site") == "same-origin" or origin.lower().partition("://")[2] == host.lower()


def _files(data: FormData) -> dict[str, list[Upload]]:
    """The files by field; browsers send an empty one for a field that was left alone."""
    found: dict[str, list[Upload]] = {}
    for name, value in data.multi_items():
        if isinstance(value, UploadFile) and (value.filename or value.size):
            found.setdefault(name, []).append(Upload(value.filename or "", value.file, value.size or 0))
    return found


def _without_query(referrer: str) -> str:
    """The page that somebody came from, without what may be personal in its address."""
    try:
        parts = urlsplit(referrer)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.hostname}{parts.path}" if parts.scheme in ("http", "https") else ""


def _bounded(request: Request, form: WebForm) -> Request:
    """The request with a body no larger than this form takes: counted while it comes. Errors: HTTPException 413."""
    most, size, receive = form.file_bytes * form.file_count + 2 * _TEXT_BYTES, 0, request.receive

    async def counted() -> Any:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > most:
            raise HTTPException(413, headers={"connection": "close"})
        return message

    return Request(request.scope, counted)
