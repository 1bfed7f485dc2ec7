"""Quotes and signatures cut from a mail's text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.quotes import TextParts, split_text

ATTRIBUTIONS = [
    "On Tue, 5 Nov 2024 at 10:12, Ola Nordmann <ola@example.com> wrote:",
    "On Tue, 5 Nov 2024 at 10:12, Ola Nordmann\n<ola@example.com> wrote:",
    "tir. 5. nov. 2024 kl. 10:12 skrev Ola Nordmann <ola@example.com\n>:",
    "Den tis 5 nov. 2024 kl 10:12 skrev Ola Nordmann <ola@example.com>:",
    "Den 05.11.2024 10.12 skrev Ola Nordmann:",
    "Am 05.11.2024 um 10:12 schrieb Ola Nordmann:",
    "Il giorno mar 5 nov 2024 alle ore 10:12 Ola Nordmann <ola@example.com> ha scritto:",
    "Le mar. 5 nov. 2024 à 10:12, Ola Nordmann <ola@example.com> a écrit :",
    "El mar, 5 nov 2024 a las 10:12, Ola Nordmann (<ola@example.com>) escribió:",
    "Op di 5 nov 2024 om 10:12 schreef Ola Nordmann <ola@example.com>:",
    "ti 5. marrask. 2024 klo 10.12 Ola Nordmann (ola@example.com) kirjoitti:",
    "вт, 5 нояб. 2024 г. в 10:12, Ola Nordmann <ola@example.com>:",
    "05.11.2024, 10:12, Ola Nordmann <ola@example.com> пишет:",
    "Ola Nordmann <ola@example.com> skrev følgende den 05.11.2024 10:12:",
    "-----Original Message-----",
    "-----Opprinnelig melding-----",
    "-------- Vidarebefordrat meddelande --------",
    "________________________________\nFra: Ola <ola@example.com>\nSendt: tirsdag 5. november\nTil: Kari\nEmne: Tilbud",
    "Från: Ola <ola@example.com>\nSkickat: den 5 november 2024\nTill: Kari\nÄmne: Offert",
    "Da: Ola <ola@example.com>\nInviato: martedì 5 novembre 2024\nA: Kari\nOggetto: Offerta",
    "От: Ola <ola@example.com>\nОтправлено: 5 ноября 2024\nКому: Kari\nТема: Предложение",
    "*Von:* Ola <ola@example.com>\n*Gesendet:* Dienstag\n*An:* Kari\n*Betreff:* Angebot",
    "Begin forwarded message:",
]


@pytest.mark.parametrize("introduction", ATTRIBUTIONS)
@pytest.mark.parametrize("mark", ["", "> "])
def test_cuts_below_an_introduction(introduction: str, mark: str) -> None:
    quoted = f"{introduction}\n\n{mark}Can you deliver 40 pumps?\n{mark}Ola"
    assert split_text(f"Yes, on Friday.\n\n{quoted}\n") == TextParts("Yes, on Friday.", quoted)


@pytest.mark.parametrize(
    "text",
    [
        "As I wrote to you, the price on the list is this:\n40 pumps, 100 each",
        "From: our catalogue\nthe pump 40 is what we need.",
        "On the other hand, the offer of 2024 holds.\nOn Friday we decide.",
        "---\nPrices\n---\n\n40 pumps",
        "LG monitors are what we need.",
        "Best regards to your colleague Ola, who helped us with everything last week in Oslo!",
    ],
)
def test_leaves_plain_talk_alone(text: str) -> None:
    assert split_text(text) == TextParts(text)


def test_answers_between_quotes_are_new() -> None:
    parts = split_text("On 5 Nov 2024 10:12, Ola wrote:\n> Price?\n\n100 each.\n\n> When?\n\nFriday.\n")
    assert parts.new.split() == ["100", "each.", "Friday."]
    assert "> Price?" in parts.quoted
    assert "> When?" in parts.quoted


@pytest.mark.parametrize(
    "signature",
    [
        "--\nOla Nordmann\nPumper AS",
        "--\nOla",
        "Best regards,\nOla Nordmann\n+47 22 00 00 00",
        "Mvh Ola",
        "Med vennlig hilsen\nOla Nordmann",
        "Med vänliga hälsningar / Ola",
        "Mit freundlichen Grüßen\nOla",
        "Cordiali saluti,\nOla",
        "С уважением,\nОла",
        "Sent from my iPhone",
        "Sendt fra min iPhone",
        "Thanks!\nOla",
    ],
)
def test_cuts_the_signature(signature: str) -> None:
    assert split_text(f"We want 40 pumps.\n\n{signature}") == TextParts("We want 40 pumps.", "", signature)


def test_signature_above_the_quote() -> None:
    parts = split_text("Yes.\n\nMvh\nKari\n\nDen 05.11.2024 skrev Ola:\n> Pumps?\n")
    assert parts == TextParts("Yes.", "Den 05.11.2024 skrev Ola:\n> Pumps?", "Mvh\nKari")


def test_a_bare_forward_is_all_quote() -> None:
    parts = split_text("---------- Forwarded message ---------\nFrom: Ola <ola@example.com>\n\nPumps?")
    assert parts.new == ""
    assert parts.quoted.endswith("Pumps?")


@given(
    st.lists(
        st.one_of(
            st.text(max_size=60), st.sampled_from(ATTRIBUTIONS), st.sampled_from(["> a", ">:", "-- ", "Mvh", ""])
        ),
        max_size=30,
    )
)
def test_no_line_is_lost_or_doubled(lines: list[str]) -> None:
    text = "\n".join(lines)
    parts = split_text(text)
    expected = sorted(
        line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n") if line.rstrip()
    )
    found = "\n".join((parts.new, parts.quoted, parts.signature))
    assert sorted(line for line in found.split("\n") if line) == expected
