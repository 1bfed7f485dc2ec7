"""Every mail of the shared corpora: the quick and the careful way agree, and known answers come out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from agent.parse import parse_message, parse_with
from agent.parsing.careful import read_tree_carefully
from agent.parsing.structure import DOUBTS, read_tree
from crm_model.errors import BadMessage
from crm_model.mail import Message, RawMessage

SHARED = Path(__file__).parents[2].parent / "shared"
MAIL = SHARED / "data" / "mail"
pytestmark = pytest.mark.skipif(not MAIL.is_dir(), reason="the shared corpus is not on this machine")
NO_MAIL = {".json", ".py", ".xml", ".out", ".md", ".jsonl", ".html", ".data"}
PICTURES_AND_SOUNDS = ("python.", "sndhdr.", "mail_outlook_1")
# Stalwart replaces the raw 8-bit letter of these five subjects; here it is guessed, rightly.
GUESSED = "Die Hasen und die Frösche"


def mails() -> Iterator[tuple[Path, RawMessage]]:
    for folder in (MAIL, SHARED / "eval"):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.suffix not in NO_MAIL and "_decoded_" not in path.name:
                data = path.read_bytes()
                yield path, RawMessage(path.name, data, len(data))


def comparable(message: Message) -> Message:
    return replace(message, defects=(), embedded=tuple(map(comparable, message.embedded)))


def is_doubtful(message: Message) -> bool:
    return bool(DOUBTS.intersection(message.defects)) or any(map(is_doubtful, message.embedded))


def test_both_ways_read_the_same_and_nothing_raises() -> None:
    differing, compared, doubtful = [], 0, 0
    for path, raw in mails():
        try:
            quick = parse_with(raw, read_tree)
        except BadMessage:
            assert not raw.data.strip() or path.name.startswith(PICTURES_AND_SOUNDS) or len(raw.data) < 2, path
            continue
        careful = parse_with(raw, read_tree_carefully)
        taken = parse_message(raw)
        compared += 1
        if is_doubtful(quick):
            doubtful += 1
        elif not comparable(quick) == comparable(careful) == comparable(taken):
            differing.append(path.name)
        assert is_doubtful(quick) or quick.key == careful.key == taken.key, path
    assert differing == []
    assert compared > 1900
    assert doubtful < compared / 3


def test_crlf_and_lf_give_the_same_key() -> None:
    for path, raw in mails():
        if b"\r" in raw.data or b"\n" not in raw.data:
            continue
        there = raw.data.replace(b"\n", b"\r\n")
        try:
            assert parse_message(raw).key == parse_message(RawMessage("1", there, len(there))).key, path
        except BadMessage:
            continue


def stalwart_header(expected: dict[str, object], name: str) -> list[object]:
    parts = expected["parts"]
    assert isinstance(parts, list)
    return [header["value"] for header in parts[0]["headers"] if header["name"] == name]


def first_address(value: object) -> tuple[str | None, str | None] | None:
    if not isinstance(value, dict) or "Address" not in value:
        return None
    found = value["Address"].get("List") or [
        entry for group in value["Address"]["Group"] for entry in group["addresses"]
    ]
    return (found[0]["name"], (found[0]["address"] or "").lower()) if found else None


def stalwart() -> list[Path]:
    return sorted((MAIL / "stalwart").rglob("*.eml")) if MAIL.is_dir() else []


@pytest.mark.parametrize("path", stalwart(), ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_subject_and_sender_as_stalwart_reads_them(path: Path) -> None:
    data = path.read_bytes()
    message = parse_message(RawMessage("1", data, len(data)))
    expected = json.loads(path.with_suffix(".json").read_text())
    subjects = stalwart_header(expected, "subject")
    subject = subjects[0].get("Text") or "" if subjects and isinstance(subjects[0], dict) else ""
    assert message.subject == subject or ("\ufffd" in subject and message.subject.startswith(GUESSED))
    senders = stalwart_header(expected, "from")
    sender = first_address(senders[0]) if senders else None
    found = (message.from_.name or None, message.from_.email or None) if message.from_ else None
    if sender is not None and "@" not in (sender[1] or ""):
        sender = (sender[0], None)  # a word is no address here
    assert found == sender
