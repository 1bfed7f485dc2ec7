"""Words of time in English, Norwegian, Swedish, Italian and Russian, as data; an abbreviation is a beginning."""

from __future__ import annotations

NEAR = {
    0: ("today", "i dag", "idag", "oggi", "сегодня"),
    1: ("tomorrow", "tom", "i morgen", "imorgen", "i morgon", "imorgon", "domani", "завтра"),
    2: ("in two days", "i overmorgen", "i övermorgon", "dopodomani", "послезавтра"),
    -1: ("yesterday", "i går", "igår", "ieri", "вчера"),
}
"""Days from today."""

WEEKDAYS: tuple[tuple[str, ...], ...] = (
    ("monday", "mandag", "måndag", "lunedì", "lunedi", "понедельник", "пн"),
    ("tuesday", "tirsdag", "tisdag", "martedì", "martedi", "вторник", "вт"),
    ("wednesday", "onsdag", "mercoledì", "mercoledi", "среда", "среду", "ср"),
    ("thursday", "torsdag", "giovedì", "giovedi", "четверг", "чт"),
    ("friday", "fredag", "venerdì", "venerdi", "пятница", "пятницу", "пт"),
    ("saturday", "lørdag", "lördag", "sabato", "суббота", "субботу", "сб"),
    ("sunday", "søndag", "söndag", "domenica", "воскресенье", "вс"),
)
"""Monday first."""

MONTHS: tuple[tuple[str, ...], ...] = (
    ("january", "januar", "januari", "gennaio", "января"),
    ("february", "februar", "februari", "febbraio", "февраля"),
    ("march", "mars", "marzo", "марта"),
    ("april", "aprile", "апреля"),
    ("may", "mai", "maj", "maggio", "мая"),
    ("june", "juni", "giugno", "июня"),
    ("july", "juli", "luglio", "июля"),
    ("august", "augusti", "agosto", "августа"),
    ("september", "settembre", "сентября"),
    ("october", "oktober", "ottobre", "октября"),
    ("november", "novembre", "ноября"),
    ("december", "desember", "dicembre", "декабря"),
)

NEXT = r"next|neste|nästa|prossim[ao]|следующ\w+"
"""Before a weekday: that of the week after this one. Before the word for a week: its Monday."""

AHEAD = r"in|om|tra|fra|через"
"""Before a number with one of `UNITS`."""

ON = r"on|på|в|во"
"""Before a weekday, and saying nothing more."""

AT = r"at|kl\.?|alle|в"
"""Before a time of day."""

UNITS: tuple[tuple[int, tuple[str, ...]], ...] = (
    (1, ("day", "days", "dag", "dager", "dagar", "giorno", "giorni", "день", "дня", "дней")),
    (7, ("week", "weeks", "uke", "uker", "vecka", "veckor", "settimana", "settimane", "неделю", "недели", "недель")),
    (30, ("month", "months", "måned", "måneder", "månad", "månader", "mese", "mesi", "месяц", "месяца", "месяцев")),
)
"""How many days each is."""

SHORTEST = 3
"""The letters that an abbreviation has at least; shorter ones stand in the lists."""


def place_of(word: str, lists: tuple[tuple[str, ...], ...]) -> int | None:
    """Which list a word or its beginning stands in, None for none."""
    whole = next((place for place, names in enumerate(lists) if word in names), None)
    if whole is not None or len(word) < SHORTEST or not word.isalpha():
        return whole
    return next((place for place, names in enumerate(lists) if any(name.startswith(word) for name in names)), None)
