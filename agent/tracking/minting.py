"""Tokens for one mail, and its HTML with them in it: a pixel, links that lead past the outpost, the page of wishes.

    /o/TOKEN.gif the pixel        /c/TOKEN a link        /u/TOKEN ends tracking or mail

A token is 128 random bits. What it means is a row here and at the outpost, so no address can be forged or read off.
"""

from __future__ import annotations

import html
import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from agent.tracking.link_rules import why_not
from agent.tracking.links import Link, read_links, with_urls
from crm_model.tracking import Token, TokenKind
from sync.composing.mime import Letter
from sync.store.tracked_mail import MintedToken, TrackedLink
from sync.tracking_policy import Decision, TrackingPolicy

_TOKEN_BYTES = 16
_SEALED = ("-----BEGIN PGP", "-----BEGIN CMS", "-----BEGIN PKCS7")
_SEALED_FILES = (".p7s", ".p7m", ".asc", ".pgp", ".sig")
_NOTICE_STYLE = "margin-top:2em;font-size:small;color:#767676"
_TRAP = '<a href="{url}" tabindex="-1" aria-hidden="true" style="font-size:0;line-height:0"></a>'
_PIXEL = '<img src="{url}" width="1" height="1" alt="" style="border:0">'
_IN_SEQUENCE = "\n\n{words}: {url}\n"


@dataclass(frozen=True, slots=True)
class Minted:
    """A letter with its tokens in it. `remark`: what of it is left alone, in words. No tokens: the letter as it was."""

    letter: Letter
    tokens: tuple[MintedToken, ...] = ()
    links: tuple[TrackedLink, ...] = ()
    remark: str = ""


def mint(letter: Letter, decision: Decision, policy: TrackingPolicy, *, way_out_of: str | None = None) -> Minted:
    """The letter as it leaves, its text as it was. A mail of a sequence gets a way out for whom `way_out_of` names."""
    minted = Minted(letter) if way_out_of is None else _with_way_out(Minted(letter), policy, way_out_of)
    if not decision.opens and not decision.clicks:
        return minted
    if why := _why_not_at_all(letter):
        return replace(minted, remark=why)
    links = read_links(letter.html)
    if links is None:
        return replace(minted, remark="Its HTML can't be changed safely: nothing of it is tracked.")
    return _follow(minted, links, decision, policy)


def _why_not_at_all(letter: Letter) -> str:
    if not letter.html:
        return "It has no HTML version, where tracking would stand: give its account html_version = true."
    files = [file.name.lower() for file in letter.files]
    if any(mark in letter.text for mark in _SEALED) or any(name.endswith(_SEALED_FILES) for name in files):
        return "It is signed or encrypted: nothing of it is tracked."
    return ""


def _follow(minted: Minted, links: Sequence[Link], decision: Decision, policy: TrackingPolicy) -> Minted:
    who = decision.recipient
    host = (urlsplit(policy.url).hostname or "").lower()
    reasons = [why_not(link, host) for link in links] if decision.clicks else []
    followed = {
        number: _token(TokenKind.CLICK, who, links[number].url) for number, why in enumerate(reasons) if not why
    }
    tokens = [MintedToken(token, place) for place, token in enumerate(followed.values())]
    end = ""
    if decision.clicks and policy.honeypot:
        trap = _token(TokenKind.CLICK, who, policy.url, honeypot=True)
        tokens.append(MintedToken(trap))
        end += _TRAP.format(url=_address(policy, trap))
    wishes = next((each.token for each in minted.tokens), None) or _token(TokenKind.UNSUBSCRIBE, who)
    end += _notice(policy, wishes)
    if not minted.tokens:
        tokens.append(MintedToken(wishes))
    if decision.opens:
        pixel = _token(TokenKind.OPEN, who)
        tokens.append(MintedToken(pixel))
        end += _PIXEL.format(url=_address(policy, pixel))
    urls = {number: _address(policy, token) for number, token in followed.items()}
    changed = with_urls(minted.letter.html, links, urls, end)
    if changed is None:
        return replace(minted, remark="Its HTML can't be changed safely: nothing of it is tracked.")
    return Minted(
        letter=replace(minted.letter, html=changed),
        tokens=(*minted.tokens, *tokens),
        links=tuple(TrackedLink(place, links[at].url, links[at].words) for place, at in enumerate(followed)),
        remark=_left_alone(reasons),
    )


def _with_way_out(minted: Minted, policy: TrackingPolicy, recipient: str) -> Minted:
    """A sequence ends at a click: by its header, and by a line in both versions."""
    letter, token = minted.letter, _token(TokenKind.UNSUBSCRIBE, recipient)
    url = _address(policy, token)
    text = letter.text.rstrip("\n") + _IN_SEQUENCE.format(words=policy.no_more_mail, url=url)
    shown = with_urls(letter.html, (), {}, _line(f"[{policy.no_more_mail}]", url)) if letter.html else ""
    left = replace(letter, text=text, html=letter.html if shown is None else shown, unsubscribe=url)
    return replace(minted, letter=left, tokens=(MintedToken(token),))


def _notice(policy: TrackingPolicy, wishes: Token) -> str:
    return _line(policy.notice, _address(policy, wishes))


def _line(words: str, url: str) -> str:
    before, _, rest = words.partition("[")
    inside, _, after = rest.partition("]")
    link = f'<a href="{html.escape(url)}">{html.escape(inside)}</a>'
    return f'<p style="{_NOTICE_STYLE}">{html.escape(before)}{link}{html.escape(after)}</p>'


def _left_alone(reasons: Sequence[str]) -> str:
    """What the rules kept out, in words: "1 link is not tracked (quoted text)"."""
    counts = Counter(why for why in reasons if why and why not in ("quoted text", "no web page"))
    if not counts:
        return ""
    total = sum(counts.values())
    are = "1 link is" if total == 1 else f"{total} links are"
    return f"{are} not tracked ({', '.join(counts)})."


def _token(kind: TokenKind, recipient: str, url: str = "", *, honeypot: bool = False) -> Token:
    return Token(secrets.token_urlsafe(_TOKEN_BYTES), kind, url, recipient, honeypot)


def _address(policy: TrackingPolicy, token: Token) -> str:
    letter = {TokenKind.OPEN: "o", TokenKind.CLICK: "c", TokenKind.UNSUBSCRIBE: "u"}[token.kind]
    return f"{policy.url}/{letter}/{token.token}{'.gif' if token.kind is TokenKind.OPEN else ''}"
