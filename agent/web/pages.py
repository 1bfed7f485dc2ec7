"""Plain pages: one look, nothing fetched from anywhere, no script; and the headers that each of them carries."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from html import escape

from starlette.responses import HTMLResponse
from starlette.types import Receive, Scope, Send

from agent.web.words import choose_language, words

STYLE = (
    "body{font:1.05rem/1.5 system-ui,sans-serif;max-width:40rem;margin:2rem auto;padding:0 1rem;"
    "color:#1b1b1b;background:#fff}"
    "h1{font-size:1.5rem}label{display:block;margin:.75rem 0 .25rem}"
    "input,textarea,select,button{font:inherit;padding:.45rem;border:1px solid #6b6b6b;border-radius:.25rem}"
    "input:not([type=checkbox]):not([type=radio]):not([type=file]),textarea,select{width:100%;box-sizing:border-box}"
    "button{background:#1f4f8f;color:#fff;border-color:#1f4f8f;padding:.55rem 1.2rem;margin-top:1rem}"
    ":focus-visible{outline:3px solid #c77700;outline-offset:2px}"
    ".wrong{color:#a3000b}.trap{position:absolute;left:-100rem}"
    "@media(prefers-color-scheme:dark){body{background:#161616;color:#eee}.wrong{color:#ff9a9a}"
    "input,textarea,select{background:#222;color:#eee}}"
)
_STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()


def page_headers(*, frame_ancestors: str = "'none'") -> dict[str, str]:
    """Headers of every page: no cache, no script, no frame but by those named, no word of it to other sites."""
    return {
        "cache-control": "no-store",
        "content-security-policy": (
            f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; base-uri 'none'; "
            f"frame-ancestors {frame_ancestors}"
        ),
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "x-robots-tag": "noindex, nofollow",
    }


def plain_page(
    language: str, title: str, body: str, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> HTMLResponse:
    """A page. `title` is text; `body` is HTML, in which everything foreign was escaped. `headers` come on top."""
    html = (
        f'<!doctype html>\n<html lang="{escape(language)}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n<h1>{escape(title)}</h1>\n{body}\n</main>\n</body>\n</html>\n"
    )
    return HTMLResponse(html, status, {**page_headers(), **(headers or {})})


def sorry_page(language: str, status: int, headers: Mapping[str, str] | None = None) -> HTMLResponse:
    """Why nothing came of a request; any status."""
    texts = words(language)
    kind = status if f"plain.sorry_{status}" in texts else (400 if status < 500 else 500)
    return plain_page(
        language,
        texts[f"plain.title_{kind}"],
        f"<p>{escape(texts[f'plain.sorry_{kind}'])}</p>",
        status=status,
        headers=headers,
    )


async def send_sorry(
    status: int, scope: Scope, receive: Receive, send: Send, headers: Mapping[str, str] | None = None
) -> None:
    """The same in the language that the request asks for, where no route was reached."""
    accepted = next((value for name, value in scope["headers"] if name == b"accept-language"), b"")
    await sorry_page(choose_language(accepted.decode("latin-1")), status, headers)(scope, receive, send)
