"""vtiger CRM 8.0 as a server in memory, with the manners of PHP 7 or 8, or as the vendor's cloud.

It answers what the recorded servers answered (tests/corpus/test_vtiger_recordings.py holds it to that).
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import re
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from tests.fakes.server import Reply, Request
from tests.fakes.vtiger_operations import Operations, WebserviceError
from tests.fakes.vtiger_values import USERS, User

_GET = frozenset(
    {"getchallenge", "listtypes", "describe", "retrieve", "query", "sync", "relatedtypes", "retrieve_related"}
    | {"query_related", "me"}
)
_POST = frozenset({"login", "logout", "extendsession", "create", "update", "revise", "delete", "add_related"})
_BY_NAME = frozenset({"sync", "convertlead", "logout"})
"""Operations whose declared parameters have other names than their functions': PHP 8 can't call them."""
_CHALLENGE_SECONDS = 300


class FakeVtiger:
    """`answer` is the app of a `FakeServer`. `now` may be set, in unix seconds; it runs by itself otherwise."""

    def __init__(self, *, php: int = 8, cloud: bool = False, users: tuple[User, ...] = USERS) -> None:
        self.php, self.cloud = php, cloud
        self.users = {user.name: user for user in users}
        self.operations = Operations(tuple(users), self.clock)
        self.now: float | None = None
        self.sessions: dict[str, User] = {}
        self.challenges: dict[str, tuple[str, float]] = {}
        self.calls_left: int | None = None
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def clock(self) -> datetime:
        seconds = time.time() if self.now is None else self.now
        return datetime.fromtimestamp(int(seconds), UTC)

    def end_sessions(self) -> None:
        """PHP's garbage collection."""
        self.sessions.clear()

    def answer(self, request: Request) -> Reply:
        with self._lock:
            return self._cloud(request) if self.cloud else self._webservice(request)

    # --- webservice.php ---------------------------------------------------------------------------------

    def _webservice(self, request: Request) -> Reply:
        if not request.path.endswith("/webservice.php"):
            return Reply(404, "<html>Not found</html>", {"Content-Type": "text/html"})
        given, files = _params(request)
        operation = given.get("operation", "").lower()
        if operation not in _GET | _POST | {"convertlead"}:
            return Reply(500, b"", {"Content-Type": "text/html"})
        seen = given if (request.method == "GET") == (operation in _GET) else {}
        try:
            return _success(self._run(operation, seen, given.get("sessionName", ""), files))
        except _Crash:
            return Reply(500, b"", {"Content-Type": "text/html"})
        except WebserviceError as error:
            return Reply(200, {"success": False, "error": {"message": error.message, "code": error.code}})

    def _run(self, operation: str, given: Mapping[str, str], session: str, files: Mapping[str, bytes]) -> object:
        if operation == "getchallenge":
            return self._challenge(given)
        if operation == "login":
            return self._login(given)
        if not session:
            raise WebserviceError("AUTHENTICATION_REQUIRED", "Authencation required")
        user = self.sessions.get(session)
        if user is None and operation == "extendsession":
            raise WebserviceError("AUTHENTICATION_FAILURE", "Authencation Failed")
        if user is None:
            raise WebserviceError("INVALID_SESSIONID", "Session Identifier provided is Invalid")
        if operation in _BY_NAME and self.php >= 8:
            raise _Crash
        if operation == "logout":
            del self.sessions[session]
            return {"message": "successfull"}
        if operation == "extendsession":
            return {"sessionName": session, "userId": user.id, "version": "0.22", "vtigerVersion": "8.0.0"}
        if operation == "sync" and not given.get("elementType"):
            raise _Crash
        return self.operations.run(operation, given, user, files)

    def _challenge(self, given: Mapping[str, str]) -> object:
        name = given.get("username", "")
        if not name:
            raise WebserviceError("ACCESS_DENIED", "No username given")
        if name not in self.users:
            raise WebserviceError("ACCESS_DENIED", "username does not exists")
        now = self.clock().timestamp()
        token = f"token{next(self._numbers)}"
        self.challenges[name] = (token, now + _CHALLENGE_SECONDS)
        return {"token": token, "serverTime": int(now), "expireTime": int(now) + _CHALLENGE_SECONDS}

    def _login(self, given: Mapping[str, str]) -> object:
        name = given.get("username", "")
        token, expires = self.challenges.get(name, ("", 0.0))
        if not token or self.clock().timestamp() > expires:
            raise WebserviceError("INVALID_AUTH_TOKEN", "Specified token is invalid or expired")
        user = self.users[name]
        digest = hashlib.md5(f"{token}{user.key}".encode(), usedforsecurity=False).hexdigest()
        if digest != given.get("accessKey"):
            raise WebserviceError("INVALID_USER_CREDENTIALS", "Invalid username or password")
        session = f"session{next(self._numbers)}"
        self.sessions[session] = user
        return {
            "username": user.name,
            "first_name": user.first_name,
            "last_name": user.last_name,
            "email": user.email,
            "time_zone": user.time_zone,
            "hour_format": user.hour_format,
            "date_format": user.date_format,
            "is_admin": "on" if user.is_admin else "off",
            "call_duration": "5",
            "other_event_duration": "5",
            "sessionName": session,
            "userId": user.id,
            "version": "0.22",
            "vtigerVersion": "8.0.0",
        }

    # --- the cloud --------------------------------------------------------------------------------------

    def _cloud(self, request: Request) -> Reply:
        place = re.fullmatch(r"/restapi/v1/vtiger/default/(?P<operation>\w+)", request.path)
        user = self._basic_user(request)
        if place is None:
            return Reply(404, "<html>Not found</html>", {"Content-Type": "text/html"})
        if user is None:
            return Reply(
                401, {"success": False, "error": {"code": "AUTHENTICATION_FAILURE", "message": "Unauthorized"}}
            )
        headers = {}
        if self.calls_left is not None:
            if self.calls_left <= 0:
                return Reply(429, "", {"Retry-After": "1"})
            self.calls_left -= 1
            headers = {"X-FloodControl-MinuteLimit": "60", "X-FloodControl-Remaining": str(self.calls_left)}
        given, files = _params(request)
        operation = place["operation"].lower()
        try:
            if operation == "me":
                result: object = {"id": user.id, "user_name": user.name, "last_name": user.last_name}
            elif operation == "delete_related":
                result = self.operations.delete_related(given)
            else:
                result = self.operations.run(operation, given, user, files)
        except WebserviceError as error:
            return Reply(400, {"success": False, "error": {"message": error.message, "code": error.code}}, headers)
        return Reply(200, {"success": True, "result": result}, headers)

    def _basic_user(self, request: Request) -> User | None:
        kind, _, pair = request.headers.get("authorization", "").partition(" ")
        if kind != "Basic":
            return None
        name, _, key = base64.b64decode(pair).decode().partition(":")
        user = self.users.get(name)
        return user if user is not None and user.key == key else None


class _Crash(Exception):
    """An uncaught error of PHP: HTTP 500 and no body."""


def _success(result: object) -> Reply:
    return Reply(200, {"success": True, "result": result})


def _params(request: Request) -> tuple[dict[str, str], dict[str, bytes]]:
    if request.method == "GET":
        return request.params, {}
    kind = request.headers.get("content-type", "")
    if not kind.startswith("multipart/form-data"):
        return {**request.params, **request.form}, {}
    fields: dict[str, str] = {}
    files: dict[str, bytes] = {}
    boundary = kind.partition("boundary=")[2].encode()
    for part in request.body.split(b"--" + boundary)[1:-1]:
        head, _, content = part.strip(b"\r\n").partition(b"\r\n\r\n")
        name = re.search(rb'name="([^"]*)"', head)
        assert name is not None
        if b"filename=" in head:
            files[name[1].decode()] = part.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n")
        else:
            fields[name[1].decode()] = content.decode()
    return fields, files


def element_of(given: Mapping[str, str], key: str = "element") -> dict[str, object]:
    """JSON of a parameter; broken JSON is read as nothing."""
    try:
        found = json.loads(given.get(key, ""))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


Operation = Callable[[Mapping[str, str], User], object]
