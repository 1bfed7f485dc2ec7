"""Who can be signed in with: addresses, and the least scopes for what Hitchpost does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Provider:
    """`mail_scopes` are for IMAP and SMTP. `auth_uri` and `token_uri` may hold `{tenant}`.

    `unlisted` scopes are asked for but never named among the granted ones. `question` goes with the address of
    the sign-in page.
    """

    name: str
    title: str
    auth_uri: str
    token_uri: str
    mail_scopes: tuple[str, ...]
    unlisted: frozenset[str] = frozenset()
    question: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


GOOGLE = Provider(
    name="google",
    title="Google",
    auth_uri="https://accounts.google.com/o/oauth2/auth",
    token_uri="https://oauth2.googleapis.com/token",  # noqa: S106 - an address
    # The only scope that Google takes for IMAP and SMTP.
    mail_scopes=("https://mail.google.com/",),
    # A refresh token comes only with offline access, and a second time only when consent is asked for again.
    question=MappingProxyType({"access_type": "offline", "prompt": "consent"}),
)
MICROSOFT = Provider(
    name="microsoft",
    title="Microsoft",
    auth_uri="https://login.microsoftonline.com/{tenant}/oauth2/v2.0/authorize",
    token_uri="https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token",  # noqa: S106 - an address
    mail_scopes=(
        "https://outlook.office.com/IMAP.AccessAsUser.All",
        "https://outlook.office.com/SMTP.Send",
        "offline_access",
    ),
    unlisted=frozenset({"offline_access"}),
    question=MappingProxyType({"prompt": "select_account"}),
)
PROVIDERS: Mapping[str, Provider] = MappingProxyType({each.name: each for each in (GOOGLE, MICROSOFT)})
GMAIL_READ = "https://www.googleapis.com/auth/gmail.readonly"
GMAIL_SEND = "https://www.googleapis.com/auth/gmail.send"
GMAIL_MODIFY = "https://www.googleapis.com/auth/gmail.modify"
PUBSUB = "https://www.googleapis.com/auth/pubsub"


def missing_scopes(provider: Provider, wanted: tuple[str, ...], granted: tuple[str, ...]) -> tuple[str, ...]:
    """Those of `wanted` that the person did not grant; a provider that names none granted all (RFC 6749 5.1)."""
    if not granted:
        return ()
    have = {scope.lower() for scope in granted}
    if "https://mail.google.com/" in have:
        have |= {GMAIL_READ, GMAIL_SEND, GMAIL_MODIFY}
    if GMAIL_MODIFY in have:
        have |= {GMAIL_READ, GMAIL_SEND}
    return tuple(scope for scope in wanted if scope.lower() not in have and scope not in provider.unlisted)
