"""Foreign text in the headers of a mail: it is written as it stands, and no header breaks out of its lines.

Python's library reads what looks like an encoded word (RFC 2047) in a text that it is given, and writes what comes
out of it, line ends and all: a subject of "=?utf-8?q?a=0D=0ABcc:_x?=" would be two headers.
"""

from __future__ import annotations

import re
from email.errors import MessageError
from email.policy import EmailPolicy

from crm_model.safe_text import safe_line

_BROKEN_OUT = re.compile(r"\r\n(?![ \t]|\Z)|\r(?!\n)|(?<!\r)\n")


def header_text(text: str) -> str:
    """One line for a header; what looks like an encoded word gets a blank in it and is none."""
    return safe_line(text).replace("=?", "= ?")


class HeaderPolicy(EmailPolicy):
    """Writes no header that holds another one. Errors of writing: MessageError. For line ends of CRLF."""

    def fold(self, name: str, value: str) -> str:
        return _whole(super().fold(name, value))

    def fold_binary(self, name: str, value: str) -> bytes:
        folded = super().fold_binary(name, value)
        _whole(folded.decode("utf-8", "replace"))
        return folded


def _whole(folded: str) -> str:
    if _BROKEN_OUT.search(folded):
        raise MessageError("a header with a line end in its text")
    return folded
