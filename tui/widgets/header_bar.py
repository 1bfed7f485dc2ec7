"""The top line: which conversations are shown, how many, what waits, who needs to sign in."""

from __future__ import annotations

import re
from datetime import datetime

from rich.cells import cell_len
from textual.content import Content
from textual.widgets import Static

from crm_model.safe_text import safe_line
from tui.gateway import Deskview, Mailview, StatusView, View
from tui.keymap import KEYS
from tui.times import Clock
from tui.words import mark, say, say_many

_LEAST = 4
"""How much the line can give up, and one more."""

_COMMAND = re.compile(r"hitchpost (?:mailbox|crm) (?:sign-in|test) (?:\"[^\"]+\"|\S+)")

VIEW_WORDS: dict[View, str] = {
    Mailview.TRIAGE: mark("Triage"),
    Mailview.DUE: mark("Due"),
    Mailview.OWING: mark("We owe"),
    Mailview.AWAITED: mark("They owe"),
    Mailview.COLD: mark("Going cold"),
    Mailview.LATER: mark("Put off"),
    Deskview.LEADS: mark("Leads"),
    Deskview.PIPELINE: mark("Opportunities by stage"),
    Deskview.SENT: mark("Sent"),
    Deskview.PROBLEMS: mark("Problems"),
    Mailview.UNREAD: mark("Unread"),
    Mailview.SUGGESTED: mark("Suggested"),
    Mailview.LINKED: mark("Linked"),
    Mailview.UNLINKED: mark("Not linked"),
    Mailview.WAITING: mark("Our turn"),
    Mailview.NOISE: mark("Noise"),
    Mailview.ARCHIVED: mark("Archived"),
    Mailview.ALL: mark("All"),
}
"""In the order in which the keys for the next and the previous one walk through them."""


def view_words(view: View) -> str:
    """What the screen calls a list."""
    return say(VIEW_WORDS[view])


class HeaderBar(Static):
    """Counts in words, so that nothing hangs on colour."""

    def __init__(self, clock: Clock, *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id, markup=False)
        self._clock = clock
        self._view: View = Mailview.TRIAGE
        self._count: int | None = None
        self._search, self._due, self._saved = "", 0, ""
        self._status: StatusView | None = None

    def show_view(self, view: View, count: int, search: str, *, due: int, name: str = "") -> None:
        """`due` is how many conversations are, in whatever view; `name` that of a saved view."""
        self._view, self._count, self._search, self._due, self._saved = view, count, search, due, name
        self._draw()

    def show_status(self, status: StatusView) -> None:
        self._status = status
        self._draw()

    def on_resize(self) -> None:
        self._draw()

    def _draw(self) -> None:
        """All of it where there is room; else what a person can do without goes first, a word at a time."""
        width = self.size.width
        for given_up in range(_LEAST):
            parts = self._parts(given_up)
            if sum(cell_len(words) for words, _ in parts) <= width:
                break
        self.update(Content.assemble(*parts), layout=False)

    def _parts(self, given_up: int) -> list[tuple[str, str]]:
        """The words with their styles. `given_up`: 0 all, 1 short troubles, 2 no newest mail, 3 no name of ours."""
        found = f" “{safe_line(self._search)}”" if self._search else ""
        parts: list[tuple[str, str]] = [(" Hitchpost ", "bold")] if given_up < 3 else [(" ", "")]
        parts += [
            (f" {safe_line(self._saved) or view_words(self._view) + found} ", "reverse bold"),
            (" …" if self._count is None else f" {self._count:,}".replace(",", "\N{NO-BREAK SPACE}"), ""),
        ]
        due = [(say("{count} due", count=self._due), "bold $text-warning")] if self._due else []
        known = [*_troubles(self._status, in_short=given_up > 0), *_counts(self._status)] if self._status else []
        for words, style in (*due, *known):
            parts += [(" · ", "dim"), (words, style)]
        if self._status and (newest := _newest(self._status)) and given_up < 2:
            parts.append((" · " + say("mail {when}", when=self._clock.short(newest)), "dim"))
        return parts


def _counts(status: StatusView) -> list[tuple[str, str]]:
    pending = status.changes.get("pending", 0) + status.changes.get("claimed", 0)
    refused = status.changes.get("refused", 0)
    unsent = status.outgoing.get("failed", 0) + status.outgoing.get("unsure", 0)
    counts = (
        (status.unread, say("{count} unread", count=status.unread), ""),
        (status.suggestions, say("{count} to decide", count=status.suggestions), ""),
        (status.conflicts, say_many("{count} conflict", "{count} conflicts", status.conflicts), "bold $text-error"),
        (refused, say("{count} refused", count=refused), "bold $text-error"),
        (unsent, say("{count} not sent ({key[outbox]})", key=KEYS, count=unsent), "bold $text-error"),
        (pending, say("{count} pending", count=pending), "$text-warning"),
    )
    return [(words, style) for count, words, style in counts if count]


def _troubles(status: StatusView, *, in_short: bool = False) -> list[tuple[str, str]]:
    """Who needs to sign in, with the command, and who is in trouble; `hitchpost status` has the sentences."""
    places = (*status.mail_accounts, *status.crms)
    logins = [safe_line(_mend(place.name, place.error)) for place in places if place.login_needed]
    broken = [safe_line(place.name) for place in places if place.error and not place.login_needed]
    waiting = [safe_line(place.name) for place in status.crms if place.held_back and not place.error]
    words = []
    if logins:
        words.append((say("! sign in: {places}", places=", ".join(logins)), "bold $text-error"))
    if broken:
        words.append((say("! trouble: {places}", places=", ".join(broken)), "bold $text-warning"))
    if not status.agent_runs:
        told = say("! no agent runs") if in_short else say("! no agent runs: hitchpost agent")
        words.append((told, "bold $text-warning"))
    if waiting:
        words.append((say("! to confirm: {places}", places=", ".join(waiting)), "bold $text-warning"))
    return words


def _mend(name: str, error: str) -> str:
    """The command that a sign-in's trouble names; the place's name where it names none."""
    found = _COMMAND.search(error)
    return found[0].rstrip(".,") if found else name


def _newest(status: StatusView) -> datetime | None:
    return max((place.last_success_at for place in status.mail_accounts if place.last_success_at), default=None)
