"""Each rule that says who fetched, alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from agent.tracking.judging import Lists, OwnEntries, OwnViews
from crm_model.tracking import Hit
from tests.tracked_mail import (
    APPLE_MAIL,
    APPLE_PREFETCH,
    AZURE,
    CHROME,
    CONTEXT,
    ELSEWHERE,
    GMAIL,
    HOME,
    OFFICE,
    OLD_CHROME,
    OUTLOOK,
    SAFARI,
    SENT,
    fetch,
    judged,
)


def test_ourselves_through_the_proxy_of_our_own_mail() -> None:
    ours = OwnViews(proxies=frozenset(("Gmail's image proxy",)), quoted_at=SENT + timedelta(hours=1))
    own = replace(CONTEXT, own=ours)
    assert judged(fetch("pixel", 500, GMAIL), context=own).fetchers == ["proxy"]
    assert judged(fetch("pixel", 4000, GMAIL), context=own).who == ["unknown"]


def test_announced_head_and_the_get_after_it() -> None:
    found = judged(fetch("one", 40, method="HEAD"), fetch("one", 41), fetch("one", 9000, SAFARI, ELSEWHERE))
    assert found.fetchers == ["scanner", "scanner", "person"]


def test_announced_leaves_a_person_behind_the_same_door() -> None:
    found = judged(
        fetch("one", 7200, "LinkCheck/2.1 (Windows)", OFFICE, method="HEAD"), fetch("one", 7202, CHROME, OFFICE)
    )
    assert found.who == ["machine", "human"]


def test_announced_prefetch() -> None:
    assert judged(replace(fetch("one", 4000), prefetch=True)).fetchers == ["prefetch"]


def test_honeypot_takes_its_company_along_before_and_after() -> None:
    found = judged(fetch("one", 4000), fetch("trap", 4020), fetch("two", 4049), fetch("three", 4051, SAFARI, OFFICE))
    assert found.fetchers == ["scanner", "scanner", "scanner", "person"]


@pytest.mark.parametrize(
    ("seconds", "who", "fetcher"), [(2, "machine", "prefetch"), (20, "unknown", "unclear"), (3600, "human", "proxy")]
)
def test_mail_proxy_by_time(seconds: float, who: str, fetcher: str) -> None:
    found = judged(fetch("pixel", seconds, GMAIL, "66.249.84.0/24"))
    assert (found.who, found.fetchers) == ([who], [fetcher])


def test_mail_proxy_opens_no_links() -> None:
    assert judged(fetch("one", 3600, GMAIL)).fetchers == ["bot"]


def test_apple_prefetch_three_hours_later() -> None:
    found = judged(fetch("pixel", 3 * 3600, APPLE_PREFETCH), fetch("one", 4 * 3600, APPLE_PREFETCH))
    assert found.fetchers == ["prefetch", "bot"]


def test_apple_mail_itself_is_a_person() -> None:
    assert judged(fetch("pixel", 3600, APPLE_MAIL)).fetchers == ["person"]


@pytest.mark.parametrize(
    "agent", ["Slackbot-LinkExpanding 1.0", "facebookexternalhit/1.1", "Mozilla/5.0 (X) SkypeUriPreview"]
)
def test_unfurler(agent: str) -> None:
    assert judged(fetch("one", 90_000, agent)).fetchers == ["preview"]


@pytest.mark.parametrize(
    ("agent", "fetcher"),
    [
        ("", "bot"),
        ("curl/8.5.0", "bot"),
        ("python-requests/2.32", "bot"),
        ("Mozilla/5.0 (X11) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/140.0 Safari/537.36", "bot"),
        ("Barracuda Sentinel (EE)", "scanner"),
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "bot"),
        (OUTLOOK, "bot"),
    ],
)
def test_named_machine(agent: str, fetcher: str) -> None:
    assert judged(fetch("one", 5000, agent)).fetchers == [fetcher]


def test_named_machine_leaves_a_mail_programs_look() -> None:
    assert judged(fetch("pixel", 5000, OUTLOOK)).fetchers == ["person"]


def test_named_machine_of_the_configuration() -> None:
    own = replace(CONTEXT, lists=Lists(OwnEntries(scanner_agents=("AcmeShield",))))
    assert judged(fetch("one", 5000, "Mozilla/5.0 AppleWebKit AcmeShield"), context=own).fetchers == ["scanner"]


def test_burst_over_many_networks() -> None:
    found = judged(fetch("one", 9000), fetch("two", 9000.3, network=OFFICE), fetch("three", 9000.9, SAFARI, ELSEWHERE))
    assert found.fetchers == ["scanner"] * 3


def test_burst_of_two_links_may_be_a_slip_of_one_hand_but_not_at_once() -> None:
    assert judged(fetch("one", 9000), fetch("two", 9000.5)).fetchers == ["person"] * 2
    assert judged(fetch("one", 9000), fetch("two", 9000.5, network=OFFICE)).fetchers == ["scanner"] * 2
    assert judged(fetch("one", 300), fetch("two", 300.5)).fetchers == ["scanner"] * 2
    assert judged(fetch("one", 9000), fetch("two", 9000.5), links=2).fetchers == ["scanner"] * 2


def test_burst_in_five_seconds_by_nobody_who_read() -> None:
    clicks = fetch("one", 300), fetch("two", 302), fetch("three", 304)
    assert judged(*clicks).fetchers == ["scanner"] * 3
    assert judged(*clicks[:2]).fetchers == ["person"] * 2
    assert judged(*clicks[:2], links=2).fetchers == ["scanner"] * 2
    over_networks = fetch("one", 9000), fetch("two", 9002, network=OFFICE), fetch("three", 9004, SAFARI)
    assert judged(*over_networks).fetchers == ["scanner"] * 3


def test_burst_of_a_reader_who_opens_tabs() -> None:
    found = judged(fetch("pixel", 8950), fetch("one", 9000), fetch("two", 9002), fetch("three", 9004))
    assert found.fetchers == ["person"] * 4
    assert judged(fetch("one", 9000), fetch("two", 9002), fetch("three", 9004)).fetchers == ["person"] * 3
    in_part = judged(fetch("pixel", 280, GMAIL), fetch("one", 300), fetch("two", 302), links=3)
    assert in_part.who == ["human"] * 3


def test_scanner_company_of_image_and_links() -> None:
    found = judged(
        fetch("pixel", 20, SAFARI, OFFICE), fetch("one", 30, network=OFFICE), fetch("two", 30.4, network=OFFICE)
    )
    assert found.fetchers == ["scanner"] * 3


def test_scanner_company_comes_back_alone() -> None:
    found = judged(fetch("one", 30), fetch("two", 30.4), fetch("three", 20_000))
    assert found.fetchers == ["scanner"] * 3


def test_machine_network() -> None:
    assert judged(fetch("one", 9000, network=AZURE)).fetchers == ["scanner"]
    assert judged(fetch("pixel", 3, network=AZURE)).fetchers == ["scanner"]
    assert judged(fetch("pixel", 9000, network=AZURE)).who == ["unknown"]


def test_machine_network_by_configuration() -> None:
    own = replace(CONTEXT, lists=Lists(OwnEntries(scanner_networks=("192.0.2.0/23",), person_networks=(AZURE,))))
    assert judged(fetch("one", 9000, network=ELSEWHERE), context=own).fetchers == ["scanner"]
    assert judged(fetch("one", 9000, network=AZURE), context=own).fetchers == ["person"]


def test_known_scanner_and_the_person_behind_the_same_door() -> None:
    known = replace(CONTEXT, scanned_from={OFFICE: frozenset((CHROME,))})
    assert judged(fetch("one", 9000, CHROME, OFFICE), context=known).fetchers == ["scanner"]
    assert judged(fetch("one", 9000, SAFARI, OFFICE), context=known).fetchers == ["person"]
    assert (
        judged(fetch("pixel", 8000, CHROME, OFFICE), fetch("one", 9000, CHROME, OFFICE), context=known).who[1]
        == "human"
    )


def test_click_check_just_before_the_person() -> None:
    found = judged(fetch("one", 9000, CHROME, ELSEWHERE), fetch("one", 9001.5, SAFARI, HOME))
    assert found.fetchers == ["scanner", "person"]


@pytest.mark.parametrize(
    ("hit", "who"),
    [
        (fetch("one", 2), "machine"),
        (fetch("one", 40), "unknown"),
        (fetch("one", 40, OLD_CHROME), "machine"),
        (fetch("one", 400, OLD_CHROME), "unknown"),
        (fetch("one", 4000, OLD_CHROME), "human"),
        (fetch("one", 4000), "human"),
        (fetch("pixel", 4), "unknown"),
    ],
)
def test_too_soon(hit: Hit, who: str) -> None:
    assert judged(hit).who == [who]


def test_too_soon_but_read() -> None:
    assert judged(fetch("pixel", 30, GMAIL), fetch("one", 45, SAFARI)).who == ["human", "human"]
    assert judged(fetch("pixel", 300, OLD_CHROME), fetch("one", 400, OLD_CHROME)).who == ["human", "human"]


def test_person_is_no_program_without_an_engine() -> None:
    assert judged(fetch("one", 4000, "Mozilla/5.0")).who == ["machine"]
    assert judged(fetch("one", 4000, "Mozilla/5.0 (something)")).who == ["unknown"]


def test_glance_of_a_program_that_takes_all_it_finds() -> None:
    assert judged(fetch("pixel", 300), fetch("one", 302)).fetchers == ["scanner", "scanner"]
    assert judged(fetch("pixel", 300), fetch("one", 302, network=OFFICE)).fetchers == ["scanner", "scanner"]
    assert judged(fetch("pixel", 5000), fetch("one", 5002)).who == ["unknown", "unknown"]
    assert judged(fetch("pixel", 4000), fetch("pixel", 5000), fetch("one", 5002)).who == ["human"] * 3


def test_second_scan_of_the_only_link() -> None:
    first, again = fetch("one", 20, network=AZURE), fetch("one", 90_000, network=ELSEWHERE)
    assert judged(first, again, links=1).who == ["machine", "unknown"]
    known = replace(CONTEXT, read_from={ELSEWHERE: frozenset((SAFARI,))})
    assert judged(first, again, context=known, links=1).who == ["machine", "human"]
    assert judged(first, fetch("pixel", 89_900, network=ELSEWHERE), again, links=1).who[2] == "human"
    checked = fetch("one", 89_999, network=AZURE)
    assert judged(first, checked, again, links=1).who == ["machine", "machine", "human"]


def test_known_scanner_under_several_names() -> None:
    scans = {OFFICE: frozenset(("a", "b", "c"))}
    assert judged(fetch("one", 9000, SAFARI, OFFICE), context=replace(CONTEXT, scanned_from=scans)).who == ["machine"]
    people = replace(CONTEXT, scanned_from=scans, read_from={OFFICE: frozenset(("x",))})
    assert judged(fetch("one", 9000, SAFARI, OFFICE), context=people).who == ["human"]


def test_ourselves_by_configuration_also_where_a_hit_tells_less_than_the_office_is() -> None:
    own = replace(CONTEXT, lists=Lists(OwnEntries(own_networks=("203.0.113.7/32", "198.51.0.0/16"))))
    assert judged(fetch("one", 900, network=OFFICE), fetch("two", 999), context=own).fetchers == ["ourselves"] * 2
