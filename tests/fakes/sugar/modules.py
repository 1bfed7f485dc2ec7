"""The modules of a stock Sugar: fields with their types, and picklists, as far as a sales mailbox needs them."""

from __future__ import annotations

_COMMON = "id:id name:name date_entered:datetime date_modified:datetime description:text deleted:bool "
_COMMON += "assigned_user_id:id created_by:id created_by_name:relate modified_user_id:id modified_by_name:relate"
_PERSON = "first_name:varchar:100 last_name:varchar:100! title:varchar:100 email:email phone_work:phone:100 "
_PERSON += "phone_mobile:phone:100 lead_source:enum do_not_call:bool"
_PARENT = "parent_type:varchar parent_id:id"
_FIELDS = {
    "Leads": f"{_PERSON} account_name:varchar:255 website:url:255 status:enum converted:bool"
    " contact_id:id account_id:id"
    " opportunity_id:id budget_c:currency regions_c:multienum score_c:int",
    "Contacts": f"{_PERSON} account_id:id account_name:relate birthdate:date",
    "Accounts": "email:email website:url:255 phone_office:phone:100 industry:enum employees:varchar:10 parent_id:id"
    " account_type:enum",
    "Opportunities": "account_id:id sales_stage:enum probability:int amount:currency date_closed:date!"
    " next_step:varchar:100",
    "Emails": f"{_PARENT} state:enum type:varchar date_sent:datetime message_id:varchar:255 description_html:text"
    " from_addr_name:varchar to_addrs_names:varchar cc_addrs_names:varchar direction:varchar",
    "Calls": f"{_PARENT} status:enum date_start:datetime date_end:datetime duration_hours:int duration_minutes:int"
    " direction:enum",
    "Meetings": f"{_PARENT} status:enum date_start:datetime date_end:datetime duration_hours:int duration_minutes:int",
    "Tasks": f"{_PARENT} status:enum priority:enum date_start:datetime date_due:datetime contact_id:id",
    "Notes": f"{_PARENT} filename:file contact_id:id file_mime_type:varchar",
    "EmailAddresses": "email_address:varchar:255",
    "Users": "user_name:varchar:60 full_name:varchar status:enum email:email",
}
PICKLISTS = {
    "lead_source": ("", "Cold Call", "Existing Customer", "Partner", "Web Site", "Email", "Campaign", "Other"),
    "Leads.status": ("", "New", "Assigned", "In Process", "Converted", "Recycled", "Dead"),
    "industry": ("", "Banking", "Engineering", "Machinery", "Technology", "Other"),
    "account_type": ("", "Customer", "Partner", "Prospect"),
    "sales_stage": ("Prospecting", "Qualification", "Proposal/Price Quote", "Closed Won", "Closed Lost"),
}
PROBABILITIES = dict(zip(PICKLISTS["sales_stage"], (10, 20, 65, 100, 0), strict=True))
NOT_IN_DATABASE = ("name", "full_name")
"""Fields of persons that a filter silently drops."""

LINKS = {
    "Leads": {"emails": "Emails", "calls": "Calls", "meetings": "Meetings"},
    "Contacts": {"emails": "Emails", "calls": "Calls", "meetings": "Meetings", "opportunities": "Opportunities"},
    "Accounts": {"emails": "Emails"},
    "Opportunities": {"emails": "Emails", "contacts": "Contacts"},
    "Emails": {"leads": "Leads", "contacts": "Contacts", "accounts": "Accounts", "opportunities": "Opportunities"},
    "Calls": {"leads": "Leads", "contacts": "Contacts"},
    "Meetings": {"leads": "Leads", "contacts": "Contacts"},
}


def fields_of(module: str, *, sync_keys: bool, rolled_up: bool) -> dict[str, dict[str, object]]:
    """As the metadata tells them."""
    found: dict[str, dict[str, object]] = {}
    for text in f"{_COMMON} {_FIELDS[module]}".split():
        name, kind, length = [*text.rstrip("!").split(":"), "", ""][:3]
        found[name] = {"name": name, "type": kind}
        found[name] |= {"len": int(length)} if length else {}
        found[name] |= {"required": True} if text.endswith("!") else {}
        if kind == "relate":
            found[name]["source"] = "non-db"
    if module in ("Leads", "Contacts"):
        found["name"]["source"] = "non-db"
    if sync_keys:
        found["sync_key"] = {"name": "sync_key", "type": "varchar", "len": 100}
    if rolled_up and module == "Opportunities":
        for name in ("amount", "date_closed", "sales_stage", "probability"):
            found[name]["readonly"] = True
    return found
