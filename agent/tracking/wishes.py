"""What somebody chose on the page of wishes, or by their mail program's button: kept, and obeyed from now on."""

from __future__ import annotations

from datetime import datetime

from crm_model.tracking import ConsentState, Purpose, Scope, TokenKind
from crm_model.web_events import OptOut
from sync.store import consents, tracked_mail
from sync.store.consents import Consent
from sync.store.database import Unit

_FOLLOWED = (TokenKind.OPEN, TokenKind.CLICK)


def take_opt_out(unit: Unit, wish: OptOut, now: datetime) -> bool:
    """Keep a wish, once; False for a token that nobody made.

    A mail to several people names nobody: who ends its tracking ends it for that mail.
    """
    recipient = tracked_mail.recipients_of(unit, [wish.token]).get(wish.token)
    if recipient is None:
        return False
    if not recipient:
        tracked_mail.revoke_mail_of(unit, wish.token, _FOLLOWED, now)
        return True
    purposes = (*((Purpose.OPEN, Purpose.CLICK) if wish.tracking else ()), *((Purpose.MAIL,) if wish.mail else ()))
    source = "their mail program's button" if wish.one_click else "the page of wishes"
    said = [
        Consent(recipient, purpose, ConsentState.REFUSED, source, wish.at, author=recipient, event=wish.id)
        for purpose in purposes
    ]
    if not consents.add(unit, said):
        return True  # collected before: what they said since counts
    for scope, is_ended in ((Scope.TRACKING, wish.tracking), (Scope.MAIL, wish.mail)):
        if is_ended:
            consents.suppress(unit, recipient, scope, reason="asked for it", source=source, now=now)
    if wish.tracking:
        tracked_mail.revoke(unit, recipient, _FOLLOWED, now)
    return True
