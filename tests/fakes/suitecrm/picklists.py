"""The picklists of a stock SuiteCRM, and the operators of search forms that are listed in the same place."""

from __future__ import annotations

_SOURCES = (
    *("", "Cold Call", "Existing Customer", "Self Generated", "Employee", "Partner", "Public Relations", "Direct Mail"),
    *("Conference", "Trade Show", "Web Site", "Word of mouth", "Email", "Campaign", "Other"),
)
_INDUSTRIES = (
    *("", "Apparel", "Banking", "Biotechnology", "Chemicals", "Communications", "Construction", "Consulting"),
    *("Education", "Electronics", "Energy", "Engineering", "Entertainment", "Environmental", "Finance", "Government"),
    *("Healthcare", "Hospitality", "Insurance", "Machinery", "Manufacturing", "Media", "Not For Profit", "Recreation"),
    *("Retail", "Shipping", "Technology", "Telecommunications", "Transportation", "Utilities", "Other"),
)
_ACCOUNT_TYPES = (
    *("", "Analyst", "Competitor", "Customer", "Integrator", "Investor", "Partner", "Press", "Prospect", "Reseller"),
    "Other",
)
_STAGES = (
    *("Prospecting", "Qualification", "Needs Analysis", "Value Proposition", "Id. Decision Makers"),
    *("Perception Analysis", "Proposal/Price Quote", "Negotiation/Review", "Closed Won", "Closed Lost"),
)


def _same(*values: str) -> dict[str, str]:
    """A picklist whose labels are its values."""
    return {value: value for value in values}


PICKLISTS: dict[str, dict[str, str]] = {
    "salutation": _same("", "Mr.", "Ms.", "Mrs.", "Miss", "Dr.", "Prof."),
    "lead_source": _same(*_SOURCES),
    "Leads.status": _same("", "New", "Assigned", "In Process", "Converted", "Recycled", "Dead"),
    "region_c": _same("north", "south", "east", "west"),
    "account_type": _same(*_ACCOUNT_TYPES),
    "industry": _same(*_INDUSTRIES),
    "opportunity_type": _same("", "Existing Business", "New Business"),
    "sales_stage": _same(*_STAGES) | {"Id. Decision Makers": "Identifying Decision Makers"},
    "Emails.type": {"out": "Sent"} | {value.lower(): value for value in ("Archived", "Draft", "Inbound", "Campaign")},
    "Emails.status": {
        **{value.lower(): value for value in ("Archived", "Closed", "Read", "Replied", "Sent", "Unread")},
        "draft": "In Draft",
        "send_error": "Send Error",
    },
    "Tasks.status": _same("Not Started", "In Progress", "Completed", "Pending Input", "Deferred"),
    "priority": _same("High", "Medium", "Low"),
    "Calls.status": _same("Planned", "Held", "Not Held"),
    "Meetings.status": _same("Planned", "Held", "Not Held"),
    "direction": _same("Inbound", "Outbound"),
    "duration_minutes": {minutes.lstrip("0") or "0": minutes for minutes in ("00", "15", "30", "45")},
    "parent_type": {
        **{
            "Accounts": "Account",
            "Contacts": "Contact",
            "Tasks": "Task",
            "Opportunities": "Opportunity",
            "Bugs": "Bug",
        },
        **{
            "Cases": "Case",
            "Leads": "Lead",
            "Project": "Project",
            "ProjectTask": "Project Task",
            "Prospects": "Target",
        },
        **{"AOS_Contracts": "Contract", "AOS_Invoices": "Invoice", "AOS_Quotes": "Quote", "AOS_Products": "Product"},
    },
    "Emails.parent_type": {},
    "Users.status": _same("Active", "Inactive"),
}
_PERIODS = {
    f"{when}_{what}": f"{when} {what}".replace("_", " ").title()
    for when, what in (
        *(("last", "7_days"), ("next", "7_days"), ("last", "30_days"), ("next", "30_days"), ("last", "month")),
        *(("this", "month"), ("next", "month"), ("last", "year"), ("this", "year"), ("next", "year")),
    )
}
_DATES = {
    **{"=": "Equals", "not_equal": "Not On", "greater_than": "After", "less_than": "Before"},
    **_PERIODS,
    "between": "Is Between",
}
_AMOUNTS = {
    **{"=": "Equals", "not_equal": "Does Not Equal", "greater_than": "Greater Than"},
    **{"greater_than_equals": "Greater Than Or Equal To", "less_than": "Less Than"},
    **{"less_than_equals": "Less Than Or Equal To", "between": "Is Between"},
}
OPERATORS: dict[str, dict[str, str]] = {
    "datetime": _DATES,
    "datetimecombo": _DATES,
    "date": _DATES,
    "currency": _AMOUNTS,
    "bool": {"": "", "1": "Yes", "2": "No"},
}
"""What a search form offers, listed where a picklist would be."""

NO_OPERATORS = {
    *("last_synced", "date_reviewed", "birthdate", "amount_usdollar", "budget_c", "emails.date_sent_received"),
}
PROBABILITIES = dict(zip(_STAGES, (10, 20, 25, 30, 40, 50, 65, 80, 100, 0), strict=True))
