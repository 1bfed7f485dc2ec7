"""The properties of the fake HubSpot: what a new account has, as far as an adapter meets it."""

from __future__ import annotations

from collections.abc import Iterable

STAGES = tuple(
    (value, value.title())
    for value in (
        "subscriber", "lead", "marketingqualifiedlead", "salesqualifiedlead", "opportunity", "customer", "evangelist",
        "other",
    )
)  # fmt: skip
_STATUSES = (
    "NEW",
    "OPEN",
    "IN_PROGRESS",
    "OPEN_DEAL",
    "UNQUALIFIED",
    "ATTEMPTED_TO_CONTACT",
    "CONNECTED",
    "BAD_TIMING",
)
_DEAL_STAGES = (
    "appointmentscheduled", "qualifiedtobuy", "presentationscheduled", "decisionmakerboughtin", "contractsent",
    "closedwon", "closedlost",
)  # fmt: skip


def _property(
    name: str, kind: str = "string", widget: str = "text", options: Iterable[str] = (), *, fixed: bool = False
) -> dict[str, object]:
    listed = [{"label": each.title(), "value": each, "hidden": False} for each in options]
    told = {"readOnlyValue": fixed, "archivable": True}
    return {
        "name": name, "label": name.replace("_", " ").title(), "type": kind, "fieldType": widget, "options": listed,
        "hubspotDefined": True, "hidden": False, "modificationMetadata": told,
    }  # fmt: skip


def _text(*names: str) -> list[dict[str, object]]:
    return [_property(name) for name in names]


def _fixed(*names: str, kind: str = "datetime") -> list[dict[str, object]]:
    return [_property(name, kind, fixed=True) for name in names]


_COMMON = [
    *_fixed("createdate", "hs_createdate", "lastmodifieddate", "hs_lastmodifieddate"),
    *_fixed("hs_object_id", "hs_updated_by_user_id", kind="number"),
    _property("hubspot_owner_id", "enumeration", "select"),
]
_TIMED = [_property("hs_timestamp", "datetime", "date"), *_COMMON]
_INDUSTRIES = ("ACCOUNTING", "CONSTRUCTION", "RETAIL")

PROPERTIES: dict[str, list[dict[str, object]]] = {
    "contacts": [
        *_text("firstname", "lastname", "email", "jobtitle", "company", "website", "city", "hs_additional_emails"),
        _property("phone", "string", "phonenumber"),
        _property("mobilephone", "string", "phonenumber"),
        _property("message", "string", "textarea"),
        _property("lifecyclestage", "enumeration", "radio", [value for value, _ in STAGES]),
        _property("hs_lead_status", "enumeration", "radio", _STATUSES),
        *_fixed("hs_lifecyclestage_lead_date"),
        {**_property("favourite_colour", "enumeration", "select", ("red", "blue")), "hubspotDefined": False},
        *_COMMON,
    ],
    "companies": [
        *_text("name", "domain", "website", "phone", "city"),
        _property("industry", "enumeration", "select", _INDUSTRIES),
        _property("description", "string", "textarea"),
        *_COMMON,
    ],
    "deals": [
        *_text("dealname"),
        _property("dealstage", "enumeration", "radio", _DEAL_STAGES),
        _property("amount", "number", "number"),
        _property("closedate", "datetime", "date"),
        _property("deal_currency_code", "enumeration", "select", ("NOK", "EUR")),
        _property("description", "string", "textarea"),
        *_fixed("hs_deal_stage_probability", kind="number"),
        *_COMMON,
    ],
    "emails": [
        *_TIMED,
        *_text("hs_email_subject", "hs_email_text", "hs_email_html", "hs_email_headers", "hs_email_status"),
        _property("hs_email_direction", "enumeration", "select", ("EMAIL", "INCOMING_EMAIL", "FORWARDED_EMAIL")),
        *_fixed("hs_email_from_email", "hs_email_to_email", "hs_email_cc_email", "hs_email_message_id", kind="string"),
    ],
    "calls": [
        *_TIMED,
        *_text("hs_call_title", "hs_call_body", "hs_call_direction", "hs_call_status"),
        _property("hs_call_duration", "number", "number"),
    ],
    "meetings": [
        *_TIMED,
        *_text("hs_meeting_title", "hs_meeting_body", "hs_meeting_outcome"),
        _property("hs_meeting_start_time", "datetime", "date"),
        _property("hs_meeting_end_time", "datetime", "date"),
    ],
    "tasks": [*_TIMED, *_text("hs_task_subject", "hs_task_body", "hs_task_status", "hs_task_priority")],
    "notes": [*_TIMED, _property("hs_note_body", "string", "html"), *_text("hs_attachment_ids")],
}
DEFAULTS = {
    "contacts": ("createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"),
    "companies": ("createdate", "domain", "hs_lastmodifieddate", "hs_object_id", "name"),
    "deals": ("amount", "closedate", "createdate", "dealname", "dealstage", "hs_lastmodifieddate", "hs_object_id"),
}
