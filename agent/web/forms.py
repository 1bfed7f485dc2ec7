"""Forms at an outpost.

    GET  /f/NAME            the page                       POST  from the page, or from a page that embeds the form
    POST /f/NAME.json       for programs                   OPTIONS  whether a script of another site may
    GET  /f/NAME/openapi    what that endpoint takes
    GET  /f/confirm/ID      a button                       POST  the press of it

Nothing here sets a cookie, and no answer follows an address out of the request.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from agent.web.form_bodies import MOST_BYTES, is_own, read_form, read_json, sent_by_page, sent_by_program
from agent.web.station import Station, language_of, station_of
from agent.web_forms.openapi import described
from agent.web_forms.pace import Pace
from agent.web_forms.page import STYLE_HASH, Filled, confirm_page, form_page, message_page
from agent.web_forms.reception import Answer, Outcome, Reception, Sent
from agent.web_forms.snippet import PATH
from agent.web_forms.texts import say
from crm_model.errors import Rejected, TryLater, Unreachable
from crm_model.web_events import WebEvent
from crm_model.web_forms import InputKind, WebForm, page_of, unpack_form
from sync.private_files import write_private

_KEY_FILE = "forms.key"


class _Keeping:
    """The station's spool and blobs as a reception wants them."""

    def __init__(self, station: Station) -> None:
        self._station = station

    def keep_for_sure(self, event: WebEvent, /) -> None:
        self._station.spool.keep_for_sure(event)

    def keep_blob(self, stream: BinaryIO, /) -> str:
        try:
            return self._station.blobs.keep(stream, most_bytes=MOST_BYTES)[0]
        except Rejected as error:
            raise Unreachable(str(error)) from error


def routes() -> list[BaseRoute]:
    """The routes of this module."""
    return [
        Route(f"{PATH}confirm/{{submission}}", confirm, methods=["GET", "POST"]),
        Route(f"{PATH}{{name}}.json", program, methods=["POST", "OPTIONS"]),
        Route(f"{PATH}{{name}}/openapi", openapi, methods=["GET"]),
        Route(f"{PATH}{{name}}", person, methods=["GET", "POST"]),
    ]


def make_reception(station: Station) -> Reception:
    """Who takes forms in this process."""
    key = _own_key(station.ground.folder / _KEY_FILE)
    return Reception(_Keeping(station), key, Pace(station.ground.pace, key))


def _reception(request: Request) -> Reception:
    found: Reception = request.app.state.reception
    return found


async def person(request: Request) -> Response:
    """The page, or what was sent from it."""
    form, language = await _form(request)
    reception = _reception(request)
    if request.method != "POST":
        return _page(form_page(form, language, reception.ticket(form)), form)
    try:
        data = await read_form(request, form)
    except HTTPException as error:
        words = say(language, "problem_too_large" if error.status_code == 413 else "problem_broken")
        return _page(message_page(language, form.title, words), form, status=error.status_code)
    try:
        sent = sent_by_page(request, language, data)
        answer = await run_in_threadpool(reception.receive, form, sent)
    finally:
        await data.close()
    _count(request, answer)
    return _told(form, language, answer, sent, reception)


async def program(request: Request) -> Response:
    """The same for programs: a JSON object of fields in, a JSON object out."""
    form, language = await _form(request)
    origin = request.headers.get("origin", "")
    headers = _cors(form, origin)
    if request.method == "OPTIONS":
        return Response(status_code=204 if headers else 403, headers={**headers, "vary": "Origin"})
    if origin and not headers and not is_own(request):
        return _json(403, {"error": "origin", "message": "this site may not send the form"})
    if any(each.kind is InputKind.FILE and each.required for each in form.fields):
        return _json(422, {"error": "files", "message": "this form takes files: use the page"}, headers)
    try:
        sent = sent_by_program(request, language, await read_json(request))
    except HTTPException as error:
        said = {"error": "broken", "message": "the body must be a JSON object of texts, and not too large"}
        return _json(error.status_code, said, headers)
    # A browser names the site of a script; who names none is a program, and no page of a stranger makes it send.
    answer = await run_in_threadpool(_reception(request).receive, form, sent, is_program=not sent.origin)
    _count(request, answer)
    return _json_told(answer, form, headers)


async def openapi(request: Request) -> Response:
    """What the endpoint for programs takes, as OpenAPI 3.1."""
    form, _ = await _form(request)
    return JSONResponse(described(form), headers={"cache-control": "no-store"})


async def confirm(request: Request) -> Response:
    """Looking at it does nothing, for programs look at every link; pressing the button does."""
    language, submission = language_of(request, request.query_params.get("lang", "")), request.path_params["submission"]
    reception = _reception(request)
    if not reception.tickets.is_submission(submission):
        return _page(message_page(language, say(language, "confirm_gone")), None, status=404)
    if request.method != "POST":
        return _page(confirm_page(language), None)
    try:
        await run_in_threadpool(reception.confirm, submission)
    except TryLater:
        return _page(message_page(language, say(language, "problem_away")), None, status=503)
    return _page(message_page(language, say(language, "confirm_title"), say(language, "confirm_done")), None)


async def _form(request: Request) -> tuple[WebForm, str]:
    """The form that the address names, and the language to speak. Errors: HTTPException 404."""
    register = station_of(request).register
    packed = await run_in_threadpool(register.page, page_of(request.path_params["name"]))
    try:
        form = unpack_form(packed) if packed is not None else None
    except ValueError:
        form = None
    if form is None:
        raise HTTPException(404)
    wanted, accepted = request.query_params.get("lang", ""), request.headers.get("accept-language", "")
    found = language_of(request, wanted)
    is_wish = found != "en" or "en" in f"{wanted},{accepted}".lower()
    return form, form.language(found if is_wish else "")


def _told(form: WebForm, language: str, answer: Answer, sent: Sent, reception: Reception) -> Response:
    if answer.outcome is Outcome.TAKEN:
        return _thanks(form, language)
    known = {each.name for each in form.questions}
    values = {name: value for name, value in answer.values.items() if name in known}
    now_ticket = sent.ticket if reception.is_good_ticket(form, sent.ticket) else reception.ticket(form)
    filled = Filled(values, answer.problems, answer.remark, had_files=any(sent.files.values()))
    headers = {"retry-after": str(60 * answer.wait_minutes)} if answer.wait_minutes else {}
    return _page(form_page(form, language, now_ticket, filled), form, status=answer.outcome.value, headers=headers)


def _thanks(form: WebForm, language: str) -> Response:
    if form.redirect and not form.double_opt_in:
        return RedirectResponse(form.redirect, 303, {"cache-control": "no-store", "referrer-policy": "no-referrer"})
    words = [form.thank_you or say(language, "done_text")]
    if form.double_opt_in:
        words = [say(language, "done_confirm")]
    return _page(message_page(language, say(language, "done_title"), *words), form)


def _page(
    html: str, form: WebForm | None, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> HTMLResponse:
    """A page with its headers. A browser follows the redirect behind a form only where `form-action` names it."""
    target = f" {_origin_of(form.redirect)}" if form is not None and form.redirect else ""
    policy = (
        f"default-src 'none'; style-src '{STYLE_HASH}'; form-action 'self'{target}; base-uri 'none'; "
        "frame-ancestors 'none'"
    )
    return HTMLResponse(
        html,
        status,
        {
            "cache-control": "no-store",
            "content-security-policy": policy,
            "referrer-policy": "same-origin",
            "x-content-type-options": "nosniff",
            "x-robots-tag": "noindex",
            **(headers or {}),
        },
    )


def _origin_of(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def _cors(form: WebForm, origin: str) -> dict[str, str]:
    """What lets a script of this site read the answer; {} for any site that the form does not name."""
    if origin.lower() not in form.origins:
        return {}
    return {
        "access-control-allow-origin": origin,
        "access-control-allow-methods": "POST",
        "access-control-allow-headers": "content-type, idempotency-key",
        "access-control-max-age": "600",
    }


def _json_told(answer: Answer, form: WebForm, headers: Mapping[str, str]) -> JSONResponse:
    if answer.outcome is Outcome.TAKEN:
        state = "confirm" if form.double_opt_in else "taken"
        return _json(200, {"state": state, **({"redirect": form.redirect} if form.redirect else {})}, headers)
    if answer.wait_minutes:
        headers = {**headers, "retry-after": str(60 * answer.wait_minutes)}
    said = {"error": answer.outcome.name.lower(), "message": answer.remark, "problems": dict(answer.problems)}
    return _json(answer.outcome.value, said, headers)


def _json(status: int, content: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> JSONResponse:
    own = {"cache-control": "no-store", "vary": "Origin", "x-content-type-options": "nosniff"}
    return JSONResponse(dict(content), status, {**own, **(headers or {})})


def _count(request: Request, answer: Answer) -> None:
    taken = answer.outcome is Outcome.TAKEN
    station_of(request).counters.add("submissions" if taken else "submissions_refused")


def _own_key(path: Path) -> bytes:
    """The key of this outpost's tickets, made once; every process of it has the same."""
    with contextlib.suppress(FileExistsError):
        write_private(path, secrets.token_hex(32), only_new=True)
    return bytes.fromhex(path.read_text(encoding="ascii"))
