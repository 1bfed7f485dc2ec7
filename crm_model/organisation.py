"""Who we are: what judging and linking must know of the mailbox's owner."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Organisation:
    """Our own names, domains, people and machines; e-mail addresses and domains in lower case, phones in E.164."""

    name: str = ""
    also_called: tuple[str, ...] = ()
    domains: frozenset[str] = frozenset()
    addresses: frozenset[str] = frozenset()
    colleagues: tuple[tuple[str, str], ...] = ()
    form_senders: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()
    services: tuple[str, ...] = ()
    default_region: str = ""
    languages: tuple[str, ...] = ()

    def is_own(self, email: str) -> bool:
        """Whether an address is one of ours: listed, or under a domain of ours (subdomains too)."""
        if email in self.addresses:
            return True
        domain = email.rpartition("@")[2]
        return any(domain == own or domain.endswith("." + own) for own in self.domains)
