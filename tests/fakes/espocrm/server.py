"""A fake EspoCRM that keeps state and behaves as the recorded 8.1.5 does, faults of its API included."""

from __future__ import annotations

import base64
import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from tests.fakes.espocrm.rules import Refused, Row, check, conditions, matches
from tests.fakes.espocrm.schema import FIELDS, FOLLOWED, LINKS, STREAMED, all_attributes, attributes
from tests.fakes.espocrm.shapes import (
    ECHOED,
    NOT_ECHOED,
    call_echo,
    contact_echo,
    mail_detail,
    mail_echo,
    mail_shape,
)
from tests.fakes.server import Reply, Request

ADMIN, SAM = "aaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbb"
PASSWORDS = {"admin": "admin-password", "sam": "sam-password"}
API_KEY = "the-api-key"
_MOST, _LISTED_TEXT = 200, 10_000
_MAIL_LISTED = ("subject", "fromName", "fromAddress", "fromString", "replyToString", "replyToName", "replyToAddress")
_MAIL_LISTED += (
    "personStringData",
    "isRead",
    "isReplied",
    "isImportant",
    "inTrash",
    "folderId",
    "isUsers",
    "messageId",
)
_MAIL_LISTED += ("isHtml", "status", "hasAttachment", "dateSent", "fromEmailAddressId", "fromEmailAddressName")
_MAIL_LISTED += ("parentId", "parentType", "parentName", "sentById", "createdEventName", "groupFolderId", "accountId")


class FakeEspo:
    """One server with the users admin and sam; sam may not delete what others made."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Row]] = {entity: {} for entity in FIELDS}
        self.links: set[tuple[str, str, str, str]] = set()
        self.addresses: dict[str, tuple[str, str]] = {}
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)
        self._made = 0
        self._lock = threading.RLock()
        people = ((ADMIN, "admin", "Admin", None), (SAM, "sam", "Sam Seller", "sam@example.com"))
        for user_id, user_name, name, email in people:
            kind = "admin" if user_id == ADMIN else "regular"
            row = {"id": user_id, "name": name, "userName": user_name, "type": kind, "isActive": True, "deleted": False}
            self.rows["User"][user_id] = {**row, "emailAddress": email}
            if email:
                self._address_id(email)

    def answer(self, request: Request) -> Reply:
        with self._lock:
            try:
                body = self._answered(request)
            except Refused as refused:
                headers = dict(refused.headers)
                if refused.reason is not None:
                    headers["X-Status-Reason"] = refused.reason
                if refused.status == 401:
                    headers = {"Content-Type": "text/html; charset=UTF-8"}
                return Reply(refused.status, refused.body, self._dated(headers))
            return Reply(200, body, self._dated({}))

    def _dated(self, headers: dict[str, str]) -> dict[str, str]:
        return {**headers, "Date": format_datetime(self.clock(), usegmt=True)}

    # --- routing -----------------------------------------------------------------------------------------

    def _answered(self, request: Request) -> Any:
        user = self._user(request)
        entity, *rest = request.path.removeprefix("/api/v1/").split("/")
        if (entity, rest) == ("App", ["user"]):
            own = self.rows["User"][user]
            return {"user": own, "settings": {"currencyList": ["USD", "EUR", "NOK"]}, "token": "token-of-the-user"}
        if entity == "Metadata":
            return {"entityDefs": {name: {"fields": fields} for name, fields in FIELDS.items()}}
        if entity == "Case" and user == SAM:
            raise Refused(403)
        if entity not in FIELDS:
            raise Refused(404, f"Controller '{entity}' does not exist.")
        return self._routed(request, user, entity, rest)

    def _routed(self, request: Request, user: str, entity: str, rest: list[str]) -> Any:
        method, body = request.method, request.json() or {}
        if not rest:
            if method == "GET":
                return self._list(entity, request, list(self.rows[entity].values()))
            if method != "POST":
                raise Refused(405, None, {"message": "405 Method Not Allowed"}, {"Allow": "GET, POST"})
            skip = request.headers.get("x-skip-duplicate-check") == "true"
            return self._created(entity, dict(body), user, skip_duplicates=skip)
        if rest[0] == "action":
            return self._convert(dict(body), user)
        if len(rest) == 2:
            return self._linked(request, entity, rest[0], rest[1], dict(body))
        one: dict[str, Callable[[], Any]] = {
            "GET": lambda: self._detail(entity, self._readable(entity, rest[0], user)),
            "PUT": lambda: self._updated(entity, rest[0], dict(body), user),
            "PATCH": lambda: self._updated(entity, rest[0], dict(body), user),
            "DELETE": lambda: self._deleted(entity, rest[0], user),
        }
        return one[method]()

    def _user(self, request: Request) -> str:
        if request.headers.get("x-api-key") == API_KEY:
            return SAM
        scheme, _, coded = request.headers.get("authorization", "").partition(" ")
        if scheme == "Basic":
            name, _, password = base64.b64decode(coded).decode().partition(":")
            if PASSWORDS.get(name) == password:
                return next(row["id"] for row in self.rows["User"].values() if row["userName"] == name)
        raise Refused(401, None)

    # --- reading -----------------------------------------------------------------------------------------

    def _readable(self, entity: str, record_id: str, user: str) -> Row:
        row = self.rows[entity].get(record_id)
        if row is None or (row["deleted"] and user != ADMIN):
            raise Refused(404, f"Record {record_id} does not exist.")
        return row

    def _live(self, entity: str, record_id: str) -> Row:
        row = self.rows[entity].get(record_id)
        if row is None or row["deleted"]:
            raise Refused(404, f"Record {record_id} not found.")
        return row

    def _list(self, entity: str, request: Request, rows: list[Row]) -> Any:
        asked = request.params
        size = int(asked.get("maxSize", "20"))
        if size > _MOST:
            raise Refused(403, f"Max size should not exceed {_MOST}. Use offset and limit.")
        wanted = conditions(request.query)
        found = [
            row
            for row in rows
            if all(matches(entity, row, each, self._emails_of(entity, row)) for each in wanted) and not row["deleted"]
        ]
        order = asked.get("orderBy", "dateSent" if entity == "Email" else "createdAt")
        descending = asked.get("order", "asc" if "orderBy" in asked else "desc") == "desc"
        found.sort(key=lambda row: (str(row.get(order) or ""), row["id"]), reverse=descending)
        start = int(asked.get("offset", "0"))
        listed = [self._listed(entity, row, asked.get("select"), order) for row in found[start : start + size]]
        return {"total": -2 if entity == "Email" and wanted else len(found), "list": listed}

    def _listed(self, entity: str, row: Row, select: str | None, order: str) -> Row:
        """A list shows no details: neither all addresses and numbers nor large link lists unless they are asked for."""
        whole = self._detail(entity, row)
        if select is None:
            names = [name for name in whole if not name.endswith("Data")]
        else:
            asked = set(select.split(","))
            names = [*asked, "id", order, "createdById", "assignedUserId"]
            if entity == "Lead" and "name" in asked:
                names += ["emailAddress", "phoneNumber", "accountName"]
            if entity == "Contact":
                names += ["accountId", "accountName"]
            if entity == "Email":
                names = [*asked, *_MAIL_LISTED, "id", "createdById", "assignedUserId"]
                whole["personStringData"] = whole["sentByName"] or whole["from"]
        kept = {name: whole.get(name) for name in names if not name.endswith(("AddressData", "NumberData"))}
        cut = {name: value[:_LISTED_TEXT] if isinstance(value, str) else value for name, value in kept.items()}
        return {name: value for name, value in cut.items() if name in whole or entity == "Email"}

    def _detail(self, entity: str, row: Row) -> Row:
        """All attributes, empty ones as null."""
        names = all_attributes(entity)
        whole: Row = {name: row.get(name) for name in names}
        whole |= {name: value for name, value in row.items() if not name.startswith("_")}
        for name in whole:
            if name.endswith("Name") and f"{name[:-4]}Id" in whole and whole[name] is None:
                whole[name] = self._name_of(entity, name[:-4], whole.get(f"{name[:-4]}Id"), whole)
        if entity == "Email":
            whole |= mail_detail() | mail_shape(row, self.addresses, self._known_addresses())
            whole |= {name: value for name, value in row.items() if name in FIELDS["Email"] and name not in whole}
            whole |= {name: row[name] for name in ("icsEventUid", "assignedUserId", "repliedId") if name in row}
        if entity == "Opportunity":
            linked = self._linked_ids("Opportunity", row["id"], "contacts")
            whole |= {
                "contactsIds": linked,
                "contactsNames": {each: self.rows["Contact"][each]["name"] for each in linked},
            }
        if entity in FOLLOWED:
            whole |= {"isFollowed": False, "followersIds": [], "followersNames": {}} | {
                name: row[name] for name in ("isFollowed", "followersIds", "followersNames") if name in row
            }
        for name in ("emailAddress", "phoneNumber"):
            if name in whole and entity != "User":
                whole[f"{name}Data"] = row.get(f"{name}Data", [])
                marks = False if whole[name] else None
                whole |= {f"{name}IsOptedOut": marks, f"{name}IsInvalid": marks}
        if "teamsIds" in whole:
            whole |= {"teamsIds": row.get("teamsIds") or [], "teamsNames": {}}
        return whole

    def _name_of(self, entity: str, field: str, record_id: str | None, row: Row) -> str | None:
        spec = FIELDS[entity].get(field, {})
        target = row.get("parentType") if field == "parent" else spec.get("entity")
        held = self.rows.get(str(target), {}).get(str(record_id))
        return held.get("name") if held else None

    def _emails_of(self, entity: str, row: Row) -> list[str]:
        if entity == "Email":
            listed = ";".join(str(row.get(name) or "") for name in ("from", "to", "cc"))
            return [each.strip().lower() for each in listed.split(";") if each]
        return [each["lower"] for each in row.get("emailAddressData", [])]

    # --- writing -----------------------------------------------------------------------------------------

    def _created(self, entity: str, given: Row, user: str, *, skip_duplicates: bool) -> Row:
        given = self._known(entity, given)
        if entity == "Attachment":
            return self._uploaded(given, user)
        self._check_links(entity, given)
        check(entity, given, None)
        if not skip_duplicates and (twins := self._duplicates(entity, given)):
            raise Refused(409, "duplicate", twins)
        row = self._stored(entity, given, user)
        return self._echo(entity, row, given)

    def _stored(self, entity: str, given: Row, user: str) -> Row:
        """A new row, without any check, which is what a conversion does, too."""
        now = self._stamp()
        defaults = {name: spec["default"] for name, spec in FIELDS[entity].items() if "default" in spec}
        row: Row = {"id": self._new_id(), "deleted": False, **defaults, "createdAt": now, "modifiedAt": now}
        row |= {"createdById": user, "_created_by": user}
        if "doNotCall" in FIELDS[entity]:
            row["doNotCall"] = False
        self.rows[entity][row["id"]] = row
        self._set(entity, row, given)
        if entity in FOLLOWED and given.get("assignedUserId"):
            owner = given["assignedUserId"]
            row |= {"followersIds": [owner], "followersNames": {owner: self.rows["User"][owner]["name"]}}
            row["isFollowed"] = owner == user
        return row

    def _updated(self, entity: str, record_id: str, given: Row, user: str) -> Row:
        row = self._live(entity, record_id)
        given = self._known(entity, given)
        self._check_links(entity, given)
        check(entity, given, row)
        stale = [dict(each) for each in row.get("emailAddressData", [])]
        self._set(entity, row, given)
        row |= {"modifiedAt": self._stamp(), "modifiedById": user}
        whole = self._detail(entity, row)
        if "emailAddress" in given and "emailAddressData" not in given:
            whole["emailAddressData"] = stale  # the answer shows them as they were
        return whole

    def _deleted(self, entity: str, record_id: str, user: str) -> bool:
        row = self._live(entity, record_id)
        if user != ADMIN and row["_created_by"] != user:
            raise Refused(403, "No delete access.")
        row |= {"deleted": True, "isFollowed": False, "followersIds": [], "followersNames": {}}
        return True

    def _known(self, entity: str, given: Row) -> Row:
        """Unknown attributes, own ids and read-only fields are dropped without a word."""
        known = set(all_attributes(entity)) - {"id", "name", "deleted"} | (
            {"name"} if "name" in FIELDS[entity] else set()
        )
        read_only = {
            name for field, spec in FIELDS[entity].items() if spec.get("readOnly") for name in attributes(entity, field)
        }
        if entity == "Attachment":
            known |= {"file", "role", "relatedType", "parentType", "field"}
        return {name: value for name, value in given.items() if name in known - read_only}

    def _check_links(self, entity: str, given: Row) -> None:
        for field, spec in FIELDS[entity].items():
            record_id = given.get(f"{field}Id")
            if spec["type"] == "link" and record_id and record_id not in self.rows.get(spec["entity"], {}):
                reason = f"Can't relate with non-existing record. entity type: {entity}, link: {field}."
                data = {
                    "label": "cannotRelateNonExisting",
                    "scope": None,
                    "data": {"foreignEntityType": spec["entity"]},
                }
                raise Refused(403, reason, {"messageTranslation": data})

    def _duplicates(self, entity: str, given: Row) -> list[Row]:
        email = str(given.get("emailAddress") or "").lower()
        if entity not in ("Lead", "Contact", "Account"):
            return []
        twins = [
            row
            for row in self.rows[entity].values()
            if not row["deleted"]
            and (
                (email and email in self._emails_of(entity, row))
                or (entity == "Account" and row.get("name") == given.get("name"))
            )
        ]
        apart = (
            "emailAddressData",
            "phoneNumberData",
            "teamsIds",
            "teamsNames",
            "isFollowed",
            "followersIds",
            "followersNames",
        )
        return [
            {name: value for name, value in self._detail(entity, row).items() if name not in apart} for row in twins
        ]

    def _set(self, entity: str, row: Row, given: Row) -> None:
        links = given.pop("contactsIds", None) if entity == "Opportunity" else None
        row |= given
        if entity in ("Lead", "Contact"):
            name = " ".join(str(row[part]) for part in ("firstName", "lastName") if row.get(part))
            row |= {"name": name} if name else {}
        for field, spec in FIELDS[entity].items():
            if spec["type"] == "currency" and row.get(field) not in (None, ""):
                row |= {field: float(row[field]), f"{field}Converted": float(row[field])}
                row[f"{field}Currency"] = row.get(f"{field}Currency") or "USD"
            if spec["type"] == "bool" and field in given:
                row[field] = given[field] not in (False, None, "", 0)
        if "emailAddress" in FIELDS[entity]:
            self._set_emails(row, given)
        if "phoneNumberData" in given:
            row["phoneNumber"] = next(
                (each["phoneNumber"] for each in given["phoneNumberData"] if each.get("primary")), None
            )
        if entity == "Opportunity":
            self._set_deal(row, given, links)
        elif entity == "Email":
            self._set_mail(row, given)
        elif entity == "Contact" and not row.get("accountId"):
            row.pop("title", None)  # it is the role at the account

    def _set_emails(self, row: Row, given: Row) -> None:
        if "emailAddressData" in given:
            listed = [each["emailAddress"] for each in given["emailAddressData"] or []]
        elif "emailAddress" in given:
            others = [each["emailAddress"] for each in row.get("emailAddressData", []) if not each["primary"]]
            listed = [given["emailAddress"], *others] if given["emailAddress"] else []
        else:
            return
        shared = [self.addresses[self._address_id(each)][1] for each in listed]
        row["emailAddressData"] = [
            {"emailAddress": each, "lower": each.lower(), "primary": not number, "optOut": False, "invalid": False}
            for number, each in enumerate(shared)
        ]
        row["emailAddress"] = shared[0] if shared else None

    def _set_deal(self, row: Row, given: Row, links: list[str] | None) -> None:
        row["amountWeightedConverted"] = round((row.get("amount") or 0) * (row.get("probability") or 0) / 100, 2)
        row["lastStage"] = row.get("stage")
        if links is not None:
            held = set(self._linked_ids("Opportunity", row["id"], "contacts"))
            self.links -= {("Opportunity", row["id"], "contacts", each) for each in held - set(links)}
            self.links |= {("Opportunity", row["id"], "contacts", each) for each in links}
        if given.get("contactId"):
            self.links.add(("Opportunity", row["id"], "contacts", given["contactId"]))

    def _set_mail(self, row: Row, given: Row) -> None:
        """A Message-ID can't be set: the server makes one up."""
        row.setdefault("messageId", f"dummy:{self._new_id()}")
        for name in ("from", "to", "cc"):
            if name in given:
                ids = [self._address_id(each) for each in str(given[name] or "").split(";") if each]
                row[name] = ";".join(self.addresses[each][1] for each in ids)
                row[f"_{name}"] = ids
        sender = row.get("from") or ""
        user = next((each for each in self.rows["User"].values() if each["emailAddress"] == sender), None)
        row |= {"subject": row.get("name"), "fromEmailAddressName": sender or None}
        row |= {"fromEmailAddressId": (row.get("_from") or [None])[0], "sentById": user["id"] if user else None}

    def _uploaded(self, given: Row, user: str) -> Row:
        if not given.get("field") or not (given.get("relatedType") or given.get("parentType")):
            raise Refused(400, "No `field` and `parentType`.")
        content = base64.b64decode(str(given.pop("file", "")).partition(",")[2])
        row = self._stored("Attachment", {**given, "size": len(content)}, user)
        row["_content"] = content
        return self._detail("Attachment", row)

    # --- links and conversion ------------------------------------------------------------------------------

    def _linked_ids(self, entity: str, record_id: str, link: str) -> list[str]:
        there = {(one[0], one[1], one[2]): [] for one in self.links}
        for one in sorted(self.links):
            there[one[0], one[1], one[2]].append(one[3])
        forth = there.get((entity, record_id, link), [])
        target = LINKS.get(entity, {}).get(link, "")
        reverse = next((name for name, other in LINKS.get(target, {}).items() if other == entity), "")
        back = [one[1] for one in sorted(self.links) if (one[0], one[2], one[3]) == (target, reverse, record_id)]
        return list(dict.fromkeys(forth + back))

    def _linked(self, request: Request, entity: str, record_id: str, link: str, body: Row) -> Any:
        row = self._live(entity, record_id)
        if link == "posts" and entity in STREAMED:
            notes = [each for each in self.rows["Note"].values() if each.get("parentId") == record_id]
            return self._list("Note", request, notes)
        target = LINKS.get(entity, {}).get(link)
        if target is None:
            raise Refused(500, None)
        if request.method == "GET":
            return self._list(target, request, self._related(entity, row, link, target))
        if body.get("id") not in self.rows[target] or self.rows[target][body["id"]]["deleted"]:
            raise Refused(404)
        if request.method == "POST":
            self.links.add((entity, record_id, link, body["id"]))
            if (entity, link) == ("Account", "opportunities"):
                self.rows[target][body["id"]]["accountId"] = record_id
        else:
            reverse = next((name for name, other in LINKS.get(target, {}).items() if other == entity), "")
            self.links -= {(entity, record_id, link, body["id"]), (target, body["id"], reverse, record_id)}
        return True

    def _related(self, entity: str, row: Row, link: str, target: str) -> list[Row]:
        linked = set(self._linked_ids(entity, row["id"], link))
        found = [each for each in self.rows[target].values() if each["id"] in linked]
        for each in self.rows[target].values():
            is_child = each.get("parentId") == row["id"] and link in ("emails", "tasks")
            attends = row["id"] in (each.get(f"{entity.lower()}sIds") or ())
            owned = target in ("Contact", "Opportunity") and entity == "Account" and each.get("accountId") == row["id"]
            if (is_child or attends or owned) and each not in found:
                found.append(each)
        return found

    def _convert(self, body: Row, user: str) -> Row:
        lead = self._live("Lead", body["id"])
        records: dict[str, Row] = {name: dict(each) for name, each in body.get("records", {}).items()}
        if not body.get("skipDuplicateCheck"):
            twins = [(name, row) for name in records for row in self._duplicates(name, records[name])]
            if twins:
                listed = [{"id": row["id"], "name": row["name"], "_entityType": name} for name, row in twins]
                raise Refused(409, "duplicate", listed)
        made: dict[str, str] = {}
        for name in ("Account", "Contact", "Opportunity"):
            if name in records:
                joined = {"accountId": made["Account"]} if "Account" in made and name != "Account" else {}
                if name == "Opportunity" and "Contact" in made:
                    joined["contactId"] = made["Contact"]
                made[name] = self._stored(name, {**records[name], **joined}, user)["id"]
                lead[f"created{name}Id"] = made[name]
        now = self._stamp()
        if not lead.get("followersIds") and set(records) == {"Opportunity"}:
            lead |= {
                "isFollowed": True,
                "followersIds": [user],
                "followersNames": {user: self.rows["User"][user]["name"]},
            }
        lead |= {"status": "Converted", "convertedAt": now, "modifiedAt": now, "modifiedById": user}
        for entity in ("Email", "Call", "Meeting"):
            for row in self.rows[entity].values():
                if row.get("parentId") == lead["id"] and (parent := made.get("Opportunity") or made.get("Account")):
                    row |= {"parentId": parent, "parentType": "Opportunity" if "Opportunity" in made else "Account"}
        whole = self._detail("Lead", lead)
        return {**whole, **{f"created{name}Name": None for name in ("Account", "Contact", "Opportunity")}}

    # --- odds and ends -------------------------------------------------------------------------------------

    def _echo(self, entity: str, row: Row, given: Row) -> Row:
        """The answer to a creation: what is set, as it was sent, without the empty rest."""
        whole = self._detail(entity, row)
        apart = ("ByName", "fromAddress", *NOT_ECHOED.get(entity, ()))
        loaded = {name: value for name, value in whole.items() if value is not None and not name.endswith(apart)}
        if entity == "Lead" and row.get("accountName"):
            loaded["accountName"] = row["accountName"]
        if "emailAddressIsOptedOut" in whole:
            marks = (
                f"{name}{mark}" for name in ("emailAddress", "phoneNumber") for mark in ("IsOptedOut", "IsInvalid")
            )
            loaded |= dict.fromkeys(marks, False)
        if given.get("emailAddress"):
            loaded["emailAddress"] = given["emailAddress"]
        return {**ECHOED.get(entity, {}), **loaded, **self._links_echoed(entity, row)}

    def _links_echoed(self, entity: str, row: Row) -> Row:
        if entity == "Contact":
            return contact_echo(row, lambda account: self.rows["Account"][account]["name"])
        if entity == "Call":
            return call_echo(row, self.rows["User"])
        if entity == "Email":
            return mail_echo(row)
        if entity == "Task":
            parent = row.get("parentId")
            names = ("accountId", "accountName", "contactId", "contactName") if parent else ("parentName",)
            return {name: row.get(name) for name in names}
        return {}

    def _known_addresses(self) -> dict[str, tuple[str, str, str]]:
        """Whom an address belongs to; of several records the youngest."""
        found: dict[str, tuple[str, str, str]] = {}
        for row in self.rows["User"].values():
            found[str(row["emailAddress"]).lower()] = ("User", row["id"], row["name"])
        for entity in ("Lead", "Contact", "Account"):
            for row in self.rows[entity].values():
                for each in row.get("emailAddressData", []):
                    found[each["lower"]] = (entity, row["id"], row.get("name") or "")
        return found

    def _address_id(self, email: str) -> str:
        """An address is one entity for all records, spelled as whoever came first spelled it."""
        for address_id, (lower, _) in self.addresses.items():
            if lower == email.lower():
                return address_id
        address_id = self._new_id()
        self.addresses[address_id] = (email.lower(), email)
        return address_id

    def _new_id(self) -> str:
        self._made += 1
        return f"6c{self._made:015x}"

    def _stamp(self) -> str:
        return self.clock().strftime("%Y-%m-%d %H:%M:%S")


ID = re.compile(r"(dummy:)?[0-9a-f]{13,17}")
