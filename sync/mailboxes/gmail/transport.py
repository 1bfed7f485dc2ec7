"""The wire below Google's client library: our HTTP client in the place of httplib2, with the account's token.

httplib2 sends a POST again by itself when the connection breaks, which would send a mail twice; it is not safe for
threads, and it can't say whether a request left.
"""

from __future__ import annotations

from collections.abc import Mapping

import httplib2

from crm_adapters.http import HttpClient
from crm_adapters.site import checked_site
from crm_model.options import Connection
from sync.mailboxes.gmail.kind import API_OPTION
from sync.oauth import access_token, sign_in_refused

_ALL_STATUSES = range(300, 600)
_SENDING = "/messages/send"


class Transport:
    """What googleapiclient calls its `http`. Errors: those of `crm_adapters.http`, LoginNeeded."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.site = checked_site(connection.text(API_OPTION.name), account=connection.name)
        self._client = HttpClient(self.site)
        self._token = ""

    def request(
        self,
        uri: str,
        method: str = "GET",
        body: str | bytes | None = None,
        headers: Mapping[str, str] | None = None,
        **_more: object,
    ) -> tuple[httplib2.Response, bytes]:
        """One call; after a 401 once more with a fresh token."""
        self._token = access_token(self._connection)
        answer = self._send(uri, method, body, headers or {})
        if answer[0].status == 401:
            self.renew()
            answer = self._send(uri, method, body, headers or {})
            if answer[0].status == 401:
                raise sign_in_refused(self._connection)
        return answer

    def renew(self) -> None:
        """Another token: the last one was refused."""
        self._token = access_token(self._connection, instead_of=self._token)

    def close(self) -> None:
        self._client.close()

    def _send(
        self, uri: str, method: str, body: str | bytes | None, headers: Mapping[str, str]
    ) -> tuple[httplib2.Response, bytes]:
        answer = self._client.call(
            method,
            uri,
            content=body.encode() if isinstance(body, str) else body,
            headers={**headers, "authorization": f"Bearer {self._token}"},
            writes=_SENDING in uri,  # all else can be asked twice
            allow=_ALL_STATUSES,
        )
        # The body is unpacked already.
        told = {name: value for name, value in answer.headers.items() if name != "content-encoding"}
        return httplib2.Response({**told, "status": str(answer.status)}), answer.body
