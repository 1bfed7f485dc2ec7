"""Mail out through Gmail: one call with the whole message, whose headers name the recipients; Sent keeps it by itself.

Gmail may give a mail another Message-ID than ours. A header of our own keeps ours, so that a mail whose answer was
lost is found again before anybody sends it a second time.
"""

from __future__ import annotations

import email.parser
from base64 import urlsafe_b64encode
from datetime import datetime
from email import policy

from crm_model.errors import HitchpostError, NotFound, NotSupported, Rejected, UnknownOutcome
from crm_model.options import Connection
from sync.mailboxes.gmail.api import Answer, Api
from sync.mailboxes.gmail.errors import Refused
from sync.submission.contract import HandingOver, InDoubt, OutgoingMail, SentFolder, Submission, Submitted

OUR_ID = "X-Hitchpost-ID"
_MOST_BYTES = 36_700_160
_LOOK_BACK = 20
"""Among how many of the newest sent mails one with a changed Message-ID is looked for."""


class GmailSubmission(Submission):
    saves_sent = True

    def __init__(self, connection: Connection) -> None:
        self._api = Api(connection)

    def send(self, mail: OutgoingMail, handing_over: HandingOver) -> Submitted:
        data = f"{OUR_ID}: <{mail.message_id}>\r\n".encode() + mail.own_copy
        if len(data) > _MOST_BYTES:
            raise Rejected(f"Gmail takes no mail of more than {_MOST_BYTES // 2**20} MB; leave an attachment out.")
        raw, thread = urlsafe_b64encode(data).decode("ascii"), self._thread_of(mail)
        handing_over()
        try:
            answer = self._send(raw, thread)
        except UnknownOutcome as error:
            raise InDoubt("Gmail's answer was lost; the mail is looked for in Sent.") from error
        except Refused as error:
            raise Rejected(f"{error} Check the recipients.") from error
        return Submitted(message_id=self._given_id(answer, mail.message_id))

    def check(self) -> None:
        self._api.profile()

    def close(self) -> None:
        self._api.close()

    def _send(self, raw: str, thread: str) -> Answer:
        try:
            return self._api.send(raw, thread)
        except (Refused, NotFound):
            if not thread:
                raise
            return self._api.send(raw)  # Gmail does not take it for a part of that conversation, or has it no longer

    def _thread_of(self, mail: OutgoingMail) -> str:
        """Gmail's conversation of the mail that this one answers: without being told, it begins a new one."""
        head = email.parser.BytesHeaderParser(policy=policy.compat32).parsebytes(mail.data)
        answered = str(head.get("In-Reply-To") or "").strip().strip("<>")
        if not answered or any(letter.isspace() or letter == '"' for letter in answered):
            return ""
        found = self._api.find(f"rfc822msgid:{answered}")
        return str(found[0].get("threadId", "")) if found else ""

    def _given_id(self, answer: Answer, ours: str) -> str:
        """The Message-ID that Gmail put in place of ours, "" where it left ours alone or can't be asked now."""
        try:
            given = message_ids(self._api, str(answer["id"]))[0] if answer.get("id") else ""
        except HitchpostError:  # it is sent: nothing may turn that into a failure
            return ""
        return "" if given == ours else given


class GmailSent(SentFolder):
    """What was sent, by its Message-ID or by our own header."""

    def __init__(self, connection: Connection) -> None:
        self._api = Api(connection)

    def holds(self, message_id: str) -> bool:
        if self._api.find(f"rfc822msgid:{message_id}", labels=["SENT"]):
            return True
        newest = self._api.find("", labels=["SENT"], most=_LOOK_BACK)
        return any(message_id in message_ids(self._api, str(each["id"])) for each in newest)

    def keep(self, data: bytes, sent_at: datetime) -> None:
        raise NotSupported("Gmail keeps what is sent through it by itself.", feature="sent")

    def close(self) -> None:
        self._api.close()


def message_ids(api: Api, number: str) -> tuple[str, str]:
    """A message's Message-ID and what our own header says, without angle brackets."""
    headers = api.get(number, "metadata", headers=["Message-ID", OUR_ID]).get("payload", {}).get("headers", ())
    told = {str(each.get("name", "")).lower(): str(each.get("value", "")).strip().strip("<>") for each in headers}
    return told.get("message-id", ""), told.get(OUR_ID.lower(), "")
