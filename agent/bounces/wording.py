"""Recipients out of the words of servers that follow no standard: each address with what is said beside it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

from agent.bounces.classes import classify, find_status, is_warning
from agent.bounces.delivery_status import REASON_LIMIT
from agent.parsing.addresses import clean_email
from crm_model.bounces import BounceClass, FailedRecipient
from crm_model.safe_text import safe_line

_ADDRESS = re.compile(r"[\w.+'=&%$#!?^`{|}~*/-]{1,64}@[\w-]+(?:\.[\w-]+)+")
_LEADING = re.compile(
    r"^[\s>*\-\"'(]{0,20}(?:recipient:\s{0,4})?[<\[]?"
    r"(?:mailto:|smtp:|rfc822;\s?|e-?mail:|to:|cc:)?\s{0,4}<?$",
    re.I,
)
_SERVANT = re.compile(r"^(?:postmaster|mailer-daemon|abuse|support|help|helpdesk|admin|administrator)@|@[\d.]+$", re.I)
_NAMING = re.compile(
    r"(?:rcpt to:?\s?<?|unknown user:?\s?<?|user unknown:?\s?<?|recipients?:?\s?<?|address(?:ee)?:?\s?<?|to:?\s<?"
    r"|for\s<?|mailbox:?\s?<?|user:?\s?<?|an\s<?"
    r"|sent to\s<?)$",
    re.I,
)
_OURS = re.compile(r"\bfrom:?\s?<?$|\bsender:?\s?<?$|mail from:?\s?<?$|contact\s<?$|postmaster", re.I)
_LINES = 400
_REASON_LINES = 6


def read_words(text: str, ours: Collection[str]) -> list[FailedRecipient]:
    """`ours` are addresses that are never the recipient: whom the bounce came to and from."""
    lines = text.split("\n")[:_LINES]
    found = _places(lines, ours, _stands_first) or _places(lines, ours, _is_named) or _only_one(lines, ours)
    delayed = is_warning(text)
    recipients = []
    for order, (address, place) in enumerate(found.items()):
        later = [at for at in list(found.values())[order + 1 :] if at > place]
        reason = _reason(lines, place, min(later, default=len(lines)))
        whole = reason if len(found) > 1 and classify("", reason) else text
        bounce = BounceClass.DELAYED if delayed else _class(reason, whole)
        recipients.append(FailedRecipient(address, bounce, find_status(reason) or find_status(whole), reason))
    return recipients


def _class(reason: str, whole: str) -> BounceClass:
    return classify(find_status(reason), reason + "\n" + whole)


def _places(lines: list[str], ours: Collection[str], fits: Callable[[str], bool]) -> dict[str, int]:
    """Addresses by the line at which each stands first."""
    found: dict[str, int] = {}
    for place, line in enumerate(lines):
        for match in _ADDRESS.finditer(line[:1_000]):
            address = clean_email(match[0].strip(".'-"))
            if address and address not in ours and address not in found and fits(line[: match.start()]):
                found[address] = place
    return found


def _only_one(lines: list[str], ours: Collection[str]) -> dict[str, int]:
    """The one address that the notice names at all; or, of mail to oneself, the one that begins a line."""
    found = _places(lines, ours, lambda _: True)
    found = {address: place for address, place in found.items() if not _SERVANT.search(address)}
    return found if len(found) == 1 else _places(lines, (), lambda before: before.strip() == "<")


def _stands_first(before: str) -> bool:
    return _LEADING.match(before) is not None


def _is_named(before: str) -> bool:
    return _NAMING.search(before) is not None and _OURS.search(before) is None


def _reason(lines: list[str], place: int, end: int) -> str:
    """The line with the address and what follows, up to the next recipient."""
    words = " ".join(line.strip() for line in lines[place : min(end, place + _REASON_LINES)])
    return safe_line(" ".join(words.split())[:REASON_LIMIT])
