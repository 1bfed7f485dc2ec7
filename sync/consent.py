"""An answer to "may we": kept in the log, and obeyed at once, also for mail that has left already."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from crm_model.tracking import ConsentState, Purpose, Scope, TokenKind
from sync.store import consents, tracked_mail
from sync.store.consents import Consent
from sync.store.database import Unit

FOLLOWED = (TokenKind.OPEN, TokenKind.CLICK)
_SCOPES = {Purpose.OPEN: Scope.TRACKING, Purpose.CLICK: Scope.TRACKING, Purpose.MAIL: Scope.MAIL}
_KINDS = {Purpose.OPEN: TokenKind.OPEN, Purpose.CLICK: TokenKind.CLICK}


def note(unit: Unit, said: Sequence[Consent], now: datetime) -> bool:
    """Keep what a person said and do it: who takes consent back is recorded no more, not even for old mail.

    False where it came from the outpost and is kept already: what was said since counts.
    """
    if not consents.add(unit, said):
        return False
    for each in said:
        if each.state is ConsentState.GIVEN:
            consents.lift(unit, each.address, _SCOPES[each.purpose])
        elif each.purpose in _KINDS:
            tracked_mail.revoke(unit, each.address, [_KINDS[each.purpose]], now)
    refused = {each.purpose for each in said if each.state is ConsentState.REFUSED}
    ended = {Scope.MAIL} if Purpose.MAIL in refused else set()
    if {Purpose.OPEN, Purpose.CLICK} <= refused:
        ended.add(Scope.TRACKING)
    for scope in ended:
        consents.suppress(unit, said[0].address, scope, reason="asked for it", source=said[0].source, now=now)
    return True
