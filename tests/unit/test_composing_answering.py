"""Replies go to the right people, thread, and quote."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from crm_model.mail import Address, Attachment, Direction
from crm_model.organisation import Organisation
from sync.composing.answering import Answerable, begin_answer, begin_mail, sign_anew
from sync.composing.draft import Desk, DraftKind, Identity
from sync.quotes import split_text

KARI = Address("kari@fjord.example", "Kari")
OLA, PER, LISE = (Address(f"{name}@bergen.example", name.title()) for name in ("ola", "per", "lise"))
WORK = Identity("work", KARI, "Kari\nFjord AS")
HOME = Identity("home", Address("kari@hjemme.example", "K"))
DESK = Desk((HOME, WORK), organisation=Organisation(domains=frozenset({"fjord.example"})))
WHEN = "Sun 22 Nov 2026 10:30"

MAIL = Answerable(
    id=7, thread_id=3, message_id="m@bergen.example", references=("r@bergen.example",), subject="Tilbud",
    from_=OLA, to=(KARI, PER), cc=(LISE, Address("lars@fjord.example")), reply_to=(),
    at=datetime(2026, 11, 22, tzinfo=UTC),
    text="Hei Kari\n> eldre", direction=Direction.INCOMING,
    attachments=(Attachment("a.pdf", "application/pdf", 9, "2"),), accounts=("work",),
)  # fmt: skip


def test_a_reply_goes_to_the_sender_and_threads() -> None:
    draft = begin_answer(MAIL, DraftKind.REPLY, DESK, WHEN)
    assert (draft.account, draft.to, draft.cc, draft.subject) == ("work", "Ola <ola@bergen.example>", "", "Re: Tilbud")
    assert (draft.in_reply_to, draft.references) == ("m@bergen.example", ("r@bergen.example", "m@bergen.example"))
    assert (draft.answers, draft.thread_id, draft.forwarded) == (7, 3, ())
    assert draft.text.startswith(
        "\n\n-- \nKari\nFjord AS\n\nOn Sun 22 Nov 2026 10:30, Ola <ola@bergen.example> wrote:\n> Hei"
    )
    assert ">> eldre" in draft.text
    parts = split_text(f"Ja takk!{draft.text}")
    assert parts.new == "Ja takk!", "what our own reading takes for the new text"


def test_everybody_but_us_gets_a_reply_to_all() -> None:
    draft = begin_answer(MAIL, DraftKind.REPLY_ALL, DESK, WHEN)
    assert draft.to == "Ola <ola@bergen.example>"
    assert draft.cc == "Per <per@bergen.example>, Lise <lise@bergen.example>, lars@fjord.example"


def test_reply_to_wins_and_our_own_mail_is_followed_up() -> None:
    listed = begin_answer(replace(MAIL, reply_to=(LISE,)), DraftKind.REPLY_ALL, DESK, WHEN)
    assert (listed.to, listed.cc) == ("Lise <lise@bergen.example>", "Per <per@bergen.example>, lars@fjord.example")
    ours = replace(MAIL, from_=KARI, to=(OLA,), cc=(PER,), direction=Direction.OUTGOING)
    assert begin_answer(ours, DraftKind.REPLY, DESK, WHEN).to == "Ola <ola@bergen.example>"
    assert begin_answer(ours, DraftKind.REPLY_ALL, DESK, WHEN).cc == "Per <per@bergen.example>"


def test_a_subject_has_one_prefix() -> None:
    for subject in ("Re: Tilbud", "SV: Tilbud", "Ответ: Tilbud"):
        assert begin_answer(replace(MAIL, subject=subject), DraftKind.REPLY, DESK, WHEN).subject == subject
    assert begin_answer(replace(MAIL, subject="A\r\nBcc: x"), DraftKind.REPLY, DESK, WHEN).subject == "Re: A Bcc: x"


def test_a_forward_carries_text_and_files_to_nobody_yet() -> None:
    draft = begin_answer(MAIL, DraftKind.FORWARD, DESK, WHEN)
    assert (draft.to, draft.subject, draft.forwarded, draft.in_reply_to) == ("", "Fwd: Tilbud", ("2",), "")
    assert "Forwarded message" in draft.text
    assert split_text(f"Se her{draft.text}").new == "Se her"


def test_the_account_that_got_it_answers() -> None:
    assert begin_answer(replace(MAIL, to=(HOME.address,), cc=()), DraftKind.REPLY, DESK, WHEN).account == "home"
    assert begin_answer(replace(MAIL, to=(), cc=(), accounts=()), DraftKind.REPLY, DESK, WHEN).account == "home"
    assert begin_answer(replace(MAIL, message_id=""), DraftKind.REPLY, DESK, WHEN).references == ("r@bergen.example",)


def test_another_account_brings_its_signature() -> None:
    draft = begin_mail(WORK)
    other = Identity("third", KARI, "K.")
    assert sign_anew(draft.text, WORK, other) == "\n\n-- \nK."
    assert sign_anew("changed by hand", WORK, other) == "changed by hand"
