"""Calls to the legacy REST: a session that ends without notice, faults with HTTP 200, crashes without a word.

login -> session -> method(session, …) -> data | fault 11: login once more
                                               | other fault: what it says
                                               | 500, empty: a crash; a write may have happened
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from crm_adapters.http import HttpClient
from crm_adapters.sessions import SharedSession, shared_session
from crm_model.errors import HitchpostError, LoginNeeded, NotSupported, Rejected, Unreachable

REST = "service/v4_1/rest.php"
_SESSION_OVER = 11
_NO_LOGIN = {10: "does not accept user and password", 12: "has no such user", 60: "has too many sessions"}
_PASSWORD_OVER = {1008: "the password has expired", 1009: "the user is locked out", 1012: "the directory refused it"}
_REFUSED = {40: "You may not do this in the CRM.", 70: "Only an administrator may do this in the CRM."}


@dataclass(frozen=True, slots=True)
class Fault:
    """What a method answers instead of data."""

    number: int
    name: str


@dataclass(frozen=True, slots=True)
class Session:
    id: str = field(repr=False)
    user_id: str = ""
    user_name: str = ""


class LegacyCalls:
    """The methods of one server for one user. Arguments go as a list: names of theirs differ between versions."""

    def __init__(self, http: HttpClient, root: str, user: str, password: str) -> None:
        self._http, self._path = http, f"{root}{REST}"
        self._user, self._digest = user, hashlib.md5(password.encode(), usedforsecurity=False).hexdigest()
        mark = hashlib.sha256(f"{user}\0{password}".encode()).hexdigest()
        self._session: SharedSession[Session] = shared_session("suitecrm-v4_1", http.site.url, root, mark)

    def session(self) -> Session:
        """Errors: LoginNeeded."""
        return self._session.get(self._login)

    def call(self, method: str, *arguments: object, writes: bool = False) -> object:
        """What a method answers for our session. Errors: Rejected, NotSupported, LoginNeeded, Unreachable, …"""
        session = self.session()
        answer = self._post(method, session.id, *arguments, writes=writes)
        if isinstance(answer, Fault) and answer.number == _SESSION_OVER:
            session = self._session.renew(session, self._login)
            answer = self._post(method, session.id, *arguments, writes=writes)
        if isinstance(answer, Fault):
            raise self._error_of(answer)
        return answer

    def server_info(self) -> Mapping[str, object]:
        """Name, version and clock; needs no login. Errors: Unreachable if no SuiteCRM answers."""
        answer = self._post("get_server_info")
        if not isinstance(answer, Mapping) or "version" not in answer:
            raise Unreachable(f"{self._http.site.host} answered, but not as a SuiteCRM does.")
        return answer

    def _login(self) -> Session:
        user = {"user_name": self._user, "password": self._digest, "version": "1"}
        answer = self._post("login", user, "Hitchpost", [{"name": "notifyonsave", "value": False}])
        if isinstance(answer, Fault):
            raise self._error_of(answer)
        if not isinstance(answer, Mapping) or not isinstance(answer.get("id"), str):
            raise Unreachable(f"{self._http.site.host} let us in without a session.")
        facts = named(answer.get("name_value_list"))
        return Session(answer["id"], facts.get("user_id", ""), facts.get("user_name", self._user))

    def _post(self, method: str, *arguments: object, writes: bool = False) -> object:
        form = {
            "method": method,
            "input_type": "JSON",
            "response_type": "JSON",
            "rest_data": json.dumps(arguments),
        }
        data = self._http.call("POST", self._path, form=form, writes=writes).json()
        if isinstance(data, Mapping) and {"name", "number", "description"} <= set(data):
            return Fault(_number(data["number"]), str(data["name"]))
        return data

    def _error_of(self, fault: Fault) -> HitchpostError:
        host, account = self._http.site.host, self._http.site.account
        if fault.number == _SESSION_OVER:
            sentence = f"{host} ends our sessions at once; an admin must switch off “Validate user IP address”."
            return LoginNeeded(sentence, account=account)
        if fault.number in _NO_LOGIN:
            return LoginNeeded(f"{host} {_NO_LOGIN[fault.number]}.", account=account)
        if fault.number in _PASSWORD_OVER:
            return LoginNeeded(f"{host} lets nobody in: {_PASSWORD_OVER[fault.number]}.", account=account)
        if fault.number in (-1, 20, 30, 31):
            return NotSupported(f"{host} has no such module or call ({fault.name}).", feature="suitecrm")
        return Rejected(_REFUSED.get(fault.number, f"{host} refused the call ({fault.name})."))


def named(pairs: object) -> dict[str, str]:
    """A name_value_list as a plain map: it comes as a map of pairs, or as a list of them."""
    found = pairs.values() if isinstance(pairs, Mapping) else pairs if isinstance(pairs, list) else ()
    return {
        str(pair["name"]): _text(pair.get("value")) for pair in found if isinstance(pair, Mapping) and "name" in pair
    }


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    return "" if value is None or isinstance(value, list | dict) else str(value)


def _number(number: object) -> int:
    """A number, or the text "-1"."""
    try:
        return int(str(number))
    except ValueError:
        return 0
