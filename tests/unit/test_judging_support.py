"""Problems with what we delivered."""

from __future__ import annotations

from collections.abc import Callable

from crm_model.links import Verdict, VerdictKind

Judged = Callable[..., Verdict]


def test_a_crash_after_our_update(judged: Judged) -> None:
    assert (
        judged("Appen krasjer etter oppdateringen. Når kommer rettelsen?", "SV: Appen", answers=True).kind
        is VerdictKind.SUPPORT
    )


def test_trouble_with_somebody_elses_work_is_an_enquiry(judged: Judged) -> None:
    text = "Siden vår henger seg opp og byrået svarer ikke. Vi vil bytte. Hva koster en ny nettside hos dere?"
    assert judged(text, "Klage på nåværende system").kind is VerdictKind.ENQUIRY
