"""Texts made to keep a reader busy: the time may grow with the length, never with its square."""

from __future__ import annotations

import time

import pytest

from agent.judging import JudgeContext, judge
from agent.judging.fields.service import services_of
from agent.parse import parse_message
from crm_model.mail import Direction, RawMessage
from crm_model.organisation import Organisation

_SECONDS = 2.0  # a hundred times what it takes, a fraction of what a square takes
_ORGANISATION = Organisation(name="Nordvik", domains=frozenset({"nordvik.example"}))


def _seconds_for(content_type: str, body: str) -> float:
    head = f"From: Kari <kari@bygg.example>\nTo: sales@nordvik.example\nSubject: Hei\nContent-Type: {content_type}\n\n"
    data = (head + body).encode()
    started = time.process_time()
    message = parse_message(RawMessage("1", data, len(data)))
    judge(message, _ORGANISATION, JudgeContext(Direction.INCOMING, reply_to_ours=False, known_person=False))
    return time.process_time() - started


@pytest.mark.parametrize("piece", ["1", "1 ", "1.", "1,", "1 000 ", "1      ", "12 k"])
def test_a_line_of_sums_without_currency_is_judged_at_once(piece: str) -> None:
    assert _seconds_for("text/plain; charset=utf-8", piece * (200_000 // len(piece))) < _SECONDS


def test_a_service_named_over_and_over_is_read_at_once() -> None:
    started = time.process_time()
    assert services_of("nettside og nettbutikk " * 5_000) == ["nettside", "nettbutikk"]
    assert time.process_time() - started < _SECONDS


@pytest.mark.parametrize("piece", [";", "&amp;", ';a="', '\\";'])
def test_a_boundary_full_of_separators_is_read_at_once(piece: str) -> None:
    assert _seconds_for('multipart/mixed; boundary="a' + piece * (200_000 // len(piece)), "--a\n\nHei\n") < _SECONDS


def test_so_is_one_of_an_inner_part() -> None:
    inner = '--b\nContent-Type: multipart/mixed; boundary="a' + ";" * 200_000 + '"\n\n--a\n\nHei\n'
    assert _seconds_for("multipart/mixed; boundary=b", inner) < _SECONDS
