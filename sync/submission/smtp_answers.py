"""What an SMTP server answers, and what that means for the mail."""

from __future__ import annotations

from dataclasses import dataclass

from crm_model.errors import HitchpostError, LoginNeeded, RateLimited, Rejected, TryLater, Unreachable
from crm_model.safe_text import safe_line

_LONGEST = 300
_WANTS_LOGIN = frozenset((530, 534, 535, 538))
_LOST = -1  # smtplib's word for a connection that ended in place of an answer


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply: its code and its text as one harmless line. 421 is the server's own good-bye."""

    code: int
    text: str

    @property
    def is_good(self) -> bool:
        return 200 <= self.code < 300

    @property
    def is_refusal(self) -> bool:
        return self.code >= 500

    @property
    def is_lost(self) -> bool:
        return self.code in (_LOST, 421)


def read_answer(reply: tuple[int, bytes | str]) -> Answer:
    """smtplib's pair."""
    code, said = reply
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return Answer(code, safe_line(text)[:_LONGEST])


def refusal_of(answer: Answer) -> str:
    """The server's reason, in its own words, with its code."""
    return f"{answer.code} {answer.text}".strip()


def reply_error(answer: Answer, host: str, account: str) -> HitchpostError:
    """What an answer that is not the hoped for one means for the whole mail."""
    said = refusal_of(answer)
    if answer.is_lost:
        return Unreachable(f"{host} ended the connection ({answer.text or 'without a word'}).")
    if answer.code in _WANTS_LOGIN:
        return LoginNeeded(
            f"{host} does not let {account} send ({said}). Check user and password: hitchpost mailbox test {account}",
            account=account,
        )
    if answer.code in (450, 451, 452, 454):
        return (
            RateLimited(f"{host} asks to try later ({said}).")
            if answer.code == 452
            else TryLater(f"{host} does not take the mail yet ({said}).")
        )
    if answer.is_refusal:
        return Rejected(f"{host} refuses the mail: {said}")
    return TryLater(f"{host} gave an odd answer ({said}).")
