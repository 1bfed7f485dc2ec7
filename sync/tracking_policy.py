"""How much of a mail may be followed: what its writer wants, what the people it goes to agreed to, what the law allows.

Nobody is followed who was not asked, unless the configuration says that the law of the country allows it; who said no
is not even counted. A count that can only be of one person names that person, so it is none.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from crm_model.tracking import ConsentState, Purpose, Scope, TrackingMode

EVERYWHERE = "ALL"
"""In place of a country."""

NOTICE = "We note whether this mail is opened and which of its links are. [Change that, or end our mail]"

NO_MORE_MAIL = "No more mail like this"

BY_CONSENT, BY_LAW, ANONYMOUS = "consent", "configuration", "anonymous"
"""Why something is followed: the person agreed, the configuration says that the law allows it, nobody is named."""


@dataclass(frozen=True, slots=True)
class TrackingPolicy:
    """What the configuration says. `url`: the outpost as the world reaches it, "" for none, without slash at its end.

    `without_consent`: countries (two capital letters) in which people may be followed unasked, or `EVERYWHERE`.
    `smallest_audience`: a mail to fewer is not counted. `notice` goes below a followed mail, its words in brackets
    lead to the page of wishes; `no_more_mail` are the words of that link in a sequence.
    """

    url: str = ""
    mode: TrackingMode = TrackingMode.NONE
    without_consent: frozenset[str] = frozenset()
    smallest_audience: int = 2
    honeypot: bool = False
    notice: str = NOTICE
    no_more_mail: str = NO_MORE_MAIL
    retention_months: int = 12
    own_networks: tuple[str, ...] = ()
    scanner_networks: tuple[str, ...] = ()
    scanner_agents: tuple[str, ...] = ()
    person_networks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody a mail goes to, `address` in lower case: what was agreed, what was ended.

    `returned`: why no mail reaches them, "" where it does.
    """

    address: str
    consent: Mapping[Purpose, ConsentState] = field(default_factory=dict)
    ended: frozenset[Scope] = frozenset()
    returned: str = ""

    def refuses(self) -> bool:
        """Whether they said no to any of it."""
        said_no = (self.consent.get(each) is ConsentState.REFUSED for each in (Purpose.OPEN, Purpose.CLICK))
        return Scope.TRACKING in self.ended or any(said_no)


@dataclass(frozen=True, slots=True)
class Decision:
    """What is done. `basis` says why that is lawful, `remark` in words why it is less than was wanted.

    `recipient` is whose opens and clicks they are, "" where nobody is named.
    """

    wanted: TrackingMode
    mode: TrackingMode
    basis: str = ""
    remark: str = ""
    opens: bool = False
    clicks: bool = False
    recipient: str = ""


def decide_tracking(
    wanted: TrackingMode, people: Collection[Person], policy: TrackingPolicy, own_domains: frozenset[str]
) -> Decision:
    """How a mail to these people is followed."""
    obstacle = _obstacle(people, policy, own_domains)
    if wanted is TrackingMode.NONE or obstacle:
        return Decision(wanted, TrackingMode.NONE, remark="" if wanted is TrackingMode.NONE else obstacle)
    if wanted is TrackingMode.INDIVIDUAL and len(people) == 1:
        named = _individual(next(iter(people)), policy)
        if named is not None:
            return named
    return _aggregate(wanted, people, policy)


def country_of(address: str) -> str:
    """The country that an address names by its top-level domain, "" for .com and the like."""
    top = address.rpartition(".")[2]
    return {"UK": "GB"}.get(top.upper(), top.upper()) if len(top) == 2 and top.isalpha() else ""


def _obstacle(people: Collection[Person], policy: TrackingPolicy, own_domains: frozenset[str]) -> str:
    if not policy.url:
        return "There is no outpost to hear of it: give url in [tracking]."
    if all(each.address.rpartition("@")[2] in own_domains for each in people):
        return "It stays in the house."
    refusing = [each.address for each in people if each.refuses()]
    if refusing:
        return f"{refusing[0]} wants no tracking." if len(refusing) == 1 else "Some of them want no tracking."
    return ""


def _individual(person: Person, policy: TrackingPolicy) -> Decision | None:
    lawful = bool(policy.without_consent & {EVERYWHERE, country_of(person.address) or "-"})
    opens, clicks = (
        lawful or person.consent.get(purpose) is ConsentState.GIVEN for purpose in (Purpose.OPEN, Purpose.CLICK)
    )
    if not opens and not clicks:
        return None
    missing = "" if opens and clicks else f"Consent covers {'opens' if opens else 'clicks'} alone."
    basis = BY_LAW if lawful else BY_CONSENT
    wanted = TrackingMode.INDIVIDUAL
    return Decision(wanted, wanted, basis, missing, opens=opens, clicks=clicks, recipient=person.address)


def _aggregate(wanted: TrackingMode, people: Collection[Person], policy: TrackingPolicy) -> Decision:
    if len(people) < policy.smallest_audience:
        return Decision(wanted, TrackingMode.NONE, remark=f"{_why_unnamed(wanted, people)}: a count would name them.")
    less = wanted is TrackingMode.INDIVIDUAL
    remark = f"{_why_unnamed(wanted, people)}: it is only counted." if less else ""
    return Decision(wanted, TrackingMode.AGGREGATE, ANONYMOUS, remark, opens=True, clicks=True)


def _why_unnamed(wanted: TrackingMode, people: Collection[Person]) -> str:
    if len(people) > 1:
        return f"It goes to {len(people)} people"
    return (
        "It goes to one person"
        if wanted is TrackingMode.AGGREGATE
        else f"{next(iter(people)).address} has not agreed to it"
    )
