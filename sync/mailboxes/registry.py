"""Which kinds of mailbox there are: the entry points of the group `hitchpost.mailboxes`, ours and strangers'."""

from __future__ import annotations

import difflib
from dataclasses import replace
from importlib.metadata import EntryPoint, entry_points

from crm_model.errors import ConfigError
from sync.mailboxes.contract import MailboxKind
from sync.submission.options import SENDER_OPTIONS, SMTP_OPTIONS

_GROUP = "hitchpost.mailboxes"


def kinds() -> tuple[str, ...]:
    """The names of the kinds in alphabetical order; none is imported."""
    return tuple(sorted(_found()))


def load(name: str) -> MailboxKind:
    """The kind of this name, with the options for sending beside its own.

    Errors: ConfigError for an unknown or a broken one.
    """
    found = _found()
    point = found.get(name)
    if point is None:
        nearest = difflib.get_close_matches(name, found, n=1)
        raise ConfigError(
            f"there is no mailbox kind “{name}”; there are {', '.join(sorted(found))}.",
            key="kind",
            nearest=nearest[0] if nearest else None,
        )
    try:
        kind = point.load()
    except (ImportError, AttributeError) as error:
        raise ConfigError(
            f"the mailbox kind “{name}” can't be loaded ({error}); install its package again.", key="kind"
        ) from error
    if not isinstance(kind, MailboxKind):
        raise ConfigError(f"the entry point “{point.value}” is no mailbox kind; ask its author.", key="kind")
    return replace(kind, options=(*kind.options, *SENDER_OPTIONS, *(() if kind.open_submission else SMTP_OPTIONS)))


def _found() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=_GROUP)}
