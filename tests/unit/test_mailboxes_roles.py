"""What a folder is for is seen by its name, as servers and mail programs write it in six languages."""

from __future__ import annotations

import pytest
from imapclient import imap_utf7

from crm_model.mail import MailboxRole
from sync.mailboxes.imap.folders import read_folders
from sync.mailboxes.imap.replies import read_list
from sync.mailboxes.roles import role_by_name

SENT, ARCHIVE, DRAFTS, JUNK, TRASH, ALL = (
    MailboxRole.SENT,
    MailboxRole.ARCHIVE,
    MailboxRole.DRAFTS,
    MailboxRole.JUNK,
    MailboxRole.TRASH,
    MailboxRole.ALL,
)
NAMES = {
    "English": {
        SENT: ("Sent", "Sent Items", "Sent Messages", "[Gmail]/Sent Mail"),
        ARCHIVE: ("Archive", "Archives"),
        DRAFTS: ("Drafts",),
        JUNK: ("Junk", "Spam", "Bulk Mail", "Junk E-mail", "Junk Email"),
        TRASH: ("Trash", "Deleted Items", "Deleted Messages", "[Gmail]/Bin"),
        ALL: ("[Gmail]/All Mail",),
    },
    "Norwegian": {
        SENT: ("Sendt", "Sendte elementer", "[Gmail]/Sendt e-post"),
        ARCHIVE: ("Arkiv",),
        DRAFTS: ("Kladd", "Utkast", "[Gmail]/Utkast"),
        JUNK: ("Søppelpost", "Useriøs e-post"),
        TRASH: ("Papirkurv", "Slettede elementer"),
        ALL: ("[Gmail]/All e-post",),
    },
    "Swedish": {
        SENT: ("Skickat", "Skickade objekt", "[Gmail]/Skickat"),
        ARCHIVE: ("Arkiv",),
        DRAFTS: ("Utkast",),
        JUNK: ("Skräppost",),
        TRASH: ("Papperskorgen", "Borttagna objekt", "Borttaget"),
        ALL: ("[Gmail]/Alla mail",),
    },
    "Italian": {
        SENT: ("Posta inviata", "Inviati", "[Gmail]/Posta inviata"),
        ARCHIVE: ("Archivio",),
        DRAFTS: ("Bozze",),
        JUNK: ("Posta indesiderata", "Spam"),
        TRASH: ("Cestino", "Posta eliminata"),
        ALL: ("[Gmail]/Tutti i messaggi",),
    },
    "Russian": {
        SENT: ("Отправленные", "[Gmail]/Отправленные"),
        ARCHIVE: ("Архив",),
        DRAFTS: ("Черновики",),
        JUNK: ("Спам", "Нежелательная почта"),
        TRASH: ("Корзина", "Удаленные", "Удалённые"),
        ALL: ("[Gmail]/Вся почта",),
    },
    "German": {
        SENT: ("Gesendet", "Gesendete Elemente", "Gesendete Objekte"),
        ARCHIVE: ("Archiv",),
        DRAFTS: ("Entwürfe",),
        JUNK: ("Spamverdacht", "Junk-E-Mail"),
        TRASH: ("Papierkorb", "Gelöschte Elemente", "Gelöschte Objekte"),
        ALL: ("[Gmail]/Alle Nachrichten",),
    },
}
EACH = [
    pytest.param(name, role, id=f"{language} {name}")
    for language, roles in NAMES.items()
    for role, names in roles.items()
    for name in names
]


@pytest.mark.parametrize(("name", "role"), EACH)
def test_a_name_tells_the_role(name: str, role: MailboxRole) -> None:
    assert role_by_name(name) is role
    assert role_by_name(f"INBOX.{name}", ".") is role or "/" in name
    assert role_by_name(f"Clients/{name}") is MailboxRole.OTHER


@pytest.mark.parametrize("language", NAMES)
def test_an_account_in_one_language(language: str) -> None:
    """As a server without SPECIAL-USE tells it: in modified UTF-7, everything below the inbox."""
    named = [f"INBOX.{names[0]}" for role, names in NAMES[language].items() if role is not ALL]
    pieces = [b'() "." "%b"' % (imap_utf7.encode(name) if name != "INBOX" else b"INBOX") for name in ("INBOX", *named)]
    found = read_folders(list(read_list(pieces)), (), "work")
    assert [folder.role for folder in found] == [MailboxRole.INBOX, SENT, ARCHIVE]
    assert [folder.name for folder in found] == ["INBOX", named[0], named[1]]
