"""The Gmail API on loopback, over a mailbox that keeps state: documented semantics, and faults on demand.

with running_gmail() as gmail:
    gmail.mailbox.deliver(…)
    connection = gmail.connection()
    gmail.server.fail(too_many(path="/history"))     one call
    gmail.chaos = Chaos(random.Random(7), 0.05)      any call, any part of a batch, at any time
"""

from __future__ import annotations

import email.parser
import random
import re
import secrets
import threading
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from crm_model.options import Connection, OptionValue
from sync.oauth.providers import GMAIL_MODIFY, PUBSUB
from tests.fakes.gmail_mailbox import SYSTEM, GmailMailbox, Mail
from tests.fakes.gmail_payload import attachment, payload
from tests.fakes.oauth import FakeOAuth, running_oauth
from tests.fakes.server import FakeServer, Fault, Reply, Request

ROOT = "/gmail/v1/users/me"
UNITS = {"list": 5, "get": 20, "history": 2, "profile": 1, "labels": 1, "attachment": 20, "modify": 5}
UNITS |= {"send": 100, "watch": 100}
_READS = {"https://www.googleapis.com/auth/gmail.readonly", GMAIL_MODIFY, "https://mail.google.com/"}
_SENDS = {"https://www.googleapis.com/auth/gmail.send", GMAIL_MODIFY, "https://mail.google.com/"}
_WRITES = {GMAIL_MODIFY, "https://mail.google.com/"}


class Refused(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, reason: str, message: str = "", headers: dict[str, str] | None = None) -> None:
        super().__init__(reason)
        error = {"code": status, "message": message or reason, "errors": [{"domain": "global", "reason": reason}]}
        self.reply = Reply(status, {"error": error}, headers or {})


@dataclass
class Chaos:
    """Faults by chance, each with this probability: for a call, or a part of a batch."""

    dice: random.Random
    chance: float
    seen: Counter[str] = field(default_factory=Counter)

    def refusal(self) -> Refused | None:
        if self.dice.random() >= self.chance:
            return None
        status, reason = self.dice.choice(
            ((429, "rateLimitExceeded"), (403, "userRateLimitExceeded"), (500, "backendError"), (503, "backendError"))
        )
        self.seen[f"{status} {reason}"] += 1
        return Refused(status, reason)

    def wire(self) -> Fault | None:
        if self.dice.random() >= self.chance / 2:
            return None
        self.seen["cut"] += 1
        return Fault(carried_out=True, sent=self.dice.choice((0.0, 0.5, 0.9)))


@dataclass
class FakeGmail:
    """The API's state and switches.

    `quota` are the units left before calls are refused (None: endless). `broken` messages answer 500 for ever,
    `unreadable` ones with something that is no base64. `empty_last_page` gives a page token after the last history.
    `bare_history` leaves the labels out of history. `rename` gives mail that is sent another Message-ID.
    """

    oauth: FakeOAuth
    mailbox: GmailMailbox = field(default_factory=GmailMailbox)
    chaos: Chaos | None = None
    quota: int | None = None
    quota_status: int = 429
    retry_after: str = ""
    units: Counter[str] = field(default_factory=Counter)
    broken: set[str] = field(default_factory=set)
    unreadable: set[str] = field(default_factory=set)
    empty_last_page: bool = False
    bare_history: bool = False
    rename: bool = False
    between_pages: Callable[[], None] | None = None
    sent: list[str] = field(default_factory=list)
    topics: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    server: FakeServer = field(init=False)

    def connection(self, name: str = "mail", **options: OptionValue) -> Connection:
        token = self.oauth.consent(self.mailbox.user, GMAIL_MODIFY, PUBSUB)
        secret = self.oauth.secret(token, GMAIL_MODIFY, PUBSUB)
        given: dict[str, OptionValue] = {"user": self.mailbox.user, "api_url": self.server.url}
        return Connection(name, "gmail", {**given, "units_per_minute": 10**9, **options}, lambda: secret)

    def answer(self, request: Request) -> Reply:
        if request.path == "/batch/gmail/v1":
            return self._batch(request)
        if request.path.startswith("/v1/projects/"):
            return self._pubsub(request)
        return self._call(request)

    def _call(self, request: Request) -> Reply:
        try:
            if self.chaos and (refusal := self.chaos.refusal()):
                raise refusal
            scopes = self._scopes(request)
            return Reply(200, self._dispatch(request, scopes))
        except Refused as error:
            return error.reply

    def _scopes(self, request: Request) -> set[str]:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        consent = self.oauth.access_tokens.get(token)
        if consent is None:
            raise Refused(401, "authError", "Invalid Credentials")
        return set(consent.scopes)

    def _dispatch(self, request: Request, scopes: set[str]) -> object:
        path, mailbox = request.path.removeprefix("/upload").removeprefix(ROOT), self.mailbox
        words = path.strip("/").split("/")
        needed = _SENDS if words[-1] == "send" else _READS if request.method == "GET" else _WRITES
        if not scopes & needed:
            raise Refused(403, "insufficientPermissions", "Request had insufficient authentication scopes.")
        with mailbox.lock:
            match [request.method, *words]:
                case ["GET", "profile"]:
                    self._pay("profile")
                    total = len(mailbox.mails)
                    return {
                        "emailAddress": mailbox.user,
                        "messagesTotal": total,
                        "threadsTotal": total,
                        "historyId": str(mailbox.history_id),
                    }
                case ["GET", "messages"]:
                    return self._list(request)
                case ["GET", "messages", mail_id]:
                    wanted = {value.lower() for key, value in request.query if key == "metadataHeaders"}
                    return self._get(mail_id, request.params.get("format", "full"), wanted)
                case ["GET", "messages", mail_id, "attachments", number]:
                    self._pay("attachment")
                    data = attachment(self._mail(mail_id).raw, number)
                    return {"size": len(data), "data": encode(data)}
                case ["GET", "history"]:
                    return self._history(request)
                case _:
                    return self._labels_and_changes(request, words)

    def _labels_and_changes(self, request: Request, words: list[str]) -> object:
        mailbox, body = self.mailbox, request.json() if "json" in request.headers.get("content-type", "") else {}
        assert isinstance(body, dict)
        match [request.method, *words]:
            case ["GET", "labels"]:
                self._pay("labels")
                named = [{"id": each, "name": each, "type": "system"} for each in SYSTEM]
                return {"labels": [*named, *({"id": i, "name": n, "type": "user"} for i, n in mailbox.labels.items())]}
            case ["GET", "labels", label]:
                self._pay("labels")
                held = [mail for mail in mailbox.mails.values() if label in mail.labels]
                unread = sum("UNREAD" in mail.labels for mail in held)
                return {"id": label, "name": label, "messagesTotal": len(held), "messagesUnread": unread}
            case ["POST", "labels"]:
                if body["name"].casefold() in {name.casefold() for name in (*mailbox.labels.values(), *SYSTEM)}:
                    raise Refused(409, "aborted", "Label name exists or conflicts")
                return {"id": mailbox.make_label(body["name"]), "name": body["name"]}
            case ["POST", "messages", "batchModify"]:
                if len(body["ids"]) > 1000:
                    raise Refused(400, "invalidArgument", "Number of ids cannot exceed 1000")
                self._change([each for each in body["ids"] if each in mailbox.mails], body)
                return None
            case ["POST", "messages", "send"]:
                return self._send(request, body)
            case ["POST", "watch"]:
                self._pay("watch")
                self.topics.append(body["topicName"])
                return {"historyId": str(mailbox.history_id), "expiration": "1900000000000"}
            case _:
                raise Refused(404, "notFound")

    def _change(self, mail_ids: list[str], body: dict[str, Any]) -> None:
        self._pay("modify")
        add, remove = body.get("addLabelIds", []), body.get("removeLabelIds", [])
        known = {*SYSTEM, *self.mailbox.labels}
        if not {*add, *remove} <= known or {*add, *remove} & {"SENT", "DRAFT"}:
            raise Refused(400, "invalidArgument", "Invalid label")
        for mail_id in mail_ids:
            self.mailbox.modify(mail_id, add, remove)

    def _list(self, request: Request) -> object:
        self._pay("list")
        labels = [value for key, value in request.query if key == "labelIds"]
        params = request.params
        found = self.mailbox.search(params.get("q", ""), labels, hidden=params.get("includeSpamTrash") == "true")
        start, size = int(params.get("pageToken") or 0), min(500, int(params.get("maxResults", "100")))
        page: dict[str, object] = {"resultSizeEstimate": len(found)}
        if some := found[start : start + size]:
            page["messages"] = [{"id": mail.id, "threadId": mail.thread_id} for mail in some]
        if start + size < len(found):
            page["nextPageToken"] = str(start + size)
            if self.between_pages:
                self.between_pages()
        return page

    def _get(self, mail_id: str, form: str, wanted: Collection[str] = ()) -> object:
        self._pay("get")
        mail = self._mail(mail_id)
        if mail_id in self.broken:
            raise Refused(500, "backendError")
        told: dict[str, object] = {
            "id": mail.id,
            "threadId": mail.thread_id,
            "labelIds": sorted(mail.labels),
            "historyId": str(mail.history_id),
            "internalDate": str(mail.at),
            "sizeEstimate": len(mail.raw),
        }
        if form == "raw":
            told["raw"] = "%%%" if mail_id in self.unreadable else encode(mail.raw)
        elif form == "metadata":
            head = payload(mail.raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n")["headers"]
            told["payload"] = {"headers": [each for each in head if not wanted or each["name"].lower() in wanted]}
        elif form != "minimal":
            told["payload"] = payload(mail.raw)
        return told

    def _history(self, request: Request) -> object:
        self._pay("history")
        start, offset = int(request.params["startHistoryId"]), int(request.params.get("pageToken") or 0)
        if start < self.mailbox.floor:
            raise Refused(404, "notFound", "Requested entity was not found.")
        size = min(500, int(request.params.get("maxResults", "100")))
        events = [event for event in self.mailbox.events if event.id > start]
        answer: dict[str, object] = {"historyId": str(self.mailbox.history_id)}
        if some := events[offset : offset + size]:
            answer["history"] = [self._record(event) for event in some]
        if offset + size < len(events) or (some and self.empty_last_page):
            answer["nextPageToken"] = str(offset + size)
        return answer

    def _record(self, event: Any) -> object:
        message: dict[str, object] = {"id": event.mail_id, "threadId": event.thread_id}
        entry: dict[str, object] = {"message": message}
        if not self.bare_history and event.kind != "messagesDeleted":
            message["labelIds"] = list(event.after)
        if event.labels:
            entry["labelIds"] = list(event.labels)
        return {"id": str(event.id), "messages": [message], event.kind: [entry]}

    def _send(self, request: Request, body: dict[str, Any]) -> object:
        self._pay("send")
        raw = decode(body["raw"]) if body else request.body
        if b"\nfrom:" not in b"\n" + raw.lower():
            raise Refused(400, "invalidArgument", "Recipient address required")
        if self.rename:
            raw = raw.replace(b"Message-ID: <", b"Message-ID: <renamed.", 1)
        raw = re.sub(
            rb"(?im)^(From:.*<?)\b\S+@\S+?(>?\r?)$", rb"\1" + self.mailbox.user.encode() + rb"\2", raw, count=1
        )
        thread = str(body.get("threadId", ""))
        if thread and thread not in {mail.thread_id for mail in self.mailbox.mails.values()}:
            raise Refused(404, "notFound", "Requested entity was not found.")
        number = self.mailbox.deliver(raw, datetime.now(UTC), ["SENT"], thread)
        self.sent.append(number)
        return {"id": number, "threadId": self.mailbox.mails[number].thread_id, "labelIds": ["SENT"]}

    def _batch(self, request: Request) -> Reply:
        kind = request.headers["content-type"]
        parts = email.parser.BytesParser().parsebytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + request.body)
        calls = parts.get_payload()
        assert isinstance(calls, list)
        if len(calls) > 100:
            return Refused(400, "invalidArgument", "The batch request is too large").reply
        border = f"batch_{secrets.token_hex(6)}"
        pieces = [self._part(each, request.headers.get("authorization", "")) for each in calls]
        text = "".join(f"--{border}\r\n{piece}\r\n" for piece in pieces) + f"--{border}--\r\n"
        return Reply(200, text, {"Content-Type": f"multipart/mixed; boundary={border}"})

    def _pubsub(self, request: Request) -> Reply:
        """A subscription: notices stay until they are acknowledged."""
        try:
            allowed = PUBSUB in self._scopes(request)
        except Refused as error:
            return error.reply
        if not allowed:
            return Refused(403, "PERMISSION_DENIED").reply
        body = request.json()
        assert isinstance(body, dict)
        if request.path.endswith(":acknowledge"):
            self.notices = [each for each in self.notices if each not in body["ackIds"]]
            return Reply(200, {})
        return Reply(200, {"receivedMessages": [{"ackId": each, "message": {}} for each in self.notices]})

    def _part(self, part: Any, authorization: str) -> str:
        line, _, rest = part.get_payload().partition("\n")
        method, address, _ = line.split(" ", 2)
        url, head = urlsplit(address), email.parser.Parser().parsestr(rest)
        headers = {name.lower(): value for name, value in head.items()}
        headers.setdefault("authorization", authorization)
        body = str(head.get_payload()).encode()
        reply = self._call(Request(method, url.path, tuple(parse_qsl(url.query)), headers, body))
        more = "".join(f"{name}: {value}\r\n" for name, value in reply.headers.items())
        number = part["Content-ID"].strip("<>")
        inner = f"HTTP/1.1 {reply.status} X\r\nContent-Type: application/json\r\n{more}\r\n{reply.content().decode()}"
        return f"Content-Type: application/http\r\nContent-ID: <response-{number}>\r\n\r\n{inner}"

    def _mail(self, mail_id: str) -> Mail:
        if mail_id not in self.mailbox.mails:
            raise Refused(404, "notFound", "Requested entity was not found.")
        return self.mailbox.mails[mail_id]

    def _pay(self, what: str) -> None:
        with self.lock:
            self.units[what] += UNITS[what]
            if self.quota is None:
                return
            self.quota -= UNITS[what]
            if self.quota >= 0:
                return
        text, headers = "Quota exceeded for quota metric 'Queries'.", {"Retry-After": self.retry_after}
        raise Refused(self.quota_status, "rateLimitExceeded", text, headers if self.retry_after else {})


def encode(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def decode(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def retry_text(seconds: float) -> str:
    """How Gmail says in a message when to come again."""
    return f"User-rate limit exceeded.  Retry after {(datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()}"


class _Wire(FakeServer):
    """The connection, which chaos cuts."""

    def __init__(self, gmail: FakeGmail) -> None:
        super().__init__(gmail.answer)
        self._gmail = gmail

    def take(self, request: Request) -> tuple[Reply, Fault | None]:
        reply, fault = super().take(request)
        chaos = self._gmail.chaos
        return reply, fault or (chaos.wire() if chaos else None)


@contextmanager
def running_gmail() -> Iterator[FakeGmail]:
    """Gmail and its sign-in server, gone afterwards."""
    with running_oauth() as oauth:
        gmail = FakeGmail(oauth)
        gmail.server = _Wire(gmail)
        with gmail.server:
            yield gmail
