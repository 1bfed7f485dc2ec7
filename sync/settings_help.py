"""One sentence on each key of the configuration that no list of options explains, for the screen that changes it."""

from __future__ import annotations

HELP = {
    "author": "Your name: who links, edits and notes are by.",
    "language": "The language of the screen, its dates and amounts; the terminal's if left out.",
    "database": "Where mail, threads and queues are kept: sqlite:///path or postgresql://user@host/name.",
    "database_secret": "Where PostgreSQL's password is.",
    "poll_seconds": "How long the agent waits between two passes.",
    "backfill_months": "How many months back mail is read at first, or all.",
    "log_mail": "What of a linked conversation's mail is logged on the CRM record.",
    "undo_send_seconds": "How long a mail waits before it leaves, so that it can be taken back.",
    "organisation.name": "The company's name.",
    "organisation.also_called": "Other names that people use for it.",
    "organisation.domains": "Own mail domains: mail among these is internal and never a lead.",
    "organisation.addresses": "Own addresses under other domains.",
    "organisation.colleagues": "Own people; an enquiry that one of them forwards counts as the customer's.",
    "organisation.form_senders": "Addresses that the forms on your web site send from.",
    "organisation.phones": "Own numbers with country code: never taken for a customer's.",
    "organisation.services": "What you sell, in the words of customers.",
    "organisation.default_region": "The country whose numbers are written without a code, two letters.",
    "organisation.languages": "The languages your customers write.",
    "leads.mode": "Suggest a lead for an enquiry, or make it at once when the agent is sure.",
    "leads.crm": "The CRM that new leads go to; the first one if left out.",
    "tracking.url": "Where the outpost is reached from outside.",
    "tracking.mode": "What of mail of yours may be followed: nothing, how often, or by whom.",
    "tracking.without_consent": "Countries whose law allows following a person without consent, or all.",
    "tracking.smallest_audience": "To how many people a mail must go before its opens are counted.",
    "tracking.honeypot": "A link that no person sees, which gives scanners away.",
    "tracking.notice": "The line below a tracked mail; the words in brackets are its link.",
    "tracking.no_more_mail": "The words of the link that ends mail.",
    "tracking.retention_months": "How long opens and clicks are kept.",
    "tracking.own_networks": "Your own networks: what comes from there is no reader.",
    "mail_account.name": "What you call it.",
    "mail_account.secret": "Where its password is.",
    "crm.name": "What you call it.",
    "crm.secret": "Where its secret is.",
    "crm.fields": "How its fields are yours; hitchpost crm map lists them.",
    "hook.name": "What you call it.",
    "hook.secret": "Where the secret is that signs what it is told.",
    "template.name": "What you pick it by.",
    "template.subject": "The subject; a reply keeps the conversation's.",
    "template.text": "The text, with placeholders as {{person.first_name}}.",
    "template.file": "A file that holds the text instead.",
}
"""By table and key, the key alone for the top level."""


def help_for(table: str, key: str) -> str:
    """What a key means, "" for one that an option list explains."""
    return HELP.get(f"{table}.{key}" if table else key, "")
