"""Content-Type and Content-Disposition: the value and its parameters, RFC 2231 and what is written instead of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from agent.parsing.charsets import decode_text
from agent.parsing.encoded_words import decode_words, unfold

_PARAMETER = re.compile(r';\s*([^\s=;"]{1,100})\s*=\s*("(?:[^"\\]|\\.)*"|[^;]*)')
_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,100}/[a-z0-9!#$&^_.+*-]{1,100}")
_ESCAPED = re.compile(r"\\(.)")
_SECTION = re.compile(r"([^*]+)(?:\*(\d{1,3}))?(\*)?")
_COMMENT = re.compile(r"\s+\(.*|\s+$")


@dataclass(frozen=True, slots=True)
class Parametrised:
    """A value in lower case ("text/plain", "attachment", "" if unusable) with its decoded parameters."""

    value: str
    parameters: dict[str, str] = field(default_factory=dict)

    def get(self, name: str) -> str | None:
        return self.parameters.get(name)


NOTHING = Parametrised("")


@lru_cache(maxsize=1024)
def read_content_type(raw: bytes, charset: str | None = None) -> Parametrised:
    """A Content-Type; the value is "text/plain" if it is none (RFC 2045, section 5.2)."""
    found = read_parameters(raw, charset)
    match = _TYPE.match(found.value)
    return Parametrised(match[0] if match else "text/plain", found.parameters)


def read_parameters(raw: bytes, charset: str | None = None) -> Parametrised:
    """Any header of the form `value; name=value`. Of parameters given twice the first counts."""
    text = unfold(raw, charset)
    value, separator, _ = text.partition(";")
    if not separator:
        return Parametrised(value.strip().lower())
    plain: dict[str, str] = {}
    sections: dict[str, dict[int, tuple[str, bool]]] = {}
    for match in _PARAMETER.finditer(text, len(value)):
        name, content = match[1].lower(), _unquote(match[2])
        if "*" not in name:
            plain.setdefault(name, decode_words(content))
        elif (section := _SECTION.fullmatch(name)) is not None:
            place = (content, bool(section[3]))
            sections.setdefault(section[1], {}).setdefault(int(section[2] or 0), place)
    for name, numbered in sections.items():
        plain[name] = _join_sections(numbered)
    return Parametrised(value.strip().lower(), plain)


def _unquote(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] == '"':
        return _ESCAPED.sub(r"\1", value[1:-1]) if "\\" in value else value[1:-1]
    return _COMMENT.sub("", value).strip('"')


def _join_sections(numbered: dict[int, tuple[str, bool]]) -> str:
    """RFC 2231, sections 3 and 4: charset'language'%XX, cut into numbered pieces."""
    charset: str | None = None
    out = b""
    for index in sorted(numbered):
        content, encoded = numbered[index]
        if encoded and index == min(numbered) and content.count("'") >= 2:
            charset, _, content = content.split("'", 2)
        out += unquote_to_bytes(content) if encoded else content.encode("utf-8", "surrogatepass")
    return decode_words(decode_text(out, charset)[0])
