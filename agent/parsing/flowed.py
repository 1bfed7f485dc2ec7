"""format=flowed text (RFC 3676) as paragraphs."""

from __future__ import annotations

import re

_QUOTE = re.compile(r">*")


def unwrap_flowed(text: str, delete_space: bool) -> str:
    """Soft line breaks joined within one quote depth; quote marks stay, space stuffing goes."""
    out: list[str] = []
    open_depth = -1  # the quote depth of the line that still flows, -1 for none
    for line in text.split("\n"):
        match = _QUOTE.match(line)
        depth = match.end() if match else 0
        content = line[depth:]
        content = content[1:] if content.startswith(" ") else content
        if open_depth == depth and content != "-- ":
            out[-1] += content
        else:
            out.append((">" * depth + " " if depth else "") + content)
        flows = content.endswith(" ") and content != "-- "
        open_depth = depth if flows else -1
        if flows and delete_space:
            out[-1] = out[-1][:-1]
    return "\n".join(out)
