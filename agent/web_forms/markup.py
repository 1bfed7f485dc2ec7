"""HTML that can't be broken out of: whatever is put into it is escaped, unless it is such HTML itself."""

from __future__ import annotations

from html import escape

_VOID = frozenset(("input", "meta", "link", "br"))


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def tag(element: str, /, *children: str, **attributes: str | bool | int | None) -> Markup:
    """An element. Attributes: `for_` is `for`, `aria_label` is `aria-label`; None and False leave one out."""
    written = "".join(
        _attribute(key, value) for key, value in attributes.items() if value is not None and value is not False
    )
    if element in _VOID:
        return Markup(f"<{element}{written}>")
    return Markup(f"<{element}{written}>{joined(*children)}</{element}>")


def joined(*children: str) -> Markup:
    """Children one after the other."""
    return Markup("".join(child if isinstance(child, Markup) else escape(child, quote=True) for child in children))


def _attribute(key: str, value: str | bool | int | None) -> str:
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escape(str(value), quote=True)}"'
