"""The rules that say what a message is, one to a file; the first that answers wins.

Header gates come first because they are certain and cheap. Forms and forwards stand before the gates against
machines, for both look like machines' mail. Content rules weigh themselves against how much the text asks for.
"""

from __future__ import annotations

from collections.abc import Callable

from agent.judging.evidence import Evidence
from agent.judging.rules import (
    auto_reply,
    bounce,
    bulk,
    calendar,
    enquiry,
    forwarded,
    invoice,
    mailing_list,
    notification,
    own_people,
    personal,
    pitch,
    privacy_request,
    read_receipt,
    recruiting,
    running_deal,
    spam,
    supplier_answer,
    support,
    survey,
    web_form,
    wrong_address,
)
from crm_model.links import Verdict

Rule = Callable[[Evidence], Verdict | None]

CONTENT: tuple[Rule, ...] = (
    spam.check,
    recruiting.check,
    privacy_request.check,
    survey.check,
    pitch.check,
    supplier_answer.check,
    running_deal.check,
    support.check,
    wrong_address.check,
    personal.check,
    enquiry.check,
)
RULES: tuple[Rule, ...] = (
    bounce.check,
    read_receipt.check,
    calendar.check,
    web_form.check,
    forwarded.check,
    own_people.check,
    auto_reply.check,
    mailing_list.check,
    invoice.check,
    bulk.check,
    notification.check,
    *CONTENT,
)
