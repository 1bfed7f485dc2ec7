"""The base subject: what is left of a subject when reply and forward prefixes are gone (RFC 5256, 2.1, and beyond)."""

from __future__ import annotations

import re

# Prefixes of mail clients in some thirty languages. One letter ("R:", "I:") counts only with a blank after the colon.
_REPLY = (
    "re|r|rif|sv|vs|aw|antw|antwort|ref|réf|rép|res|resp|odp|atb|ynt|yan|vá|bls|ats|rv|ang|"
    "ответ|отв|на|відп|回复|回覆|答复|返信|답장|רד|απ|σχετ|hl|"
    "svar|svara|risposta|respuesta|resposta"
)
_FORWARD = (
    "fw|fwd|vb|vid|videresend|videresendt|vidarebefordrat|wg|i|tr|enc|rv|rm|pd|pr|doorst|ilt|i̇lt|vl|továbbítás|"
    "пер|пересл|переслано|fs|转发|轉寄|転送|전달|הועבר|πρθ"
)
_PREFIX = re.compile(
    rf"^\s*(?:(?P<reply>{_REPLY})|(?P<forward>{_FORWARD}))\s*(?:\[\d+\]|\(\d+\)|\^\d+|\*\d+)?\s*[:：]\s*",
    re.IGNORECASE,
)
_ONE_LETTER = re.compile(r"^\s*[ri]\s*:\S", re.IGNORECASE)
_BLOB = re.compile(r"^\s*\[[^\[\]]{0,60}\]\s*(?=\S)")
_TRAILER = re.compile(r"\s*\((?:fwd|fw|vs|vb)\)\s*$", re.IGNORECASE)
_SPACE = re.compile(r"\s+")
_MAX_CHARACTERS = 500


def base_subject(subject: str) -> tuple[str, bool]:
    """The base subject, case-folded, and whether a reply prefix was taken off."""
    rest, replied = _SPACE.sub(" ", subject[:_MAX_CHARACTERS]).strip(), False
    while True:
        before = rest
        rest = _TRAILER.sub("", rest)
        match = None if _ONE_LETTER.match(rest) else _PREFIX.match(rest)
        if match:
            replied = replied or match["reply"] is not None
            rest = rest[match.end() :]
        elif blob := _BLOB.match(rest):
            # A list's "[name]" goes; a ticket's "[#123]" is a tag of its own (thread_facts), and goes too.
            rest = rest[blob.end() :]
        if rest == before:
            return rest.casefold().strip(), replied
