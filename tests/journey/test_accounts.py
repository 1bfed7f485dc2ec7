"""One account in trouble: said clearly, nothing lost, the others go on."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from tests.journey.workplace import NOW, Workplace, deliver
from tests.servers import dovecot as dovecot_server
from tests.servers.dovecot import Dovecot

MAIL = b"From: Kari <kari@bygg.example>\r\nSubject: Hei\r\nMessage-ID: <%d@bygg.example>\r\n\r\nText %d\r\n"


def add_imap(place: Workplace, server: Dovecot, user: str) -> None:
    with place.config.open("a") as config:
        config.write(
            f"""
[[mail_account]]
name = "office"
kind = "imap"
host = "localhost"
port = {server.tls_port}
tls = "tls"
ca_file = "{server.ca_file}"
user = "{user}"
secret = {{ command = "cat {place.folder / "secret"}" }}
"""
        )


def test_a_wrong_password_stops_only_its_account(workplace: Workplace, dovecot: Dovecot) -> None:
    user = dovecot.new_user()
    dovecot.fill(user, [(MAIL % (number, number), NOW - timedelta(hours=number)) for number in range(30)])
    add_imap(workplace, dovecot, user)
    for number in range(20):
        deliver(workplace, number)
    secret = workplace.folder / "secret"
    secret.write_text("wrong")
    process = workplace.start("sync", "--json")
    said, complained = process.communicate(timeout=120)
    assert process.returncode == 1, complained
    summary = json.loads(said)
    assert sum(summary["outcomes"].values()) == 20
    assert "office" in " ".join(summary["errors"])
    status = workplace.json("status")
    states = {account["name"]: account["login_needed"] for account in status["mail_accounts"]}
    assert states == {"work": False, "office": True}

    secret.write_text(dovecot_server.PASSWORD)
    summary = workplace.json("sync")
    assert sum(summary["outcomes"].values()) == 30
    assert not summary["errors"]
    assert not any(account["login_needed"] for account in workplace.json("status")["mail_accounts"])
    workplace.run("audit")


def test_audit_names_what_is_missing(workplace: Workplace) -> None:
    for number in range(5):
        deliver(workplace, number)
    workplace.run("sync")
    workplace.run("audit")
    deliver(workplace, 6)
    said = workplace.run("audit", exit_code=1)
    assert "1700000006" in said


@pytest.mark.parametrize("damage", [b"", b"no mail at all", b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_broken_database_is_a_sentence_with_the_mend(workplace: Workplace, damage: bytes) -> None:
    (workplace.folder / "hitchpost.db").write_bytes(damage)
    process = workplace.start("sync")
    _, complained = process.communicate(timeout=60)
    assert process.returncode == (0 if not damage else 2)
    assert ("database" in complained) is bool(damage)


def test_a_vanished_maildir_is_a_sentence(workplace: Workplace) -> None:
    workplace.maildir.rename(workplace.folder / "elsewhere")
    process = workplace.start("sync")
    _, complained = process.communicate(timeout=60)
    assert process.returncode == 1
    assert str(workplace.maildir) in complained
