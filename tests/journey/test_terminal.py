"""The installed program in a real terminal, over a real mailbox, with the agent at work beside it."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.journey.workplace import COMMAND, NOW, Workplace
from tests.servers import tmux
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.needed import need

ENQUIRY = """From: Giulia Conti <giulia@conti.example>
To: ingrid@nordvik.example
Subject: {subject}
Message-ID: <{number}@conti.example>
Date: {date:%a, %d %b %Y %H:%M:%S +0000}

Hello,

we are looking for a supplier and would like an offer for a new website. Our budget is 20000 euro.

Giulia Conti
Conti Arredi Srl
"""


def enquiry(number: int, subject: str) -> bytes:
    return ENQUIRY.format(number=number, subject=subject, date=NOW).replace("\n", "\r\n").encode()


@pytest.fixture
def office(tmp_path: Path, dovecot: Dovecot) -> tuple[Workplace, str]:
    """A place of work whose mail is with Dovecot; the user's name."""
    user = dovecot.new_user()
    dovecot.fill(user, [(enquiry(1, "Offer for a web shop"), NOW - timedelta(hours=1))])
    place = Workplace(tmp_path)
    (tmp_path / "secret").write_text(PASSWORD)
    place.config.write_text(f"""
author = "Ingrid"
database = "{place.database}"
poll_seconds = 5
[organisation]
name = "Nordvik"
domains = ["nordvik.example"]
[[mail_account]]
name = "office"
kind = "imap"
host = "localhost"
port = {dovecot.tls_port}
ca_file = "{dovecot.ca_file}"
user = "{user}"
secret = {{ command = "cat {tmp_path / "secret"}" }}
sender = "Ingrid <ingrid@nordvik.example>"
send_into = "nobody"
[[crm]]
name = "local"
backend = "local"
path = "{place.crm_file}"
""")
    return place, user


@pytest.fixture
def agent(office: tuple[Workplace, str]) -> Iterator[Workplace]:
    need(tmux.is_installed(), tmux.PACKAGE)
    process = office[0].start("agent")
    yield office[0]
    process.send_signal(signal.SIGTERM)
    _, log = process.communicate(timeout=60)
    assert process.returncode == 0, log


def test_a_mail_becomes_a_lead_and_is_answered_while_others_come(
    agent: Workplace, office: tuple[Workplace, str], dovecot: Dovecot
) -> None:
    with tmux.in_tmux([COMMAND, "--config", agent.config, "tui"]) as screen:
        screen.wait_for("Offer for a web shop", "Enter Create the lead")
        screen.press("Enter")
        screen.wait_for("Lead created")
        dovecot.fill(office[1], [(enquiry(2, "Another question"), NOW)])
        screen.wait_for("Another question")
        screen.press("n")
        screen.type("wants it before Easter")
        screen.press("Enter")
        screen.wait_for("Note written")
        screen.press("r")
        screen.wait_for("^s send")
        screen.type("Thank you, we call tomorrow.")
        screen.press("C-s")
        screen.wait_for("Leaves in 10 s")
        screen.press("q")
        screen.wait_for_its_end()
    (lead,) = agent.json("leads")
    assert lead["title"].startswith("Giulia Conti")
    told = agent.json("record", str(lead["id"]))
    assert any(each["subject"] == "wants it before Easter" for each in told["activities"])
    (mail,) = agent.json("outbox", "list") + agent.json("sent")
    assert "giulia@conti.example" in mail["to"]
    agent.run("audit")
