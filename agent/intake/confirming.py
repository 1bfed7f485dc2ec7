"""The mail of a double opt-in: a link to whoever owns the address, and nothing in it that a visitor typed.

Else our own server would carry strangers' words to strangers.
"""

from __future__ import annotations

import logging

from agent.intake.envelope import HOST, message_id_of
from agent.web_forms.snippet import confirm_address
from agent.web_forms.texts import say
from crm_model.errors import NotSupported, Rejected
from crm_model.tracking import TrackingMode
from crm_model.web_events import Submission
from crm_model.web_forms import FormRules
from sync.composing.draft import Desk, Draft
from sync.edits.sending import send_once
from sync.mailboxes.web_forms.place import Name
from sync.store.database import Unit
from sync.store.links import AGENT

_log = logging.getLogger(__name__)


def ask_to_confirm(unit: Unit, desk: Desk, rules: FormRules, submission: Submission, name: Name) -> None:
    """Put the link on its way, once for a submission however often this is called."""
    form, language = rules.form, submission.language
    link = confirm_address(desk.tracking.url, submission.id, language)
    draft = Draft(
        account=rules.mail_account,
        to=submission.values.get(form.meaning("email"), ""),
        subject=say(language, "confirm_subject", title=form.title),
        text=say(language, "confirm_mail", title=form.title, link=link, days=rules.confirm_days),
        in_reply_to=message_id_of(name.digest),
        references=(f"person-{name.person}@{HOST}",),
        tracking=TrackingMode.NONE,
        automatic=True,
    )
    try:
        send_once(unit, draft, desk, AGENT, node=f"confirm-{name.digest}@{HOST}")
    except (Rejected, NotSupported) as error:  # it waits in vain and is forgotten in time; what comes after it must not
        _log.warning("confirmation_refused", extra={"form": form.name, "error": type(error).__name__})
