"""What a mail domain says of the organisation that registered it."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tldextract import TLDExtract


@lru_cache(maxsize=4096)
def registrable(domain: str) -> str:
    """The part of a domain that somebody registered ("it.acme.co.uk" -> "acme.co.uk"), by the public suffix list.

    Under a suffix that the list does not know, the last two labels.
    """
    found = _extractor()(domain)
    if found.suffix and found.domain:
        return f"{found.domain}.{found.suffix}"
    return ".".join(domain.split(".")[-2:])


@cache
def _extractor() -> TLDExtract:
    from tldextract import TLDExtract

    return TLDExtract(suffix_list_urls=(), cache_dir=None)  # the list in the package: no network, no cache folder


def with_parents(domain: str) -> tuple[str, ...]:
    """The domain and its parents down to the registrable one, the longest first."""
    top = registrable(domain)
    names = [domain]
    while names[-1] != top and "." in names[-1]:
        names.append(names[-1].partition(".")[2])
    return tuple(names)


def label(domain: str) -> str:
    """The registrable domain's own label: "acme" of "mail.acme.co.uk"."""
    return registrable(domain).partition(".")[0]
