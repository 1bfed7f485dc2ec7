"""What the answers of EspoCRM hold besides the fields: marks, maps and empty lists, as recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Row = dict[str, Any]

_NOBODY: Row = {"attachmentsIds": [], "attachmentsNames": {}}
_TASK: Row = {**_NOBODY, "attachmentsTypes": {}, "dateCompleted": None, "isOverdue": False, "reminders": []}
ECHOED: dict[str, Row] = {
    "Lead": {"targetListIsOptedOut": False},
    "Account": {"targetListIsOptedOut": False, "contactIsInactive": False},
    "Contact": {"targetListIsOptedOut": False, "accountIsInactive": False, "hasPortalUser": False},
    "Opportunity": {"contactsColumns": {}},
    "Task": _TASK,
    "Note": {**_NOBODY, "attachmentsTypes": {}, "data": {}, "isInternal": False, "relatedName": None},
    "Call": {"reminders": [], "duration": 300, "phoneNumbersMap": {}},
}
"""What the answer to a creation holds besides what is set."""
NOT_ECHOED = {
    "Contact": ("accountName",),
    "Opportunity": ("accountName", "contactName"),
    "Call": ("assignedUserName", "isFollowed", "followersIds", "followersNames"),
    "Meeting": ("assignedUserName",),
}
"""Names of linked records that it lacks."""

_MAIL_MARKS: Row = {"isRead": True, "isReplied": False, "folderId": None, "isUsers": False, "hasAttachment": False}
_MAIL_LISTS: Row = {
    "attachmentsIds": [],
    "attachmentsNames": {},
    "attachmentsTypes": {},
    "repliesIds": [],
    "repliesNames": {},
    "repliesColumns": {},
    "tasksIds": [],
    "tasksNames": {},
    "tasksColumns": {},
    "teamsIds": [],
    "teamsNames": {},
    "createdEventName": None,
    "isSystem": False,
}
_MAIL_EMPTY = (
    *("fromName", "fromString", "replyToString", "replyToName", "replyToAddress", "addressNameMap"),
    *("messageIdInternal", "deliveryDate", "icsContents", "icsEventUid", "modifiedById", "modifiedByName"),
    *("assignedUserId", "assignedUserName", "repliedId", "repliedName", "createdEventId", "createdEventType"),
    *("groupFolderId", "groupFolderName", "accountId", "accountName"),
)
_KINDS = ("from", "to", "cc", "bcc", "replyTo")


def contact_echo(row: Row, name_of: Callable[[str], str | None]) -> Row:
    """A contact's account is one of its accounts."""
    account = row.get("accountId")
    if not account:
        return {}
    columns = {account: {"role": row.get("title"), "isInactive": False}}
    return {"accountsIds": [account], "accountsNames": {account: name_of(account)}, "accountsColumns": columns}


def call_echo(row: Row, people: Mapping[str, Row]) -> Row:
    """Who takes part; the owner does, and has not answered."""
    owner = row["assignedUserId"]
    users = {
        "usersIds": [owner],
        "usersNames": {owner: people[owner]["name"]},
        "usersColumns": {owner: {"status": "None"}},
    }
    empty: Row = {f"{kind}{part}": [] if part == "Ids" else {} for kind in ("contacts", "leads") for part in _PARTS}
    return {**empty, **users, "contactsIds": row.get("contactsIds") or []}


_PARTS = ("Ids", "Names", "Columns")


def mail_shape(row: Row, addresses: Mapping[str, tuple[str, str]], known: Mapping[str, tuple[str, str, str]]) -> Row:
    """The addresses of an e-mail three times over. `known` tells type, id and name of whom an address belongs to."""
    shape: Row = {**_MAIL_MARKS, **_MAIL_LISTS}
    hashes: Row = {"nameHash": {}, "typeHash": {}, "idHash": {}}
    for kind in _KINDS:
        ids = row.get(f"_{kind}") or []
        shape[kind] = ";".join(addresses[each][1] for each in ids)
        for each in ids:
            lower, spelled = addresses[each]
            if lower in known:
                for name, value in zip(("typeHash", "idHash", "nameHash"), known[lower], strict=True):
                    hashes[name][spelled] = value
        if kind != "from":
            names = {each: addresses[each][1] for each in ids}
            shape |= {f"{kind}EmailAddressesIds": ids, f"{kind}EmailAddressesNames": names}
    sender = row.get("sentById")
    name = next((hashes["nameHash"][each] for each in hashes["nameHash"] if hashes["idHash"][each] == sender), None)
    owners = {"assignedUsersIds": [sender] if sender else [], "assignedUsersNames": {sender: name} if sender else {}}
    return {**shape, **hashes, **owners, "sentByName": name}


def mail_detail() -> Row:
    return {**dict.fromkeys(_MAIL_EMPTY), "fromAddress": ""}


def mail_echo(row: Row) -> Row:
    sender = row.get("sentById")
    marks = dict.fromkeys(("isNotRead", "isNotReplied", "isJustSent", "isBeingImported"), False)
    return {
        **marks,
        "folderId": None,
        "createdEventName": None,
        "usersIds": [sender] if sender else [],
        "usersNames": {},
    }
