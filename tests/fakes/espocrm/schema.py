"""The fields of a fresh EspoCRM 8.1: what its metadata says, what a record shows, what it insists on."""

from __future__ import annotations

from typing import Any

Field = dict[str, Any]


def _varchar(longest: int = 255, **more: object) -> Field:
    return {"type": "varchar", "maxLength": longest, **more}


_BAD = {"pattern": "$noBadCharacters"}
_NAME = {
    "salutationName": {"type": "enum", "options": ["", "Mr.", "Ms.", "Mrs.", "Dr."]},
    "firstName": _varchar(100, **_BAD),
    "lastName": _varchar(100, **_BAD),
    "middleName": _varchar(100, **_BAD),
}
_ADDRESSES = {
    "emailAddress": {"type": "email"},
    "phoneNumber": {"type": "phone", "typeList": ["Mobile", "Office", "Home", "Fax", "Other"]},
}
_STAMPS = {
    "createdAt": {"type": "datetime", "readOnly": True},
    "modifiedAt": {"type": "datetime", "readOnly": True},
    "createdBy": {"type": "link", "entity": "User", "readOnly": True},
    "modifiedBy": {"type": "link", "entity": "User", "readOnly": True},
}
_OWNED = {**_STAMPS, "assignedUser": {"type": "link", "entity": "User"}, "teams": {"type": "linkMultiple"}}
_OWNER_NEEDED = {**_OWNED, "assignedUser": {"type": "link", "entity": "User", "required": True}}
_CAMPAIGN = {"campaign": {"type": "link", "entity": "Campaign"}}
_PARENT = {"parent": {"type": "linkParent"}}
_INDUSTRIES = ["", "Advertising", "Banking", "Education", "Technology"]
_TEXT = {"description": {"type": "text"}}


def _address(prefix: str) -> dict[str, Field]:
    parts = ("Street", "City", "State", "Country", "PostalCode")
    return {f"{prefix}{part}": _varchar() for part in parts}


def _timed(statuses: list[str]) -> dict[str, Field]:
    return {
        "name": _varchar(required=True),
        "status": {"type": "enum", "options": statuses, "default": "Planned"},
        "dateStart": {"type": "datetime", "required": True},
        "dateEnd": {"type": "datetime", "required": True},
        **_TEXT,
        **_PARENT,
        "contacts": {"type": "linkMultiple", "entity": "Contact"},
        "leads": {"type": "linkMultiple", "entity": "Lead"},
        "users": {"type": "linkMultiple", "entity": "User"},
        **_OWNER_NEEDED,
    }


_HELD = ["Planned", "Held", "Not Held"]
FIELDS: dict[str, dict[str, Field]] = {
    "Lead": {
        **_NAME,
        "title": _varchar(100, **_BAD),
        "status": {
            "type": "enum",
            "options": ["New", "Assigned", "In Process", "Converted", "Recycled", "Dead"],
            "default": "New",
        },
        "source": {"type": "enum", "options": ["", "Call", "Email", "Partner", "Web Site", "Campaign", "Other"]},
        "industry": {"type": "enum", "optionsReference": "Account.industry"},
        "opportunityAmount": {"type": "currency"},
        "website": {"type": "url"},
        **_address("address"),
        **_ADDRESSES,
        "doNotCall": {"type": "bool"},
        **_TEXT,
        "convertedAt": {"type": "datetime", "readOnly": True},
        "accountName": _varchar(**_BAD),
        **_OWNED,
        **_CAMPAIGN,
        "createdAccount": {"type": "link", "entity": "Account"},
        "createdContact": {"type": "link", "entity": "Contact"},
        "createdOpportunity": {"type": "link", "entity": "Opportunity"},
    },
    "Contact": {
        **_NAME,
        "lastName": _varchar(100, required=True, **_BAD),
        "title": _varchar(100, notStorable=True),
        **_address("address"),
        **_ADDRESSES,
        "doNotCall": {"type": "bool"},
        **_TEXT,
        "account": {"type": "link", "entity": "Account"},
        **_OWNED,
        **_CAMPAIGN,
    },
    "Account": {
        "name": _varchar(249, required=True, **_BAD),
        "website": {"type": "url"},
        **_ADDRESSES,
        "phoneNumber": {"type": "phone", "typeList": ["Office", "Mobile", "Fax", "Other"]},
        "type": {"type": "enum", "options": ["", "Customer", "Partner"]},
        "industry": {"type": "enum", "options": _INDUSTRIES},
        **_address("billingAddress"),
        **_TEXT,
        **_OWNED,
        **_CAMPAIGN,
    },
    "Opportunity": {
        "name": _varchar(required=True),
        "amount": {"type": "currency", "required": True},
        "account": {"type": "link", "entity": "Account"},
        "contacts": {"type": "linkMultiple", "entity": "Contact"},
        "contact": {"type": "link", "entity": "Contact"},
        "stage": {
            "type": "enum",
            "options": ["Prospecting", "Qualification", "Proposal", "Negotiation", "Closed Won", "Closed Lost"],
            "default": "Prospecting",
            "probabilityMap": {
                "Prospecting": 10,
                "Qualification": 20,
                "Proposal": 50,
                "Negotiation": 80,
                "Closed Won": 100,
                "Closed Lost": 0,
            },
        },
        "probability": {"type": "int", "required": True, "min": 0, "max": 100},
        "closeDate": {"type": "date", "required": True},
        **_TEXT,
        **_OWNED,
        **_CAMPAIGN,
    },
    "Email": {
        "name": _varchar(required=True),
        "from": _varchar(required=True),
        "to": _varchar(required=True, longest=10_000),
        "cc": _varchar(longest=10_000),
        "body": {"type": "text"},
        "bodyPlain": {"type": "text"},
        "isHtml": {"type": "bool", "default": True},
        "status": {
            "type": "enum",
            "options": ["Draft", "Sending", "Sent", "Archived", "Failed"],
            "default": "Archived",
        },
        "dateSent": {"type": "datetime"},
        "messageId": _varchar(readOnly=True),
        "icsEventUid": _varchar(),
        **_PARENT,
        "replied": {"type": "link", "entity": "Email"},
        **_OWNED,
    },
    "Call": {**_timed(_HELD), "direction": {"type": "enum", "options": ["Outbound", "Inbound"], "default": "Outbound"}},
    "Meeting": _timed(_HELD),
    "Task": {
        "name": _varchar(required=True),
        "status": {
            "type": "enum",
            "options": ["Not Started", "Started", "Completed", "Canceled", "Deferred"],
            "default": "Not Started",
        },
        "priority": {"type": "enum", "options": ["Low", "Normal", "High", "Urgent"], "default": "Normal"},
        "dateEnd": {"type": "datetime"},
        "dateCompleted": {"type": "datetime", "readOnly": True},
        **_TEXT,
        **_PARENT,
        "account": {"type": "link", "entity": "Account"},
        "contact": {"type": "link", "entity": "Contact"},
        **_OWNER_NEEDED,
    },
    "Note": {
        "post": {"type": "text"},
        "type": {"type": "enum", "options": ["Post", "Create", "Update"], "default": "Post"},
        **_PARENT,
        **_STAMPS,
    },
    "Document": {
        "name": _varchar(required=True),
        "file": {"type": "file", "required": True, "entity": "Attachment"},
        "status": {"type": "enum", "options": ["Active", "Draft", "Expired", "Canceled"]},
        "publishDate": {"type": "date", "required": True},
        **_OWNED,
    },
    "Attachment": {"name": _varchar(required=True), "type": _varchar(100), "size": {"type": "int"}, **_STAMPS},
    "User": {"name": _varchar(), "userName": _varchar(), "type": _varchar(), "emailAddress": {"type": "email"}},
}
LINKS: dict[str, dict[str, str]] = {
    "Lead": {"documents": "Document", "calls": "Call", "meetings": "Meeting", "emails": "Email", "tasks": "Task"},
    "Contact": {
        "opportunities": "Opportunity",
        "accounts": "Account",
        "documents": "Document",
        "calls": "Call",
        "meetings": "Meeting",
        "emails": "Email",
        "tasks": "Task",
    },
    "Account": {"contacts": "Contact", "opportunities": "Opportunity", "documents": "Document"},
    "Opportunity": {"contacts": "Contact", "documents": "Document"},
    "Document": {"leads": "Lead", "contacts": "Contact", "accounts": "Account", "opportunities": "Opportunity"},
}
STREAMED = {"Lead", "Contact", "Account", "Opportunity", "Call", "Meeting", "Task"}
FOLLOWED = {"Lead", "Contact", "Account", "Opportunity", "Task"}

_ATTRIBUTES = {
    "link": ("{0}Id", "{0}Name"),
    "file": ("{0}Id", "{0}Name"),
    "linkParent": ("{0}Id", "{0}Type", "{0}Name"),
    "linkMultiple": ("{0}Ids", "{0}Names"),
    "currency": ("{0}", "{0}Currency", "{0}Converted"),
    "email": ("{0}", "{0}Data", "{0}IsOptedOut", "{0}IsInvalid"),
    "phone": ("{0}", "{0}Data", "{0}IsOptedOut", "{0}IsInvalid"),
}


def attributes(entity: str, field: str) -> tuple[str, ...]:
    """The attributes of a record that hold a field's value."""
    kind = FIELDS[entity][field]["type"]
    return tuple(pattern.format(field) for pattern in _ATTRIBUTES.get(kind, ("{0}",)))


def all_attributes(entity: str) -> list[str]:
    return ["id", "name", "deleted", *(each for field in FIELDS[entity] for each in attributes(entity, field))]
