"""What speaks for and against each verdict in a message: speech acts by theme, and signs that need no language.

A sign is a name with a strength of about 0 to 2. Themes are those of the data files; a group is the themes of one
kind of writer (who buys, who sells, who cheats ...): how many of its themes occur says more than how many phrases.
"""

from __future__ import annotations

from agent.judging import structure
from agent.judging.evidence import Evidence

GROUPS = {
    "buyer": (
        *("ask_price", "need", "capability", "tender", "subject_enquiry", "new_project", "own_situation", "referral"),
        *("situation", "how_solve", "reply_wish", "behalf", "extent"),
    ),
    "seller": (
        *("pitch", "offers", "your_lack", "may_i", "terms", "cold_follow", "flattery", "sales_title", "hype"),
        "decline_sales",
        "we_do",
    ),
    "cheat": ("spam", "phishing", "parcel", "riches", "extortion", "payload", "impostor", "domain_scam", "pressure"),
    "job": ("recruiting", "applicant", "recruiter", "placement", "work_sought", "job_act"),
    "trouble": (
        *("support", "broken", "howto", "complaint", "delivered", "repair"),
        *("wrong_goods", "unheard", "amiss", "find_function"),
    ),
    "away": ("absence_subject", "absence_body", "away", "left_firm", "substitute"),
    "received": ("receipt_subject", "receipt_body", "receipt"),
    "bills": ("invoice", "bill"),
    "deal": ("decline", "running_deal", "accepts", "declines", "changes"),
    "supplier": ("supplier_answer", "supplies"),
    "asked_of_us": ("survey", "research", "privacy_request", "data_rights"),
    "not_for_us": ("wrong_address", "agreed_before", "errand", "customer_news", "news", "gratitude"),
    "home": ("personal", "family", "leisure"),
    "mass": ("newsletter", "foot"),
    "program": ("automatic", "notice"),
}
_THEMES = frozenset(theme for themes in GROUPS.values() for theme in themes) | {
    "price_word",
    "want_word",
    "negation",
    "again",
    "until",
}
_SHORT_WORD = 4
_PLAIN_ASKING = ("ask_price", "need", "tender", "how_solve", "situation", "own_situation", "capability", "reply_wish")
_LOOK_ALIKES = ("job", "trouble", "asked_of_us", "cheat", "seller", "away", "bills", "home")  # topics of buyers, too


def signs_of(mail: Evidence) -> dict[str, float]:
    """Every sign that a message shows, with its strength; what is absent is not named."""
    signs = {"always": 1.0}
    headed = mail.subject_themes
    for theme in mail.themes & _THEMES:
        found = mail.in_text(theme) + mail.in_subject(theme)[:1]
        if found:
            signs[theme] = _strength(found)
    for group, themes in GROUPS.items():
        shown = sum(theme in signs for theme in themes)
        if shown:
            signs[group] = 1.0
        if shown > 1:
            signs[f"{group}_wide"] = min(2.0, 0.5 * (shown - 1))
        if shown and not headed.isdisjoint(themes):
            signs[f"{group}_subject"] = 1.0
    signs.update(structure.signs_of(mail))
    _combine(mail, signs)
    return signs


def _strength(phrases: list[str]) -> float:
    """A phrase says more than a word, a long word more than a short one; the second less than the first."""
    weight = sum(1.0 if " " in phrase else 0.5 if len(phrase) <= _SHORT_WORD else 0.75 for phrase in phrases)
    return weight if weight <= 1 else min(2.0, 1 + 0.5 * (weight - 1))


def _combine(mail: Evidence, signs: dict[str, float]) -> None:
    """Signs that say something only together."""
    asks = any(theme in signs for theme in GROUPS["buyer"])
    if "service" in signs:
        if asks:
            signs["service_asked"] = 1.0
        if "seller_wide" not in signs:
            signs["service_unsold"] = 1.0
        needs = sum(theme in signs for theme in _PLAIN_ASKING)
        if needs:
            signs.update((f"{group}_yet_asks", min(2.0, 0.5 + 0.5 * needs)) for group in _LOOK_ALIKES if group in signs)
    if "answers_us" in signs:
        if signs.get("buyer_wide", 0.0) >= 1.0:
            signs["answer_asks_much"] = 1.0
        if "answers_campaign" in signs and asks:
            signs["campaign_answered"] = 1.0
    elif signs.get("buyer_wide", 0.0) >= 1.0:
        signs["asks_much"] = 1.0
    if not any(name.endswith(("_wide", "_subject")) for name in signs) and "service" not in signs:
        signs["says_little"] = 1.0
