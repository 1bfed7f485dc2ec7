"""What a person's letter is, by weighing everything that it shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from agent.judging import weighing
from agent.judging.evidence import Evidence
from agent.judging.finding import reason
from agent.judging.signs import GROUPS, signs_of
from crm_model.links import Reason, Verdict, VerdictKind

_LEAST = 0.5  # of an enquiry: below it, something else is likelier
_DOUBTFUL = 0.85  # no lead is made without a person from here down
_FAINT = ("service", "service_asked", "price_word", "want_word", *GROUPS["buyer"])
_REASONS = 4


def check(mail: Evidence) -> Verdict:
    """The likeliest verdict; a lead only for an enquiry that asks for something."""
    signs = signs_of(mail)
    table = weighing.weights()
    shares = weighing.shares(signs, table)
    if not any(name in signs for name in _FAINT):
        shares.pop(VerdictKind.ENQUIRY)
    kind = max(shares, key=lambda each: shares[each])
    odds = shares[kind]
    if kind is VerdictKind.ENQUIRY and odds < _LEAST:
        shares.pop(kind)
        kind = max(shares, key=lambda each: shares[each])
        odds = shares[kind]
    leads = kind is VerdictKind.ENQUIRY
    if leads and is_doubtful(signs):
        odds = min(odds, _DOUBTFUL)
    why = _reasons(mail, weighing.supporting(signs, kind, table), kind)
    return Verdict(kind, round(min(0.99, max(0.02, odds)), 3), creates_lead=leads, reasons=why)


def share_of(mail: Evidence, kinds: Iterable[VerdictKind]) -> float:
    """How likely a letter is one of some kinds, whatever else may be likelier."""
    shares = weighing.shares(signs_of(mail), weighing.weights())
    return sum(shares[kind] for kind in kinds)


def is_doubtful(signs: Mapping[str, float]) -> bool:
    """Whether a person should look before a lead is made.

    A hidden file instead of a text, a forged or dead sender, mail that is not addressed to us or goes to many, an
    answer to something that we did not write.
    """
    odd = (
        *("policy_failed", "machine_sender", "not_to_us", "to_nobody", "many_people", "answers_others"),
        *("dangerous_file", "packed_file", "listed"),
    )
    return any(name in signs for name in odd) or ("reply_subject" in signs and "answers_us" not in signs)


def _reasons(mail: Evidence, signs: list[str], kind: VerdictKind) -> tuple[Reason, ...]:
    """What was seen, in the sender's words where there are such."""
    said = [phrase for sign in signs for phrase in (mail.services if sign == "service" else mail.said(sign))[:2]]
    if said:
        return (reason(kind.value, list(dict.fromkeys(said))[:_REASONS]),)
    shown = ", ".join(sign.replace("_", " ") for sign in signs[:_REASONS])
    return (reason(kind.value, shown or "nothing speaks for anything else"),)
