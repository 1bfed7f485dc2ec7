"""The rules that say what a message is, one to a file; the first that answers wins.

Header gates come first because they are certain and cheap. Forms and forwards stand before the gates against
machines, for both look like machines' mail. What no gate takes is weighed as a whole.
"""

from __future__ import annotations

from collections.abc import Callable

from agent.judging.evidence import Evidence
from agent.judging.rules import (
    auto_reply,
    bounce,
    bulk,
    calendar,
    content,
    forwarded,
    mailing_list,
    notification,
    own_form,
    own_people,
    read_receipt,
    spam,
    web_form,
)
from crm_model.links import Verdict

Rule = Callable[[Evidence], Verdict | None]

CONTENT: tuple[Rule, ...] = (content.check,)
RULES: tuple[Rule, ...] = (
    own_form.check,
    bounce.check,
    read_receipt.check,
    calendar.check,
    web_form.check,
    forwarded.check,
    own_people.check,
    auto_reply.check,
    mailing_list.check,
    bulk.check,
    notification.check,
    spam.check,
    content.check,
)
