"""A mail written line by line: to whom it goes, its text, what its sending will do, and only then it leaves."""

from __future__ import annotations

from dataclasses import replace

from crm_model.errors import HitchpostError
from crm_model.mail import Direction
from crm_model.safe_text import safe_line
from tui.gateway import Draft, DraftKind, Gateway, Opened
from tui.keymap import KEYS
from tui.plain.talk import Talk
from tui.retelling import retold
from tui.words import mark, say

_ASKED = mark("s: send · w: write on · k: keep as a draft · d: drop it")


def answer(talk: Talk, gateway: Gateway, opened: Opened, kind: DraftKind) -> None:
    """Answer the last message of theirs."""
    messages = opened.conversation.messages
    theirs = [each for each in messages if each.direction is Direction.INCOMING]
    last = next(iter(reversed(theirs or messages)), None)
    if last is None:
        talk.tell(say("This conversation holds no message to answer."))
    else:
        write(talk, gateway, gateway.begin_answer(last.id, kind))


def write(talk: Talk, gateway: Gateway, draft: Draft) -> None:
    """Ask for the text and what to do with it. Input that ends in the middle leaves a draft."""
    identity = gateway.desk.identity(draft.account)
    sender = identity.address.email
    talk.tell(
        say("From {sender} to {people}: {subject}", sender=sender, people=safe_line(draft.to), subject=draft.subject)
    )
    typed: list[str] = []
    try:
        typed.extend(talk.ask_text())  # lines before a sudden end stay in it
        _decide(talk, gateway, draft, typed)
    except (EOFError, KeyboardInterrupt):
        if typed:
            gateway.keep_draft(_whole(draft, typed), None)
        raise


def _decide(talk: Talk, gateway: Gateway, draft: Draft, typed: list[str]) -> None:
    while True:
        whole = _whole(draft, typed)
        if not "".join(typed).strip():
            talk.tell(say("Nothing was kept"))
            return
        try:
            ahead = gateway.outlook(whole)
            for words in (ahead.words, *ahead.warnings):
                talk.tell(safe_line(retold(words)))
        except HitchpostError as error:
            talk.tell(f"! {safe_line(retold(str(error)))}")
        choice = talk.ask_for(say(_ASKED))
        if choice == "w":
            typed.extend(talk.ask_text())
        elif choice == "d":
            talk.tell(say("Nothing was kept"))
            return
        elif choice == "k":
            gateway.keep_draft(whole, None)
            talk.tell(say("Kept as a draft: {key[outbox]} opens it", key=KEYS))
            return
        elif choice == "s" and _sent(talk, gateway, whole):
            return


def _sent(talk: Talk, gateway: Gateway, draft: Draft) -> bool:
    try:
        gateway.send(draft, None)
    except HitchpostError as error:
        talk.tell(f"! {safe_line(retold(str(error)))}")
        return False
    seconds = gateway.desk.undo_seconds
    later = say("Leaves in {seconds} s: {key[undo]} takes it back", key=KEYS, seconds=seconds)
    talk.tell(later if seconds else say("On its way"))
    return True


def _whole(draft: Draft, typed: list[str]) -> Draft:
    """What was typed over what stood there: the signature, the quoted mail."""
    return replace(draft, text="\n".join((*typed, "", draft.text.lstrip("\n"))))
