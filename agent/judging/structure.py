"""Signs in any language: who wrote to whom, what is attached, sums, links, length, loudness."""

from __future__ import annotations

import re

from agent.judging import domains
from agent.judging.evidence import Evidence
from agent.judging.lexicon import any_of, load, words_of

_LINK = re.compile(r"https?://([^\s/<>\"')\]]{1,253})", re.I)
_LOUD = re.compile(r"[A-ZÅÄÖÆØА-Я]{4,}\b")
_TICKET = re.compile(r"[\[(#]\s*(?:[A-Za-zА-я]{1,8}[ #:-]*)?\d{3,}\s*[\])]|#\d{3,}|\b\d{4,}\b")
# Searches that begin with a digit look at digits only; what begins with a word's edge looks at every letter.
_NUMBER = re.compile(r"\d[\d .,]{0,15}")
_MONEY_BEFORE = re.compile(r"(?:[€$£₽]\s?|\b(?:kr|eur|usd|nok|sek|dkk|gbp|euro)\.? ?)$", re.I)
_MONEY_BEHIND = re.compile(
    r"\s?(?:€|£|₽|\$|,-|kr\b|nok\b|sek\b|dkk\b|eur\b|euros?\b|usd\b|gbp\b|руб|öre\b|øre\b)", re.I
)
_RATE = re.compile(
    r"(?:from|fra|från|ab|da|от|desde|dès|at) \d[\d .,]{0,15}\s?\S{1,6}|\d\s?(?:/|per|pr\.?|al|im|i) ?\w+|,-", re.I
)
_TAG = re.compile(r"\[[A-Za-z][\w .-]{1,40}\]\s")  # what a list puts before its subjects
_PERCENT = re.compile(r"\d\s?%")
_BOOKING = re.compile(r"\b(?:calendly\.com|meetings\.hubspot|cal\.com|outlook\.office365\.com/owa/calendar)", re.I)
_PAPERS = re.compile(
    r"\b(?:cv|resume|résumé|lebenslauf|curriculum|vitae|vitnem\w*|attester|zeugnis\w*|meritf\w*|резюме|søknad|ans[oö]kan"
    r"|bewerbung|application|candidatura)\b",
    re.I,
)
_LEAFLETS = re.compile(
    r"catalog\w*|katalog\w*|brochure|rates|price.?list|prisliste|prislista|listino|preisliste|tarif\w*|флаер", re.I
)
_QUANTITY = re.compile(r"\d[\d ]{0,12}\s?(?:pcs|pieces|units|stk|st|stück|pezzi|pz|шт|pièces|unidades)\b", re.I)
_NUMBERED = re.compile(r"\bn\. ?\d", re.I)
_PHONE = re.compile(r"\d(?:[ ()/.-]?\d){7,13}")
_ADDRESS = re.compile(r"[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+")
_MACHINE = re.compile(
    r"^(?:[\w.-]*(?:no[._-]?reply|do[._-]?not[._-]?reply)[\w.-]*|notif\w*|notify|alerts?|varsel|varsling|avisering|notifiche"
    r"|uvedomleni\w*|robot|mailer|system|bot|jira|github|gitlab|ikke[._-]?svar|svar[._-]?ikke|svara[._-]?ej|non[._-]?rispondere"
    r"|keine[._-]?antwort|ne[._-]?pas[._-]?repondre|no[._-]?responder|automat\w*|daemon|updates?|monitor\w*)$"
)
_ROLES = {
    "sender_sells": re.compile(
        r"^(?:sales|salg|salj|selger|vertrieb|verkauf|vendite|commercial\w*|comercial|ventas|promo\w*|marketing|partner\w*|offers?|bizdev|growth)$"
    ),
    "sender_bills": re.compile(
        r"^(?:billing|invoice\w*|faktura\w*|accounts|ar|regnskap|ekonomi|rechnung\w*|buchhaltung|amministrazione|fatture|factur\w*|compta\w*|buh|credit\w*|inkasso)$"
    ),
    "sender_serves": re.compile(
        r"^(?:support|service\w*|help\w*|kundeservice|kundtjanst|kundesenter|kundservice|assistenza|soporte|care|tickets?)$"
    ),
    "sender_hires": re.compile(
        r"^(?:hr|jobs?|career\w*|karriere|talent\w*|recruit\w*|rekryt\w*|rekrut\w*|personal\w*|selezione|rh)$"
    ),
    "sender_buys": re.compile(
        r"^(?:purchas\w*|procure\w*|tenders?|innkjop\w*|inkop\w*|anskaff\w*|upphandl\w*|einkauf\w*|acquisti|compras|achats|snab\w*|zakup\w*|indkob\w*|buyer)$"
    ),
    "sender_news": re.compile(r"^(?:news\w*|nyheter|nyhetsbrev|digest|rassylka|boletin|lettre)$"),
    "sender_asks": re.compile(r"^(?:survey\w*|press\w*|redak\w*|redac\w*|journal\w*|editor\w*|prensa|research\w*)$"),
}
_DANGEROUS = (
    *(".exe", ".scr", ".js", ".vbs", ".jar", ".iso", ".img", ".lnk", ".hta", ".bat", ".cmd", ".html", ".htm", ".shtml"),
)
_PACKED = (".zip", ".rar", ".7z", ".gz", ".ace", ".tar")
_NEWSLETTER_QUOTED = words_of("vocabulary", "newsletter_quoted")
_ROLE_ADDRESS = re.compile(rf"^{any_of('role_local_pattern')}$", re.I)
_MANY_PEOPLE = 10


def signs_of(mail: Evidence) -> dict[str, float]:
    """The signs that a message shows, each with a strength of up to 2."""
    signs = {**_of_people(mail), **_of_text(mail), **_of_attachments(mail), **_of_links(mail)}
    return {name: float(value) for name, value in signs.items() if value}


def _of_people(mail: Evidence) -> dict[str, float]:
    colleagues = {email for _, email in mail.organisation.colleagues}
    people = [person.email for person in mail.message.to + mail.message.cc if person.email]
    signs: dict[str, float] = {
        "answers_us": mail.answers_us,
        "answers_campaign": mail.answers_us and answers_campaign(mail),
        "reply_subject": mail.is_reply,
        "known_person": mail.context.known_person,
        "free_mail": mail.is_free_mail,
        "to_colleague": any(email in colleagues for email in people),
        "machine_sender": from_machine(mail),
        "generated": mail.header("auto-submitted") not in ("", "no"),
        "role_sender": _ROLE_ADDRESS.match(mail.local_part) is not None,
        "no_sender_name": not mail.sender_name,
        "many_people": len(people) > _MANY_PEOPLE,
        "to_nobody": bool(mail.message.headers) and not mail.message.recipients,
        "answers_others": not mail.answers_us and bool(mail.message.in_reply_to or mail.message.references),
        "tagged": _TAG.match(mail.topic) is not None,
        "not_to_us": bool(people and mail.message.headers) and not any(map(mail.organisation.is_own, people)),
        "policy_failed": "dmarc=fail" in mail.header("authentication-results"),
        "listed": bool(mail.message.header("list-unsubscribe")),
    }
    signs.update((name, pattern.match(mail.local_part) is not None) for name, pattern in _ROLES.items())
    return signs


def _of_text(mail: Evidence) -> dict[str, float]:
    text, subject = mail.parts.new, mail.topic
    summed = _names_sum(text)
    budget = summed and bool(load("budget").find(mail.words))
    loud = len(_LOUD.findall(f"{subject} {text[:3000]}"))
    others = {match.group().lower() for match in _ADDRESS.finditer(mail.written)} if from_machine(mail) else set()
    return {
        "question": 1.0 * ("?" in text) + 0.5 * (text.count("?") > 2),
        "question_subject": "?" in subject,
        "service": min(2.0, 0.5 + 0.5 * len(mail.services)) if mail.services else 0.0,
        "service_subject": any(phrase in mail.services for phrase in mail.in_subject("service")),
        "sum": summed and not budget,
        "budget_sum": budget,
        "rate": summed and _RATE.search(text) is not None,
        "percent": "%" in text and _PERCENT.search(text) is not None,
        "quantity": _names_quantity(text),
        "phone": _PHONE.search(mail.written) is not None,
        "names_contact": any(other != mail.sender and not mail.organisation.is_own(other) for other in others),
        "ticket_subject": _TICKET.search(subject) is not None,
        "very_short": len(text) < 90,
        "short": len(text) < 260,
        "long": min(2.0, max(0, len(text) - 1500) / 1000),
        "exclaims": text.count("!") >= 4,
        "loud": loud >= 6,
        "no_subject": not subject,
    }


def _names_sum(text: str) -> bool:
    """Whether a number stands beside the name or sign of a currency."""
    for match in _NUMBER.finditer(text):
        bare = match.start() + len(match.group().rstrip(" .,"))
        if _MONEY_BEHIND.match(text, bare) or _MONEY_BEHIND.match(text, match.end()):
            return True
        if _MONEY_BEFORE.search(text, max(0, match.start() - 8), match.start()):
            return True
    return False


def _names_quantity(text: str) -> bool:
    return _QUANTITY.search(text) is not None or ("n." in text.lower() and _NUMBERED.search(text) is not None)


def _of_attachments(mail: Evidence) -> dict[str, float]:
    names = [item.name[:200].lower() for item in mail.message.attachments]
    plain = [re.sub(r"[_\d.-]+", " ", name) for name in names]
    return {
        "dangerous_file": any(name.endswith(_DANGEROUS) for name in names),
        "packed_file": any(name.endswith(_PACKED) for name in names),
        "papers": any(map(_PAPERS.search, plain)),
        "leaflet": any(map(_LEAFLETS.search, plain)),
        "file": bool(names),
    }


def _of_links(mail: Evidence) -> dict[str, float]:
    own = domains.label(mail.domain) if mail.domain else ""
    hosts = [match.group(1).lower().partition(":")[0] for match in _LINK.finditer(mail.written[:6000])]
    foreign = [host for host in hosts if domains.label(host) != own and not mail.organisation.is_own(f"x@{host}")]
    return {
        "link": bool(hosts),
        "foreign_links": min(2.0, 0.5 * len(foreign)),
        "free_mail_link": mail.is_free_mail and bool(foreign),
        "booking_link": ".com" in mail.written and _BOOKING.search(mail.written) is not None,
    }


def from_machine(mail: Evidence) -> bool:
    """Whether the sender's address is one that no person reads."""
    return _MACHINE.match(mail.local_part) is not None


def answers_campaign(mail: Evidence) -> bool:
    """Whether the answered mail of ours went to many: a newsletter or an invitation."""
    quoted = mail.parts.quoted[:8000].lower()
    return any(word in quoted for word in _NEWSLETTER_QUOTED)
