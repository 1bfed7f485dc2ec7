"""Everything that waits for a person because something went wrong, wherever it did."""

from __future__ import annotations

from collections.abc import Iterator

from crm_model.mail import DeliveryState
from sync.desk_views import ProblemKind, ProblemRow
from sync.store import deliveries
from sync.store.database import Unit
from sync.store.troubles import troubles
from sync.views import PlaceStatus, StatusView

_MOST = 500
_NOT_SENT = (DeliveryState.FAILED, DeliveryState.UNSURE)
_KINDS = tuple(ProblemKind)


def problems(unit: Unit, status: StatusView) -> tuple[ProblemRow, ...]:
    """Who needs to sign in first, then conflicts, refused changes, mail that did not leave, other trouble."""
    places = [place for place in (*status.mail_accounts, *status.crms) if place.error or place.login_needed]
    found = [*_places(places), *_records(unit), *_mail(unit)]
    order = (ProblemKind.SIGN_IN, ProblemKind.CONFLICT, ProblemKind.REFUSED, ProblemKind.NOT_SENT, ProblemKind.TROUBLE)
    return tuple(sorted(found, key=lambda row: order.index(row.kind)))


def _key(kind: ProblemKind, number: int) -> int:
    """A number that stays a problem's own while others come and go."""
    return number * len(_KINDS) + _KINDS.index(kind)


def _records(unit: Unit) -> Iterator[ProblemRow]:
    for row in troubles(unit, _MOST):
        title = row.title or f"the {row.kind.value}"
        if row.conflict is not None:
            words = f"{row.label} was changed here and in the CRM"
            yield ProblemRow(
                _key(ProblemKind.CONFLICT, row.conflict.id), ProblemKind.CONFLICT, title, words, row.record_id
            )
        else:
            kind = ProblemKind.REFUSED
            yield ProblemRow(_key(kind, row.change_id), kind, title, row.error, row.record_id)


def _mail(unit: Unit) -> Iterator[ProblemRow]:
    for mail in deliveries.listed(unit, _NOT_SENT, _MOST):
        kind = ProblemKind.NOT_SENT
        title = f"{mail.subject or '(no subject)'} to {mail.to or 'nobody'}"
        words = mail.error or mail.state.value
        yield ProblemRow(_key(kind, mail.id), kind, title, words, thread_id=mail.thread_id, outgoing_id=mail.id)


def _places(places: list[PlaceStatus]) -> Iterator[ProblemRow]:
    for number, place in enumerate(sorted(places, key=lambda place: place.name)):
        kind = ProblemKind.SIGN_IN if place.login_needed else ProblemKind.TROUBLE
        yield ProblemRow(_key(kind, number), kind, place.name, place.error)
