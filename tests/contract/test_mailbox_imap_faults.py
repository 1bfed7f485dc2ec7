"""What misbehaving IMAP servers do costs at most the message that it concerns."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator

import pytest

from crm_model.errors import (
    Busy,
    ConfigError,
    CursorExpired,
    HitchpostError,
    LoginNeeded,
    NotFound,
    RateLimited,
    Unreachable,
)
from crm_model.options import Connection
from sync.mailboxes.contract import Folder, MailSource
from sync.mailboxes.imap import IMAP, flags, login, session
from sync.mailboxes.testing import Holding, letter
from tests.servers.scripted_imap import DROP, ScriptedImap


@pytest.fixture
def server() -> Iterator[ScriptedImap]:
    with ScriptedImap({uid: letter(uid) for uid in range(1, 21)}) as running:
        yield running


@pytest.fixture
def holding() -> Holding:
    return Holding()


def open_source(server: ScriptedImap) -> MailSource:
    given = {"host": "127.0.0.1", "port": server.port, "user": "me", "tls": "none"}
    return IMAP.open(Connection("work", "imap", given, secret=lambda: "secret"))


def folders_of(server: ScriptedImap) -> tuple[Folder, ...]:
    with contextlib.closing(open_source(server)) as source:
        return source.folders()


def read(server: ScriptedImap, holding: Holding) -> None:
    holding.read_all(lambda: open_source(server))


def uids_of(server: ScriptedImap, command: str) -> set[int]:
    found = re.match(r"UID FETCH (\S+) .*BODY", command)
    return server.read_set(found[1]) if found else set()


@pytest.mark.parametrize(
    "answer",
    [
        b"TAG NO not this one\r\n",
        b"TAG BAD what\r\n",
        b"* 7 FETCH (UID 7 BODY[]<0> {99}\r\nab" + DROP,
        b"* 7 FETCH (UID 7 BODY[]<0> {99}\r\nab\r\n* BYE going down\r\n" + DROP,
    ],
)
def test_one_poisoned_message(server: ScriptedImap, holding: Holding, answer: bytes) -> None:
    server.fault = lambda command: answer if 7 in uids_of(server, command) else None
    read(server, holding)
    assert set(holding.held) == {str(uid) for uid in range(1, 21) if uid != 7}
    assert set(holding.failed) == {"7"}
    pages = holding.pages
    read(server, holding)
    assert holding.pages == pages + 1
    assert len(holding.delivered) == 19


def test_sizes_refused(server: ScriptedImap, holding: Holding) -> None:
    server.fault = lambda command: b"TAG BAD no\r\n" if command.endswith("(UID RFC822.SIZE)") else None
    read(server, holding)
    assert len(holding.held) == 20


def nil_body(server: ScriptedImap, times: int) -> None:
    left = [times]

    def fault(command: str) -> bytes | None:
        wanted = uids_of(server, command)
        if 3 not in wanted or left[0] == 0:
            return None
        left[0] -= 1
        rest = b"".join(map(server.one("BODY"), sorted(wanted - {3})))
        return rest + b"* 3 FETCH (UID 3 FLAGS () RFC822.SIZE 5 BODY[]<0> NIL)\r\nTAG OK done\r\n"

    server.fault = fault


def test_nil_body_is_asked_again(server: ScriptedImap, holding: Holding) -> None:
    nil_body(server, 1)
    read(server, holding)
    assert len(holding.held) == 20
    assert not holding.failed


def test_nil_body_for_ever_is_failed(server: ScriptedImap, holding: Holding) -> None:
    nil_body(server, 99)
    read(server, holding)
    assert holding.failed == {"3": "The mail server gave no text for this message."}
    assert len(holding.held) == 19


def test_unsolicited_answers(server: ScriptedImap, holding: Holding) -> None:
    def fault(command: str) -> bytes | None:
        wanted = uids_of(server, command)
        if not wanted:
            return None
        noise = b"* 2 FETCH (FLAGS (\\Seen UID))\r\n* 22 EXISTS\r\n* 1 FETCH (UID 1 FLAGS (\\Seen))\r\n"
        return noise + b"".join(map(server.one("BODY"), wanted)) + noise + b"TAG OK done\r\n"

    server.fault = fault
    read(server, holding)
    assert len(holding.held) == 20
    assert all(b"Letter" in message.data for message in holding.held.values())


def test_message_expunged_meanwhile_is_no_failure(server: ScriptedImap, holding: Holding) -> None:
    def fault(command: str) -> bytes | None:
        if uids_of(server, command):
            server.messages.pop(5, None)
        return None

    server.fault = fault
    read(server, holding)
    assert len(holding.held) == 19
    assert not holding.failed


def test_expunged_in_the_middle_of_an_answer(server: ScriptedImap, holding: Holding) -> None:
    def fault(command: str) -> bytes | None:
        wanted = sorted(uids_of(server, command))
        if len(wanted) < 10 or 5 not in server.messages:
            return None
        first = b"".join(map(server.one("BODY"), wanted[:10]))
        del server.messages[5]
        return first + b"* 5 EXPUNGE\r\n" + b"".join(map(server.one("BODY"), wanted[10:])) + b"TAG OK done\r\n"

    server.fault = fault
    read(server, holding)
    read(server, holding)
    assert set(holding.held) == {str(uid) for uid in range(1, 21) if uid != 5}
    assert not holding.failed


def test_no_uidnext(server: ScriptedImap, holding: Holding) -> None:
    server.tells_uidnext = False
    read(server, holding)
    server.messages[30] = letter(30)
    read(server, holding)
    assert len(holding.delivered) == len(set(holding.delivered)) == 21
    del server.messages[4]
    read(server, holding)
    assert len(holding.held) == 20


def test_expunge_between_two_windows(server: ScriptedImap, holding: Holding, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "_SEARCH_WINDOW", 6)

    def fault(command: str) -> bytes | None:
        if command == "UID SEARCH 7:12" and 2 in server.messages:
            del server.messages[2]
            return b"* 2 EXPUNGE\r\n* SEARCH 8 9 10 11 12 13\r\nTAG OK done\r\n"
        return None

    server.fault = fault
    read(server, holding)
    assert set(holding.held) == {str(uid) for uid in range(1, 21) if uid != 2}


def test_more_uids_than_a_line_holds(server: ScriptedImap) -> None:
    server.messages = dict.fromkeys(range(3_000_000_000, 3_000_150_000), b"")
    with contextlib.closing(open_source(server)) as source:
        assert len(list(source.list_uids(source.folders()[0])[1])) == 150_000


def test_uidvalidity_changed_once_by_mistake(server: ScriptedImap, holding: Holding) -> None:
    read(server, holding)
    server.messages[21] = letter(21)
    answers = iter([b"* 21 EXISTS\r\n* OK [UIDVALIDITY 99] x\r\nTAG OK done\r\n"])
    server.fault = lambda command: next(answers, None) if command.startswith("EXAMINE") else None
    read(server, holding)
    assert len(holding.held) == 21
    assert holding.generation == "7"


def test_uidvalidity_changed(server: ScriptedImap, holding: Holding) -> None:
    read(server, holding)
    server.uidvalidity = 99
    with contextlib.closing(open_source(server)) as source, pytest.raises(CursorExpired):
        source.fetch_page(source.folders()[0], holding.cursor, holding.known)


def test_flags_without_condstore(server: ScriptedImap, holding: Holding, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flags, "WINDOW", 5)
    read(server, holding)
    read(server, holding)
    server.flags = {20: "\\Seen", 2: "\\Seen"}
    read(server, holding)
    assert "\\seen" not in holding.flags["20"]  # looked at a moment ago
    server.messages[21] = letter(21)
    read(server, holding)
    assert "\\seen" in holding.flags["20"]
    assert "\\seen" not in holding.flags["2"]  # outside the window


def test_nothing_new_does_not_open_the_folder(server: ScriptedImap, holding: Holding) -> None:
    read(server, holding)
    read(server, holding)
    server.commands.clear()
    read(server, holding)
    assert not [command for command in server.commands if command.startswith(("EXAMINE", "SELECT", "UID"))]


def test_reading_uses_examine_and_peek(server: ScriptedImap, holding: Holding) -> None:
    read(server, holding)
    text = "\n".join(server.commands)
    assert "SELECT" not in text
    assert "BODY[]" not in text
    assert "STORE" not in text


@pytest.mark.parametrize("is_read_only", [False, True])
def test_courier_wants_select(server: ScriptedImap, holding: Holding, is_read_only: bool) -> None:
    server.is_read_only = is_read_only
    server.greeting = b"* OK [CAPABILITY IMAP4rev1] Courier-IMAP ready.\r\n"
    read(server, holding)
    assert any(command.startswith("SELECT") for command in server.commands)
    assert len(holding.held) == 20


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (b"TAG NO [AUTHENTICATIONFAILED] wrong\r\n", LoginNeeded, "wrong"),
        (b"TAG NO [ALERT] Log in with your \x1b[31mbrowser\r\n", LoginNeeded, "Log in with your browser"),
        (b"TAG NO [LIMIT] Rate limit hit\r\n", RateLimited, "Rate limit"),
        (b"TAG NO [ALERT] Too many simultaneous connections. (Failure)\r\n", RateLimited, "simultaneous"),
        (b"TAG NO [UNAVAILABLE] back soon\r\n", Unreachable, "back soon"),
        (b"TAG NO [INUSE] locked\r\n", Busy, "locked"),
        (b"* BYE going down\r\n" + DROP, Unreachable, "127.0.0.1"),
        (DROP, Unreachable, "127.0.0.1"),
    ],
)
def test_sign_in_errors(server: ScriptedImap, answer: bytes, kind: type[HitchpostError], words: str) -> None:
    server.fault = lambda command: answer if command.startswith("LOGIN") else None
    with pytest.raises(kind, match=words) as caught:
        folders_of(server)
    assert "secret" not in str(caught.value)


def test_login_disabled(server: ScriptedImap) -> None:
    server.capabilities = "IMAP4rev1 LOGINDISABLED STARTTLS"
    with pytest.raises(ConfigError, match="without TLS"):
        folders_of(server)


@pytest.mark.parametrize("greeting", [b"* BYE closed\r\n", b"220 smtp.example.org ESMTP\r\n", b""])
def test_strange_greeting(server: ScriptedImap, greeting: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(login, "CONNECT_SECONDS", 0.3)
    server.greeting = greeting
    with pytest.raises(Unreachable):
        folders_of(server)


def test_silent_server(server: ScriptedImap, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(login, "READ_SECONDS", 0.3)
    server.fault = lambda command: b"" if command.startswith("LIST") else None
    with pytest.raises(Unreachable, match="in time"):
        folders_of(server)


def test_folder_names(server: ScriptedImap) -> None:
    server.folders = (
        b'* LIST (\\HasNoChildren) "/" "INBOX"\r\n'
        b'* LIST (\\Sent) "/" {8}\r\nGesend"t\r\n'
        b'* LIST () "/" "Arkiv"\r\n'
        b'* LIST () "/" "007"\r\n'
        b'* LIST () "/" "bad &-&AAA"\r\n'
        b'* LIST () "/" "raw \xff"\r\n'
        b"* LIST () NIL {4}\r\na\r\nb\r\n"
        b'* LIST (\\NoSelect) "/" "[Gmail]"\r\n'
        b'* LIST (\\Junk) "/" "Archive"\r\n'
    )
    assert [(folder.key, folder.role.value) for folder in folders_of(server)] == [
        ("INBOX", "inbox"),
        ('Gesend"t', "sent"),
        ("Arkiv", "archive"),
    ]


def test_the_inbox_in_any_case(server: ScriptedImap, holding: Holding) -> None:
    read(server, holding)
    server.folders = b'* LIST () "/" "Inbox"\r\n'
    server.messages[21] = letter(21)
    read(server, holding)
    assert [folder.key for folder in folders_of(server)] == ["INBOX"]
    assert len(holding.delivered) == len(holding.held) == 21


def test_all_mail_serves_as_archive(server: ScriptedImap) -> None:
    server.folders = (
        b'* LIST () "/" "INBOX"\r\n* LIST (\\All) "/" "[Gmail]/All e-post"\r\n* LIST (\\Sent) "/" "[Gmail]/Sendt"\r\n'
    )
    assert [folder.role.value for folder in folders_of(server)] == ["inbox", "sent", "all"]


def test_two_guesses_are_none(server: ScriptedImap) -> None:
    server.folders = b'* LIST () "/" "INBOX"\r\n* LIST () "/" "Sent"\r\n* LIST () "/" "Sent Items"\r\n'
    assert [folder.key for folder in folders_of(server)] == ["INBOX"]


def test_a_folder_that_is_closed_is_alone_with_it(server: ScriptedImap) -> None:
    server.folders = b'* LIST () "/" "INBOX"\r\n* LIST (\\Sent) "/" "Sent"\r\n'
    server.fault = lambda command: b"TAG NO [NOPERM] not yours\r\n" if '"Sent"' in command else None
    with contextlib.closing(open_source(server)) as source:
        inbox, sent = source.folders()
        assert (inbox.total, sent.total) == (20, None)
        with pytest.raises(NotFound, match="not yours"):
            source.fetch_page(sent, "", lambda uids: set())
        assert source.fetch_page(inbox, "", lambda uids: set()).messages
