"""A mail with tokens in it: the text as it was, every link back to its address, nothing about anybody in a token."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default

from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from agent.tracking.minting import Minted, mint
from crm_model.mail import Address
from crm_model.tracking import TokenKind, TrackingMode
from sync.composing.html_version import html_version
from sync.composing.mime import Letter, MailFile, build_mail, with_html
from sync.tracking_policy import Decision, TrackingPolicy

URL = "https://t.fjord.example"
OLA = "ola@bergen.example"
POLICY = TrackingPolicy(URL)
PERSON = Decision(TrackingMode.INDIVIDUAL, TrackingMode.INDIVIDUAL, "consent", "", True, True, OLA)
COUNT = Decision(TrackingMode.AGGREGATE, TrackingMode.AGGREGATE, "anonymous", "", True, True)
NOTHING = Decision(TrackingMode.NONE, TrackingMode.NONE)
TEXT = """Hei Ola,

se [prisene våre](https://fjord.example/priser?a=1&b=2) og [om oss](https://fjord.example/om#oss).
[Logg inn](https://fjord.example/login) eller https://fjord.example/vis

> [sitert](https://fjord.example/gammelt)
"""


def letter(text: str = TEXT, **changed: object) -> Letter:
    made = Letter(
        message_id="1@fjord.example",
        date=datetime(2026, 3, 2, 10, tzinfo=UTC),
        sender=Address("kari@fjord.example", "Kari"),
        to=(Address(OLA),),
        subject="Tilbud",
        text=text,
        html=html_version(text),
    )
    return replace(made, **changed)  # type: ignore[arg-type]


def tokens(minted: Minted, kind: TokenKind) -> list[str]:
    return [each.token.token for each in minted.tokens if each.token.kind is kind]


def hrefs(text: str) -> list[str]:
    return [node.attributes["href"] or "" for node in LexborHTMLParser(text).css("a[href]")]


def test_links_with_words_lead_past_the_outpost_and_the_rest_stays() -> None:
    minted = mint(letter(), PERSON, POLICY)
    first, second = tokens(minted, TokenKind.CLICK)
    [wishes], [pixel] = tokens(minted, TokenKind.UNSUBSCRIBE), tokens(minted, TokenKind.OPEN)
    assert hrefs(minted.letter.html) == [
        f"{URL}/c/{first}",
        f"{URL}/c/{second}",
        "https://fjord.example/login",
        "https://fjord.example/vis",
        "https://fjord.example/gammelt",
        f"{URL}/u/{wishes}",
    ]
    [image] = LexborHTMLParser(minted.letter.html).css("img")
    assert image.attributes == {
        "src": f"{URL}/o/{pixel}.gif",
        **{"width": "1", "height": "1", "alt": "", "style": "border:0"},
    }
    assert [(link.url, link.words) for link in minted.links] == [
        ("https://fjord.example/priser?a=1&b=2", "prisene våre"),
        ("https://fjord.example/om#oss", "om oss"),
    ]
    assert minted.remark == "2 links are not tracked (may hold a secret, its words are an address)."
    assert {each.token.recipient for each in minted.tokens} == {OLA}


def test_a_count_names_nobody() -> None:
    minted = mint(letter(), COUNT, POLICY)
    assert {each.token.recipient for each in minted.tokens} == {""}
    assert OLA not in repr(minted.tokens)


def test_consent_to_one_thing_puts_only_that_in() -> None:
    opens = mint(letter(), replace(PERSON, clicks=False), POLICY)
    assert (len(tokens(opens, TokenKind.OPEN)), tokens(opens, TokenKind.CLICK), opens.links) == (1, [], ())
    clicks = mint(letter(), replace(PERSON, opens=False), POLICY)
    assert (tokens(clicks, TokenKind.OPEN), len(tokens(clicks, TokenKind.CLICK))) == ([], 2)


def test_nothing_is_put_into_what_is_not_followed() -> None:
    made = letter()
    assert mint(made, NOTHING, POLICY) == Minted(made)
    plain = letter(html="")
    assert mint(plain, PERSON, POLICY).letter is plain
    assert "html_version" in mint(plain, PERSON, POLICY).remark


def test_signed_and_encrypted_mail_is_left_alone() -> None:
    signed = letter(TEXT + "-----BEGIN PGP SIGNATURE-----\n")
    attached = letter(files=(MailFile("smime.p7s", b"x"),))
    for made in (signed, attached):
        minted = mint(made, PERSON, POLICY)
        assert (minted.letter, minted.tokens) == (made, ())
        assert "signed or encrypted" in minted.remark


def test_a_trap_is_seen_by_no_person() -> None:
    minted = mint(letter(), PERSON, replace(POLICY, honeypot=True))
    [trap] = [each.token for each in minted.tokens if each.token.honeypot]
    [node] = LexborHTMLParser(minted.letter.html).css(f'a[href="{URL}/c/{trap.token}"]')
    assert (node.text(), node.attributes["aria-hidden"], node.attributes["tabindex"]) == ("", "true", "-1")
    assert len(minted.links) == 2


def test_a_sequence_ends_at_a_click_tracked_or_not() -> None:
    for decision in (NOTHING, PERSON):
        minted = mint(letter(), decision, POLICY, way_out_of=OLA)
        [wishes] = tokens(minted, TokenKind.UNSUBSCRIBE)
        way_out = f"{URL}/u/{wishes}"
        assert minted.letter.unsubscribe == way_out
        assert minted.letter.text.startswith(TEXT.rstrip("\n"))
        assert minted.letter.text.endswith(f"No more mail like this: {way_out}\n")
        assert way_out in hrefs(minted.letter.html)
        found = message_from_bytes(build_mail(minted.letter), policy=default)
        assert found["List-Unsubscribe"] == f"<{way_out}>"
        assert found["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_a_letter_from_one_to_one_has_no_list_headers() -> None:
    assert b"List-Unsubscribe" not in build_mail(mint(letter(), PERSON, POLICY).letter)


def test_tokens_are_long_random_and_never_twice() -> None:
    found = [each.token.token for _ in range(50) for each in mint(letter(), PERSON, POLICY).tokens]
    assert len(set(found)) == len(found) == 200
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{22}", each) for each in found)


def test_our_own_copy_has_the_links_as_they_were_written() -> None:
    files = (MailFile("tilbud.pdf", b"%PDF\0\xff" * 999), MailFile("notat.txt", "blå\n".encode()))
    made = letter(TEXT + "æøå " * 60, files=files, cc=(Address("kåre@bücher.example", "Kåre"),))
    tracked = build_mail(mint(made, PERSON, POLICY).letter)
    own = with_html(tracked, made.html)
    assert own == with_html(tracked, made.html)
    assert URL.encode() not in own
    before, after = (message_from_bytes(each, policy=default) for each in (tracked, own))
    assert before.items() == after.items()
    parts = [[part for part in each.walk() if not part.is_multipart()] for each in (before, after)]
    for old, new in zip(*parts, strict=True):
        if old.get_content_type() == "text/html":
            assert new.get_content().replace("\r\n", "\n") == made.html
        else:
            assert (old.items(), old.get_payload(decode=True)) == (new.items(), new.get_payload(decode=True))


@given(text=st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=200))
def test_a_mail_that_is_not_followed_is_its_own_copy(text: str) -> None:
    made = letter(text)
    data = build_mail(made)
    assert with_html(data, made.html) is data


def test_a_plain_mail_is_its_own_copy() -> None:
    data = build_mail(letter(html=""))
    assert with_html(data, "") == data


words = st.lists(
    st.sampled_from(
        (
            *("[priser](https://fjord.example/p?a=1&b=2)", "[x](https://a.example)", "https://b.example/x", "\n", "> "),
            *(
                "[logg inn](https://a.example/login)",
                "[unsubscribe](https://a.example/u)",
                "<b>",
                "&amp;",
                "](",
                "æ",
                " ",
            ),
            *("---------- Forwarded message ----------", "[[x]](https://a.example)", "[y](javascript:alert(1))", "\0"),
        )
    ),
    max_size=20,
).map("".join)


@given(text=words, decision=st.sampled_from((PERSON, COUNT, NOTHING)), sequence=st.booleans())
def test_laws_of_minting(text: str, decision: Decision, sequence: bool) -> None:
    made = letter(text)
    minted = mint(made, decision, POLICY, way_out_of=OLA if sequence else None)
    if not sequence:
        assert minted.letter.text == made.text
        if not minted.tokens:
            assert minted.letter is made
    else:
        assert minted.letter.text.startswith(made.text.rstrip("\n"))
    meant = {f"{URL}/c/{each.token.token}": each.token.url for each in minted.tokens if each.position is not None}
    back = [meant.get(url, url) for url in hrefs(minted.letter.html) if not url.startswith(f"{URL}/u/")]
    assert back == hrefs(made.html)
    assert all("login" not in url and "/u" not in url for url in meant.values())
    assert len({each.token.token for each in minted.tokens}) == len(minted.tokens)
