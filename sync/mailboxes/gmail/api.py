"""Calls to Gmail: Google's client library over our transport, within the budget, tried again while that may help."""

from __future__ import annotations

import functools
import importlib.resources
import json
import logging
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from googleapiclient.discovery import build_from_document
from googleapiclient.errors import BatchError, HttpError
from googleapiclient.http import BatchHttpRequest

from crm_model.errors import HitchpostError, LoginNeeded, NotFound, RateLimited, TryLater, UnknownOutcome, Unreachable
from crm_model.options import Connection
from sync.mailboxes.gmail.budget import UNITS, budget_of
from sync.mailboxes.gmail.errors import error_of
from sync.mailboxes.gmail.kind import GET_UNITS_OPTION
from sync.mailboxes.gmail.transport import Transport

_log = logging.getLogger(__name__)

Answer = dict[str, Any]

BATCH = 50
"""Google's advice; 100 is the most."""

_LIST = 500
_TRIES = 5
_ROUNDS = 5
_LONGEST_PAUSE_SECONDS = 30.0
_RANDOM = random.SystemRandom()

sleep = time.sleep


@dataclass(slots=True)
class Fetched:
    """What became of some messages: answers by id, those that are gone, those that can't be had with a sentence.

    The rest is to be asked for again: Gmail wants a pause.
    """

    found: dict[str, Answer] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    failed: dict[str, str] = field(default_factory=dict)


class Api:
    """One account's mailbox, for one thread. Errors of every call: TryLater, LoginNeeded, ConfigError, NotFound."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._transport = Transport(connection)
        self.budget = budget_of(connection)
        self.get_units = max(1, connection.number(GET_UNITS_OPTION.name, 20))
        service = build_from_document(_document(self._transport.site.url), http=self._transport)
        # The library makes a class anew at each call of these.
        self._users: Any = service.users()
        self._messages: Any = self._users.messages()
        self._batch_uri = f"{self._transport.site.url}/batch/gmail/v1"

    def profile(self) -> Answer:
        return self._call(self._users.getProfile(userId="me"), UNITS["profile"])

    def list_ids(self, query: str, *, labels: Sequence[str] = ()) -> Iterator[list[str]]:
        """The ids that match, newest first, in pages of up to 500."""
        token: str | None = None
        while True:
            wanted = {"userId": "me", "q": query, "labelIds": list(labels), "maxResults": _LIST, "pageToken": token}
            answer = self._call(self._messages.list(**wanted), UNITS["list"])
            yield [each["id"] for each in answer.get("messages", ())]
            token = answer.get("nextPageToken")
            if not token:
                return

    def all_ids(self, query: str, *, labels: Sequence[str] = ()) -> set[str]:
        """Every id that matches, listed again until nothing is added: while a list is paged it moves, and what slips
        from one page to the one before must not pass for gone."""
        found: set[str] = set()
        for _ in range(_ROUNDS):
            before, pages = len(found), 0
            for some in self.list_ids(query, labels=labels):
                found.update(some)
                pages += 1
            if pages < 2 or len(found) == before:  # one page can't have moved
                break
        return found

    def history(self, start: str) -> tuple[list[Answer], str]:
        """Everything since `start`, oldest first, and where the next question begins. Errors: NotFound if too old."""
        records: list[Answer] = []
        token, after = None, start
        while True:
            wanted = {"userId": "me", "startHistoryId": start, "maxResults": _LIST, "pageToken": token}
            answer = self._call(self._users.history().list(**wanted), UNITS["history"])
            some = answer.get("history", ())
            records += some
            after = str(answer.get("historyId", after))
            token = answer.get("nextPageToken")
            # A token that leads to an empty page has been seen: it would lead on for ever.
            if not token or not some:
                return records, after

    def labels(self) -> list[Answer]:
        found: list[Answer] = self._call(self._users.labels().list(userId="me"), UNITS["labels"]).get("labels", [])
        return found

    def label(self, number: str) -> Answer:
        """A label with its counters."""
        return self._call(self._users.labels().get(userId="me", id=number), UNITS["labels"])

    def make_label(self, name: str) -> str:
        """The new label's id."""
        body = {"name": name, "labelListVisibility": "labelShow", "messageListVisibility": "show"}
        answer = self._call(self._users.labels().create(userId="me", body=body), UNITS["new label"])
        return str(answer["id"])

    def modify(self, ids: Sequence[str], add: Sequence[str], remove: Sequence[str]) -> None:
        """Change labels of up to 1000 messages."""
        body = {"ids": list(ids), "addLabelIds": list(add), "removeLabelIds": list(remove)}
        self._call(self._messages.batchModify(userId="me", body=body), UNITS["modify"])

    def find(self, query: str, *, labels: Sequence[str] = (), most: int = 1) -> list[Answer]:
        """The newest messages that match: id and threadId."""
        wanted = {"userId": "me", "q": query, "labelIds": list(labels), "maxResults": most}
        found: list[Answer] = self._call(self._messages.list(**wanted), UNITS["list"]).get("messages", [])
        return found

    def get(self, number: str, form: str, *, headers: Sequence[str] = ()) -> Answer:
        """One message: `form` is minimal, metadata (these headers), raw or full."""
        wanted = {"userId": "me", "id": number, "format": form, "metadataHeaders": list(headers)}
        return self._call(self._messages.get(**wanted), self.get_units)

    def watch(self, topic: str) -> None:
        """Ask Gmail to tell a Pub/Sub topic of every change for the next seven days."""
        self._call(self._users.watch(userId="me", body={"topicName": topic}), UNITS["watch"])

    def attachment(self, message: str, number: str) -> str:
        """An attachment in base64url."""
        request = self._messages.attachments().get(userId="me", messageId=message, id=number)
        return str(self._call(request, UNITS["attachment"]).get("data", ""))

    def send(self, raw: str, thread: str = "") -> Answer:
        """Send once, never again by itself; {} if it was sent but the answer can't be read. Errors: UnknownOutcome."""
        request = self._messages.send(userId="me", body={"raw": raw, **({"threadId": thread} if thread else {})})
        request.postproc = _as_it_is
        self.budget.take(UNITS["send"])
        try:
            _, content = request.execute(http=self._transport)
        except HttpError as error:
            if error.resp.status >= 500:
                raise UnknownOutcome("Gmail failed while it took the mail.") from error
            raise error_of(error, self._connection) from error
        return _read(content)

    def get_many(self, ids: Sequence[str], form: str) -> Fetched:
        """Messages in batches; what failed is asked for again in half as large ones, then one by one."""
        fetched, waiting, size = Fetched(), list(ids), BATCH
        troubles: dict[str, HitchpostError] = {}
        for attempt in range(1, _TRIES + 1):
            before, troubles = len(fetched.found), {}
            for start in range(0, len(waiting), size):
                troubles |= self._get_batch(waiting[start : start + size], form, fetched)
            waiting = [each for each in waiting if each in troubles]
            if attempt > 1:
                _raise_lasting(troubles)
            limited = all(isinstance(error, RateLimited) for error in troubles.values())
            # Nothing but limits twice: calls one by one would only use up more of them.
            if not waiting or (limited and attempt > 1 and len(fetched.found) == before):
                break
            if attempt < _TRIES:
                sleep(self._pause(list(troubles.values()), attempt))
            size = 1 if attempt > 1 and not limited else max(1, size // 2)
        self._give_up(fetched, {each: troubles[each] for each in waiting})
        return fetched

    def close(self) -> None:
        self._transport.close()

    def _get_batch(self, ids: Sequence[str], form: str, fetched: Fetched) -> dict[str, HitchpostError]:
        """One batch; the troubles by id."""
        self.budget.take(self.get_units * len(ids))
        answers: dict[str, tuple[Any, bytes | str]] = {}
        troubles: dict[str, HitchpostError] = {}

        def keep(number: str, answer: tuple[Any, bytes | str] | None, error: HttpError | None) -> None:
            if answer is not None:
                answers[number] = answer
            elif error is not None:
                troubles[number] = error_of(error, self._connection)

        batch = BatchHttpRequest(callback=keep, batch_uri=self._batch_uri)
        for number in ids:
            request = self._messages.get(userId="me", id=number, format=form)
            request.postproc = _as_it_is  # what can't be read must not keep the others from being told
            batch.add(request, request_id=number)
        try:
            batch.execute(http=self._transport)
        except HttpError as error:
            troubles |= dict.fromkeys(ids, error_of(error, self._connection))
        except TryLater as error:
            troubles |= dict.fromkeys(ids, error)
        except (BatchError, KeyError, ValueError, IndexError, AttributeError):
            pass  # the library met half a batch: what is missing is told below
        self._keep(answers, troubles, fetched)
        missing = Unreachable("Gmail's answer was cut off; it will be tried again.")
        return {
            each: troubles.get(each, missing) for each in ids if each not in fetched.found and each not in fetched.gone
        }

    def _keep(
        self, answers: dict[str, tuple[Any, bytes | str]], troubles: dict[str, HitchpostError], fetched: Fetched
    ) -> None:
        for number, (_, content) in answers.items():
            told = _read(content)
            if told.get("id") == number:
                fetched.found[number] = told
        fetched.gone |= {number for number, error in troubles.items() if isinstance(error, NotFound)}
        refused = [error for error in troubles.values() if isinstance(error, LoginNeeded)]
        if refused:
            self._transport.renew()  # the token died within the batch; LoginNeeded comes from here if all is lost

    def _give_up(self, fetched: Fetched, troubles: dict[str, HitchpostError]) -> None:
        """What even single calls did not bring: failed for now, or the end of this pass."""
        for number, error in troubles.items():
            if not isinstance(error, RateLimited):
                fetched.failed[number] = str(error)
        nothing = not fetched.found and not fetched.gone
        if troubles and nothing and (len(fetched.failed) > 1 or not fetched.failed):
            raise next(iter(troubles.values()))

    def _call(self, request: Any, units: int) -> Answer:
        for attempt in range(1, _TRIES + 1):
            try:
                return self._call_once(request, units)
            except (RateLimited, Unreachable) as error:
                if attempt == _TRIES or not _is_worth_waiting(error):
                    raise
                sleep(self._pause([error], attempt))
        raise AssertionError("the last try returns or raises")

    def _call_once(self, request: Any, units: int) -> Answer:
        self.budget.take(units)
        request.postproc = _as_it_is
        try:
            response, content = request.execute(http=self._transport)
        except HttpError as error:
            raise error_of(error, self._connection) from error
        if response.status == 204 or (not content and request.method != "GET"):
            return {}
        told = _read(content)
        if not told:
            raise Unreachable("Gmail gave half an answer; it will be tried again.")
        return told

    def _pause(self, errors: Sequence[HitchpostError], attempt: int) -> float:
        """Seconds until the next try: as Gmail says, else growing, never the same for all (RFC 9110 10.2.3)."""
        asked = [error.retry_after_seconds or 0.0 for error in errors if isinstance(error, TryLater)]
        if any(isinstance(error, RateLimited) for error in errors):
            self.budget.overdrawn()
        growing = min(_LONGEST_PAUSE_SECONDS, 2.0 ** (attempt - 1)) * _RANDOM.uniform(0.5, 1.5)
        _log.info("gmail_call_again", extra={"account": self._connection.name, "attempt": attempt})
        return min(_LONGEST_PAUSE_SECONDS, max([growing, *asked]))


def _raise_lasting(troubles: dict[str, HitchpostError]) -> None:
    """Errors: the first that no other try will mend."""
    for error in troubles.values():
        if not isinstance(error, TryLater):
            raise error


def _is_worth_waiting(error: TryLater) -> bool:
    return (error.retry_after_seconds or 0.0) <= _LONGEST_PAUSE_SECONDS


def _as_it_is(response: Any, content: Any) -> tuple[Any, Any]:
    return response, content


def _read(content: bytes | str) -> Answer:
    """The JSON object in an answer, {} if there is none."""
    try:
        told = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


@functools.cache
def _document(root: str) -> Answer:
    """The description of the API that comes with the library, for another address: batches go there too."""
    found = importlib.resources.files("googleapiclient") / "discovery_cache" / "documents" / "gmail.v1.json"
    document: Answer = json.loads(found.read_text(encoding="utf-8"))
    return {**document, "rootUrl": f"{root}/", "baseUrl": f"{root}/", "mtlsRootUrl": f"{root}/"}
