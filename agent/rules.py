"""What a pass decides by, and where: light to import, so that a pass with nothing new needs none of the deciding."""

from __future__ import annotations

from dataclasses import dataclass

from crm_model.mail import MailboxRole
from crm_model.organisation import Organisation


@dataclass(frozen=True, slots=True)
class Rules:
    """What the configuration says about deciding. `log_mail` is "off", "headers" or "text"."""

    organisation: Organisation
    auto_leads: bool = False
    lead_crm: str = "local"
    log_mail: str = "headers"


@dataclass(frozen=True, slots=True)
class Place:
    """The folder that a page is from."""

    mailbox_id: int
    role: MailboxRole
