"""The agent's calls in the words of JSON Schema: what each takes and gives."""

from __future__ import annotations

from typing import Any

from agent.outpost.targets import LONGEST_TARGET
from crm_model.tracking import TokenKind

_WORD = {"type": "string", "minLength": 1, "maxLength": 200}
_TARGET = {
    "type": "string",
    "maxLength": LONGEST_TARGET,
    "pattern": r"^https?://[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]{1,4})?(/[!-\[\]-~]*)?$",
}


def _row(kinds: list[TokenKind], url: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "prefixItems": [_WORD, {"enum": kinds}, url], "items": False, "minItems": 3}


_TOKEN_ROW = {
    "oneOf": [
        _row([TokenKind.CLICK], _TARGET),
        _row([kind for kind in TokenKind if kind is not TokenKind.CLICK], {"const": ""}),
    ]
}
_CURSOR = {"type": "string", "maxLength": 100_000}


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


TAKES: dict[str, dict[str, Any]] = {
    "publish_tokens": _object(tokens={"type": "array", "items": _TOKEN_ROW}),
    "revoke_tokens": _object(tokens={"type": "array", "items": _WORD}, keep_links={"type": "boolean"}),
    "publish_pages": _object(pages={"type": "object", "additionalProperties": {"type": "object"}}),
    "collect": _object(cursor=_CURSOR, limit={"type": "integer", "minimum": 0, "maximum": 1_000}),
    "read_blob": _object(blob=_WORD),
    "acknowledge": _object(cursor=_CURSOR, blobs={"type": "array", "items": _WORD}),
}
_NOTHING: dict[str, Any] = {"type": "object", "maxProperties": 0}
GIVES: dict[str, dict[str, Any]] = {
    "publish_tokens": _NOTHING,
    "revoke_tokens": _NOTHING,
    "publish_pages": _NOTHING,
    "collect": _object(
        events={"type": "array", "items": {"type": "object", "required": ["type", "id", "at"]}},
        cursor=_CURSOR,
        broken={"type": "integer", "minimum": 0},
    ),
    "acknowledge": _NOTHING,
}
REFUSAL = _object(error=_WORD, message={"type": "string"})
