"""A mail on its way out gets its tokens: minted, told to the outpost, then kept with the mail's bytes.

mint ─ publish ─ keep tokens and bytes, one transaction ─ send

Killed before they are kept, the mail is minted anew: the outpost then knows tokens that stand in no mail. Killed
behind it, the same bytes leave.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace

from agent.outpost.contract import Outpost
from agent.sending.way_out import Work
from agent.tracking.minting import Minted, mint
from crm_model.errors import HitchpostError, TryLater
from crm_model.tracking import TokenKind, TrackingMode
from sync.composing.checks import CheckedDraft
from sync.composing.mime import Letter
from sync.following import check_sequence, decide, people_of
from sync.store.tracked_mail import NewTracking
from sync.tracking_policy import Decision

_log = logging.getLogger(__name__)

_UNREACHED = "The outpost could not be told of it"


@dataclass(frozen=True, slots=True)
class Followed:
    """The letter as it leaves, and what is to be kept of it; None where nobody asked for anything."""

    letter: Letter
    tracking: NewTracking | None


def follow(work: Work, checked: CheckedDraft, letter: Letter) -> Followed:
    """The letter with its tokens, which the outpost answers from now on.

    Without outpost it leaves as it was written, with a remark. Errors: TryLater for a sequence, whose way out must
    stand before it leaves, Rejected where its reader has ended it.
    """
    draft, policy = checked.draft, work.desk.tracking
    with work.store.read() as unit:
        people = people_of(unit, checked.recipients)
    if draft.sequence:
        check_sequence(people, work.desk)  # it may have been ended since it was written
    decision = decide(draft, people, work.desk)
    if decision.wanted is TrackingMode.NONE and not draft.sequence:
        return Followed(letter, None)
    owner = people[0].address if draft.sequence and len(people) == 1 else decision.recipient
    minted = mint(letter, decision, policy, way_out_of=owner if draft.sequence else None)
    try:
        if minted.tokens:
            with _outpost(work) as outpost:
                outpost.publish_tokens([each.token for each in minted.tokens])
    except HitchpostError as error:
        if draft.sequence:
            raise TryLater(f"{_UNREACHED}, and without it nobody could end the sequence: {error}") from error
        _log.warning("mail_untracked", extra={"error": type(error).__name__})
        return Followed(letter, _nothing(decision, f"{_UNREACHED}: {error}"))
    return Followed(minted.letter, _kept(decision, minted, checked))


def forget(work: Work, tokens: list[str]) -> None:
    """Tell the outpost that these stand in no mail, if it can be told; nobody can ask for them anyway."""
    if tokens:
        with contextlib.suppress(HitchpostError), _outpost(work) as outpost:
            outpost.revoke_tokens(tokens, keep_links=False)


@contextlib.contextmanager
def _outpost(work: Work) -> Iterator[Outpost]:
    if work.open_outpost is None:
        raise TryLater("there is none here")
    with contextlib.closing(work.open_outpost()) as outpost:
        yield outpost


def _nothing(decision: Decision, remark: str) -> NewTracking:
    return NewTracking(decision.wanted, TrackingMode.NONE, remark=remark)


def _kept(decision: Decision, minted: Minted, checked: CheckedDraft) -> NewTracking:
    remark = " ".join(filter(None, (decision.remark, minted.remark)))
    followed = any(each.token.kind is not TokenKind.UNSUBSCRIBE for each in minted.tokens)
    tracking = NewTracking(decision.wanted, decision.mode, decision.basis) if followed else _nothing(decision, "")
    domains = {each.rpartition("@")[2].lower() for each in checked.recipients}
    domain = domains.pop() if len(domains) == 1 else ""
    return replace(tracking, remark=remark, domain=domain, links=minted.links, tokens=minted.tokens)
