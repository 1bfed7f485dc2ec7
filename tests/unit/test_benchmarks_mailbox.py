"""The made mailbox has the shape that was measured, and is the same for the same seed."""

from __future__ import annotations

import statistics
from email import message_from_bytes
from email.message import Message
from email.parser import BytesHeaderParser
from itertools import islice
from pathlib import Path

import pytest

from benchmarks.mailbox import Mail, mails, write_maildir

N = 500


@pytest.fixture(scope="module")
def made() -> list[Mail]:
    return list(islice(mails(seed=3), N))


@pytest.fixture(scope="module")
def parsed(made: list[Mail]) -> list[Message]:
    return [message_from_bytes(mail.data) for mail in made]


def test_the_same_seed_makes_the_same_mail(made: list[Mail]) -> None:
    assert list(islice(mails(seed=3), N)) == made
    assert list(islice(mails(seed=4), N)) != made


@pytest.mark.parametrize(
    ("field", "low", "high"),
    [
        ("In-Reply-To", 0.70, 0.82),
        ("References", 0.64, 0.76),
        ("Thread-Index", 0.11, 0.21),
        ("Message-ID", 0.98, 1.0),
        ("List-Unsubscribe", 0.05, 0.13),
        ("Auto-Submitted", 0.03, 0.11),
    ],
)
def test_header_shares(parsed: list[Message], field: str, low: float, high: float) -> None:
    assert low <= sum(field in message for message in parsed) / N <= high


def test_sizes(made: list[Mail]) -> None:
    sizes = [len(mail.data) for mail in made]
    assert 9_000 < statistics.median(sizes) < 15_000
    assert 35_000 < statistics.quantiles(sizes, n=10)[-1] < 95_000
    assert 150_000 < max(sizes) < 3_500_000


def test_structure(parsed: list[Message]) -> None:
    assert 0.78 <= sum(message.is_multipart() for message in parsed) / N <= 0.88
    leaves = [part for message in parsed for part in message.walk() if not part.is_multipart()]
    assert {"text/plain", "text/html", "application/pdf"} <= {part.get_content_type() for part in leaves}
    assert {"utf-8", "iso-8859-1", "windows-1252"} <= {part.get_content_charset() for part in leaves}
    assert not any(part.defects for message in parsed for part in message.walk())
    for part in leaves:
        if charset := part.get_content_charset():
            assert part.get_payload(decode=True).decode(charset)


def test_replies_name_mail_of_the_mailbox(parsed: list[Message]) -> None:
    held = {message["Message-ID"] for message in parsed}
    named = [message["In-Reply-To"] for message in parsed if message["In-Reply-To"]]
    assert sum(each in held for each in named) / len(named) > 0.97


def test_some_ids_are_double_and_some_are_missing() -> None:
    parse = BytesHeaderParser().parsebytes
    ids = [parse(mail.data)["Message-ID"] for mail in islice(mails(seed=5, largest=3_000), 3_000)]
    present = [each for each in ids if each]
    assert 0 < len(ids) - len(present) < 20
    assert 0 < len(present) - len(set(present)) < 40


def test_all_addresses_are_made_up(parsed: list[Message]) -> None:
    for message in parsed:
        for field in ("From", "To", "Cc", "Reply-To"):
            if message[field]:
                assert message[field].rstrip(">").endswith(".example")


def test_it_is_written_as_a_maildir(tmp_path: Path, made: list[Mail]) -> None:
    total = write_maildir(tmp_path, made[:50])
    files = sorted((tmp_path / "cur").iterdir())
    assert len(files) == 50
    assert sum(file.stat().st_size for file in files) == total
    assert [file.stat().st_mtime for file in files] == [int(mail.at.timestamp()) for mail in made[:50]]
    for file, mail in zip(files, made[:50], strict=True):
        assert f"W={len(mail.data)}:" in file.name
