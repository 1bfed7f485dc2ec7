"""Real mail that asks us for nothing: no lead is made without a person, and few are suggested."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.decide import direction_of
from agent.judging import JudgeContext, judge
from agent.linking import decide_link
from agent.parse import parse_message
from agent.rehearsal_view import Conversations, MemoryRecords, MemoryView
from crm_model.errors import BadMessage
from crm_model.links import CreateLead
from crm_model.mail import MailboxRole, Message, RawMessage
from crm_model.organisation import Organisation

MAIL = Path(__file__).parents[2].parent / "shared" / "data" / "mail"
NO_MAIL = frozenset((".json", ".md", ".xml", ".out", ".zip", ".gz", ".pbm", ".data"))
pytestmark = pytest.mark.skipif(not MAIL.is_dir(), reason="the real mail (../shared/data/mail) is not here")


def real_mail() -> Iterator[Message]:
    for path in sorted(MAIL.rglob("*")):
        if path.is_file() and path.suffix not in NO_MAIL:
            try:
                data = path.read_bytes()
                yield parse_message(RawMessage(path.name, data, len(data)))
            except BadMessage:
                continue


def test_no_lead_is_made_and_few_are_suggested() -> None:
    firm = Organisation(name="Fjordweb AS", domains=frozenset({"fjordweb.test"}), default_region="NO")
    records, conversations = MemoryRecords(), Conversations(firm)
    automatic, suggested, count = [], [], 0
    for message in real_mail():
        count += 1
        verdict = judge(message, firm, JudgeContext(direction_of(message, MailboxRole.INBOX, firm), False, False))
        view = MemoryView(records, conversations, message.key)
        decision = decide_link(message, verdict, view, firm, auto_leads=True)
        if isinstance(decision, CreateLead):
            (automatic if decision.automatic else suggested).append(message.subject)
    assert count > 1000
    assert automatic == []
    assert len(suggested) <= count / 200


@pytest.mark.parametrize(
    "text",
    [
        *("a@" * 20_000, "Fra: " * 8_000, "From: x\n" * 4_000, "+47 " * 10_000, "1 " * 20_000, "A " * 20_000),
        *(". ".join(["budget 1 000"] * 3_000), "\n".join(["label: value"] * 5_000), "Вы " * 15_000, "-" * 40_000),
        "«" * 20_000,
    ],
)
@pytest.mark.timeout(60)  # a pattern with a quadratic path would take minutes
def test_hostile_text_ends(text: str) -> None:
    firm = Organisation(name="Fjordweb AS", domains=frozenset({"fjordweb.test"}), default_region="NO")
    asking = "Hei, vi trenger en ny nettside. Kan dere gi oss et tilbud?\n\n"
    message = parse_message(RawMessage("x", f"From: a@x.test\nSubject: Tilbud\n\n{asking}{text}".encode(), 1))
    verdict = judge(message, firm, JudgeContext(direction_of(message, MailboxRole.INBOX, firm), False, False))
    assert 0 <= verdict.probability <= 1
