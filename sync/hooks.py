"""Hooks as the configuration has them: which program wants to hear of what, and which may tell us something."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from crm_model.happenings import Event
from crm_model.options import Connection, OptionSpec, OptionType


@dataclass(frozen=True, slots=True)
class HookKind:
    """What a `[[hook]]` table may hold beside name and secret."""

    name: str
    title: str
    options: tuple[OptionSpec, ...]
    needs_secret: bool = True  # what is told is signed


HOOK = HookKind(
    "hook",
    "A hook",
    (
        OptionSpec("url", OptionType.TEXT, "The address that is told, like https://hooks.company.com/…", required=True),
        OptionSpec(
            "events",
            OptionType.LIST,
            "What it is told of; all of it if left out.",
            default=tuple(event.value for event in Event),
            choices=tuple(event.value for event in Event),
        ),
        OptionSpec("ca_file", OptionType.PATH, "Certificate (PEM) of the CA that signed the receiver's, if your own."),
        OptionSpec("allow_private", OptionType.BOOLEAN, "Allow an address inside your own network.", default=False),
        OptionSpec("allow_http", OptionType.BOOLEAN, "Allow plain http to another machine.", default=False),
    ),
)


INCOMING = HookKind(
    "incoming_hook",
    "An incoming hook",
    (
        OptionSpec("title", OptionType.TEXT, "What its leads are said to come from; its name if left out."),
        OptionSpec(
            "leads",
            OptionType.TEXT,
            "What becomes of a stranger that it tells of, as [leads] says if left out.",
            choices=("suggest", "auto"),
        ),
    ),
)


def hook_kind(_name: str) -> HookKind:
    """There is one kind of them."""
    return HOOK


def incoming_kind(_name: str) -> HookKind:
    """There is one kind of them."""
    return INCOMING


def wanted_events(hooks: Iterable[Connection]) -> dict[Event, list[str]]:
    """The names of the hooks that want each event."""
    wanted: dict[Event, list[str]] = defaultdict(list)
    for hook in hooks:
        for event in hook.names("events"):
            wanted[Event(event)].append(hook.name)
    return wanted
