"""Foreign text made harmless for terminals and logs: nothing from a mail or a CRM reaches them raw."""

from __future__ import annotations

import re

# C0 and C1 controls but newline and tab, DEL; bidi embeddings, overrides, isolates and marks; zero-width and
# invisible operators; line and paragraph separators; interlinear and tag characters; lone surrogates; what chooses
# between emoji and text, since terminals disagree on the width that makes, and a line would end elsewhere.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ufe0e\ufe0f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
_ESCAPE = re.compile(
    "\x1b(?:\\[[0-?]*[ -/]*[@-~]|[\\]P^_X][^\x07\x1b]*(?:\x07|\x1b\\\\)?|[ -/]*[0-~])|\x9b[0-?]*[ -/]*[@-~]"
)
# Emoji of several characters: terminals disagree how many cells they take, so that everything behind them would stand
# askew. Without what joins and tints them each part takes two cells everywhere.
_JOINED = re.compile("[\U0001f3fb-\U0001f3ff]|\u200d(?=[\u2190-\u2bff\U0001f000-\U0001faff])")
_SPACE = re.compile(r"\s+")


def safe_text(text: str) -> str:
    """Text over several lines without terminal escapes, controls and bidi overrides; CR and CRLF become LF.

    Joined and tinted emoji come apart into what every terminal draws alike.
    """
    if text.isascii() and text.isprintable():
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _JOINED.sub("", _INVISIBLE.sub("", _ESCAPE.sub("", text)))


def safe_line(text: str) -> str:
    """The same as one line: every run of white space is one blank."""
    return _SPACE.sub(" ", safe_text(text)).strip()
