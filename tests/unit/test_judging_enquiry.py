"""Who wants something of us."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from crm_model.links import Verdict, VerdictKind

Judged = Callable[..., Verdict]


@pytest.mark.parametrize(
    "text",
    [
        "hi how much for a simple website for a burger van?",
        "Hei, vi trenger ny nettbutikk. Hva koster det?",
        "Hej! Vi behöver en ny hemsida. Vad kan det kosta?",
        "Hej, vi vil gerne have en ny hjemmeside. Hvad koster det?",
        "Guten Tag, wir suchen eine Agentur für unsere Website. Könnten Sie uns ein Angebot machen?",
        "Buongiorno, vorrei un preventivo per un sito.",
        "Bonjour, nous cherchons un site de vente en ligne. Pourriez-vous nous adresser un devis ?",
        "Hola, queremos una tienda online. ¿Cuánto costaría?",
        "Здравствуйте, нужен сайт. Сколько стоит?",
    ],
)
def test_in_nine_languages(judged: Judged, text: str) -> None:
    verdict = judged(text, "Hello", "info@lite-firma.test")
    assert (verdict.kind, verdict.creates_lead) == (VerdictKind.ENQUIRY, True)
    assert verdict.reasons


def test_a_plain_answer_to_us_is_none(judged: Judged) -> None:
    assert not judged("Ja, fredag passer. Sees da!", "SV: Møte", answers=True).creates_lead


def test_what_only_our_own_quoted_mail_says_does_not_count(judged: Judged) -> None:
    text = "Takk, det er fint.\n\n> Ønsker du tilbud på ny nettside? Hva koster det? Vi trenger svar."
    assert not judged(text, "SV: Nytt", answers=True).creates_lead
