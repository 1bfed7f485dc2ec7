"""The configuration as words: its groups, its rows, what a key means, what would change."""

from __future__ import annotations

from collections.abc import Sequence

from crm_model.safe_text import safe_line
from tui.cells import cut
from tui.lines import Line, Span, line
from tui.settings_gateway import SettingGroup, SettingRow
from tui.words import mark, say

TABLE_WORDS = {
    "": mark("General"),
    "organisation": mark("Who we are"),
    "leads": mark("Leads"),
    "template": mark("Template"),
    "mail_account": mark("Mailbox"),
    "crm": mark("CRM"),
    "hook": mark("Hook"),
    "incoming_hook": mark("Incoming hook"),
    "form": mark("Web form"),
    "tracking": mark("Tracking"),
    "triage": mark("Triage"),
    "keys": mark("Keys"),
    "web": mark("Outpost"),
}
ZERO_WORDS = {"all": mark("all"), "the usual one": mark("the usual one")}
"""What 0 means for some keys."""


def group_words(group: SettingGroup) -> str:
    """ "Mailbox work (imap)"."""
    name = say(TABLE_WORDS[group.table]) if group.table in TABLE_WORDS else group.table.replace("_", " ").capitalize()
    kind = f" ({group.kind})" if group.kind else ""
    return safe_line(f"{name} {group.entry}{kind}".rstrip())


def row_words(row: SettingRow) -> tuple[str, str]:
    """A key and its value; what is not in the file stands in brackets."""
    value, default = (say(ZERO_WORDS.get(each, each)) if row.zero else each for each in (row.value, row.default))
    if value:
        return row.key, safe_line(value)
    return row.key, f"({safe_line(default)})" if default else "–"


def row_help(row: SettingRow) -> str:
    """What a key means and how its value is typed."""
    how = say("one of: {choices}", choices=", ".join(row.choices)) if row.choices else say(_TYPED[row.sort.value])
    return f"{row.help} · {how}" if row.help else how


_TYPED = {
    "text": mark("text"),
    "number": mark("a whole number"),
    "yes or no": mark("yes or no"),
    "list": mark("several, with commas"),
    "choice": mark("one of several"),
    "TOML": mark('as in the file: { env = "NAME" }, [1, 2], "text"'),
}


def diff_lines(diff: Sequence[str], width: int) -> list[Line]:
    """A unified diff without its two heads; what goes and what comes differ by sign and by colour."""
    styles = {"+": "good", "-": "bad", "@": "dim"}
    return [Line((Span(cut(safe_line(each), width), styles.get(each[:1], "")),)) for each in diff[2:]] or [
        line(say("Nothing would change."), "dim")
    ]
