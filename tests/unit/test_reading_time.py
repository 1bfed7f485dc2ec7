"""Texts made to keep a reader busy: the time may grow with the length, never with its square."""

from __future__ import annotations

import pytest

from agent.judging import JudgeContext, judge
from agent.judging.fields.service import services_of
from agent.parse import parse_message
from crm_model.links import Verdict, VerdictKind
from crm_model.mail import Direction, RawMessage
from crm_model.organisation import Organisation

pytestmark = pytest.mark.timeout(60)  # each takes moments; with a square in it, minutes
_ORGANISATION = Organisation(name="Nordvik", domains=frozenset({"nordvik.example"}))


def _read(content_type: str, body: str) -> Verdict:
    head = f"From: Kari <kari@bygg.example>\nTo: sales@nordvik.example\nSubject: Hei\nContent-Type: {content_type}\n\n"
    data = (head + body).encode()
    message = parse_message(RawMessage("1", data, len(data)))
    return judge(message, _ORGANISATION, JudgeContext(Direction.INCOMING, reply_to_ours=False, known_person=False))


@pytest.mark.parametrize("piece", ["1", "1 ", "1.", "1,", "1 000 ", "1      ", "12 k"])
def test_a_line_of_sums_without_currency_is_judged_at_once(piece: str) -> None:
    assert _read("text/plain; charset=utf-8", piece * (200_000 // len(piece))).kind in VerdictKind


def test_a_service_named_over_and_over_is_read_at_once() -> None:
    assert services_of("nettside og nettbutikk " * 5_000) == ["nettside", "nettbutikk"]


@pytest.mark.parametrize("piece", [";", "&amp;", ';a="', '\\";'])
def test_a_boundary_full_of_separators_is_read_at_once(piece: str) -> None:
    assert _read('multipart/mixed; boundary="a' + piece * (200_000 // len(piece)), "--a\n\nHei\n").kind in VerdictKind


def test_so_is_one_of_an_inner_part() -> None:
    inner = '--b\nContent-Type: multipart/mixed; boundary="a' + ";" * 200_000 + '"\n\n--a\n\nHei\n'
    assert _read("multipart/mixed; boundary=b", inner).kind in VerdictKind
