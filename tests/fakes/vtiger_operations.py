"""The operations of vtiger's web service on records in memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tests.fakes.vtiger_conversion import convert_lead
from tests.fakes.vtiger_query import QueryError, Row, parse, select_rows
from tests.fakes.vtiger_values import MODULES, User, empty_value, label_of, mandatory_of, prefix_of, stored, types_of

DENIED = "Permission to perform the operation is denied"
_RELATED = {
    "Potentials": ("Activities", "Contacts", "Products", "Documents", "Quotes", "Sales Order", "Activity History",
                   "Services", "ModComments", "Invoice", "Emails"),
    "Leads": ("Activities", "Emails", "Activity History", "Documents", "Products", "Campaigns", "PBXManager",
              "Services", "ModComments"),
    "Contacts": ("Potentials", "Activities", "Emails", "HelpDesk", "Quotes", "Purchase Order", "Sales Order",
                 "Products", "Activity History", "Documents", "Campaigns", "Invoice", "PBXManager",
                 "Service Contracts", "Services", "Projects", "ModComments", "Assets", "Vendors"),
    "Accounts": ("Contacts", "Potentials", "Activities", "Emails", "Documents", "ModComments"),
}  # fmt: skip
_MODULE_OF_LABEL = {"Activities": "Calendar", "Activity History": "Calendar", "Projects": "Project"}
_TYPES = [
    *("Campaigns", "Vendors", "Faq", "Quotes", "PurchaseOrder", "SalesOrder", "Invoice", "PriceBooks", "Calendar"),
    *("Leads", "Accounts", "Contacts", "Potentials", "Products", "Documents", "Emails", "HelpDesk", "Events", "Users"),
    *("PBXManager", "ServiceContracts", "Services", "ProjectMilestone", "ProjectTask", "Project", "ModComments"),
    *("SMSNotifier", "Assets", "Groups", "Currency", "DocumentFolders", "CompanyDetails", "LineItem", "Tax"),
    "ProductTaxes",
]
_NO_ENTITY = frozenset(_TYPES[_TYPES.index("Groups") :])
_WORDS = {
    "Calendar": ("Calendar", "Task"), "Accounts": ("Organizations", "Organization"), "Faq": ("FAQ", "FAQ"),
    "Potentials": ("Opportunities", "Opportunity"), "HelpDesk": ("Tickets", "Ticket"),
    "PBXManager": ("PBX Manager", "Call Record"), "ModComments": ("Comments", "Comment"),
    "PurchaseOrder": ("Purchase Orders", "Purchase Order"), "SalesOrder": ("Sales Orders", "Sales Order"),
    "PriceBooks": ("Price Books", "Price Book"), "ServiceContracts": ("Service Contracts", "Service Contract"),
    "ProjectMilestone": ("Project Milestones", "Project Milestone"), "SMSNotifier": ("SMS Notifier", "SMS Notifier"),
    "ProjectTask": ("Project Tasks", "Project Task"), "Project": ("Projects", "Project"),
}  # fmt: skip
_WITH_EMAIL_FIELD = ("Vendors", "Leads", "Accounts", "Contacts")


class WebserviceError(Exception):
    def __init__(self, code: str | int, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass(slots=True)
class Entity:
    """A row of the database. `hidden`: a converted lead."""

    module: str
    values: dict[str, str]
    deleted: bool = False
    hidden: bool = False
    links: set[int] = field(default_factory=set)


class Operations:
    def __init__(self, users: tuple[User, ...], clock: Callable[[], datetime]) -> None:
        self.users, self.clock = users, clock
        self.entities: dict[int, Entity] = {}
        self.next_number = 100
        self.closed: set[tuple[str, str]] = set()
        self._serials: dict[str, int] = {}
        self._by_name: dict[str, Callable[[Mapping[str, str], User], object]] = {
            "listtypes": self._listtypes,
            "describe": self._describe,
            "retrieve": lambda given, user: self._echo(*self._found(given.get("id", "")), user),
            "query": lambda given, user: self.query(given.get("query", ""), user),
            "sync": self._sync,
            "relatedtypes": self._relatedtypes,
            "retrieve_related": self._retrieve_related,
            "query_related": self._query_related,
            "update": self._update,
            "revise": self._revise,
            "delete": self._delete,
            "add_related": self._add_related,
            "convertlead": lambda given, user: convert_lead(self, _element(given), user),
        }

    def run(self, operation: str, given: Mapping[str, str], user: User, files: Mapping[str, bytes]) -> object:
        """Errors: WebserviceError."""
        if operation == "create":
            number = self.create(given.get("elementType", ""), _element(given), user, files)
            return self._echo(number, self.entities[number], user)
        if operation not in self._by_name:
            raise WebserviceError("UNKNOWN_OPERATION", "Unknown operation requested")
        return self._by_name[operation](given, user)

    # --- describing -------------------------------------------------------------------------------------

    def _listtypes(self, given: Mapping[str, str], user: User) -> object:
        wanted = json.loads(given.get("fieldTypeList") or "null")
        types = list(_WITH_EMAIL_FIELD) if wanted == ["email"] else [*_TYPES]
        if not user.is_admin and "Users" in types:
            types.remove("Users")
        information = {}
        for name in types:
            label, singular = _WORDS.get(name, (name, name if name in _NO_ENTITY else name.removesuffix("s")))
            information[name] = {"isEntity": name not in _NO_ENTITY, "label": label, "singular": singular}
        return {"types": types, "information": information}

    def _describe(self, given: Mapping[str, str], user: User) -> object:
        name = given.get("elementType", "")
        if name in MODULES:
            return MODULES[name]
        if name in ("Documents", "Users", "Groups", "DocumentFolders") and (name != "Users" or user.is_admin):
            kinds = types_of(name)
            fields = [{"name": each, "label": each, "type": dict(kind)} for each, kind in kinds.items()]
            return {"name": name, "label": name, "idPrefix": prefix_of(name), "fields": fields}
        raise WebserviceError("ACCESS_DENIED", f"{DENIED} for name : {name}")

    def _relatedtypes(self, given: Mapping[str, str], user: User) -> object:
        labels = _RELATED.get(given.get("elementType", ""), ())
        modules = {label: _MODULE_OF_LABEL.get(label, label.replace(" ", "")) for label in labels}
        information = {label: {"name": name, "label": label, "isEntity": "1"} for label, name in modules.items()}
        return {"types": list(modules.values()), "information": information}

    # --- reading ----------------------------------------------------------------------------------------

    def _found(self, record_id: str) -> tuple[int, Entity]:
        prefix, cross, number = record_id.partition("x")
        if not cross:
            raise WebserviceError("ACCESS_DENIED", f"{DENIED} for id")
        entity = self.entities.get(int(number)) if number.isdecimal() else None
        if entity is None or entity.deleted:
            raise WebserviceError("ACCESS_DENIED", DENIED)
        if prefix_of(entity.module) != prefix:
            raise WebserviceError("INVALID_ID_ATTRIBUTE", "Id specified is incorrect")
        return int(number), entity

    def row(self, number: int, entity: Entity) -> dict[str, str]:
        """As a query gives it: ids instead of numbers, nothing of what is deleted."""
        row = {**entity.values, "id": f"{prefix_of(entity.module)}x{number}"}
        for name, kind in types_of(entity.module).items():
            if kind["name"] == "reference" and row.get(name):
                held = self.entities.get(int(row[name].partition("x")[2] or 0))
                gone = held is None and not row[name].startswith("19x")
                row[name] = "" if gone or (held is not None and held.deleted) else row[name]
            elif kind["name"] == "owner" and row.get(name):
                known = {user.id for user in self.users} | {"20x2"}
                row[name] = row[name] if row[name] in known else row[name].partition("x")[2]
        return row

    def _echo(self, number: int, entity: Entity, user: User) -> dict[str, str]:
        row = self.row(number, entity)
        return {**row, "label": label_of(entity.module, row)}

    def query(self, text: str, user: User) -> list[Row]:
        if not text:
            raise WebserviceError("ACCESS_DENIED", f"{DENIED} for query")
        try:
            query = parse(text)
        except QueryError as error:
            raise WebserviceError(error.code, error.message) from error
        known = (*MODULES, "Documents", "Users", "Groups", "DocumentFolders")
        if query.module not in known or (query.module == "Users" and not user.is_admin):
            raise WebserviceError("ACCESS_DENIED", f"{DENIED} for name : {query.module}")
        kinds = types_of(query.module)
        for column in query.columns:
            if column not in ("*", "count(*)") and column not in kinds:
                raise WebserviceError("ACCESS_DENIED", f"Permission to access '.{column}.' attribute denied.")
        self._check_conditions(query.alternatives, kinds)
        rows = self._rows(query.module)
        numeric = _numeric(kinds)
        try:
            if query.columns == ["count(*)"]:
                query.limit = len(rows) or 1
                return [{"count": str(len(list(select_rows(query, rows, numeric))))}]
            found = list(select_rows(query, rows, numeric))
        except QueryError as error:
            raise WebserviceError(error.code, error.message) from error
        if query.columns == ["*"]:
            return found
        return [{column: row.get(column, "") for column in dict.fromkeys([*query.columns, "id"])} for row in found]

    def _check_conditions(self, alternatives: list, kinds: Mapping[str, Mapping[str, object]]) -> None:
        for condition in (condition for every in alternatives for condition in every):
            if condition.column not in kinds:
                message = f"Permission to access {condition.column} attribute denied."
                raise WebserviceError("ACCESS_DENIED", message)
            if kinds[condition.column]["name"] == "reference" and not all("x" in value for value in condition.values):
                raise WebserviceError("INVALID_ID_ATTRIBUTE", "Id specified is incorrect")

    def _rows(self, module: str) -> list[dict[str, str]]:
        if module == "Users":
            return [
                {"id": user.id, "user_name": user.name, "first_name": user.first_name, "last_name": user.last_name,
                 "email1": user.email, "status": "Active",
                 "no_of_currency_decimals": str(user.decimals or "")}
                for user in self.users
            ]  # fmt: skip
        if module in ("Groups", "DocumentFolders"):
            return [{"id": f"{prefix_of(module)}x2", "groupname": "Team Selling", "foldername": "Default"}]
        found = [(number, each) for number, each in self.entities.items() if each.module == module]
        rows = [self.row(number, each) for number, each in found if not each.deleted and not each.hidden]
        # A task without its type is stored, and never found again.
        return [row for row in rows if module != "Calendar" or row.get("activitytype") == "Task"]

    # --- writing ----------------------------------------------------------------------------------------

    def create(
        self, module: str, element: Mapping[str, object], user: User, files: Mapping[str, bytes] | None = None
    ) -> int:
        """The new record's number. Errors: WebserviceError."""
        if module not in MODULES and module != "Documents":
            raise WebserviceError("ACCESS_DENIED", DENIED)
        if (user.name, module) in self.closed:
            raise WebserviceError("ACCESS_DENIED", "Permission to write is denied")
        self._check_references(module, element)
        for name in mandatory_of(module):
            if element.get(name) in (None, ""):
                raise WebserviceError("MANDATORY_FIELDS_MISSING", f"{name} does not have a value")
        if module == "Accounts" and self._is_taken(str(element["accountname"])):
            raise WebserviceError(0, "Duplicate(s) detected!")
        number, self.next_number = self.next_number, self.next_number + 1
        kinds = types_of(module)
        values = {name: empty_value(module, name, str(kind["name"])) for name, kind in kinds.items() if name != "id"}
        self.entities[number] = Entity(module, values)
        now = _stamp(self.clock())
        values |= {"createdtime": now, "modifiedtime": now, "source": "WEBSERVICE"}
        if "modifiedby" in kinds:
            values["modifiedby"] = user.id
        self._store(number, element, user)
        values["source"] = str(element.get("source") or "WEBSERVICE").upper()[:100]
        if "creator" in values:
            values["creator"] = user.id
        self._number_it(module, values)
        self._settle(module, values, files or {})
        return number

    def _store(self, number: int, element: Mapping[str, object], user: User) -> None:
        entity = self.entities[number]
        kinds = types_of(entity.module)
        for name, value in element.items():
            if name in kinds and name not in ("id", "source", "createdtime", "modifiedtime", "modifiedby"):
                entity.values[name] = stored(entity.module, name, value, user)
                if kinds[name]["name"] == "owner" and "x" not in entity.values[name]:
                    entity.values[name] = user.id

    def _number_it(self, module: str, values: dict[str, str]) -> None:
        for name, short in (("lead_no", "LEA"), ("contact_no", "CON"), ("account_no", "ACC"), ("potential_no", "POT")):
            if name in values:
                self._serials[module] = self._serials.get(module, 0) + 1
                values[name] = f"{short}{self._serials[module]}"

    def _settle(self, module: str, values: dict[str, str], files: Mapping[str, bytes]) -> None:
        if module == "Emails":
            values.pop("filename", None)  # files have no column here
            for name in ("saved_toid", "ccmail", "bccmail"):
                listed = values[name].rstrip(",").split(",")
                values[name] = json.dumps(listed, ensure_ascii=False, separators=(",", ":"))
        elif module == "Calendar":
            values["duration_hours"], values["duration_minutes"] = "39", "0"
        elif module == "Documents" and files:
            values["filename"], values["filesize"] = "file", str(len(next(iter(files.values()))))

    def _is_taken(self, name: str) -> bool:
        return any(row["accountname"].casefold() == name.casefold() for row in self._rows("Accounts"))

    def _check_references(self, module: str, element: Mapping[str, object]) -> None:
        for name, kind in types_of(module).items():
            given = str(element.get(name) or "")
            if kind["name"] == "reference" and given:
                allowed = [prefix_of(each) for each in kind.get("refersTo", ()) if each in (*MODULES, "Users")]
                if given.partition("x")[0] not in allowed:
                    raise WebserviceError("REFERENCE_INVALID", f"Invalid reference specified for {name}")

    def _revise(self, given: Mapping[str, str], user: User) -> object:
        element = _element(given)
        number, entity = self._found(str(element.get("id", "")))
        self._check_references(entity.module, element)
        for name in mandatory_of(entity.module):
            if name in element and element[name] in (None, ""):
                raise WebserviceError("MANDATORY_FIELDS_MISSING", f"{name} does not have a value")
        self._store(number, element, user)
        self.touch(number, user)
        return self._echo(number, entity, user)

    def _update(self, given: Mapping[str, str], user: User) -> object:
        element = _element(given)
        number, entity = self._found(str(element.get("id", "")))
        for name in mandatory_of(entity.module):
            if element.get(name) in (None, ""):
                raise WebserviceError("MANDATORY_FIELDS_MISSING", f"{name} does not have a value")
        before = self._echo(number, entity, user)
        self._store(number, element, user)
        self.touch(number, user)
        told = {**self._echo(number, entity, user), "description": before["description"]}
        if "description" not in element:
            escaped = entity.values["description"].replace("&", "&amp;").replace('"', "&quot;")
            entity.values["description"] = escaped.replace("<", "&lt;").replace(">", "&gt;")
        return told

    def touch(self, number: int, user: User) -> None:
        values = self.entities[number].values
        values["modifiedtime"] = _stamp(self.clock())
        if "modifiedby" in values:
            values["modifiedby"] = user.id

    def _delete(self, given: Mapping[str, str], user: User) -> object:
        number, entity = self._found(given.get("id", ""))
        entity.deleted = True
        self.touch(number, user)
        return {"status": "successful"}

    # --- relations --------------------------------------------------------------------------------------

    def _add_related(self, given: Mapping[str, str], user: User) -> object:
        try:
            number, source = self._found(given.get("sourceRecordId", ""))
            other, related = self._found(given.get("relatedRecordId", ""))
        except WebserviceError as error:
            raise WebserviceError("INTERNAL_SERVER_ERROR", "Unknown Error while processing request") from error
        label = given.get("relationIdLabel", "")
        if label in _RELATED.get(source.module, ()) and related.module in ("Contacts", "Potentials", "Documents"):
            source.links.add(other)
            related.links.add(number)
            self.touch(number, user)
        return {"message": "successfull"}

    def delete_related(self, given: Mapping[str, str]) -> object:
        number, source = self._found(given.get("sourceRecordId", ""))
        other, related = self._found(given.get("relatedRecordId", ""))
        source.links.discard(other)
        related.links.discard(number)
        return {"message": "successfull"}

    def _retrieve_related(self, given: Mapping[str, str], user: User) -> object:
        return self._query_related({**given, "query": f"SELECT * FROM {given.get('relatedType', '')}"}, user)

    def _query_related(self, given: Mapping[str, str], user: User) -> object:
        number, source = self._found(given.get("id", ""))
        text, label = given.get("query", ""), given.get("relatedLabel", "")
        module = text.split("rom ", 1)[-1].split("ROM ", 1)[-1].split()[0] if "rom " in text.lower() else ""
        if label not in _RELATED.get(source.module, ()) or _MODULE_OF_LABEL.get(label, label) != module:
            raise WebserviceError("UNKOWN_ENTITY", "Relation specified is incorrect")
        ids = [f"'{prefix_of(module)}x{other}'" for other in self._related(number, module)]
        if not ids:
            return []
        clause = f" WHERE id IN ({','.join(ids)})"
        head, where, tail = text.partition("WHERE")
        return self.query(f"{head}{clause}{f' AND {tail}' if where else ''};", user)

    def _related(self, number: int, module: str) -> list[int]:
        me = self.row(number, self.entities[number])["id"]
        columns = {"Emails": ("parent_id",), "ModComments": ("related_to",), "Calendar": ("parent_id", "contact_id")}
        columns |= {"Contacts": ("account_id",), "Potentials": ("related_to", "contact_id")}
        held = {
            other
            for other, entity in self.entities.items()
            if entity.module == module
            and (number in entity.links or any(entity.values.get(each) == me for each in columns.get(module, ())))
        }
        if module == "Contacts":
            held |= {int(self.entities[number].values.get("contact_id", "x0").partition("x")[2] or 0)} - {0}
        return sorted(other for other in held if not self.entities[other].deleted)

    # --- sync -------------------------------------------------------------------------------------------

    def _sync(self, given: Mapping[str, str], user: User) -> object:
        """A user's own records, whatever the kind of sync; hidden and deleted ones are told alike."""
        asked, module = int(given.get("modifiedTime", "0")), given.get("elementType", "")
        since = asked if asked < 10**11 else 0  # milliseconds are a year far away, of which MySQL makes nothing
        own = [
            (_seconds(entity.values["modifiedtime"]), number, entity)
            for number, entity in self.entities.items()
            if entity.module == module and entity.values.get("assigned_user_id") == user.id
        ]
        later = sorted((each for each in own if each[0] > since), key=lambda each: each[:2])
        bound = later[:100][-1][0] if later else since
        page = [each for each in later if each[0] <= bound]
        return {
            "updated": [self.row(number, each) for _, number, each in page if not each.deleted and not each.hidden],
            "deleted": [f"{prefix_of(module)}x{number}" for _, number, each in page if each.deleted or each.hidden],
            "more": any(each[0] > bound for each in later),
            "lastModifiedTime": bound if later or since == asked else asked,
        }


def _element(given: Mapping[str, str]) -> dict[str, object]:
    """JSON of a parameter; broken JSON is read as nothing."""
    try:
        found = json.loads(given.get("element", ""))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S")


def _seconds(stamp: str) -> int:
    return int(datetime.fromisoformat(stamp).replace(tzinfo=UTC).timestamp())


def _numeric(kinds: Mapping[str, Mapping[str, object]]) -> Callable[[str], bool]:
    numbers = ("autogenerated", "reference", "owner", "integer", "double", "currency")
    return lambda name: kinds.get(name, {}).get("name") in numbers or name == "id"
