"""Telephone numbers and what each is, the one to call first: mobile or direct; never ours, never a VAT number."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agent.judging.lexicon import any_of
from crm_model.records import Fields, FieldValue

_LINE_LIMIT = 300
_TEXT_LIMIT = 2500
_FEWEST_DIGITS = 6
# Numbers that only look like telephones; their line is left out (an Italian P.IVA is a valid phone).
_NO_PHONE = re.compile(rf"\b{any_of('no_phone_pattern')}\b", re.I)
_CUE = re.compile(any_of("phone_cue_pattern"), re.I)
# What stands right before a number says what it is; a fax before a house's telephone: "Telefax sentralbord".
_LABELS = tuple(
    (kind, re.compile(rf"(?<!\w){any_of(f'phone_{kind}_pattern')}\W{{0,4}}(?:(?:tel|phone|nr|no)\w*\W{{0,3}})?$", re.I))
    for kind in ("fax", "mobile", "direct", "switchboard")
)
_LABEL_CHARS = 24
# A number set out as people set out telephones: a plus, a leading zero or groups; no date, no sum, no running digits.
_WRITTEN = re.compile(
    r"(?<![\w./-])(?:\+\d[\d ()-]{7,16}\d|0\d{1,4}[ /-]\d{2,4}(?:[ -]?\d{2,4}){1,3}|\(?\d{3}\)?[ -]\d{3}-\d{4}"
    r"|\d{2} \d{2} \d{2} \d{2}|\d{3} \d{2} \d{3}|3\d{2} ?\d{6,7}|6\d{2} \d{3} \d{3})(?![\w-]|[.,]\d|\s?(?:kr|eur|€|%))"
)
_EXTENSION = re.compile(r"\s{0,4}(?:x|(?:ext|доб|вн|int)\w{0,12}|dw|#)\.?\s{0,4}\d{1,5}\s*+$", re.I)
_MONEY = re.compile(r"\s{0,2}(?:kr\b|kroner|руб|р\.|€|\$|£|₽|eur|nok|sek|usd|gbp|dkk|%|тыс|млн)", re.I)
_MONEY_BEFORE = re.compile(r"(?:€|\$|£|₽|\bkr|\beur|\bnok|\bsek|\busd|\bgbp)\.?\s?$", re.I)
_LENGTHS = {"NO": (8,), "DK": (8,), "RU": (10, 11), "IT": (8, 9, 10, 11), "ES": (9,), "PL": (9,)}
_LABEL_AFTER = (
    ("mobile", re.compile(r"^\s{0,2}\(?(?:mobile?|mob|cell|portable)\b(?!\W{0,3}[+(\d])", re.I)),
    ("direct", re.compile(r"^\s{0,2}\(?(?:direct|direkt)\b(?!\W{0,3}[+(\d])", re.I)),
    ("fax", re.compile(r"^\s{0,2}\(?(?:fax|faks)\b(?!\W{0,3}[+(\d])", re.I)),
)
_RANKS = {"direct": 0, "mobile": 0, "switchboard": 4, "fax": 9}
_UNLABELLED_MOBILE, _OFFICE = 1, 2
MOBILE, FAX = "mobile", "fax"


@dataclass(frozen=True, slots=True)
class Phone:
    """A number with its kind (mobile, direct, office, switchboard, fax) and its place among those to call."""

    e164: str
    kind: str
    rank: int
    source: str = ""


def find_phones(
    text: str, closing: list[str], near: str, regions: tuple[str, ...], ours: frozenset[str]
) -> list[Phone]:
    """The numbers to call, the best first, then faxes.

    Looks where a named contact stands, then in the closing, then beside words for calling.
    """
    said = [line for line in re.split(r"\n|(?<=[.!?])\s", text[-_TEXT_LIMIT:]) if _may_hold_number(line)]
    places: tuple[tuple[str, Iterable[str]], ...] = (
        ("text", [near] if near else []),
        ("signature", closing),
        ("text", (line for line in said if _CUE.search(line))),
        ("text", (line for line in said if _WRITTEN.search(line))),
    )
    for source, lines in places:
        found = read_phones(lines, regions, ours, source)
        if found and found[0].kind != FAX:
            return found
    return []


def read_phones(lines: Iterable[str], regions: tuple[str, ...], ours: frozenset[str], source: str) -> list[Phone]:
    """The different numbers of some lines, the one to call first: by its label, then by its country's plan."""
    found: list[Phone] = []
    for line in lines:
        if _may_hold_number(line) and not _NO_PHONE.search(line):
            found += _numbers(line[:_LINE_LIMIT], regions, ours, source)
    kept: dict[str, Phone] = {}
    for phone in sorted(found, key=lambda phone: phone.rank):
        kept.setdefault(phone.e164, phone)
    return list(kept.values())


def _may_hold_number(line: str) -> bool:
    return sum(map(str.isdigit, line)) >= _FEWEST_DIGITS


def stated(phones: Sequence[Phone]) -> dict[str, tuple[str, str]]:
    """Fields with their sources: the number to call and its kind, the first of each other kind."""
    if not phones:
        return {}
    best = phones[0]
    fields = {"phone": (best.e164, best.source), "phone_type": (best.kind, best.source)}
    names = {MOBILE: "mobile", FAX: "fax"}
    for phone in phones[1:]:
        if phone.kind != best.kind:
            fields.setdefault(names.get(phone.kind, "other_phone"), (phone.e164, phone.source))
    return fields


def by_telephone(stated: Fields) -> dict[str, FieldValue]:
    """The numbers as records have them: a mobile one in its own field, a house's or direct one as the phone.

    Only what can't be seen from the field is still told: that a number is the switchboard's, or direct.
    """
    kind, other = stated.get("phone_type"), stated.get("other_phone")
    fields = {name: value for name, value in stated.items() if name not in ("phone_type", "other_phone")}
    if kind == MOBILE:
        fields = {"mobile" if name == "phone" else name: value for name, value in fields.items()}
        return fields | ({"phone": other} if other else {})
    told = {"other_phone": other} if other else {}
    return fields | told | ({"phone_type": kind} if kind in ("direct", "switchboard") else {})


def _numbers(line: str, regions: tuple[str, ...], ours: frozenset[str], source: str) -> list[Phone]:
    for region in regions:
        numbers = _read(line, region, ours, source)
        if numbers:
            return numbers
    return []


def _read(line: str, region: str, ours: frozenset[str], source: str) -> list[Phone]:
    import phonenumbers  # 0.2 s to import: only when the first number is read

    numbers, last = [], 0
    for match in phonenumbers.PhoneNumberMatcher(line, region, leniency=phonenumbers.Leniency.POSSIBLE, max_tries=40):
        e164 = phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164)
        before, after = line[last : match.start], line[match.end :]
        last = match.end
        if (
            e164 in ours
            or not _plausible(match.raw_string, region)
            or _MONEY.match(after)
            or _MONEY_BEFORE.search(before)
        ):
            continue
        label = _label(before.rstrip(" +(.:")[-_LABEL_CHARS:], after)
        if label:
            numbers.append(Phone(e164, label, _RANKS[label], source))
        elif phonenumbers.number_type(match.number) == phonenumbers.PhoneNumberType.MOBILE:
            numbers.append(Phone(e164, MOBILE, _UNLABELLED_MOBILE, source))
        else:
            numbers.append(Phone(e164, "office", _OFFICE, source))
    return numbers


def _label(before: str, after: str) -> str:
    """The kind that the words around a number give it, "" without any."""
    said = [kind for kind, pattern in _LABELS if pattern.search(before)]
    said += [kind for kind, pattern in _LABEL_AFTER if pattern.match(after)]
    return said[0] if said else ""


def _plausible(raw: str, region: str) -> bool:
    """Whether a national number has the look of its country's: a leading zero in Britain and none in America."""
    digits = re.sub(r"\D", "", _EXTENSION.split(raw)[0])
    if raw.lstrip(" (").startswith(("+", "00")):
        return 8 <= len(digits) <= 15
    if re.fullmatch(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}", raw.strip()):
        return False
    if region in ("GB", "SE", "DE", "FR", "AU", "ZA", "NL", "IE", "CH", "AT", "BE", "NZ"):
        return digits.startswith("0") and len(digits) >= 8
    if region in ("US", "CA"):
        return not digits.startswith("0") and len(digits) in (10, 11)
    if region in _LENGTHS:
        return len(digits) in _LENGTHS[region]
    return 6 <= len(digits) <= 12
