"""What somebody chose on the page of wishes, or by their mail program's button: kept, and obeyed from now on."""

from __future__ import annotations

from datetime import datetime

from crm_model.tracking import ConsentState, Purpose
from crm_model.web_events import OptOut
from sync.consent import FOLLOWED, note
from sync.store import tracked_mail
from sync.store.consents import Consent
from sync.store.database import Unit


def take_opt_out(unit: Unit, wish: OptOut, now: datetime) -> bool:
    """Keep a wish, once; False for a token that nobody made.

    A mail to several people names nobody: who ends its tracking ends it for that mail.
    """
    recipient = tracked_mail.recipients_of(unit, [wish.token]).get(wish.token)
    if recipient is None:
        return False
    if not recipient:
        tracked_mail.revoke_mail_of(unit, wish.token, FOLLOWED, now)
        return True
    purposes = (*((Purpose.OPEN, Purpose.CLICK) if wish.tracking else ()), *((Purpose.MAIL,) if wish.mail else ()))
    source = "their mail program's button" if wish.one_click else "the page of wishes"
    refused = ConsentState.REFUSED
    said = [Consent(recipient, each, refused, source, wish.at, author=recipient, event=wish.id) for each in purposes]
    if said:
        note(unit, said, now)
    return True
