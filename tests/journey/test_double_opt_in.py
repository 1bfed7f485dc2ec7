"""Double opt-in to its end: a form at the real outpost, the link that the agent mails, pressed; only then a lead."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import httpx2
import pytest

from tests.journey.workplace import Workplace
from tests.servers.outpost import RunningOutpost, running_outpost
from tests.servers.scripted_smtp import ScriptedSmtp, running_smtp

ANSWERS = {"name": "Nina Dahl", "email": "nina@dahlbygg.example", "message": "Vi trenger en ny nettside."}


@dataclass(frozen=True)
class Forms:
    work: Workplace
    outpost: RunningOutpost
    smtp: ScriptedSmtp
    client: httpx2.Client

    def send(self, **answers: str) -> httpx2.Response:
        page = self.client.get("/f/contact")
        ticket = re.findall(r'name="csrf" value="([^"]+)"', page.text)[0]
        time.sleep(2.1)  # what is sent sooner was sent by no person
        return self.client.post("/f/contact", data={**ANSWERS, **answers, "csrf": ticket})

    def suggested(self) -> list[dict[str, str]]:
        """Conversations with a suggested lead."""
        return list(self.work.json("threads", "--view", "suggested"))


@pytest.fixture
def forms(tmp_path: Path) -> Iterator[Forms]:
    work = Workplace(tmp_path)
    for part in ("cur", "new", "tmp"):
        (work.maildir / part).mkdir(parents=True)
    with running_outpost(tmp_path) as running, running_smtp() as smtp, httpx2.Client(base_url=running.url) as client:
        work.config.write_text(f"""
author = "Ingrid"
database = "{work.database}"
undo_send_seconds = 0
[organisation]
domains = ["nordvik.example"]
[web]
folder = "outpost"
listen = "127.0.0.1:{running.port}"
[tracking]
url = "{running.url}"
[[mail_account]]
name = "work"
kind = "maildir"
path = "{work.maildir}"
sender = "Nordvik <sales@nordvik.example>"
smtp_host = "127.0.0.1"
smtp_port = {smtp.port}
smtp_tls = "none"
smtp_user = ""
[[form]]
name = "contact"
title = "Kontakt oss"
languages = ["en"]
leads = "suggest"
double_opt_in = true
""")
        work.run("sync")
        yield Forms(work, running, smtp, client)


def test_an_enquiry_counts_once_its_sender_has_pressed_the_link(forms: Forms) -> None:
    assert "Nina" not in forms.send().text
    forms.work.run("sync")
    forms.work.run("sync")
    [mail] = forms.smtp.taken
    assert mail.recipients == (ANSWERS["email"],)
    text = str(message_from_bytes(mail.data, policy=default).get_content())
    assert ANSWERS["message"] not in text
    [link] = re.findall(r"http://\S+/f/confirm/\S+", text)
    shown = forms.client.get(link)
    forms.work.run("sync")
    assert (shown.status_code, forms.suggested()) == (200, [])  # a scanner's look is no press
    for _ in range(2):
        assert forms.client.post(link).status_code == 200
    forms.work.run("sync")
    [asked] = forms.suggested()
    assert ANSWERS["name"] in asked["people"]
    assert len(forms.smtp.taken) == 1


@pytest.mark.parametrize("address", ["=?utf-8?q?a=0D=0ABcc:_all=40x.example?=@x.example", "nina..dahl@x.example"])
def test_an_address_that_no_link_can_reach_is_told_at_once(forms: Forms, address: str) -> None:
    answer = forms.send(email=address)
    assert (answer.status_code, 'aria-invalid="true"' in answer.text) == (422, True)
    forms.work.run("sync")
    assert forms.smtp.taken == []
