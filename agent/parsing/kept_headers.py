"""The headers that judging could want, decoded; the bulk that no rule reads is left out."""

from __future__ import annotations

from agent.parsing.encoded_words import decode_header
from agent.parsing.head import Head
from agent.parsing.limits import MAX_HEADER_CHARS

_DROPPED = (
    *("received", "arc-", "dkim-signature", "domainkey-signature", "x-google-dkim-signature", "x-gm-message-state"),
    *(
        "x-ms-exchange-",
        "x-microsoft-antispam",
        "x-exchange-antispam",
        "x-google-smtp-source",
        "x-received",
        "autocrypt",
    ),
    *("x-ms-traffic", "x-ms-office365", "x-ms-publictraffic", "x-eopattributed", "x-oriator", "x-originatororg"),
    *("x-sg-", "x-crosspremises", "x-transport-cross", "x-face", "face", "openpgp", "x-provags-id", "x-ui-out-filter"),
)
# Of the bulk, what says that a machine wrote or that it is spam (lead_extraction, section 2).
_KEPT = frozenset(
    (
        "x-ms-exchange-inbox-rules-loop",
        "x-ms-exchange-organization-scl",
        "x-ms-exchange-organization-authas",
        "x-ms-exchange-parent-message-id",
        "x-ms-exchange-generated-message-source",
        "x-ms-exchange-calendar-series-instance-id",
        "x-sg-eid",
    )
)
_TOPMOST = frozenset(("authentication-results", "return-path"))  # lower ones come from hops that anyone may forge
_MAX_VALUES = 50


def keep_headers(head: Head, charset: str | None) -> dict[str, tuple[str, ...]]:
    """Lower-case names to decoded, unfolded values in order."""
    kept: dict[str, tuple[str, ...]] = {}
    for name, raw in head.fields:
        if name.startswith(_DROPPED) and name not in _KEPT:
            continue
        before = kept.get(name)
        if before is not None and (name in _TOPMOST or len(before) >= _MAX_VALUES):
            continue
        value = decode_header(raw, charset)[:MAX_HEADER_CHARS]
        kept[name] = (value,) if before is None else (*before, value)
    return kept
