"""Times as people read them in a list, from one clock that tests can hold still."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

from tui.words import locale, say, spoken

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SHORT = 8
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def day_words(on: date) -> str:
    """ "Mon 23 Nov"."""
    return f"{_day(on)} {on.day} {_month(on)}"


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Clock:
    """What time it is and where the person is; `zone` None is the machine's own time zone."""

    now: Callable[[], datetime] = utc_now
    zone: tzinfo | None = None

    def local(self, at: datetime) -> datetime:
        return at.astimezone(self.zone)

    def short(self, at: datetime | None) -> str:
        """At most 8 cells: "14:02" today, "Tue" in the last or next week, "3 Nov" within the year, else "Nov 2024"."""
        if at is None:
            return ""
        local, today = self.local(at), self.local(self.now())
        days = (today.date() - local.date()).days
        if days == 0:
            return f"{local:%H:%M}"
        if -7 < days < 7:
            return _day(local)
        if abs(days) < 300 or local.year == today.year:
            return f"{local.day} {_month(local)}"
        worded = f"{_month(local)} {local.year}"
        return worded if len(worded) <= _SHORT else f"{local:%m}.{local.year}"

    def full(self, at: datetime | None) -> str:
        """ "Tue 3 Nov 14:02", with the year when it is another one."""
        if at is None:
            return ""
        local = self.local(at)
        year = "" if local.year == self.local(self.now()).year else f" {local.year}"
        return f"{_day(local)} {local.day} {_month(local)}{year} {local:%H:%M}"

    def due(self, at: datetime | None) -> str:
        """ "due Fri", "overdue since 3 Nov" or "" without a date."""
        if at is None:
            return ""
        late = at < self.now() - timedelta(days=1)
        return say("overdue since {when}", when=self.short(at)) if late else say("due {when}", when=self.short(at))


def _day(at: date) -> str:
    return _DAYS[at.weekday()] if spoken() == "en" else _in_locale(at, "EEE")


def _month(at: date) -> str:
    return _MONTHS[at.month - 1] if spoken() == "en" else _in_locale(at, "MMM")


def _in_locale(at: date, pattern: str) -> str:
    from babel.dates import format_date  # English goes without

    return format_date(at, pattern, locale=locale()).rstrip(".")
