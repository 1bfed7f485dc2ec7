"""format=flowed text (RFC 3676) as paragraphs."""

from __future__ import annotations

import re

_QUOTE = re.compile(r">*")


def unwrap_flowed(text: str, delete_space: bool) -> str:
    """Soft line breaks joined within one quote depth; quote marks stay, space stuffing goes."""
    out: list[str] = []
    flowing: list[str] = []  # the paragraph that is not at its end
    open_depth = -1  # its quote depth, -1 for none
    for line in text.split("\n"):
        match = _QUOTE.match(line)
        depth = match.end() if match else 0
        content = line[depth:]
        content = content[1:] if content.startswith(" ") else content
        if open_depth != depth or content == "-- ":
            out.append("".join(flowing))
            flowing = [">" * depth + " "] if depth else []
        flows = content.endswith(" ") and content != "-- "
        flowing.append(content[:-1] if flows and delete_space else content)
        open_depth = depth if flows else -1
    out.append("".join(flowing))
    return "\n".join(out[1:])
