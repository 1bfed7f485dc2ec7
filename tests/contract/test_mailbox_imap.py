"""IMAP keeps the contract of mailboxes, against a real Dovecot."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from imapclient import imap_utf7

from crm_model.errors import ConfigError, LoginNeeded, NotFound, Unreachable
from crm_model.mail import MailboxRole
from crm_model.options import Connection, OptionValue
from sync.mailboxes.contract import MailSource
from sync.mailboxes.imap import IMAP
from sync.mailboxes.testing import START, Box, Holding, MailboxContract, letter, letters
from tests.servers.dovecot import ODD_USERS, PASSWORD, Dovecot, free_port, give


def connection(server: Dovecot, user: str, password: str = PASSWORD, **options: OptionValue) -> Connection:
    given: dict[str, OptionValue] = {
        "host": "localhost",
        "port": server.tls_port,
        "user": user,
        "tls": "tls",
        "ca_file": str(server.ca_file),
    }
    return Connection("mail", "imap", {**given, **options}, secret=lambda: password)


class DovecotBox(Box):
    def __init__(self, server: Dovecot) -> None:
        self.server, self.user = server, server.new_user()
        self.maildir = server.maildir(self.user)

    def deliver(self, data: bytes, at: datetime) -> object:
        return self.deliver_all([(data, at)])[0]

    def deliver_all(self, messages) -> list[object]:
        return list(self.server.fill(self.user, messages))

    def remove(self, token: object) -> None:
        self.server.file(self.user, str(token)).unlink()

    def mark_seen(self, token: object) -> None:
        path = self.server.file(self.user, str(token))
        path.rename(self.maildir / "cur" / f"{token}:2,S")
        give(self.maildir)

    def snapshot(self) -> object:
        """Files by name, but Dovecot's own: which messages are new and which are seen."""
        return {path for path in self.maildir.rglob("*") if ",S=" in path.name}

    def open(self, password: str = PASSWORD, **options: OptionValue) -> MailSource:
        return IMAP.open(connection(self.server, self.user, password, **options))

    def as_kept(self, data: bytes) -> bytes:
        return data.replace(b"\0", b"\x80")  # IMAP has no NUL (RFC 3501 9, CHAR8)

    def flags_of(self, token: object) -> frozenset[str]:
        letters = self.server.file(self.user, str(token)).name.partition(":2,")[2]
        keywords = self.maildir / "dovecot-keywords"
        names = dict(line.split(" ", 1) for line in keywords.read_text().splitlines()) if keywords.exists() else {}
        told = {"S": "\\seen"} | {chr(ord("a") + int(number)): name.lower() for number, name in names.items()}
        return frozenset(told.get(letter, letter) for letter in letters)

    def change_generation(self) -> None:
        self.server.renumber(self.user)


@pytest.fixture
def box(dovecot: Dovecot) -> DovecotBox:
    return DovecotBox(dovecot)


class TestImap(MailboxContract):
    @pytest.fixture
    def box(self, dovecot: Dovecot) -> DovecotBox:
        return DovecotBox(dovecot)

    def test_settled_folder_is_not_opened(self, box: DovecotBox, holding: Holding) -> None:
        box.deliver_all(letters(3))
        holding.read_all(box.open)
        source = box.open()
        page = source.fetch_page(source.folders()[0], holding.cursor, holding.known)
        assert (page.messages, page.present, page.cursor) == ((), None, holding.cursor)
        assert not source._session.is_selected(b"INBOX")
        source.close()

    def test_deletions_alone_are_noticed(self, box: DovecotBox, holding: Holding) -> None:
        tokens = box.deliver_all(letters(5))
        holding.read_all(box.open)
        box.remove(tokens[4])
        holding.read_all(box.open)
        assert len(holding.held) == 4

    def test_backfill(self, box: DovecotBox, holding: Holding) -> None:
        box.deliver(letter(1), datetime(2020, 1, 1, tzinfo=UTC))
        box.deliver(letter(2), datetime.now(UTC) - timedelta(days=3))
        holding.read_all(lambda: box.open(backfill_months=12))
        assert len(holding.held) == 1
        source = box.open(backfill_months=12)
        assert set(source.list_uids(source.folders()[0])[1]) == set(holding.held)
        source.close()
        holding.read_all(box.open)
        assert len(holding.delivered) == len(holding.held) == 2
        self._assert_complete(box, holding)

    def test_connection_lost_between_pages(self, box: DovecotBox, holding: Holding) -> None:
        box.deliver_all(letters(1_300))
        source = box.open()
        folder = source.folders()[0]
        while holding.read_page(source, folder).more:
            source._session._client.socket().shutdown(2)
        source.close()
        assert len(holding.delivered) == len(holding.held) == 1_300

    def test_message_with_literal_and_bracket_text(self, box: DovecotBox, holding: Holding) -> None:
        data = letter(1, ") BODY[]<0> {5}\r\n* 9 FETCH (UID 9 BODY[] {3}\r\nabc)\r\na1 OK")
        box.deliver(data, START)
        holding.read_all(box.open)
        assert [message.data for message in holding.held.values()] == [data]


class TestFolders:
    def test_by_special_use(self, box: DovecotBox) -> None:
        with closing(box.open()) as source:
            folders = source.folders()
        assert [(folder.key, folder.role) for folder in folders] == [
            ("INBOX", MailboxRole.INBOX),
            ("Sent", MailboxRole.SENT),
            ("Archive", MailboxRole.ARCHIVE),
        ]
        assert folders[0].total == 0

    @pytest.mark.parametrize(
        "name", ["Kunder/Blåbær & sønn", 'with "quotes" and \\ stroke', "日本語", "007", "[x] (y) {3}"]
    )
    def test_any_name(self, dovecot: Dovecot, box: DovecotBox, name: str) -> None:
        raw = imap_utf7.encode(name).decode()
        dovecot.fill(box.user, letters(2), folder=raw)
        with closing(box.open(folders=(name,))) as source:
            (folder,) = source.folders()
            assert (folder.name, folder.total) == (name, 2)
            assert len(source.fetch_page(folder, "", lambda uids: set()).messages) == 2

    def test_folders_option(self, box: DovecotBox) -> None:
        with closing(box.open(folders=("Junk", "inbox", "Lost"))) as source:
            folders = source.folders()
            assert [folder.key for folder in folders] == ["Junk", "INBOX", "Lost"]
            with pytest.raises(NotFound, match="Lost"):
                source.fetch_page(folders[2], "", lambda uids: set())
            assert source.fetch_page(folders[1], "", lambda uids: set()).generation
        with closing(box.open(folders=("Jumk",))) as source, pytest.raises(ConfigError, match="Did you mean “Junk”"):
            source.folders()


class TestSignIn:
    def check(self, given: Connection) -> None:
        with closing(IMAP.open(given)) as source:
            assert source.folders()

    def test_starttls(self, dovecot: Dovecot, box: DovecotBox) -> None:
        self.check(connection(dovecot, box.user, port=dovecot.plain_port, tls="starttls"))

    def test_plain_text_on_loopback(self, dovecot: Dovecot, box: DovecotBox) -> None:
        self.check(connection(dovecot, box.user, port=dovecot.plain_port, tls="none"))

    def test_never_plain_text_elsewhere(self, dovecot: Dovecot, box: DovecotBox) -> None:
        given = {"host": "imap.example.org", "user": "me", "tls": "none"}
        with pytest.raises(ConfigError, match="readable by anyone"):
            IMAP.open(Connection("mail", "imap", given, secret=lambda: ""))
        IMAP.open(Connection("mail", "imap", {**given, "allow_plain_text": True}, secret=lambda: ""))

    @pytest.mark.parametrize("user", ODD_USERS)
    def test_odd_name_and_password(self, dovecot: Dovecot, user: str) -> None:
        dovecot.fill(user, ())
        self.check(connection(dovecot, user, ODD_USERS[user]))

    def test_wrong_password(self, dovecot: Dovecot, box: DovecotBox) -> None:
        with pytest.raises(LoginNeeded, match="Check user and password") as caught:
            self.check(connection(dovecot, box.user, "wr0ng"))
        assert caught.value.account == "mail"
        assert "wr0ng" not in str(caught.value)

    def test_password_with_line_break(self, dovecot: Dovecot, box: DovecotBox) -> None:
        with pytest.raises(ConfigError, match="control character"):
            self.check(connection(dovecot, box.user, "x\r\na1 LOGOUT"))

    def test_certificate_of_unknown_authority(self, dovecot: Dovecot, box: DovecotBox) -> None:
        with pytest.raises(ConfigError, match="not trusted"):
            self.check(connection(dovecot, box.user, ca_file=""))

    def test_certificate_of_another_host(self, dovecot: Dovecot, box: DovecotBox) -> None:
        with pytest.raises(ConfigError, match="not trusted"):
            self.check(connection(dovecot, box.user, host="127.0.0.1"))

    def test_bad_ca_file(self, dovecot: Dovecot, box: DovecotBox, tmp_path: Path) -> None:
        (tmp_path / "ca").write_text("no certificate")
        with pytest.raises(ConfigError, match="no readable file of certificates"):
            self.check(connection(dovecot, box.user, ca_file=str(tmp_path / "ca")))

    def test_tls_on_the_wrong_port(self, dovecot: Dovecot, box: DovecotBox) -> None:
        with pytest.raises(ConfigError, match="speaks no TLS"):
            self.check(connection(dovecot, box.user, port=dovecot.plain_port))

    def test_nobody_listens(self, dovecot: Dovecot, box: DovecotBox) -> None:
        with pytest.raises(Unreachable, match="can't be reached"):
            self.check(connection(dovecot, box.user, port=free_port()))

    def test_unknown_host(self) -> None:
        given = {"host": "no-such-host.invalid", "user": "me"}
        with pytest.raises(Unreachable, match="not known"):
            self.check(Connection("mail", "imap", given, secret=lambda: ""))
