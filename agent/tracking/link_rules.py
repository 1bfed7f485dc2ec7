"""Which links of a mail are left alone, and why: one rule, one reason. What no rule names may be followed."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import parse_qsl, urlsplit

from agent.outpost.targets import is_sound_target
from agent.tracking.links import Link

_PLACEHOLDER = re.compile(r"\{\{|\}\}|%%|\*\||\|\*|<%|\[\[")
_WISHES = re.compile(
    r"unsubscri|opt[-_ ]?out|preferences?\b|manage[-_ ]?subscription|view[-_ ]?(?:in|this)|browser[-_ ]?version"
    r"|webversion|avmeld|meld[-_ ]?av|avregistrer|avsluta|avprenumer|disiscriv|cancella[-_ ]?iscriz|preferenze"
    r"|отпис|im browser|i nettleser|i webbläsar|nel browser|в браузер",
    re.IGNORECASE,
)
_SECRET_WORDS = re.compile(
    r"password|passwd|passord|l[öo]senord|parola|reset|recover|verif(?:y|ication)|confirm|activat"
    r"|log[-_ ]?in|sign[-_ ]?in|logg[-_ ]?inn|logga[-_ ]?in|accedi|magic[-_ ]?link|one[-_ ]?time|invit(?:e|ation)"
    r"|rsvp|oauth|sso\b|auth/",
    re.IGNORECASE,
)
_SECRET_KEYS = frozenset(
    (
        *("token", "access_token", "id_token", "auth", "key", "apikey", "api_key", "secret", "sig", "signature"),
        *("password", "pwd", "code", "otp", "jwt", "hash", "hmac", "session", "sid", "ticket", "expires", "se", "sp"),
        *("x-amz-signature", "x-goog-signature", "x-amz-credential", "policy", "credential", "pass"),
    )
)
_SECRET_HOSTS = (
    *(
        "docusign.net",
        "docusign.com",
        "hellosign.com",
        "dropboxsign.com",
        "adobesign.com",
        "echosign.com",
        "scrive.com",
    ),
    *("signicat.com", "getaccept.com", "oneflow.com", "pandadoc.com", "penneo.com", "zoom.us", "meet.google.com"),
    *("teams.microsoft.com", "calendar.google.com", "accounts.google.com", "login.microsoftonline.com"),
)
_SECRET_VALUE = re.compile(r"(?=[^/]*\d)(?=[^/]*[A-Z])(?=[^/]*[a-z])[A-Za-z0-9_-]{32,}|[0-9a-f]{32,}")
_TRACKERS = (
    *("list-manage.com", "sendgrid.net", "mandrillapp.com", "mailgun.org", "hubspotlinks.com", "hubspotemail.net"),
    *("hs-sites.com", "rs6.net", "mailchimp.com", "exacttarget.com", "marketo.com", "pardot.com", "mktoweb.com"),
    *("sendibm1.com", "sendinblue.com", "mjt.lu", "mlsend.com", "customeriomail.com", "klclick.com", "awstrack.me"),
    *("safelinks.protection.outlook.com", "urldefense.com", "urldefense.proofpoint.com", "linkprotect.cudasvc.com"),
)
_SHOWN_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|(?:[\w-]+\.)+[a-z]{2,24}(?:[/:?#]\S*)?", re.IGNORECASE)


def why_not(link: Link, own_host: str) -> str:
    """Why this link is not followed, in a few words; "" for one that may be. `own_host` answers our tokens."""
    return next((reason for rule, reason in RULES if rule(link, own_host)), "")


def _no_web_page(link: Link, _own: str) -> bool:
    """Mail, telephones, anchors, relative addresses, data, cid, scripts; and what is no address at all."""
    try:
        parts = urlsplit(link.url)
        return parts.scheme.lower() not in ("http", "https") or not parts.hostname
    except ValueError:
        return True


def _odd(link: Link, _own: str) -> bool:
    """What the outpost refuses to lead to: user names, controls, blanks, letters beyond ASCII, endless addresses."""
    return not is_sound_target(link.url)


def _placeholder(link: Link, _own: str) -> bool:
    return bool(_PLACEHOLDER.search(link.url))


def _asked(link: Link, _own: str) -> bool:
    """The writer says so: `data-no-track`, or the words that other programs have for it."""
    value = link.attributes.get("data-no-track")
    return (value is not None and value.lower() != "false") or "mautic:disable-tracking" in link.attributes


def _quoted(link: Link, _own: str) -> bool:
    return link.quoted


def _wish(link: Link, _own: str) -> bool:
    """Ending mail, choosing mail, reading it elsewhere: scanners call these, and the law wants them free."""
    return bool(_WISHES.search(link.url) or _WISHES.search(link.words))


def _secret(link: Link, _own: str) -> bool:
    """Whoever has the address has what is behind it: logins, signed downloads, calendars, signatures."""
    parts = urlsplit(link.url)
    host, path = (parts.hostname or "").lower(), parts.path
    if _is_below(host, _SECRET_HOSTS) or path.lower().endswith((".ics", ".vcs")):
        return True
    if _SECRET_WORDS.search(f"{path}?{parts.query}") or _SECRET_WORDS.search(link.words):
        return True
    given = parse_qsl(f"{parts.query}&{parts.fragment}", keep_blank_values=True)
    named = any(key.lower() in _SECRET_KEYS for key, _ in given)
    pieces = (*path.split("/"), *(value for _, value in given), parts.fragment)
    return named or any(_SECRET_VALUE.fullmatch(each) for each in pieces)


def _shown_address(link: Link, _own: str) -> bool:
    """The reader sees an address: going elsewhere is what phishing looks like."""
    return bool(_SHOWN_ADDRESS.fullmatch(link.words))


def _tracked_already(link: Link, own_host: str) -> bool:
    host = (urlsplit(link.url).hostname or "").lower()
    return host == own_host or _is_below(host, _TRACKERS)


def _is_below(host: str, domains: tuple[str, ...]) -> bool:
    return any(host == domain or host.endswith(f".{domain}") for domain in domains)


RULES: tuple[tuple[Callable[[Link, str], bool], str], ...] = (
    (_no_web_page, "no web page"),
    (_placeholder, "a placeholder"),
    (_odd, "an address that can't be redirected to"),
    (_asked, "its writer says so"),
    (_quoted, "quoted text"),
    (_tracked_already, "leads to a tracker"),
    (_wish, "ends or chooses mail"),
    (_secret, "may hold a secret"),
    (_shown_address, "its words are an address"),
)
"""In the order in which they are asked; the later ones rely on the earlier."""
