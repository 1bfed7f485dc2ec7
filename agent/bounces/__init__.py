"""Mail that came back: whom it did not reach and why, and which of our mails it was; absence notes with their dates.

bytes -> notice, delivery status, returned mail -> RFC 3464, else X-Failed-Recipients, else words -> class
"""

from __future__ import annotations

import re

from agent.bounces.classes import classify, find_status, is_warning
from agent.bounces.delivery_status import read_status
from agent.bounces.notice import Notice, take_apart
from agent.bounces.wording import read_words
from agent.parsing.addresses import clean_email
from agent.parsing.ids import clean_id
from crm_model.bounces import BounceClass, BounceReport, FailedRecipient
from crm_model.safe_text import safe_line

__all__ = ["read_bounce"]

_MOST_RECIPIENTS = 50
_HEADER = re.compile(
    r"^[>\s]{0,8}(message-id|x-hitchpost-id|to|cc|from)[ \t]*:[ \t]*((?:[^\n]|\n[ \t]+\S){0,2000})", re.I | re.M
)
_ADDRESS = re.compile(r"[^\s<>,;()\[\]\"':]{1,64}@[^\s<>,;()\[\]\"']{1,255}")
_ID = re.compile(r"<([^<>\s]{3,500})>")


def read_bounce(data: bytes) -> BounceReport:
    """What a bounce says; empty for a mail that is none. Never raises for whatever `data` holds."""
    notice = take_apart(data)
    about = _about(notice)
    recipients = _recipients(notice)
    return BounceReport(tuple(recipients[:_MOST_RECIPIENTS]), about)


def _recipients(notice: Notice) -> list[FailedRecipient]:
    told = False
    for status in notice.status:
        failed, here = read_status(status, notice.text)
        told = told or here
        if failed:
            return _with_words(failed, notice)
    if told:
        return []
    named = [clean_email(each) for each in _ADDRESS.findall(notice.header("x-failed-recipients"))]
    ours = _ours(notice)
    worded = read_words(notice.text, ours)
    if named:
        by_address = {each.address: each for each in worded}
        return [by_address.get(each) or _alone(each, notice) for each in dict.fromkeys(named) if each]
    if worded:
        return worded
    returned = [each for each in _returned(notice, "to") if each not in ours]
    return [_alone(returned[0], notice)] if len(returned) == 1 else []


def _with_words(failed: list[FailedRecipient], notice: Notice) -> list[FailedRecipient]:
    """What the notice says of each where the status says no more than that they failed."""
    vague = [each for each in failed if not each.status or each.status.endswith(".0.0")]
    if len(failed) < 2 or not vague:
        return failed
    worded = {each.address: each for each in read_words(notice.text, _ours(notice))}
    told = [each for each in vague if each.address in worded and each.bounce is not BounceClass.DELAYED]
    return [worded[each.address] if each in told else each for each in failed]


def _alone(address: str, notice: Notice) -> FailedRecipient:
    """A recipient of whom the notice says nothing apart."""
    delayed = is_warning(f"{notice.header('subject')}\n{notice.text}")
    status = find_status(notice.text)
    bounce = BounceClass.DELAYED if delayed else classify(status, notice.text)
    return FailedRecipient(address, bounce, status, safe_line(" ".join(notice.text.split())[:300]))


def _ours(notice: Notice) -> frozenset[str]:
    """Whom the bounce came to and from, and who wrote the mail that came back."""
    names = ("to", "from", "reply-to", "return-path", "delivered-to")
    raw = " ".join(notice.header(name) for name in names)
    found = {clean_email(each) for each in _ADDRESS.findall(raw)}
    return frozenset(found | set(_returned(notice, "from")))


def _returned(notice: Notice, name: str) -> list[str]:
    """The addresses in a header of the returned mail."""
    found = [match[2] for match in _HEADER.finditer(notice.returned[:20_000]) if match[1].lower() == name]
    return [clean_email(each) for each in _ADDRESS.findall(found[0])] if found else []


def _about(notice: Notice) -> tuple[str, ...]:
    """Message-IDs of the returned mail: ours where a server put another, its own, what the bounce answers."""
    ids: list[str] = []
    for wanted in ("x-hitchpost-id", "message-id"):
        ids += [
            each
            for match in _HEADER.finditer(notice.returned[:20_000])
            if match[1].lower() == wanted
            for each in _ids(match[2])
        ][:1]
    ids += [each for name in ("in-reply-to", "references") for each in _ids(notice.header(name))[-1:]]
    return tuple(dict.fromkeys(ids))


def _ids(text: str) -> list[str]:
    return [found for each in _ID.findall(text)[:5] if (found := clean_id(each))]
