"""What is derived from a record's fields: addresses, domains, whom it names, search words, in tables of their own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

import sqlalchemy as sa

from crm_model.records import Fields, FieldValue, RecordKind, emails_of, title_of
from sync.store.batches import insert_many
from sync.store.database import Unit
from sync.store.tables import record_domains, record_emails, record_mentions, record_phones, record_texts

_SEARCHED = ("company", "phone", "mobile", "website", "number")
_PHONES = ("phone", "mobile")
_TELLING_DIGITS = 7  # below the length of a number without its country and area in most of Europe
_LONGEST_KEY = 500  # PostgreSQL's indexes refuse long keys, and nothing real is longer


def domains_of(kind: RecordKind, fields: Fields) -> tuple[str, ...]:
    """The mail domains of an account, lower case: those stated, else that of its website."""
    if kind is not RecordKind.ACCOUNT:
        return ()
    stated = fields.get("domains")
    if isinstance(stated, tuple) and stated:
        return tuple(dict.fromkeys(domain.strip().lower().lstrip("@") for domain in stated if domain.strip()))
    host = _host(fields.get("website"))
    return (host,) if "." in host else ()


def _host(website: FieldValue) -> str:
    if not isinstance(website, str) or not website.strip():
        return ""
    text = website.strip()
    try:
        host = urlsplit(text if "//" in text else f"//{text}").hostname or ""
    except ValueError:
        return ""
    return host.lower().removeprefix("www.")


def mentions_of(kind: RecordKind, fields: Fields) -> tuple[str, ...]:
    """Whom a record names: a deal its people, an account its parent."""
    if kind is RecordKind.ACCOUNT:
        return (str(fields["parent_id"]),) if fields.get("parent_id") else ()
    if kind is not RecordKind.OPPORTUNITY:
        return ()
    others = fields.get("other_contacts")
    named = (fields.get("contact_id"), *(others if isinstance(others, tuple) else ()))
    return tuple(dict.fromkeys(str(reference) for reference in named if reference))


def phones_of(kind: RecordKind, fields: Fields) -> tuple[str, ...]:
    """The last digits of a person's numbers, however they are written; too short ones are none."""
    if kind not in (RecordKind.LEAD, RecordKind.CONTACT):
        return ()
    return tuple(dict.fromkeys(digits for name in _PHONES if (digits := last_digits(str(fields.get(name) or "")))))


def last_digits(number: str) -> str:
    """What a telephone number is looked up by, "" for one too short."""
    digits = "".join(char for char in number if char in "0123456789")
    return digits[-_TELLING_DIGITS:] if len(digits) >= _TELLING_DIGITS else ""


def words_of(kind: RecordKind, fields: Fields) -> str:
    """Everything that a record is found by while typing."""
    parts = [title_of(kind, fields), *emails_of(fields), *domains_of(kind, fields)]
    parts += [str(fields[name]) for name in _SEARCHED if fields.get(name)]
    parts += [digits for name in _PHONES for digits in _dialled(str(fields.get(name) or ""))]
    return " ".join(parts)


def _dialled(phone: str) -> tuple[str, ...]:
    """A number as people type it, without blanks: with its country and, in most plans, without."""
    digits = "".join(character for character in phone if character.isdigit())
    return tuple(dict.fromkeys(digits[-length:] for length in (15, 10, 9, 8))) if len(digits) >= 8 else ()


def insert_words(unit: Unit, found: Sequence[tuple[int, RecordKind, Fields]]) -> None:
    """Fill the derived tables for new records: the database's own id, kind, fields."""
    texts = [{"record_id": record_id, "words": words_of(kind, fields)} for record_id, kind, fields in found]
    insert_many(unit, record_texts, texts)
    emails = [(record_id, email) for record_id, _, fields in found for email in _keys(emails_of(fields))]
    insert_many(unit, record_emails, [{"record_id": record_id, "email": email} for record_id, email in emails])
    domains = [(record_id, name) for record_id, kind, fields in found for name in _keys(domains_of(kind, fields))]
    insert_many(unit, record_domains, [{"record_id": record_id, "domain": name} for record_id, name in domains])
    numbers = [(record_id, number) for record_id, kind, fields in found for number in phones_of(kind, fields)]
    insert_many(unit, record_phones, [{"record_id": record_id, "digits": number} for record_id, number in numbers])
    named = [(record_id, ref) for record_id, kind, fields in found for ref in _keys(mentions_of(kind, fields))]
    insert_many(unit, record_mentions, [{"record_id": record_id, "reference": ref} for record_id, ref in named])


def replace_words(unit: Unit, record_id: int, kind: RecordKind, before: Fields, fields: Fields) -> None:
    """Bring the derived tables of one record up to date; most edits touch nothing that is derived."""
    words = words_of(kind, fields)
    if words == words_of(kind, before) and mentions_of(kind, fields) == mentions_of(kind, before):
        return
    unit.execute(record_texts.update().where(record_texts.c.record_id == record_id).values(words=words))
    _replace(unit, record_emails, record_emails.c.email, record_id, emails_of(fields))
    _replace(unit, record_domains, record_domains.c.domain, record_id, domains_of(kind, fields))
    _replace(unit, record_phones, record_phones.c.digits, record_id, phones_of(kind, fields))
    _replace(unit, record_mentions, record_mentions.c.reference, record_id, mentions_of(kind, fields))


def _replace(unit: Unit, table: sa.Table, column: sa.Column[str], record_id: int, found: Iterable[str]) -> None:
    wanted = _keys(found)
    held = set(unit.execute(sa.select(column).where(table.c.record_id == record_id)).scalars())
    if gone := held - wanted:
        unit.execute(table.delete().where(table.c.record_id == record_id, column.in_(gone)))
    if fresh := wanted - held:
        unit.execute(table.insert(), [{column.name: value, "record_id": record_id} for value in sorted(fresh)])


def _keys(found: Iterable[str]) -> set[str]:
    return {value for value in found if len(value) <= _LONGEST_KEY}
