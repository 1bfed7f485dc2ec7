"""Base subjects in the languages that our users write."""

import pytest

from sync.subjects import base_subject


@pytest.mark.parametrize(
    ("subject", "base", "replied"),
    [
        ("Re: Hei", "hei", True),
        ("SV: VS: Tilbud", "tilbud", True),
        ("R: offerta", "offerta", True),
        ("I: richiesta", "richiesta", False),
        ("R:offerta", "r:offerta", False),
        ("Re[5]: a", "a", True),
        ("[list] Re: [x] foo", "foo", True),
        ("Ответ: цена", "цена", True),
        ("Internal: x", "internal: x", False),
        ("Fwd: Re: x (fwd)", "x", True),
        ("RE:", "", True),
        ("AW:Test", "test", True),
        ("[only]", "[only]", False),
        ("", "", False),
    ],
)
def test_base_subject(subject: str, base: str, replied: bool) -> None:
    assert base_subject(subject) == (base, replied)


def test_hostile_length_ends() -> None:
    assert len(base_subject("Re: " * 100_000)[0]) <= 500
