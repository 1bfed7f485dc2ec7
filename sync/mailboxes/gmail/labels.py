"""Gmail's labels as flags, and flags as labels.

no UNREAD   \\seen           INBOX      \\inbox        CATEGORY_UPDATES   category_updates
STARRED     \\flagged        SENT       \\sent         “To do/Urgent”     to_do/urgent
"""

from __future__ import annotations

import re

from crm_model.errors import NotSupported
from crm_model.mail import MailboxChange, MailboxChangeKind
from sync.mailboxes.gmail.api import Api
from sync.mailboxes.gmail.errors import Refused

HIDDEN = frozenset({"SPAM", "TRASH", "DRAFT", "CHAT"})
"""What has one of these is not read: it is no mail, or nobody wants it."""

_SYSTEM = {"STARRED": "\\flagged", "INBOX": "\\inbox", "SENT": "\\sent", "IMPORTANT": "\\important"}
_BLANKS = re.compile(r"\s+")
_LONGEST = 225

Change = tuple[list[str], list[str]]
"""Ids of the labels to add and to take away."""


class Labels:
    """The labels of one mailbox, asked for when first needed."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._names: dict[str, str] = {}
        self._refreshed = False
        self._unlisted: set[str] = set()

    def flags(self, label_ids: frozenset[str]) -> frozenset[str]:
        """The flags of a message with these labels. A label that nobody lists keeps its id as its name."""
        flags = {self._flag(each) for each in label_ids if each != "UNREAD"}
        return frozenset(flags if "UNREAD" in label_ids else flags | {"\\seen"})

    def all_ids(self) -> list[str]:
        """Every label that says something of a message which is read."""
        self._refresh()
        return [each for each in self._names if each not in HIDDEN]

    def change(self, wish: MailboxChange) -> Change:
        """What a wish means in labels. Errors: NotSupported, TryLater."""
        match wish.kind:
            case MailboxChangeKind.ARCHIVE:
                return [], ["INBOX"]
            case MailboxChangeKind.UNARCHIVE:
                return ["INBOX"], []
            case MailboxChangeKind.ADD_FLAG | MailboxChangeKind.REMOVE_FLAG:
                return self._flag_change(wish.value, wanted=wish.kind is MailboxChangeKind.ADD_FLAG)
        raise NotSupported("Gmail has labels in the place of folders.", feature=wish.kind.value)

    def _flag_change(self, flag: str, *, wanted: bool) -> Change:
        lowered = flag.lower()
        if lowered == "\\seen":
            return ([], ["UNREAD"]) if wanted else (["UNREAD"], [])
        if lowered == "\\answered":  # Gmail knows it of itself
            return [], []
        system = {"\\flagged": "STARRED", "\\important": "IMPORTANT"}.get(lowered)
        if system is None and flag.startswith("\\"):
            raise NotSupported(f"Gmail has no mark “{flag}”.", feature="flags")
        label = system or self._find(flag)
        if label is None and wanted:
            label = self._make(flag)
        if label is None:
            return [], []
        return ([label], []) if wanted else ([], [label])

    def _find(self, flag: str) -> str | None:
        self._refresh()
        wanted = _keyword(flag)
        return next((each for each, name in self._names.items() if _keyword(name) == wanted), None)

    def _make(self, name: str) -> str:
        if not name.strip() or len(name) > _LONGEST:
            raise NotSupported(f"“{name[:40]}” can't be a label in Gmail.", feature="flags")
        try:
            number = self._api.make_label(name)
        except Refused as error:
            self._refreshed = False  # another program may have made it just now
            if (found := self._find(name)) is not None:
                return found
            raise NotSupported(f"Gmail makes no label “{name}” ({error}).", feature="flags") from error
        self._names[number] = name
        return number

    def _flag(self, label_id: str) -> str:
        if label_id in _SYSTEM:
            return _SYSTEM[label_id]
        if label_id not in self._names and label_id not in self._unlisted:
            self._refreshed = False
            self._refresh()
            if label_id not in self._names:
                self._unlisted.add(label_id)
        return _keyword(self._names.get(label_id, label_id))

    def _refresh(self) -> None:
        if not self._refreshed:
            self._names |= {each["id"]: each.get("name", each["id"]) for each in self._api.labels()}
            self._refreshed = True


def _keyword(name: str) -> str:
    """A label's name in the form of an IMAP keyword: no blanks, lower case."""
    return _BLANKS.sub("_", name.strip()).lower()
