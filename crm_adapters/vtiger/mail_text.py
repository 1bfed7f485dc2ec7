"""Texts of activities as vtiger keeps them: e-mails as HTML with a foot, comments with a head; and their way back.

vtiger has no place for a Message-ID and cuts senders at 50 characters, so the foot of an e-mail and the head of a
comment hold what its columns can't.
"""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from html.parser import HTMLParser

from crm_adapters.spelling import without_emoji
from crm_model.field_values import clean_text
from crm_model.records import Activity, ActivityKind

LONGEST_BODY = 20_000  # characters: a comment is 65,535 bytes, three for each
_LONGEST_SUBJECT = 100
_RULE = "- - -"
_HEAD = re.compile(
    r"(?P<kind>E-mail|Call|Meeting|Task|Note)(?: (?P<direction>in|out))?, (?P<at>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC: "
    r"(?P<subject>[^\n]*)\n"
)
_KINDS = {
    "E-mail": ActivityKind.EMAIL,
    "Call": ActivityKind.CALL,
    "Meeting": ActivityKind.MEETING,
    "Task": ActivityKind.TASK,
    "Note": ActivityKind.NOTE,
}
_WORDS = {kind: word for word, kind in _KINDS.items()}
_FOOT_NAMES = {"message_id": "Message-ID", "in_reply_to": "In-Reply-To", "sender": "From"}
_FOOT = re.compile(rf"\n*{_RULE}\n(?P<lines>(?:(?:Message-ID|In-Reply-To|From): [^\n]*\n?)+)\Z")
_BLOCKS = frozenset({"p", "div", "br", "tr", "li", "h1", "h2", "h3", "blockquote", "hr", "table"})


@dataclass(frozen=True, slots=True)
class Comment:
    """What a comment says: of an activity if it is one of ours, else a note."""

    kind: ActivityKind
    subject: str
    body: str
    at: datetime | None = None
    direction: str = ""
    foot: dict[str, str] | None = None


def one_line(text: str, longest: int = _LONGEST_SUBJECT) -> str:
    """A subject that fits its column, never empty."""
    line = " ".join(without_emoji(clean_text(text)).split())
    return (line if len(line) <= longest else f"{line[: longest - 1]}…") or "–"


def shortened(text: str) -> str:
    body = without_emoji(clean_text(text)).replace("\r\n", "\n").replace("\r", "\n")
    return body if len(body) <= LONGEST_BODY else f"{body[:LONGEST_BODY]}\n[…]"


def comment_text(activity: Activity, *, with_head: bool) -> str:
    """The text of a comment: a note as it is, another activity under a head that says what it was."""
    subject, body = one_line(activity.subject, 300), shortened(activity.body)
    if not with_head:
        return "\n\n".join(part for part in (subject if activity.subject.strip() else "", body) if part) or "–"
    direction = f" {activity.direction}" if activity.direction in ("in", "out") else ""
    at = activity.at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    return f"{_WORDS[activity.kind]}{direction}, {at} UTC: {subject}\n\n{body}{_foot(activity)}"


def read_comment(text: str, *, ours: bool) -> Comment:
    text = text.replace("\r\n", "\n")
    head = _HEAD.match(text) if ours else None
    if head is None:
        subject, _, body = text.partition("\n\n") if ours else (text.partition("\n")[0][:300], "", text)
        return Comment(ActivityKind.NOTE, subject, body)
    body, foot = split_foot(text[head.end() :].lstrip("\n"))
    at = datetime.fromisoformat(head["at"]).replace(tzinfo=UTC)
    return Comment(_KINDS[head["kind"]], head["subject"], body, at, head["direction"] or "", foot)


def mail_html(activity: Activity) -> str:
    """An e-mail's text as vtiger shows it: HTML."""
    return html.escape(f"{shortened(activity.body)}{_foot(activity)}", quote=False).replace("\n", "<br />\n")


def read_mail(description: str) -> tuple[str, dict[str, str]]:
    """The text of a stored e-mail and what its foot says."""
    return split_foot(plain_text(description))


def split_foot(text: str) -> tuple[str, dict[str, str]]:
    found = _FOOT.search(text)
    if found is None:
        return text.strip("\n"), {}
    names = {word: name for name, word in _FOOT_NAMES.items()}
    lines = (line.partition(": ") for line in found["lines"].splitlines())
    return text[: found.start()].strip("\n"), {names[word]: value.strip() for word, _, value in lines}


def addresses(text: str) -> tuple[str, ...]:
    """Recipients: sent as one text with commas, given back as JSON text."""
    try:
        listed = json.loads(text) if text.startswith("[") else text.split(",")
    except ValueError:
        listed = text.split(",")
    return tuple(str(each).strip() for each in listed if str(each).strip()) if isinstance(listed, list) else ()


def plain_text(markup: str) -> str:
    """Text of HTML, or text as it is."""
    if "<" not in markup and "&" not in markup:
        return markup
    reader = _Reader()
    reader.feed(markup)
    reader.close()
    return "".join(reader.parts).strip("\n")


class _Reader(HTMLParser):
    """Line breaks of a source count only where there are no tags of its own for them."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._hidden = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "style"):
            self._hidden = tag
        elif tag in _BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == self._hidden:
            self._hidden = ""

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            # Our own writing has a line end after each <br />.
            self.parts.append(data.removeprefix("\n") if self.parts and self.parts[-1] == "\n" else data)


def _foot(activity: Activity) -> str:
    told = {name: " ".join(clean_text(str(getattr(activity, name))).split()) for name in _FOOT_NAMES}
    lines = [f"{_FOOT_NAMES[name]}: {value}" for name, value in told.items() if value]
    return "\n\n" + "\n".join([_RULE, *lines]) if lines and activity.message_id else ""
