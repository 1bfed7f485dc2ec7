"""The mail of each form program in its default shape: the visitor is the lead, not the web server."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from agent.judging import JudgeContext, judge
from crm_model.links import VerdictKind
from crm_model.mail import Address, Direction, Message
from crm_model.organisation import Organisation

WISH = "Hei, vi trenger ny nettbutikk. Hva koster det?"
KARI = "Kari Lund"
MAIL = "kari@bygg.example"


@dataclass(frozen=True, slots=True)
class Shape:
    """How a program writes: sender, subject, text, whether it names the visitor in Reply-To."""

    sender: str
    subject: str
    text: str
    replies: bool = False


SHAPES = {
    "Contact Form 7": Shape(
        "wordpress@fjordweb.test",
        'Fjordweb "Nettbutikk"',
        f"From: {KARI} <{MAIL}>\nSubject: Nettbutikk\n\nMessage Body:\n{WISH}\n\n-- \n"
        "This e-mail was sent from a contact form on Fjordweb (https://fjordweb.test)",
        replies=True,
    ),
    "WPForms": Shape(
        "wordpress@fjordweb.test",
        "New Entry: Contact",
        f"Name\n{KARI}\n\nEmail\n{MAIL}\n\nPhone\n918 44 027\n\nMessage\n{WISH}",
    ),
    "Gravity Forms": Shape(
        "wordpress@fjordweb.test",
        "New submission from Contact",
        f"Name\n{KARI}\nEmail\n{MAIL}\nCompany\nBygg AS\nMessage\n{WISH}",
    ),
    "Elementor": Shape(
        "email@fjordweb.test",
        'New message from "Fjordweb"',
        f"Name: {KARI}\nEmail: {MAIL}\nMessage: {WISH}\n\n---\n\nDate: 1 June 2026\nTime: 10:00\n"
        "Page URL: https://fjordweb.test/contact\nUser Agent: Mozilla/5.0\nRemote IP: 192.0.2.1\nPowered by: Elementor",
    ),
    "Drupal Webform": Shape(
        "webmaster@fjordweb.test",
        "Webform submission from: Contact",
        "Submitted on 1 June 2026\nSubmitted by: Anonymous\n"
        f"Submitted values are:\n\nName: {KARI}\nEmail: {MAIL}\nMessage: {WISH}",
    ),
    "HubSpot": Shape(
        "noreply@hubspot.com",
        'New submission on HubSpot Form "Contact us"',
        f"First name\nKari\n\nLast name\nLund\n\nEmail\n{MAIL}\n\nMessage\n{WISH}\n\nPage title: Contact",
    ),
    "Typeform": Shape(
        "notifications@typeform.com",
        "Contact: New response",
        "Your typeform has a new response\n\n"
        f"What's your name?\n{KARI}\n\nEmail address\n{MAIL}\n\nWhat do you need?\n{WISH}",
    ),
    "Squarespace": Shape(
        "no-reply@squarespace.info",
        "Form Submission - Contact",
        f"Name: {KARI}\n\nEmail: {MAIL}\n\nMessage: {WISH}\n\n(Sent via Fjordweb)",
        replies=True,
    ),
    "Wix": Shape(
        "no-reply@mystore.wix.com",
        "Contact got a new form submission",
        f"Name: {KARI}\nEmail: {MAIL}\nMessage: {WISH}\n\nGo to your dashboard",
    ),
    "Tilda": Shape(
        "noreply@tilda.ws",
        "New lead from your website",
        f"Name: {KARI}\nEmail: {MAIL}\nComment: {WISH}\n\nRequest ID: 1:2",
    ),
    "by hand": Shape(
        "www-data@fjordweb.test", "Kontaktskjema", f"Navn: {KARI}\nE-post: {MAIL}\nTelefon: 918 44 027\nMelding: {WISH}"
    ),
}


@pytest.mark.parametrize("program", sorted(SHAPES))
def test_the_visitor_is_the_lead(firm: Organisation, program: str) -> None:
    shape = SHAPES[program]
    message = Message(
        "k",
        "1@host",
        subject=shape.subject,
        text=shape.text,
        from_=Address(shape.sender, "Fjordweb"),
        to=(Address("sales@fjordweb.test"),),
        reply_to=(Address(MAIL, KARI),) if shape.replies else (),
    )
    verdict = judge(message, firm, JudgeContext(Direction.INCOMING, reply_to_ours=False, known_person=False))
    assert verdict.kind is VerdictKind.WEB_FORM
    assert verdict.creates_lead
    stated = verdict.fields
    assert (stated["first_name"], stated["last_name"], stated["email"]) == ("Kari", "Lund", MAIL)
