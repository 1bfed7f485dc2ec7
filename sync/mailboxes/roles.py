"""What a folder is for, by its name, and which folders of an account are read."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from crm_model.errors import ConfigError
from crm_model.mail import MailboxRole
from crm_model.options import OptionSpec, OptionType
from sync.mailboxes.contract import Folder

FOLDERS_OPTION = OptionSpec(
    "folders",
    OptionType.LIST,
    "Names of the folders to read, instead of the ones found by what they are for.",
)

# The last part of a folder's name in the languages of the common servers and clients, folded.
_NAMES: dict[MailboxRole, tuple[str, ...]] = {
    MailboxRole.INBOX: ("inbox",),
    MailboxRole.SENT: (
        *("sent", "sent items", "sent messages", "sent mail", "sent-mail", "sent elements", "outbox sent"),
        *("sendt", "sendte", "sendte elementer", "sendte e-post", "sendt e-post", "sendt post", "sendte meldinger"),
        *("skickat", "skickade", "skickade objekt", "skickade meddelanden", "sendte beskeder", "lähetetyt"),
        *("posta inviata", "inviati", "inviata", "messaggi inviati", "elementi inviati"),
        *("отправленные", "исходящие отправленные", "gesendet", "gesendete objekte", "gesendete elemente"),
        *("envoyés", "éléments envoyés", "messages envoyés", "enviados", "elementos enviados", "verzonden"),
        *("verzonden items", "wysłane", "elementy wysłane", "已发送", "已傳送", "送信済み"),
    ),
    MailboxRole.ARCHIVE: (
        *("archive", "archives", "arkiv", "arkiverte", "arkiverad", "archivio", "archivi", "архив", "archiv"),
        *("archivo", "arquivo", "archief", "archiwum", "arkisto", "all archive"),
    ),
    MailboxRole.ALL: (
        "all mail",
        "all e-post",
        "alla mail",
        "all mail archive",
        "tutti i messaggi",
        "вся почта",
        "alle nachrichten",
    ),
    MailboxRole.DRAFTS: (
        *(
            "drafts",
            "draft",
            "templates",
            "unsent messages",
            "outbox",
            "kladd",
            "kladder",
            "utkast",
            "bozze",
            "черновики",
            "entwürfe",
            "brouillons",
        ),
        *("borradores", "rascunhos", "concepten", "wersje robocze", "luonnokset"),
    ),
    MailboxRole.JUNK: (
        *("junk", "spam", "bulk mail", "bulk", "junk mail", "junk e-mail", "junk email", "søppelpost", "skräppost"),
        *(
            "useriøs e-post",
            "junk-e-mail",
            "posta indesiderata",
            "спам",
            "нежелательная почта",
            "spamverdacht",
            "indésirables",
        ),
        *("correo no deseado", "lixo eletrônico", "ongewenste e-mail", "roskaposti"),
    ),
    MailboxRole.TRASH: (
        *("trash", "deleted items", "deleted messages", "deleted", "bin", "papirkurv", "slettede elementer"),
        *("slettet", "papperskorgen", "borttagna objekt", "borttaget", "cestino", "posta eliminata", "корзина"),
        *("удаленные", "удалённые", "papierkorb", "gelöschte objekte", "corbeille", "papelera", "lixeira"),
        *("gelöschte elemente", "gelöscht", "papperskorg", "prullenbak", "kosz", "roskakori"),
    ),
}
_ROLES = {name: role for role, names in _NAMES.items() for name in names}
_ORDER = tuple(MailboxRole)


def role_by_name(name: str, delimiter: str = "/") -> MailboxRole:
    """What a folder of this name is most likely for; only direct children of INBOX or a `[Provider]` count."""
    parts = [part for part in name.split(delimiter) if part] if delimiter else [name]
    if len(parts) > 1 and (parts[0].upper() == "INBOX" or parts[0].startswith("[")):
        parts = parts[1:]
    return _ROLES.get(parts[0].strip().casefold(), MailboxRole.OTHER) if len(parts) == 1 else MailboxRole.OTHER


def settle_guesses(folders: Sequence[Folder], sure: Collection[str] = ()) -> tuple[Folder, ...]:
    """The same folders with guessed roles taken back where two folders lay claim to one role.

    `sure` are keys of folders whose role the server itself told: they win over any guess.
    """
    told = {folder.role for folder in folders if folder.key in sure}
    claims = Counter(folder.role for folder in folders if folder.key not in sure)

    def settled(folder: Folder) -> Folder:
        doubtful = folder.role in told or claims[folder.role] > 1
        if folder.key in sure or not doubtful:
            return folder
        # Two junk or trash folders are both still nothing to read.
        unread = folder.role in (MailboxRole.JUNK, MailboxRole.TRASH, MailboxRole.DRAFTS)
        return folder if unread else replace(folder, role=MailboxRole.OTHER)

    return tuple(map(settled, folders))


def choose_folders(
    found: Sequence[Folder], wanted: Sequence[str], roles: Collection[MailboxRole], account: str
) -> tuple[Folder, ...]:
    """The folders to read: those `wanted` by name, else those of `roles`; inbox first.

    A wanted folder that is missing stays in the list, so that reading it says NotFound and the others go on.
    Errors: ConfigError if none of the wanted ones is there.
    """
    if not wanted:
        return _ordered(folder for folder in found if folder.role in roles)
    by_name = {folder.key: folder for folder in found} | {_folded(folder.name): folder for folder in found}
    if not any(_folded(name) in by_name for name in wanted):
        names = [folder.name for folder in found]
        nearest = difflib.get_close_matches(wanted[0], names, n=1)
        raise ConfigError(
            f"the mailbox {account} has no folder “{wanted[0]}”; it has {', '.join(sorted(names)[:20]) or 'none'}.",
            key="folders",
            nearest=nearest[0] if nearest else None,
        )
    return tuple(by_name.get(_folded(name)) or Folder(name, name, role_by_name(name)) for name in dict.fromkeys(wanted))


def _folded(name: str) -> str:
    return "INBOX" if name.upper() == "INBOX" else name


def _ordered(folders: Iterable[Folder]) -> tuple[Folder, ...]:
    return tuple(sorted(folders, key=lambda folder: (_ORDER.index(folder.role), folder.name)))
