"""Bytes to text: the charset that a mail names, corrected where programs are known to lie, guessed where it fails."""

from __future__ import annotations

import codecs
import re
from functools import lru_cache

import chardet

_ALIASES = {
    # A named subset where the superset is what gets written (WHATWG Encoding, section 4.2).
    "us-ascii": "utf-8",
    "ascii": "utf-8",
    "ansi_x3.4-1968": "utf-8",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "iso_8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "gb2312": "gb18030",
    "gb_2312-80": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "ksc5601": "cp949",
    "euc-kr": "cp949",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "x-sjis": "cp932",
    "big5": "big5hkscs",
    "iso-2022-jp": "iso2022_jp_ext",
    "iso-8859-9": "cp1254",
    "iso-8859-8-i": "cp1255",
    "iso-8859-8-e": "cp1255",
    "tis-620": "cp874",
    "x-mac-roman": "mac_roman",
    "macintosh": "mac_roman",
    "x-mac-cyrillic": "mac_cyrillic",
    "x-mac-ce": "mac_latin2",
    "x-mac-greek": "mac_greek",
    "x-mac-turkish": "mac_turkish",
    "unicode-1-1-utf-7": "utf-7",
    "koi8": "koi8_r",
    "koi": "koi8_r",
    "cp-850": "cp850",
    "cp-1251": "cp1251",
    "win-1251": "cp1251",
    "windows1251": "cp1251",
    "utf8mb4": "utf-8",
    "unicode": "utf-8",
    "utf": "utf-8",
}
# Charsets in which plain ASCII bytes do not mean ASCII text.
_NOT_ASCII = ("utf-16", "utf-32", "utf-7", "iso2022", "hz")
_NAME = re.compile(r"[a-z0-9_.:()+-]{1,40}")
_SAMPLE_BYTES = 4096
_LEAST_8BIT_BYTES = 3
_UNPRINTABLE = re.compile("[\x00\ud800-\udfff]")


@lru_cache(maxsize=512)
def find_codec(charset: str) -> str | None:
    """Python's name of the codec for a charset as mail spells it, None if there is none. Never a non-text codec."""
    match = _NAME.match(charset.strip(" \t'\"").lower())
    if match is None:
        return None
    name = _ALIASES.get(match[0], match[0])
    try:
        info = codecs.lookup(name)
        # "unicode_escape", "base64" and the like are codecs of Python, not charsets.
        if not getattr(info, "_is_text_encoding", True) or "escape" in info.name or info.name in _NO_CHARSETS:
            return None
    except (LookupError, ValueError):
        return None
    return info.name


_NO_CHARSETS = frozenset({"idna", "punycode", "undefined", "mbcs", "oem"})


def decode_text(data: bytes, charset: str | None) -> tuple[str, bool]:
    """The text of `data`, and whether it was certain: no byte replaced, no charset guessed. Never raises."""
    codec = find_codec(charset) if charset else "utf-8"
    if data.isascii() and (codec is None or not codec.startswith(_NOT_ASCII)):
        return data.decode("ascii"), True
    certain = codec is not None and bool(charset)
    for attempt in ("utf-8", codec) if _may_be_utf8(codec) else (codec,):
        text = _decode_strictly(data, attempt)
        if text is not None:
            return text, certain
    return _guess(data, codec), False


def _may_be_utf8(codec: str | None) -> bool:
    """Whether UTF-8 is tried first: one-byte charsets are often claimed by default, and hardly ever look like UTF-8."""
    return codec is None or codec == "utf-8" or codec.startswith(("cp125", "iso8859", "koi8"))


def _decode_strictly(data: bytes, codec: str | None) -> str | None:
    if codec is None:
        return None
    try:
        return data.decode(codec)
    except (UnicodeError, ValueError, LookupError):
        return None


def _guess(data: bytes, codec: str | None) -> str:
    if codec == "utf-8":
        # One broken sequence (a cut mail, a bad relay) does not make another charset of it.
        text = data.decode("utf-8", "replace")
        lost = text.count("\ufffd")
        if sum(char > "\x7f" for char in text[:_SAMPLE_BYTES]) >= 2 * lost:
            return text
    elif codec is not None and not codec.startswith(("cp", "iso8859", "koi8", "mac")):
        return data.decode(codec, "replace")
    return _decode_strictly(data, guess_charset(data)) or data.decode("cp1252", "replace")


def guess_charset(data: bytes) -> str | None:
    """chardet's guess over the lines with 8-bit bytes, None if it has none or there is too little to go by."""
    sample = data if len(data) <= _SAMPLE_BYTES else _sample(data)
    if sum(byte > 0x7F for byte in sample) < _LEAST_8BIT_BYTES:
        return None
    found = chardet.detect(sample).get("encoding")
    return find_codec(found) if found else None


def _sample(data: bytes) -> bytes:
    lines, size = [], 0
    for line in data[: 64 * _SAMPLE_BYTES].splitlines(keepends=True):
        if not line.isascii():
            lines.append(line[:_SAMPLE_BYTES])
            size += len(line)
            if size > _SAMPLE_BYTES:
                break
    return b"".join(lines) or data[:_SAMPLE_BYTES]


def storable(text: str) -> str:
    """Text without NUL and lone surrogates, which databases refuse."""
    if "\x00" not in text:
        if text.isascii():
            return text
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            pass
        else:
            return text
    return _UNPRINTABLE.sub("", text)
