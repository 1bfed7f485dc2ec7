"""Mail made by web forms: labels and values out of whatever shape the form program gave them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from agent.judging.evidence import Evidence
from agent.judging.lexicon import Words, load, words_in, words_of

_LINES = 400
_PAIR = re.compile(
    r"^\s*+(?:[*•\-]\s++)?(?:\d{1,2}[.)]\s++)?(?P<label>[^:=：\n\t]{1,60}?)\s*+[*]?\s*+(?:[:：]|(?<=\s)=)\s*(?P<value>.*)$"
)
_BARE = re.compile(r"^\s*+(?:[*•\-]\s*+)?(?:\d{1,2}[.)]\s*+)?(?P<label>[^\t]{1,90}?)\s*+[*:]*+\s*+$")
_NUMBERED = re.compile(r"^\s*+(?:\d{1,2}[.)]|\*)\s+\S")
_END = re.compile(r"^\s*+(?:--\s*|_{5,}|-{3,}|={3,})$|https?://\S+\s*$", re.I)
_LISTED = re.compile(r"^\s*[-*•–]\s")
_CONTACT = re.compile(r"@|\d{5,}|^\W*$")
_ONE_LINE = frozenset(
    (
        *("name", "first_name", "last_name", "email", "phone", "company", "title", "website", "budget", "service"),
        *("postcode", "city", "country"),
    )
)
_CHOSEN = re.compile(r"\[[xX✓✔]\]\s*([^\[\]]+)")
_MACHINE_SENDER = re.compile(
    r"^(?:wordpress|www-data|apache|nginx|webmaster|web|site|website|form\w*|skjema|modulo|robot|no-?reply|kontakt\w*"
    r"|contact\w*|webform|mailer|e-?mail|info-?web|php|root|admin)$"
)
_FOOT = words_of("vocabulary", "form_foot")
# Which field a label means that holds words of several, equally long.
_ORDER = (
    *("contact", "last_name", "first_name", "email", "phone", "company", "budget", "service", "title", "website"),
    *("postcode", "city", "country", "address", "subject", "message", "meta", "name"),
)
_SIDE = frozenset(("meta", "address", "postcode", "city", "country"))  # labels of many forms, and of none


@dataclass(slots=True)
class Form:
    """A filled form: values by field, the pairs of unknown labels, and how sure it is that this is one."""

    values: dict[str, str] = field(default_factory=dict)
    others: list[tuple[str, str]] = field(default_factory=list)
    known: int = 0
    meta: int = 0


def label_of(text: str) -> str:
    """The field that a label names, "" if none."""
    hits = load("form_labels").find(Words(text).words)
    if not hits:
        return ""
    best = max(hits, key=lambda hit: (hit.last - hit.first, -_ORDER.index(hit.theme)))
    named = {hit.theme for hit in hits}
    if best.theme == "message" and "name" in named and len(named) == 2:
        return "name"
    return best.theme


def read_form(text: str) -> Form:
    """The labels and values of a text, whether or not it is a form's."""
    form = Form()
    current, unknown = "", ""
    lines = text.splitlines()[:_LINES]
    waiting = False  # a label stood alone: its value is on the next line
    for at, line in enumerate(lines):
        if not line.strip():
            continue
        if _ends(line) and (form.known or not line.strip("-_= ")):
            if form.known:
                current, waiting = "", False
            continue
        after = lines[at + 1] if at + 1 < len(lines) else ""
        label, value = _split(line, after, waiting, current)
        if label is None and not waiting and _is_unknown_label(form, line, after, current, lines[at - 1] if at else ""):
            current, unknown, waiting = "", line.strip(" *:"), True
            continue
        if label is None:
            if current:
                _add(form, current, line.strip())
            elif unknown and waiting:
                form.others.append((unknown, line.strip()))
            waiting = False
            continue
        current, waiting = _open(form, label, value)
        unknown = "" if current else label
    for name, value in form.values.items():
        form.values[name] = _chosen(value).strip()
    return form


def _is_unknown_label(form: Form, line: str, after: str, current: str, before: str) -> bool:
    """A label in no list of ours: what follows a value of one line where labels stand above their values."""
    if not after.strip() or not form.known or current == "message" or _LISTED.match(line) or _CONTACT.search(line):
        return False
    if current and form.values.get(current):
        return current in _ONE_LINE and len(line.split()) <= 12
    return not before.strip() and line.rstrip().endswith(("?", ":", "*")) and len(line.split()) <= 14


def _ends(line: str) -> bool:
    low = line.strip().lower()
    return _END.match(line) is not None or low.startswith(_FOOT)


def _split(line: str, after: str, waiting: bool, current: str) -> tuple[str | None, str]:
    """Label and value of a line; None as label if it goes on with what stood before."""
    cells = [cell.strip() for cell in line.split("\t") if cell.strip()]
    if len(cells) == 2 and len(cells[0]) <= 60:
        return cells[0].rstrip(":"), cells[1]
    pair = _PAIR.match(line)
    if pair and "//" not in line[: pair.end("label") + 3] and _is_pair(pair["label"], waiting, current):
        return pair["label"].strip(" *"), pair["value"].strip()
    return (None if waiting else _bare_label(line, after, current)), ""


def _is_pair(label: str, waiting: bool, current: str) -> bool:
    """Whether what stands before a colon is a label; inside a message only one that people don't write there."""
    count = len(label.split())
    name = label_of(label) if count <= 6 else ""
    if name:
        return waiting or current != "message" or name not in ("meta", "subject", "name")
    return not current or (current != "message" and count <= 4)


def _bare_label(line: str, after: str, current: str) -> str | None:
    """A label alone on its line, the value below."""
    bare = _BARE.match(line)
    if bare is None or not after.strip() or "@" in line or not label_of(bare["label"]):
        return None
    if current == "message":
        return line.strip(" *:") if _NUMBERED.match(line) or _is_whole_label(line) else None
    count = len(bare["label"].split())
    short = count <= 4 or line.rstrip().endswith(("?", ":", "*", ")")) or _NUMBERED.match(line)
    return bare["label"].strip(" *:") if short and count <= 12 else None


def _is_whole_label(line: str) -> bool:
    """Whether a short line is nothing but a label that we know."""
    words = Words(line[:60]).words
    return 0 < len(words) <= 3 and any(
        hit.last - hit.first + 1 == len(words) for hit in load("form_labels").find(words)
    )


def _open(form: Form, label: str, value: str) -> tuple[str, bool]:
    """Begin a field; returns its name and whether its value is still to come."""
    name = label_of(label)
    if name == "meta":
        form.meta += 1
    if name in _SIDE - {"meta"}:
        form.meta += 1
        if value:
            form.values.setdefault(name, value)
        return name, not value
    if not name or name == "meta":
        if value:
            form.others.append((label, value))
        return ("meta" if name else ""), not value
    form.known += 1
    if name in form.values and name != "message":
        return "", False
    if value:
        _add(form, name, value)
    return name, not value


def _add(form: Form, name: str, value: str) -> None:
    if name == "meta":
        return
    before = form.values.get(name, "")
    if before and name not in ("message", "service", "address"):
        return
    form.values[name] = f"{before}\n{value}" if before else value


def _chosen(value: str) -> str:
    """Of check boxes only those that are ticked."""
    ticked = _CHOSEN.findall(value)
    return ", ".join(part.strip() for part in ticked) if ticked else value


def may_be_form(mail: Evidence) -> bool:
    """A look at sender and words before any line is read."""
    return is_own_machine(mail) or from_form_service(mail) or has_form_words(mail)


def likeness(mail: Evidence, form: Form) -> int:
    """How much a message looks like a form's: 4 and more is one (lead_extraction section 5)."""
    known_sender = is_own_machine(mail) or from_form_service(mail)
    words = has_form_words(mail)
    replies = mail.message.reply_to
    reachable = bool({"email", "phone", "contact"} & set(form.values)) or bool(replies)
    if not reachable or form.known < (2 if known_sender else 3) or not (known_sender or words):
        return 0
    points = 2 * known_sender + 2 * words + 2 * (form.known >= 2) + (form.known >= 4) + (form.meta >= 1)
    return points + (bool(replies) and replies[0].email != mail.sender)


def is_own_machine(mail: Evidence) -> bool:
    """Whether the sender is a web server of ours."""
    if not mail.from_us:
        return False
    return mail.sender in mail.organisation.form_senders or _MACHINE_SENDER.match(mail.local_part) is not None


def from_form_service(mail: Evidence) -> bool:
    """Whether the sender is a service that sends forms for many sites."""
    return any(mail.domain == name or mail.domain.endswith("." + name) for name in words_of("forms", "services"))


def has_form_words(mail: Evidence) -> bool:
    """Whether subject, first or last lines say that a form sent this."""
    lexicon = load("forms")
    if lexicon.find(mail.subject_words):
        return True
    text = mail.message.text
    return bool(lexicon.find(words_in(f"{text[:400]}\n{text[-400:]}")))
