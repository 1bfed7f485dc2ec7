"""Nobody is followed who did not agree, unless their country's law is said to allow it; who said no is not counted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_model.tracking import ConsentState, Purpose, Scope, TrackingMode
from sync.tracking_policy import Decision, Person, TrackingPolicy, country_of, decide_tracking

OWN = frozenset({"fjord.example"})
OLA = "ola@bergen.no"
NONE, AGGREGATE, INDIVIDUAL = TrackingMode.NONE, TrackingMode.AGGREGATE, TrackingMode.INDIVIDUAL
GIVEN, REFUSED, UNKNOWN = ConsentState.GIVEN, ConsentState.REFUSED, ConsentState.UNKNOWN
POLICY = TrackingPolicy("https://t.fjord.example")
NORWAY = TrackingPolicy("https://t.fjord.example", without_consent=frozenset({"NO"}))


def person(opens: ConsentState = UNKNOWN, clicks: ConsentState = UNKNOWN, address: str = OLA, *ended: Scope) -> Person:
    return Person(address, {Purpose.OPEN: opens, Purpose.CLICK: clicks}, frozenset(ended))


def decide(wanted: TrackingMode, *people: Person, policy: TrackingPolicy = POLICY) -> Decision:
    return decide_tracking(wanted, people, policy, OWN)


def test_who_agreed_is_followed() -> None:
    found = decide(INDIVIDUAL, person(GIVEN, GIVEN))
    assert found == Decision(INDIVIDUAL, INDIVIDUAL, "consent", "", opens=True, clicks=True, recipient=OLA)


@pytest.mark.parametrize(
    ("opens", "clicks", "words"), [(GIVEN, UNKNOWN, "covers opens alone"), (UNKNOWN, GIVEN, "covers clicks alone")]
)
def test_consent_counts_for_what_it_was_given(opens: ConsentState, clicks: ConsentState, words: str) -> None:
    found = decide(INDIVIDUAL, person(opens, clicks))
    assert (found.opens, found.clicks) == (opens is GIVEN, clicks is GIVEN)
    assert words in found.remark


def test_who_was_not_asked_is_not_followed_and_a_count_of_one_is_none() -> None:
    found = decide(INDIVIDUAL, person())
    assert (found.mode, found.opens, found.clicks, found.recipient) == (NONE, False, False, "")
    assert found.remark == "ola@bergen.no has not agreed to it: a count would name them."


def test_the_configuration_may_say_that_a_country_allows_it() -> None:
    found = decide(INDIVIDUAL, person(), policy=NORWAY)
    assert (found.mode, found.basis, found.recipient) == (INDIVIDUAL, "configuration", OLA)
    assert decide(INDIVIDUAL, person(address="ola@bergen.it"), policy=NORWAY).mode is NONE
    assert decide(INDIVIDUAL, person(address="ola@bergen.com"), policy=NORWAY).mode is NONE
    anywhere = TrackingPolicy("https://t.fjord.example", without_consent=frozenset({"ALL"}))
    assert decide(INDIVIDUAL, person(address="ola@bergen.com"), policy=anywhere).mode is INDIVIDUAL


@pytest.mark.parametrize("policy", [POLICY, NORWAY])
@pytest.mark.parametrize(
    "no", [person(REFUSED, GIVEN), person(GIVEN, REFUSED), person(GIVEN, GIVEN, OLA, Scope.TRACKING)]
)
def test_who_said_no_is_neither_followed_nor_counted(no: Person, policy: TrackingPolicy) -> None:
    assert decide(INDIVIDUAL, no, policy=policy).mode is NONE
    found = decide(AGGREGATE, no, person(address="kari@oslo.no"), policy=policy)
    assert (found.mode, found.remark) == (NONE, "ola@bergen.no wants no tracking.")


def test_an_end_of_mail_is_no_end_of_tracking() -> None:
    assert decide(INDIVIDUAL, person(GIVEN, GIVEN, OLA, Scope.MAIL)).mode is INDIVIDUAL


def test_several_people_are_counted_and_nobody_is_named() -> None:
    two = (person(GIVEN, GIVEN), person(GIVEN, GIVEN, "kari@oslo.no"))
    assert decide(AGGREGATE, *two) == Decision(AGGREGATE, AGGREGATE, "anonymous", "", opens=True, clicks=True)
    found = decide(INDIVIDUAL, *two)
    assert (found.mode, found.recipient, found.remark) == (AGGREGATE, "", "It goes to 2 people: it is only counted.")


def test_mail_to_fewer_than_the_smallest_audience_is_not_counted() -> None:
    one, two = person(address="a@a.example"), person(address="b@b.example")
    assert decide(AGGREGATE, one).remark == "It goes to one person: a count would name them."
    five = TrackingPolicy("https://t.fjord.example", smallest_audience=5)
    assert decide(AGGREGATE, one, two, policy=five).remark == "It goes to 2 people: a count would name them."
    alone = TrackingPolicy("https://t.fjord.example", smallest_audience=1)
    assert decide(AGGREGATE, one, policy=alone).mode is AGGREGATE


def test_nothing_is_followed_unasked_without_outpost_or_at_home() -> None:
    agreed = person(GIVEN, GIVEN)
    assert decide(NONE, agreed) == Decision(NONE, NONE)
    assert "give url" in decide(INDIVIDUAL, agreed, policy=TrackingPolicy()).remark
    at_home = person(GIVEN, GIVEN, "kari@fjord.example")
    assert decide(INDIVIDUAL, at_home).remark == "It stays in the house."


@pytest.mark.parametrize(
    ("address", "country"), [("a@b.no", "NO"), ("a@b.co.uk", "GB"), ("a@b.com", ""), ("a@b", ""), ("a@b.x1", "")]
)
def test_countries(address: str, country: str) -> None:
    assert country_of(address) == country


states = st.sampled_from(ConsentState)
people = st.lists(
    st.builds(
        Person,
        st.sampled_from(("a@b.no", "c@d.it", "e@f.com", "g@fjord.example")),
        st.fixed_dictionaries({Purpose.OPEN: states, Purpose.CLICK: states}),
        st.frozensets(st.sampled_from(Scope)),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda each: each.address,
)
policies = st.builds(
    TrackingPolicy,
    st.sampled_from(("", "https://t.fjord.example")),
    without_consent=st.frozensets(st.sampled_from(("NO", "IT", "ALL"))),
    smallest_audience=st.integers(1, 5),
)


@given(wanted=st.sampled_from(TrackingMode), who=people, policy=policies)
def test_nobody_is_ever_followed_against_their_word(
    wanted: TrackingMode, who: list[Person], policy: TrackingPolicy
) -> None:
    found = decide_tracking(wanted, who, policy, OWN)
    followed = found.opens or found.clicks
    assert followed == (found.mode is not NONE)
    if followed:
        assert policy.url and not any(each.refuses() for each in who)
    if found.recipient:
        [only] = who
        lawful = policy.without_consent & {"ALL", country_of(only.address)}
        assert not found.opens or lawful or only.consent[Purpose.OPEN] is GIVEN
        assert not found.clicks or lawful or only.consent[Purpose.CLICK] is GIVEN
    if found.mode is AGGREGATE:
        assert len(who) >= policy.smallest_audience
    if found.mode is not wanted:
        assert found.remark
