"""Recipients by RFC 3464: blocks of fields, one for the message, then one for each recipient."""

from __future__ import annotations

import re
from collections.abc import Iterator

from agent.bounces.classes import classify, find_status
from agent.parsing.addresses import clean_email
from crm_model.bounces import BounceClass, FailedRecipient
from crm_model.safe_text import safe_line

REASON_LIMIT = 300
_REACHED = frozenset(("delivered", "relayed", "expanded"))
_FIELD = re.compile(r"([A-Za-z-]{1,60})[ \t]*:[ \t]*(.*)")
_ADDRESS = re.compile(r"[^\s<>,;()\[\]\"']{1,64}@[^\s<>,;()\[\]\"']{1,255}")


def read_status(text: str, notice: str) -> tuple[list[FailedRecipient], bool]:
    """The recipients that were not reached, and whether any recipient was told at all. `notice`: the server's words."""
    failed: dict[str, FailedRecipient] = {}
    told = False
    for fields in _blocks(text):
        action = fields.get("action", "").split(" ")[0].strip().lower()
        address = _address(fields)
        if not address:
            continue
        told = True
        if action in _REACHED:
            continue
        failed.setdefault(address, _failed(address, action, fields, notice))
    return list(failed.values()), told


def _failed(address: str, action: str, fields: dict[str, str], notice: str) -> FailedRecipient:
    diagnostic = _words(fields.get("diagnostic-code", ""))
    status = find_status(fields.get("status", "")) or find_status(diagnostic)
    told = find_status(diagnostic)
    if told and (not status or status.endswith(".0.0") or told.startswith(("5.7.", "5.2.2", "5.3.4"))):
        status = told
    if action == "delayed":
        return FailedRecipient(address, BounceClass.DELAYED, status, _short(diagnostic or notice))
    return FailedRecipient(address, classify(status, diagnostic or notice), status, _short(diagnostic or notice))


def _blocks(text: str) -> Iterator[dict[str, str]]:
    """Fields by lower-case name, unfolded; the first of a name counts."""
    for block in re.split(r"\n[ \t]*\n", text):
        fields: dict[str, str] = {}
        last = ""
        for line in block.split("\n"):
            found = None if line[:1] in " \t" else _FIELD.match(line)
            if found is not None:
                last = found[1].lower()
                fields.setdefault(last, found[2].strip())
            elif last and line.strip():
                fields[last] = f"{fields[last]} {line.strip()}"[:2_000]
        if fields:
            yield fields


def _address(fields: dict[str, str]) -> str:
    """The address that we wrote to, if it is told; else the one it went to at last."""
    for name in ("original-recipient", "final-recipient", "x-actual-recipient"):
        found = _ADDRESS.search(fields.get(name, ""))
        if found is not None:
            return clean_email(found[0].strip("<>").removeprefix("rfc822;"))
    return ""


def _words(diagnostic: str) -> str:
    """Without its type: "smtp; 550 …"."""
    kind, semicolon, words = diagnostic.partition(";")
    return words.strip() if semicolon and len(kind) < 20 else diagnostic


def _short(text: str) -> str:
    return safe_line(" ".join(text.split())[:REASON_LIMIT])
