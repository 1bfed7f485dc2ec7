"""Links are found where they stand, changed without touching anything else, and left alone where a rule says so."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.tracking.link_rules import RULES, why_not
from agent.tracking.links import read_links, with_urls

OWN = "t.fjord.example"
PAGE = "https://fjord.example/prices"
OUTLOOK = """<!DOCTYPE html><html><head><!--[if mso]><style>a{color:red}</style><![endif]--></head>
<body class=x><!--[if mso]><a href="https://only.example">Outlook</a><![endif]-->
<![if !mso]><a
  TITLE='a > b'
  HREF=https://fjord.example/a?x=1&amp;y=2>Go&nbsp;on</a><![endif]>
<table><tr><td><a href='https://fjord.example/b#part'><img src="cid:1" alt="Our  prices"></a><table><tr><td>
<a href="https://bücher.example/ø">Bøker</a></table></table><a name="top">anchor</a><a href>nothing</a>
<map><area href="https://fjord.example/c" shape=rect></map>
</body></html><!-- behind -->
"""


def urls_of(text: str) -> list[str]:
    links = read_links(text)
    assert links is not None
    return [link.url for link in links]


def test_links_are_found_where_they_stand() -> None:
    links = read_links(OUTLOOK)
    assert links is not None
    assert [(link.url, link.words) for link in links] == [
        ("https://fjord.example/a?x=1&y=2", "Go on"),
        ("https://fjord.example/b#part", "Our prices"),
        ("https://bücher.example/ø", "Bøker"),
        ("https://fjord.example/c", ""),
    ]
    assert [OUTLOOK[slice(*link.place)] for link in links][:2] == [
        "https://fjord.example/a?x=1&amp;y=2",
        "'https://fjord.example/b#part'",
    ]


def test_nothing_but_the_addresses_changes() -> None:
    links = read_links(OUTLOOK)
    assert links is not None
    new = {0: "https://t.fjord.example/c/A", 2: "https://t.fjord.example/c/B"}
    changed = with_urls(OUTLOOK, links, new, "<img src=pixel>")
    assert changed is not None
    assert urls_of(changed) == [new[0], links[1].url, new[2], links[3].url]
    back = changed.replace(f'"{new[0]}"', "https://fjord.example/a?x=1&amp;y=2")
    back = back.replace(new[2], "https://bücher.example/ø").replace("<img src=pixel></body>", "</body>")
    assert back == OUTLOOK


def test_the_pixel_is_the_last_thing_of_the_body_or_of_all() -> None:
    assert with_urls("<p>Hi</p></body><!--</body>-->", (), {}, "<i>") == "<p>Hi</p><i></body><!--</body>-->"
    assert with_urls("<p>Hi</p>", (), {}, "<i>") == "<p>Hi</p><i>"


@pytest.mark.parametrize(
    "text",
    [
        "<table><tr><td><a href=https://a.example>1</a></td></tr><a href=https://b.example>2</a></table>",
        "<title><a href=https://a.example>x</a></title><a href=https://b.example>y</a>",
        "<textarea><a href=https://a.example>x</a></textarea><p><a href=https://b.example>y</a>",
        "<p><a href=https://a.example>x<p>y<table><tr><td></a>z</td></tr></table>",
    ],
)
def test_where_two_parsers_disagree_nothing_is_changed_wrongly(text: str) -> None:
    links = read_links(text)
    if links is not None:
        new = {number: f"https://t.fjord.example/c/{number}" for number in range(len(links))}
        changed = with_urls(text, links, new, "")
        assert changed is None or urls_of(changed) == list(new.values())


def test_endless_html_is_left_alone() -> None:
    assert read_links("<a href=https://a.example>" * 30_000) is None
    assert read_links("x" * 2_000_000) is None


pieces = st.lists(
    st.sampled_from(
        (
            *('<a href="https://a.example/x?y=1&amp;z=2">', "<a href=https://b.example>", "<a  HREF = 'mailto:x@y.z'>"),
            *(
                "</a>",
                "<p>",
                "</p>",
                "<table>",
                "<tr>",
                "<td>",
                "</table>",
                "<!-- x -->",
                "<!--[if mso]>",
                "<![endif]-->",
            ),
            *(
                "<blockquote>",
                "</blockquote>",
                "<script>",
                "</script>",
                "<title>",
                "</title>",
                "</body>",
                "<b>",
                "</b>",
            ),
            *("text", "&amp;", "&nbsp", "\r\n", "\n", "\0", "<", ">", '"', "å", "😀", "<svg>", "</svg>", "<a href=''>"),
        )
    ),
    max_size=25,
).map("".join)


@given(text=pieces, which=st.sets(st.integers(0, 9)))
def test_whatever_is_changed_reads_back_and_can_be_undone(text: str, which: set[int]) -> None:
    links = read_links(text)
    if links is None:
        return
    new = {number: f"https://t.fjord.example/c/{number}" for number in which if number < len(links)}
    changed = with_urls(text, links, new, "<!--end-->")
    if changed is None:
        return
    assert urls_of(changed)[: len(links)] == [new.get(number, link.url) for number, link in enumerate(links)]
    for number, url in new.items():
        start, stop = links[number].place
        changed = changed.replace(f'"{url}"', text[start:stop], 1)
    assert changed.replace("<!--end-->", "", 1) == text


def reason(url: str, words: str = "Prices", more: str = "", around: str = "") -> str:
    text = f'{around}<a href="{html.escape(url)}" {more}>{html.escape(words)}</a>'
    links = read_links(text)
    assert links is not None
    return why_not(links[0], OWN) if links else "no web page"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (PAGE, ""),
        ("HTTP://Fjord.example:8080/a?b=c#d", ""),
        ("https://xn--bcher-kva.example/%C3%B8", ""),
        ("https://bücher.example/", "an address that can't be redirected to"),
        ("https://fjord.example/ø", "an address that can't be redirected to"),
        ("https://fjord.example/articles/how-we-work-with-steel-and-concrete-in-2026", ""),
        ("https://fjord.example/verified-by-nobody?utm_source=mail", ""),
        ("mailto:kari@fjord.example", "no web page"),
        ("tel:+4755901020", "no web page"),
        ("sms:+4755901020", "no web page"),
        ("#part", "no web page"),
        ("/prices", "no web page"),
        ("//fjord.example/prices", "no web page"),
        ("prices.html", "no web page"),
        ("data:text/html,x", "no web page"),
        ("cid:logo", "no web page"),
        ("javascript:alert(1)", "no web page"),
        ("https://", "no web page"),
        ("https://[::1", "no web page"),
        ("https://fjord.example/{{person.id}}", "a placeholder"),
        ("https://fjord.example/*|ID|*", "a placeholder"),
        ("https://kari:x@fjord.example/", "an address that can't be redirected to"),
        ("https://fjord.example/\x01", "an address that can't be redirected to"),
        ("https://fjord.example/a b", "an address that can't be redirected to"),
        ("https://fjord.example:99999/", "an address that can't be redirected to"),
        (f"https://fjord.example/{'a-' * 2_048}", "an address that can't be redirected to"),
        ("https://t.fjord.example/c/AAAA", "leads to a tracker"),
        ("https://x.list-manage.com/track/click?u=1", "leads to a tracker"),
        ("https://eur01.safelinks.protection.outlook.com/?url=x", "leads to a tracker"),
        ("https://fjord.example/unsubscribe/1", "ends or chooses mail"),
        ("https://fjord.example/avmelding", "ends or chooses mail"),
        ("https://fjord.example/opt-out", "ends or chooses mail"),
        ("https://fjord.example/reset?for=1", "may hold a secret"),
        ("https://fjord.example/login", "may hold a secret"),
        ("https://files.example/a.pdf?X-Amz-Signature=1", "may hold a secret"),
        ("https://files.example/a.pdf?sig=1&amp;x=2", "may hold a secret"),
        ("https://fjord.example/d/4f9a6c3e8b7d2a1f4f9a6c3e8b7d2a1f", "may hold a secret"),
        ("https://fjord.example/d/Ab3dEf6hIj9lMn2pQr5tUv8xYz1bCd4f", "may hold a secret"),
        ("https://fjord.example/#access_token=1", "may hold a secret"),
        ("https://na2.docusign.net/Member/x", "may hold a secret"),
        ("https://fjord.example/meeting.ics", "may hold a secret"),
    ],
)
def test_addresses(url: str, expected: str) -> None:
    assert reason(url) == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("Våre priser", ""),
        ("Prices 2.0", ""),
        ("", ""),
        ("Unsubscribe here", "ends or chooses mail"),
        ("Vis i nettleseren", "ends or chooses mail"),
        ("Отписаться", "ends or chooses mail"),
        ("Disiscriviti", "ends or chooses mail"),
        ("Avsluta prenumerationen", "ends or chooses mail"),
        ("Choose a new password", "may hold a secret"),
        ("https://fjord.example/prices", "its words are an address"),
        ("www.fjord.example", "its words are an address"),
        ("fjord.example/prices", "its words are an address"),
    ],
)
def test_words(words: str, expected: str) -> None:
    assert reason(PAGE, words) == expected


def test_the_writer_may_say_so() -> None:
    assert reason(PAGE, more="data-no-track") == "its writer says so"
    assert reason(PAGE, more='data-no-track="true"') == "its writer says so"
    assert reason(PAGE, more="mautic:disable-tracking") == "its writer says so"
    assert reason(PAGE, more='data-no-track="false"') == ""


@pytest.mark.parametrize("around", ["<blockquote type=cite><div>", '<div class="x gmail_quote">'])
def test_quoted_text_is_not_ours(around: str) -> None:
    assert reason(PAGE, around=around) == "quoted text"


def test_every_rule_has_its_own_reason() -> None:
    assert len({words for _, words in RULES}) == len(RULES)


@given(url=st.text(max_size=60).map(lambda text: f"https:{text}"), words=st.text(max_size=30))
def test_no_address_crashes_a_rule_or_slips_through_as_something_else(url: str, words: str) -> None:
    links = read_links(f'<a href="{html.escape(url)}">{html.escape(words)}</a>')
    for link in links or ():
        if not why_not(link, OWN):
            assert re.fullmatch(r"https?://[^\s\x00-\x20@<>\"\\]+", link.url, re.IGNORECASE)
