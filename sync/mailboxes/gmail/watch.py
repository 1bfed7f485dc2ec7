"""Waiting for Gmail's notifications: Gmail tells a topic of Google Pub/Sub, and we look into a subscription of it.

A notification says only that something happened; it may be late, doubled or lost. So it makes the next look come sooner
and nothing more: what is new is told by the history from our own place, and polling goes on.
"""

from __future__ import annotations

import time
from typing import Any

from crm_adapters.answers import Answer, error_of
from crm_adapters.http import HttpClient
from crm_adapters.site import Site, checked_site
from crm_model.errors import ConfigError, NotSupported
from crm_model.options import Connection
from sync.mailboxes.contract import MailWatch
from sync.mailboxes.gmail.api import Api
from sync.mailboxes.gmail.kind import API_OPTION, TOPIC_OPTION
from sync.oauth import access_token
from sync.oauth.grant import SUBSCRIPTION_OPTION

_PUBSUB = "https://pubsub.googleapis.com"
_RENEW_SECONDS = 24 * 3600.0
"""Gmail forgets whom to tell after seven days, and advises to remind it daily."""

_LOOK_SECONDS = 5.0
_AT_ONCE = 100


class GmailWatch(MailWatch):
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._subscription = connection.text(SUBSCRIPTION_OPTION.name)
        self._topic = connection.text(TOPIC_OPTION.name)
        if not (self._subscription and self._topic):
            raise NotSupported("No Pub/Sub subscription is named; Gmail is asked from time to time.", feature="watch")
        self._api = Api(connection)
        self._site = self._pubsub()
        self._client = HttpClient(self._site)
        self._renew_at = 0.0

    def wait(self, seconds: float) -> bool:
        if time.monotonic() >= self._renew_at:
            self._api.watch(self._topic)
            self._renew_at = time.monotonic() + _RENEW_SECONDS
            return True  # something may have come while nobody watched
        if self._pull():
            return True
        time.sleep(min(seconds, _LOOK_SECONDS))
        return False

    def close(self) -> None:
        self._client.close()
        self._api.close()

    def _pubsub(self) -> Site:
        """Google's, or what stands for all of Google."""
        address = self._connection.text(API_OPTION.name)
        url = _PUBSUB if address == API_OPTION.default else address
        return checked_site(url, account=self._connection.name)

    def _pull(self) -> bool:
        """Whether there were notifications; they are taken away, since polling finds what is lost with them."""
        told = self._call("pull", {"maxMessages": _AT_ONCE, "returnImmediately": True})
        found = told.get("receivedMessages", ()) if isinstance(told, dict) else ()
        ids = [each["ackId"] for each in found if isinstance(each, dict) and "ackId" in each]
        if ids:
            self._call("acknowledge", {"ackIds": ids})
        return bool(ids)

    def _call(self, verb: str, body: dict[str, object]) -> Any:
        token = access_token(self._connection)
        answer = self._post(verb, body, token)
        if answer.status == 401:
            answer = self._post(verb, body, access_token(self._connection, instead_of=token))
        if answer.status in (403, 404):
            raise ConfigError(
                f"Google Pub/Sub does not hand out {self._subscription}: check its name, and that you may use it.",
                key=SUBSCRIPTION_OPTION.name,
            )
        if answer.status >= 300:
            raise error_of(answer, self._site)
        return answer.json() if answer.body else {}

    def _post(self, verb: str, body: dict[str, object], token: str) -> Answer:
        return self._client.call(
            "POST",
            f"{self._site.url}/v1/{self._subscription}:{verb}",
            body=body,
            headers={"authorization": f"Bearer {token}"},
            writes=False,
            allow=range(300, 600),
        )
