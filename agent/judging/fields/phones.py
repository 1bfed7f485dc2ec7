"""The telephone number to call: a mobile or direct one of the person, never ours, never a VAT number."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agent.judging.lexicon import any_of

_LINE_LIMIT = 300
_TEXT_LIMIT = 2500
# Numbers that only look like telephones; their line is left out (an Italian P.IVA is a valid phone).
_NO_PHONE = re.compile(rf"\b{any_of('no_phone_pattern')}\b", re.I)
_CUE = re.compile(any_of("phone_cue_pattern"), re.I)
_BEST = re.compile(rf"(?<!\w){any_of('phone_best_pattern')}\W{{0,4}}$", re.I)
# A number set out as people set out telephones: a plus, a leading zero or groups; no date, no sum, no running digits.
_WRITTEN = re.compile(
    r"(?<![\w./-])(?:\+\d[\d ()-]{7,16}\d|0\d{1,4}[ /-]\d{2,4}(?:[ -]?\d{2,4}){1,3}|\(?\d{3}\)?[ -]\d{3}-\d{4}"
    r"|\d{2} \d{2} \d{2} \d{2}|\d{3} \d{2} \d{3}|3\d{2} ?\d{6,7}|6\d{2} \d{3} \d{3})(?![\w-]|[.,]\d|\s?(?:kr|eur|€|%))"
)
_EXTENSION = re.compile(r"\s*(?:x|ext\w*|доб\w*|вн\w*|int\w*|dw|#)\.?\s*\d{1,5}\s*$", re.I)
_MONEY = re.compile(r"\s{0,2}(?:kr\b|kroner|руб|р\.|€|\$|£|₽|eur|nok|sek|usd|gbp|dkk|%|тыс|млн)", re.I)
_MONEY_BEFORE = re.compile(r"(?:€|\$|£|₽|\bkr|\beur|\bnok|\bsek|\busd|\bgbp)\.?\s?$", re.I)
_LENGTHS = {"NO": (8,), "DK": (8,), "RU": (10, 11), "IT": (8, 9, 10, 11), "ES": (9,), "PL": (9,)}
_BEST_AFTER = re.compile(r"^\s{0,2}\(?(?:mobile?|mob|cell|direct|direkt|portable)\b(?!\W{0,3}[+(\d])", re.I)
_SHARED = re.compile(rf"{any_of('phone_shared_pattern')}\W{{0,4}}(?:tel\w*\W{{0,3}})?$", re.I)


@dataclass(frozen=True, slots=True)
class _Number:
    e164: str
    rank: int


def find_phone(
    text: str, closing: list[str], near: str, regions: tuple[str, ...], ours: frozenset[str]
) -> tuple[str, str]:
    """E.164 and its source. Looks where a named contact stands, then in the closing, then beside words for calling."""
    if near:
        found = best_number([near], regions, ours)
        if found:
            return found, "text"
    found = best_number(closing, regions, ours)
    if found:
        return found, "signature"
    said = re.split(r"\n|(?<=[.!?])\s", text[-_TEXT_LIMIT:])
    found = best_number([line for line in said if _CUE.search(line)], regions, ours)
    if not found:
        found = best_number([line for line in said if _WRITTEN.search(line)], regions, ours)
    return (found, "text") if found else ("", "")


def best_number(lines: list[str], regions: tuple[str, ...], ours: frozenset[str]) -> str:
    """The best number of some lines, "" without any: mobile or direct by its label, then mobile by its plan."""
    found: list[_Number] = []
    for line in lines:
        if sum(char.isdigit() for char in line) >= 6 and not _NO_PHONE.search(line):
            found += _numbers(line[:_LINE_LIMIT], regions, ours)
    return min(found, key=lambda number: number.rank).e164 if found else ""


def _numbers(line: str, regions: tuple[str, ...], ours: frozenset[str]) -> list[_Number]:
    for region in regions:
        numbers = _read(line, region, ours)
        if numbers:
            return numbers
    return []


def _read(line: str, region: str, ours: frozenset[str]) -> list[_Number]:
    import phonenumbers  # 0.2 s to import: only when the first number is read

    numbers = []
    for match in phonenumbers.PhoneNumberMatcher(line, region, leniency=phonenumbers.Leniency.POSSIBLE, max_tries=40):
        e164 = phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164)
        before, after = line[: match.start], line[match.end :]
        if (
            e164 in ours
            or not _plausible(match.raw_string, region)
            or _MONEY.match(after)
            or _MONEY_BEFORE.search(before)
        ):
            continue
        rank = 2
        if _BEST.search(before.rstrip(" +(.:")[-14:] if before else "") or _BEST_AFTER.match(after):
            rank = 0
        elif _SHARED.search(before.rstrip(" +(.:")[-20:]):
            rank = 4
        elif phonenumbers.number_type(match.number) == phonenumbers.PhoneNumberType.MOBILE:
            rank = 1
        numbers.append(_Number(e164, rank))
    return numbers


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
