"""Uploaded files: what they are by their own bytes, never by what the sender says; nothing is ever unpacked.

A container (zip, OOXML, ODF) is told by the names in its central directory, which is read within limits and never
followed. A file that is two things at once is refused: it would pass for the harmless one here and be the other there.
"""

from __future__ import annotations

import codecs
import re
import struct
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from crm_model.safe_text import safe_line
from crm_model.web_forms import FILE_TYPES

_HEAD = 4_096
_TAIL = 65_557  # a zip's end record and the longest comment behind it
_MOST_DIRECTORY = 1_000_000
_MOST_MEMBERS = 5_000
_LONGEST_NAME = 100
_END = b"PK\x05\x06"
_MEMBER = b"PK\x01\x02"
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.I)
_MARKUP = re.compile(rb"<(?:!doctype|html|head|body|script|svg|\?xml|\?php|iframe|img|a\s|%)", re.I)
_LONGEST_TAG = 16  # characters of what lies across the border of two readings
_SIGNS: tuple[tuple[str, re.Pattern[bytes]], ...] = (
    ("pdf", re.compile(rb"%PDF-[12]\.\d")),
    ("png", re.compile(rb"\x89PNG\r\n\x1a\n")),
    ("jpeg", re.compile(rb"\xff\xd8\xff")),
    ("gif", re.compile(rb"GIF8[79]a")),
    ("webp", re.compile(rb"RIFF.{4}WEBPVP8", re.S)),
    ("heic", re.compile(rb".{4}ftyp(?:hei[cxms]|hev[cx]|mif1|msf1)", re.S)),
)
_OOXML = {"word/": "docx", "xl/": "xlsx", "ppt/": "pptx"}
_ODF = {"text": "odt", "spreadsheet": "ods", "presentation": "odp"}
_MACROS = re.compile(r"(?:^|/)vbaproject\.bin$|^basic/|^scripts/", re.I)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file on its way in. `name` is the sender's word, `stream` can be searched."""

    name: str
    stream: BinaryIO
    size: int


def kind_of(upload: Upload) -> str:
    """The kind of file by its bytes, as FILE_TYPES calls it; "" for anything else, doubtful, or of two kinds."""
    head = _read(upload, 0, _HEAD)
    kind = next((name for name, sign in _SIGNS if sign.match(head)), "")
    directory = _directory(upload)
    if kind:
        return "" if directory is not None or (kind != "pdf" and b"%PDF-" in head[:1024]) else kind
    if head.startswith(b"PK\x03\x04"):
        return _container(head, directory) if directory is not None else ""
    if directory is None and _is_plain(upload):
        return "csv" if _extension(upload.name) in FILE_TYPES["csv"][1] else "txt"
    return ""


def clean_name(name: str, kind: str) -> str:
    """A name without folders, controls and tricks, with an extension of its kind: "a/b.exe" as pdf is "b.exe.pdf"."""
    last = re.split(r"[/\\]", name)[-1]
    plain = safe_line(unicodedata.normalize("NFC", last))
    plain = re.sub(r'[\x00-\x1f:*?"<>|%;&]', "_", plain).strip(". ")
    extensions = FILE_TYPES[kind][1]
    stem, dot, extension = plain.rpartition(".")
    if not dot or extension.lower() not in extensions:
        stem, extension = plain, extensions[0]
    stem = stem[:_LONGEST_NAME].strip(". ") or "file"
    return f"{'_' if _RESERVED.match(stem) else ''}{stem}.{extension}"


def _extension(name: str) -> str:
    return name.rpartition(".")[2].lower()


def _read(upload: Upload, start: int, size: int) -> bytes:
    upload.stream.seek(start)
    return upload.stream.read(size)


def _is_plain(upload: Upload) -> bool:
    """Text in UTF-8 (or UTF-16 with a mark), with nothing in it that a browser or shell would run."""
    upload.stream.seek(0)
    start = upload.stream.read(2)
    if start in (b"#!", b"MZ"):
        return False
    decode = _decoder("utf-16" if start in (b"\xff\xfe", b"\xfe\xff") else "utf-8")
    data, before = start, ""
    try:
        while data:
            text = decode(data)
            if _MARKUP.search((before + text).encode("utf-8", "replace")) or re.search(
                r"[\x00-\x08\x0e-\x1a\x1c-\x1f]", text
            ):
                return False
            before = (before + text)[-_LONGEST_TAG:]
            data = upload.stream.read(65_536)
    except UnicodeError:
        return False
    return True


def _decoder(charset: str) -> Callable[[bytes], str]:
    return codecs.getincrementaldecoder(charset)().decode


def _directory(upload: Upload) -> tuple[str, ...] | None:
    """The member names of a zip that ends this file, None if none does or it is odd."""
    tail = _read(upload, max(0, upload.size - _TAIL), _TAIL)
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < 22:
        return None
    count, size, start, comment = struct.unpack("<HIIH", tail[at + 10 : at + 22])
    if at + 22 + comment != len(tail):
        return None
    if size > _MOST_DIRECTORY or count > _MOST_MEMBERS or start + size > upload.size:
        return ()
    return _members(_read(upload, start, size), count)


def _members(data: bytes, count: int) -> tuple[str, ...]:
    names = []
    at = 0
    for _ in range(count):
        if data[at : at + 4] != _MEMBER or len(data) < at + 46:
            return ()
        name, extra, comment = struct.unpack("<HHH", data[at + 28 : at + 34])
        names.append(data[at + 46 : at + 46 + name].decode("utf-8", "replace"))
        at += 46 + name + extra + comment
    return tuple(names)


def _container(head: bytes, names: tuple[str, ...]) -> str:
    if not names or any(_MACROS.search(name) for name in names):
        return ""
    if "[Content_Types].xml" in names:
        return next((kind for place, kind in _OOXML.items() if any(name.startswith(place) for name in names)), "")
    if names[0] == "mimetype":
        found = re.search(rb"mimetypeapplication/vnd\.oasis\.opendocument\.([a-z]+)", head[:200])
        return _ODF.get(found[1].decode("ascii"), "") if found else ""
    return "zip"
