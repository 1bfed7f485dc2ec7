"""What of the parts a person reads: the text, the HTML, and what is attached."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from agent.parsing.charsets import decode_text, storable
from agent.parsing.flowed import unwrap_flowed
from agent.parsing.html_text import html_to_text
from agent.parsing.limits import (
    MAX_ATTACHMENTS,
    MAX_CARD_BYTES,
    MAX_CARDS,
    MAX_FILENAME_CHARS,
    MAX_HTML_CHARS,
    MAX_TEXT_CHARS,
)
from agent.parsing.structure import Part, Tree
from crm_model.mail import Attachment
from crm_model.safe_text import safe_line

EMBEDDED_TYPES = frozenset(("message/rfc822", "message/global", "text/rfc822-headers", "message/rfc822-headers"))
_NAMED_WITH = {"text/calendar": "method", "multipart/report": "report-type"}
# A plain part that only says that there is HTML.
_STUB = re.compile(
    r"html|in (?:your|a) (?:web )?browser|nettleser|webbläsare|im browser|nel browser|dans (?:votre|un) navigateur"
    r"|en (?:su|tu) navegador|в браузере|does not support|unterstützt",
    re.IGNORECASE,
)
_CARD_TYPES = frozenset(("text/vcard", "text/x-vcard", "text/directory"))
_STUB_CHARS = 400
_SHORT_CHARS = 120
_MAX_BODY_BYTES = 4 * MAX_HTML_CHARS
_TYPES_OF_TEXT = ("text/plain", "text/html", "text/enriched", "text/markdown", "text/x-amp-html", "text/watch-html")


@dataclass(slots=True)
class Bodies:
    """`text` with LF line ends; `html` the first HTML part as it came; `embedded` mails; `cards` texts of vCards."""

    text: str = ""
    html: str = ""
    attachments: list[Attachment] = field(default_factory=list)
    embedded: list[Part] = field(default_factory=list)
    cards: list[str] = field(default_factory=list)
    content_types: list[str] = field(default_factory=list)
    defects: list[str] = field(default_factory=list)


def read_bodies(tree: Tree) -> Bodies:
    """The tree read once, in order; texts of a multipart/mixed follow each other, of alternatives one is chosen."""
    bodies = Bodies()
    texts: list[str] = []
    waiting = [tree.root]
    while waiting:
        part = waiting.pop()
        _list_type(part, bodies)
        if part.children:
            waiting.extend(reversed(_read_alternatives(part, bodies, texts)))
        elif part.content_type in EMBEDDED_TYPES:
            bodies.embedded.append(part)
            _attach(part, bodies)
        elif part.is_text:
            text, html = _read_leaf(part, bodies)
            texts.append(_choose(text, html))
            bodies.html = bodies.html or html
        else:
            _attach(part, bodies)
            _keep_card(part, bodies)
    bodies.text = "\n\n".join(filter(None, texts))[:MAX_TEXT_CHARS].rstrip()
    return bodies


def _read_alternatives(part: Part, bodies: Bodies, texts: list[str]) -> list[Part]:
    """The children still to be read: of alternatives the text is taken here, the rest goes the common way."""
    if part.content_type != "multipart/alternative":
        return part.children
    plain = next((child for child in part.children if child.content_type == "text/plain" and child.is_text), None)
    html, around = _find_html(part)
    taken = [child for child in (plain, html) if child is not None]
    if not taken:
        return part.children
    text = _read_leaf(plain, bodies)[0] if plain else ""
    markup = _read_leaf(html, bodies)[1] if html else ""
    texts.append(_choose(text, markup))
    bodies.html = bodies.html or markup
    rest = []
    for child in [*part.children, *around]:
        if (
            child in taken
            or child.content_type in _TYPES_OF_TEXT
            or (around and child.children and html in child.children)
        ):
            _list_type(child, bodies)
        else:
            rest.append(child)
    return rest


def _find_html(part: Part) -> tuple[Part | None, list[Part]]:
    """The HTML of an alternative, itself or as root of a multipart/related or mixed; and what lies beside it there."""
    for child in part.children:
        if child.content_type == "text/html" and child.is_text:
            return child, []
    for child in part.children:
        if child.content_type in ("multipart/related", "multipart/mixed"):
            for inner in child.children:
                if inner.content_type == "text/html" and inner.is_text:
                    return inner, child.children
    return None, []


def _read_leaf(part: Part, bodies: Bodies) -> tuple[str, str]:
    """Text and HTML of a leaf, one of them empty."""
    data = part.decoded()[:_MAX_BODY_BYTES]
    charset = part.kind.get("charset")
    is_html = part.content_type == "text/html"
    if is_html and not charset:
        charset = _declared_in_html(data)
    text, certain = decode_text(data, charset)
    if not certain and not (data.isascii() or _is_utf8(data)):
        bodies.defects.append("charset-guessed")
    text = storable(text[:MAX_HTML_CHARS])
    if is_html:
        return "", text
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if (part.kind.get("format") or "").lower() == "flowed":
        text = unwrap_flowed(text, (part.kind.get("delsp") or "").lower() == "yes")
    if part.content_type == "text/enriched":
        text = html_to_text(text)
    return text, ""


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


_META = re.compile(rb"<meta[^>]{1,200}charset\s*=\s*[\"']?([A-Za-z0-9_:.-]{2,40})", re.IGNORECASE)


def _declared_in_html(data: bytes) -> str | None:
    match = _META.search(data, 0, 4096)
    return match[1].decode("ascii") if match else None


def _choose(plain: str, html: str) -> str:
    """The plain text, unless it is empty or only says that the mail is HTML."""
    plain = plain.strip("\n")
    stripped = plain.strip()
    if not html:
        return plain
    if not stripped:
        return html_to_text(html)
    if len(stripped) > _STUB_CHARS or not (len(stripped) < _SHORT_CHARS or _STUB.search(stripped)):
        return plain
    markup = html_to_text(html)
    wanted = 2 if _STUB.search(stripped) else 8
    return markup if len(markup) > wanted * len(stripped) + _SHORT_CHARS else plain


def _list_type(part: Part, bodies: Bodies) -> None:
    types = bodies.content_types
    if part.content_type not in types:
        types.append(part.content_type)
    name = _NAMED_WITH.get(part.content_type)
    value = part.kind.get(name) if name else None
    if value:
        full = f"{part.content_type}; {name}={value.lower()[:40]}"
        if full not in types:
            types.append(full)


def _attach(part: Part, bodies: Bodies) -> None:
    if len(bodies.attachments) >= MAX_ATTACHMENTS:
        return
    name = clean_filename(part.filename)
    bodies.attachments.append(Attachment(name, part.content_type, part.size(), part.number or "1"))


def _keep_card(part: Part, bodies: Bodies) -> None:
    if len(bodies.cards) < MAX_CARDS and (part.content_type in _CARD_TYPES or part.filename.lower().endswith(".vcf")):
        data = part.decoded()[:MAX_CARD_BYTES]
        bodies.cards.append(storable(decode_text(data, part.kind.get("charset"))[0]))


def clean_filename(name: str) -> str:
    """A file name without folders, controls and overlong stems; the ending is kept."""
    name = safe_line(storable(name)).replace("\\", "/")
    name = PurePosixPath(name).name
    if len(name) > MAX_FILENAME_CHARS:
        stem, dot, ending = name.rpartition(".")
        name = f"{stem[: MAX_FILENAME_CHARS - 17]}.{ending[:16]}" if dot else name[:MAX_FILENAME_CHARS]
    return name
