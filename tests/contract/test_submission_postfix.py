"""Submission through a real Postfix, with Sent in a real Dovecot: TLS, STARTTLS, sign-in, refusals, sizes, bounces."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

from agent.daemon import run_pass
from crm_model.errors import LoginNeeded, Rejected
from crm_model.mail import Address, DeliveryState
from crm_model.options import Connection
from sync import edits, queries
from sync.composing.draft import Draft, DraftFile
from sync.composing.mime import Letter, build_mail
from sync.settings import Settings, parse
from sync.store import deliveries
from sync.store.database import Store
from sync.store.tables import outgoing
from sync.submission.contract import OutgoingMail
from sync.submission.smtp import SmtpSubmission
from sync.views import DeliveryView, Mailview
from tests.servers import postfix as postfix_server
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.needed import need
from tests.servers.postfix import DOMAIN, SIZE_LIMIT, Postfix


@pytest.fixture(scope="module")
def postfix(dovecot: Dovecot) -> Iterator[Postfix]:
    need(postfix_server.can_run(), f"{postfix_server.PACKAGE} (as root)")
    running = postfix_server.start(Path(tempfile.mkdtemp(prefix="hp-pf-")), dovecot)
    yield running
    running.stop()


def connection(postfix: Postfix, tls: str = "tls", *, secret: str = PASSWORD, **more: Any) -> Connection:
    port = postfix.tls_port if tls == "tls" else postfix.plain_port
    options = {"smtp_host": "localhost", "smtp_port": port, "smtp_tls": tls, "smtp_ca_file": str(postfix.ca_file)}
    return Connection("work", "imap", {**options, **more}, secret=lambda: secret)


def letter(to: str, *, text: str = "Hei", **changed: Any) -> OutgoingMail:
    sender = Address(f"user1@{DOMAIN}", "Kari Ødegård")
    node = f"{datetime.now(UTC).timestamp()}@{DOMAIN}"
    made = Letter(
        message_id=node, date=datetime.now(UTC), sender=sender, to=(Address(to),), subject="Blåbær", text=text
    )
    data = build_mail(made)
    values = {"recipients": (to,), "data": data, "own_copy": data, "needs_utf8": made.needs_utf8}
    return OutgoingMail(**{"message_id": node, "sender": sender.email, **values, **changed})


def wait_for(dovecot: Dovecot, user: str, folder: str = "INBOX", count: int = 1) -> list[bytes]:
    """What is in a mailbox once so many mails are."""
    for _ in range(200):
        found = sorted(dovecot.maildir(user, folder).glob("[cn]*/[0-9]*"))
        if len(found) >= count:
            return [path.read_bytes() for path in found]
        time.sleep(0.05)
    raise AssertionError(f"{user} got {len(found)} mails, not {count}")


@pytest.mark.parametrize("tls", ["tls", "starttls", "none"])
def test_mail_arrives(dovecot: Dovecot, postfix: Postfix, tls: str) -> None:
    user = dovecot.new_user()
    way = SmtpSubmission(connection(postfix, tls, user="user1"))
    mail = letter(f"{user}@{DOMAIN}", text="Blåbær.\n.\n..\n" + "ord " * 60)
    way.send(mail, lambda: None)
    way.close()
    (arrived,) = wait_for(dovecot, user)
    assert arrived.replace(b"\r\n", b"\n").endswith(mail.data.replace(b"\r\n", b"\n").partition(b"\n\n")[2])


def test_international_names_arrive(dovecot: Dovecot, postfix: Postfix) -> None:
    user = dovecot.new_user()
    way = SmtpSubmission(connection(postfix, user="user1"))
    way.send(letter(f"{user}@{DOMAIN}", sender="kåri@fjord.example", needs_utf8=True), lambda: None)
    way.close()
    assert wait_for(dovecot, user)


def test_wrong_password_and_strangers(postfix: Postfix) -> None:
    way = SmtpSubmission(connection(postfix, user="user1", secret="wrong"))
    with pytest.raises(LoginNeeded):
        way.check()
    stranger = SmtpSubmission(connection(postfix))
    with pytest.raises(Rejected, match="Relay access denied"):
        stranger.send(letter("ola@elsewhere.example"), lambda: None)
    stranger.close()


def test_refusals_and_sizes(dovecot: Dovecot, postfix: Postfix) -> None:
    user = dovecot.new_user()
    way = SmtpSubmission(connection(postfix, user="user1"))
    some = letter(f"{user}@{DOMAIN}")
    both = OutgoingMail(some.message_id, some.sender, (f"{user}@{DOMAIN}", f"nobody@{DOMAIN}"), some.data, some.data)
    assert list(way.send(both, lambda: None).refused) == [f"nobody@{DOMAIN}"]
    with pytest.raises(Rejected, match=r"2\.0 MB"):
        way.send(letter(f"{user}@{DOMAIN}", data=some.data + b"x" * SIZE_LIMIT), lambda: None)
    way.close()
    assert len(wait_for(dovecot, user)) == 1


@pytest.fixture
def settings(dovecot: Dovecot, postfix: Postfix, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A person whose mailbox is Dovecot's and who sends through Postfix."""
    monkeypatch.setenv("HP_SECRET", PASSWORD)
    user = dovecot.new_user()
    text = f"""
undo_send_seconds = 0
[organisation]
domains = ["{DOMAIN}"]
[[mail_account]]
name = "work"
kind = "imap"
host = "localhost"
port = {dovecot.tls_port}
ca_file = "{dovecot.ca_file}"
user = "{user}"
secret = {{ env = "HP_SECRET" }}
sender = "Kari <{user}@{DOMAIN}>"
smtp_host = "localhost"
smtp_port = {postfix.tls_port}
smtp_ca_file = "{postfix.ca_file}"
[[crm]]
name = "local"
backend = "local"
path = "{tmp_path}/crm.db"
"""
    return parse(text, tmp_path / "config.toml")


def hurry(store: Store) -> None:
    with store.write() as unit:
        unit.execute(outgoing.update().where(outgoing.c.next_at.is_not(None)).values(next_at=datetime.now(UTC)))


def delivery(store: Store) -> DeliveryView:
    with store.read() as unit:
        (found,) = deliveries.listed(unit, tuple(DeliveryState))
    return found


def test_a_whole_mail_through_real_servers(dovecot: Dovecot, settings: Settings, store: Store, tmp_path: Path) -> None:
    """Out through Postfix, one copy in Dovecot's Sent, one message in the conversation, and the reply threads."""
    me, ola = settings.mail_accounts[0].text("user"), dovecot.new_user()
    offer = tmp_path / "tilbud på kai.pdf"
    offer.write_bytes(bytes(range(256)) * 40)
    draft = Draft(to=f"Ola <{ola}@{DOMAIN}>", subject="Tilbud på kai", text="Hei", files=(DraftFile(str(offer)),))
    edits.send_mail(store, draft, settings.desk, "Kari")
    for _ in range(3):
        run_pass(settings, store, lambda _progress: None)
        hurry(store)
    (arrived,) = wait_for(dovecot, ola)
    assert b"tilbud%20p%C3%A5%20kai.pdf" in arrived
    (copy,) = wait_for(dovecot, me, "Sent")
    assert message_from_bytes(copy, policy=default)["Subject"] == "Tilbud på kai"
    found = delivery(store)
    assert (found.state, found.error) == (DeliveryState.SENT, "")
    (thread_id,) = queries.thread_ids(store, Mailview.ALL)
    assert len(queries.conversation(store, thread_id).messages) == 1


def test_a_bounce_joins_the_conversation(dovecot: Dovecot, settings: Settings, store: Store) -> None:
    """Postfix takes a mail for elsewhere and sends it back: the report belongs to what it is about."""
    me = settings.mail_accounts[0].text("user")
    draft = Draft(to="ola@elsewhere.example", subject="Tilbud", text="Hei")
    edits.send_mail(store, draft, settings.desk, "Kari")
    run_pass(settings, store, lambda _progress: None)
    wait_for(dovecot, me)
    run_pass(settings, store, lambda _progress: None)
    (thread_id,) = queries.thread_ids(store, Mailview.ALL)
    mine, bounce = queries.conversation(store, thread_id).messages
    assert (mine.delivery and mine.delivery.state, bounce.verdict) == (DeliveryState.SENT, "bounce")


def test_in_doubt_the_copy_in_sent_is_found(dovecot: Dovecot, settings: Settings, store: Store) -> None:
    """The agent died behind the final dot, and the server had saved a copy: sent, not sent again."""
    me, ola = settings.mail_accounts[0].text("user"), dovecot.new_user()
    mail = edits.send_mail(store, Draft(to=f"{ola}@{DOMAIN}", subject="x"), settings.desk, "Kari")
    with store.write() as unit:
        dead = {"state": "sending", "handed_at": datetime.now(UTC), "claimed_until": datetime.now(UTC) - timedelta(1)}
        node = unit.execute(outgoing.update().values(**dead).returning(outgoing.c.node)).scalar_one()
    dovecot.fill(me, [(f"Message-ID: <{node}>\nSubject: x\n\nHei\n".encode(), datetime.now(UTC))], "Sent")
    run_pass(settings, store, lambda _progress: None)
    assert (delivery(store).id, delivery(store).state) == (mail, DeliveryState.SENT)
    assert not list(dovecot.maildir(ola).glob("new/*"))
