"""The modules of a stock SuiteCRM 7.13: fields, picklists and links, as far as a sales mailbox needs them."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.fakes.suitecrm.picklists import NO_OPERATORS, OPERATORS, PICKLISTS

_COMMON = """
id id - !
date_entered datetime
date_modified datetime
modified_user_id assigned_user_name
modified_by_name assigned_user_name - ~
created_by assigned_user_name
created_by_name assigned_user_name - ~
description text
deleted bool
assigned_user_id relate - Users
assigned_user_name relate - ~Users
"""
_PERSON = """
name name 255 ~
salutation enum 255
first_name varchar 100
last_name varchar 100 !
full_name fullname 510 ~
title varchar 100
do_not_call bool
phone_home phone 100
phone_mobile phone 100
phone_work phone 100
phone_other phone 100
phone_fax phone 100
email1 varchar - ~
email2 varchar - ~
invalid_email bool - ~
email_opt_out bool - ~
primary_address_street varchar 150
primary_address_city varchar 100
primary_address_postalcode varchar 20
primary_address_country varchar
lead_source enum 100
"""
_LEAD = """
department varchar 100
converted bool
refered_by varchar 100
status enum 100
status_description text
account_name varchar 255
contact_id id
account_id id
opportunity_id id
opportunity_amount varchar 50
birthdate date
website url 255
budget_c currency
region_c multienum 100
"""
_CONTACT = """
department varchar 255
account_name relate 255 ~Accounts
account_id relate - Accounts
birthdate date
"""
_ACCOUNT = """
name name 150 !
account_type enum 50
industry enum 50
annual_revenue varchar 100
phone_office phone 100
phone_alternate phone 100
website url 255
employees varchar 10
rating varchar 100
billing_address_street varchar 150
billing_address_city varchar 100
billing_address_postalcode varchar 20
billing_address_country varchar
phone_fax phone 100
email1 varchar - ~
invalid_email bool - ~
email_opt_out bool - ~
parent_id id
parent_name relate 36 ~Accounts
"""
_OPPORTUNITY = """
name name 50 !
opportunity_type enum 255
account_name relate 255 !~Accounts
account_id id
lead_source enum 50
amount currency - !
amount_usdollar currency
currency_id id
currency_name relate - ~Currencies
currency_symbol relate - ~Currencies
date_closed date - !
next_step varchar 100
sales_stage enum 255 !
probability int
"""
_EMAIL = """
name name 255
from_addr_name varchar
to_addrs_names varchar
cc_addrs_names varchar
bcc_addrs_names varchar
description_html emailbody
date_sent_received datetime
message_id varchar 255
type enum 100
status enum 100
flagged bool
parent_name parent - ~
parent_type varchar 100
parent_id id 36
"""
_NOTE = """
name name 255 !
file_mime_type varchar 100
filename file 255
parent_type parent_type 255
parent_id id
contact_id id
account_id id - ~
opportunity_id id - ~
"""
_TASK = """
name name 50 !
status enum 100 !
date_due datetimecombo
date_start datetimecombo
parent_type parent_type 255
parent_id id
contact_id id
priority enum 100 !
"""
_CALL = """
name name 50 !
duration_hours int 2 !
duration_minutes int 2
date_start datetimecombo - !
date_end datetimecombo
parent_type parent_type 255
parent_id id
status enum 100 !
direction enum 100
"""
_MEETING = _CALL.replace("direction enum 100", "location varchar 50")
_USER = """
user_name user_name 60 !
user_hash varchar 255
first_name varchar 30
last_name varchar 30
full_name name 50 ~
is_admin bool
is_group bool
status enum 100
employee_status varchar 100
email1 varchar - ~
email2 varchar - ~
system_generated_password bool
"""
_ADDRESS = """
email_address varchar 100
email_address_caps varchar 100
invalid_email bool
opt_out bool
"""


@dataclass(frozen=True, slots=True)
class Field:
    """One line of a module's definition. `stored`: a column of its table (custom ones are not told apart here)."""

    name: str
    type: str
    length: str = ""
    required: bool = False
    stored: bool = True
    related: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A link of a module: to `module`, kept as pairs (`pairs`, shared by both ends) or in the other's `column`."""

    module: str
    pairs: str = ""
    column: str = ""


@dataclass(frozen=True, slots=True)
class Module:
    name: str
    bean: str
    table: str
    fields: dict[str, Field]
    links: dict[str, Link] = field(default_factory=dict)

    def options(self, name: str) -> dict[str, str]:
        """Values and labels, or operators of a search form."""
        found = PICKLISTS.get(f"{self.name}.{name}", PICKLISTS.get(name))
        if found is not None or {name, f"{self.table}.{name}"} & NO_OPERATORS:
            return found or {}
        return OPERATORS.get(self.fields[name].type, {})


def _fields(*texts: str) -> dict[str, Field]:
    """A line is name, type, length and flags: `!` required, `~` not stored, and the module it refers to."""
    found: dict[str, Field] = {}
    for line in filter(None, "".join(texts).splitlines()):
        name, kind, length, flags = [*line.split(), "-", "-"][:4]
        related = flags.strip("!~-")
        found[name] = Field(name, kind, length.strip("-"), "!" in flags, "~" not in flags, related)
    return found


def _links(**links: str) -> dict[str, Link]:
    """`Module/pairs`, or `Module.column`."""
    found = {}
    for name, text in links.items():
        module, _, pairs = text.partition("/")
        target, _, column = module.partition(".")
        found[name] = Link(target, pairs=pairs, column=column)
    return found


_ACTIVITY_LINKS = {
    "emails": "Emails/emails_beans",
    "tasks": "Tasks.parent_id",
    "notes": "Notes.parent_id",
    "email_addresses": "EmailAddresses/addresses",
}
MODULES = {
    module.name: module
    for module in (
        Module(
            "Leads",
            "Lead",
            "leads",
            _fields(_COMMON, _PERSON, _LEAD),
            _links(
                **_ACTIVITY_LINKS,
                calls="Calls/calls_leads",
                meetings="Meetings/meetings_leads",
                contacts="Contacts/contact_leads",
            ),
        ),
        Module(
            "Contacts",
            "Contact",
            "contacts",
            _fields(_COMMON, _PERSON, _CONTACT),
            _links(
                **_ACTIVITY_LINKS,
                calls="Calls/calls_contacts",
                meetings="Meetings/meetings_contacts",
                accounts="Accounts/accounts_contacts",
                opportunities="Opportunities/opportunities_contacts",
                leads="Leads/contact_leads",
            ),
        ),
        Module(
            "Accounts",
            "Account",
            "accounts",
            _fields(_COMMON, _ACCOUNT),
            _links(
                **_ACTIVITY_LINKS,
                calls="Calls.parent_id",
                meetings="Meetings.parent_id",
                contacts="Contacts/accounts_contacts",
                opportunities="Opportunities/accounts_opportunities",
            ),
        ),
        Module(
            "Opportunities",
            "Opportunity",
            "opportunities",
            _fields(_COMMON, _OPPORTUNITY),
            _links(
                emails="Emails/emails_beans",
                tasks="Tasks.parent_id",
                notes="Notes.parent_id",
                calls="Calls.parent_id",
                meetings="Meetings.parent_id",
                contacts="Contacts/opportunities_contacts",
                accounts="Accounts/accounts_opportunities",
            ),
        ),
        Module(
            "Emails",
            "Email",
            "emails",
            _fields(_COMMON, _EMAIL),
            _links(
                leads="Leads/emails_beans",
                contacts="Contacts/emails_beans",
                accounts="Accounts/emails_beans",
                opportunities="Opportunities/emails_beans",
            ),
        ),
        Module("Notes", "Note", "notes", _fields(_COMMON, _NOTE)),
        Module("Tasks", "Task", "tasks", _fields(_COMMON, _TASK)),
        Module(
            "Calls",
            "Call",
            "calls",
            _fields(_COMMON, _CALL),
            _links(leads="Leads/calls_leads", contacts="Contacts/calls_contacts"),
        ),
        Module(
            "Meetings",
            "Meeting",
            "meetings",
            _fields(_COMMON, _MEETING),
            _links(leads="Leads/meetings_leads", contacts="Contacts/meetings_contacts"),
        ),
        Module("Users", "User", "users", _fields(_COMMON, _USER), _links(email_addresses="EmailAddresses/addresses")),
        Module("EmailAddresses", "EmailAddress", "email_addresses", _fields(_COMMON, _ADDRESS)),
    )
}
