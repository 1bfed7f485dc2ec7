"""Our own mail."""

from __future__ import annotations

from collections.abc import Callable

from crm_model.links import Verdict, VerdictKind

Judged = Callable[..., Verdict]


def test_colleagues_talk_is_internal(judged: Judged) -> None:
    text = "Dahl vil ha nettbutikk, budsjett 200 000. Hva koster det oss?"
    verdict = judged(text, "Dahl-leadet", "Kari Vik <kari@fjordweb.test>", to=("ola@fjordweb.test",))
    assert (verdict.kind, verdict.creates_lead) == (VerdictKind.INTERNAL, False)


def test_what_we_send_out_is_other(judged: Judged) -> None:
    verdict = judged("Her er tilbudet.", "Tilbud", "Kari Vik <kari@fjordweb.test>", to=("nina@dahlbygg.test",))
    assert verdict.kind is VerdictKind.OTHER
