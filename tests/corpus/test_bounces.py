"""Two public sets of bounces: nothing raises, nearly all name whom they did not reach, and which mail it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.bounces import read_bounce

MAIL = Path(__file__).parents[2].parent / "shared" / "data" / "mail"
pytestmark = pytest.mark.skipif(not MAIL.is_dir(), reason="the shared corpus is not on this machine")
BOUNCES = ("lhost-", "rhost-", "rfc3464-")


def test_of_sisimais_nearly_all_name_their_recipients_and_most_their_mail() -> None:
    reports = [
        read_bounce(file.read_bytes())
        for file in (MAIL / "sisimai" / "maildir" / "bsd").iterdir()
        if file.name.startswith(BOUNCES)
    ]
    assert len(reports) > 500
    assert sum(bool(each.recipients) for each in reports) >= 0.97 * len(reports)
    assert sum(bool(each.about) for each in reports) >= 0.85 * len(reports)


def test_of_mailmans_nearly_all_name_their_recipients() -> None:
    reports = [read_bounce(file.read_bytes()) for file in (MAIL / "flufl-bounce").glob("*.txt")]
    assert len(reports) > 100
    assert sum(bool(each.recipients) for each in reports) >= 0.85 * len(reports)


def test_line_ends_change_nothing() -> None:
    for file in (MAIL / "sisimai" / "maildir" / "dos").iterdir():
        plain = MAIL / "sisimai" / "maildir" / "bsd" / file.name
        if plain.exists():
            mine, other = read_bounce(file.read_bytes()), read_bounce(plain.read_bytes())
            assert [each.address for each in mine.recipients] == [each.address for each in other.recipients], file.name


def test_what_is_broken_does_not_raise() -> None:
    for folder in ("err", "not", "mac", "tmp"):
        for file in (MAIL / "sisimai" / "maildir" / folder).iterdir():
            read_bounce(file.read_bytes())
