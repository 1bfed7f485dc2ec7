"""What a mail will tell once it is sent, before it is: whether it is followed, and whom it must not reach."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from crm_model.bounces import Standing
from crm_model.errors import Rejected
from crm_model.safe_text import safe_line
from crm_model.tracking import Scope, TrackingMode
from sync.composing.checks import check_draft
from sync.composing.draft import Desk, Draft
from sync.store import address_reports, consents
from sync.store.database import Store, Unit
from sync.tracking_policy import BY_CONSENT, BY_LAW, Decision, Person, decide_tracking


@dataclass(frozen=True, slots=True)
class Outlook:
    """How a draft would leave: `words` say what is followed or why not, `warnings` who wants no mail or gets none."""

    decision: Decision
    words: str
    warnings: tuple[str, ...] = ()


def outlook(store: Store, draft: Draft, desk: Desk) -> Outlook:
    """What sending this draft would do. Errors: Rejected for a draft that can't be sent, NotSupported."""
    checked = check_draft(draft, desk)
    with store.read() as unit:
        people = people_of(unit, checked.recipients)
        states = address_reports.states_of(unit, checked.recipients, datetime.now(UTC))
    doubts = [each.doubt for each in states.values() if each.doubt]
    decision = decide(draft, people, desk)
    words = _words(decision)
    if decision.mode is not TrackingMode.NONE and not checked.identity.html:
        words = "Not tracked: it has no HTML version; give its account html_version = true."
    return Outlook(decision, words, (*(_unwanted(each) for each in people if Scope.MAIL in each.ended), *doubts))


def decide(draft: Draft, people: Collection[Person], desk: Desk) -> Decision:
    """How this draft is followed on its way to these people."""
    wanted = desk.tracking.mode if draft.tracking is None else draft.tracking
    return decide_tracking(wanted, people, desk.tracking, desk.organisation.domains)


def people_of(unit: Unit, addresses: Collection[str]) -> list[Person]:
    """Who these addresses are, as far as tracking goes."""
    states, ended = consents.states_of(unit, addresses), consents.suppressed(unit, addresses)
    came_back = address_reports.states_of(unit, addresses, datetime.now(UTC))
    dead = {address: each.doubt for address, each in came_back.items() if each.standing is Standing.HARD}
    return [
        Person(address, given, frozenset(each.scope for each in ended.get(address, ())), dead.get(address, ""))
        for address, given in states.items()
    ]


def check_sequence(people: Collection[Person], desk: Desk) -> None:
    """Errors: Rejected for a mail of a sequence that nobody could end, that somebody has ended, or that comes back."""
    sentence = next((_unwanted(each) for each in people if Scope.MAIL in each.ended), "")
    sentence = sentence or next((each.returned for each in people if each.returned), "")
    if len(people) != 1:
        sentence = "A mail of a sequence goes to one person, who can end it for themselves: write to each alone."
    elif not desk.tracking.url:
        sentence = "A sequence needs a way out for its reader: give url in [tracking], and run `hitchpost web`."
    if sentence:
        raise Rejected(sentence, field_errors={"to": sentence})


def _unwanted(person: Person) -> str:
    return f"{safe_line(person.address)} has asked for no more mail."


def _words(decision: Decision) -> str:
    what = " and ".join(word for word, is_so in (("opens", decision.opens), ("clicks", decision.clicks)) if is_so)
    if decision.mode is TrackingMode.INDIVIDUAL:
        why = {BY_CONSENT: "agreed", BY_LAW: "allowed by your configuration"}[decision.basis]
        words = f"Tracked: {what} of {decision.recipient} ({why})."
    elif decision.mode is TrackingMode.AGGREGATE:
        words = f"Counted: {what}, nobody is named."
    else:
        return f"Not tracked: {decision.remark}" if decision.remark else "Not tracked."
    return f"{words} {decision.remark}" if decision.remark else words
