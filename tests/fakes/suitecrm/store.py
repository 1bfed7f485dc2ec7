"""The records of a fake SuiteCRM, in SQLite: queries of clients run as the SQL that they are."""

from __future__ import annotations

import itertools
import re
import sqlite3
import uuid
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime

from tests.fakes.suitecrm.cleaning import Person, stored_value
from tests.fakes.suitecrm.modules import MODULES, Link, Module
from tests.fakes.suitecrm.picklists import PROBABILITIES

Row = dict[str, str]
ADMIN = Person("1", "admin", "secret", full_name="Administrator", is_admin=True)
SAM = Person("11111111-aaaa-bbbb-cccc-sam000000000", "sam", "geheim", "Sam Seller", ".", ",")
TIA = Person("22222222-aaaa-bbbb-cccc-222200000000", "tia", "secreto", "Tia Trader", ".", ",")
_ADDRESS = re.compile(r"[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+")
_LINKS = """
CREATE TABLE links (kind, a, b, UNIQUE (kind, a, b));
CREATE VIEW emails_beans AS SELECT a AS email_id, b AS bean_id, 0 AS deleted FROM links WHERE kind = 'emails_beans';
CREATE TABLE email_addr_bean_rel (
  id INTEGER PRIMARY KEY, email_address_id, bean_id, bean_module, primary_address DEFAULT 0, deleted DEFAULT 0
);
"""


class Store:
    """All modules. Not safe for threads: the server has a lock."""

    def __init__(self, people: Iterable[Person], clock: Callable[[], datetime]) -> None:
        self.people = {person.name: person for person in people}
        self._clock = clock
        self._order = itertools.count()
        self.sql = sqlite3.connect(":memory:", check_same_thread=False)
        self.sql.row_factory = sqlite3.Row
        self.sql.create_function("upper", 1, lambda text: str(text).upper() if text is not None else None)
        self.sql.executescript(_LINKS)
        for module in MODULES.values():
            columns = ", ".join(f"{f.name} TEXT COLLATE NOCASE" for f in module.fields.values() if f.stored)
            self.sql.execute(f"CREATE TABLE {module.table} ({columns}, PRIMARY KEY (id)) WITHOUT ROWID")
        for person in self.people.values():
            first, _, last = person.full_name.rpartition(" ")
            names = {"user_name": person.name, "first_name": first, "last_name": last, "is_admin": person.is_admin}
            self.insert(
                MODULES["Users"],
                {**names, "status": "Active", "email1": f"{person.name}@crm.example"},
                person,
                person.id,
            )

    def now(self) -> str:
        return self._clock().astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")

    # --- one record ------------------------------------------------------------------------------------

    def insert(self, module: Module, values: Mapping[str, object], person: Person, record_id: str = "") -> str:
        """Errors: sqlite3.IntegrityError for an id that is taken."""
        record_id = record_id or str(uuid.uuid4())
        now = self.now()
        row = {
            "id": record_id,
            "date_entered": now,
            "date_modified": now,
            "created_by": person.id,
            "modified_user_id": person.id,
            "deleted": "0",
            **_defaults(module),
            **self._columns(module, values, person),
        }
        if module.name == "Emails":
            row["description_html"] = row.get("description_html") or row.get("description")
            row["assigned_user_id"] = row.get("assigned_user_id") or person.id
        if "date_end" in module.fields and not row.get("date_end"):
            row["date_end"] = row.get("date_start")
        names = ", ".join(row)
        self.sql.execute(
            f"INSERT INTO {module.table} ({names}) VALUES ({', '.join('?' * len(row))})", list(row.values())
        )
        self._after_save(module, record_id, values)
        return record_id

    def update(self, module: Module, record_id: str, values: Mapping[str, object], person: Person) -> bool:
        """Whether there is such a row, deleted or not; a deleted one stays deleted."""
        row = {**self._columns(module, values, person), "date_modified": self.now(), "modified_user_id": person.id}
        row.pop("id", None)
        if row.get("deleted") == "0":
            del row["deleted"]
        names = ", ".join(f"{name} = ?" for name in row)
        done = self.sql.execute(f"UPDATE {module.table} SET {names} WHERE id = ?", [*row.values(), record_id])
        if done.rowcount:
            self._after_save(module, record_id, values)
        return bool(done.rowcount)

    def delete(self, module: Module, record_id: str, person: Person) -> None:
        self.update(module, record_id, {"deleted": "1"}, person)
        self.sql.execute("UPDATE email_addr_bean_rel SET deleted = 1 WHERE bean_id = ?", [record_id])
        self.sql.execute("DELETE FROM links WHERE ? IN (a, b)", [record_id])

    def find(self, module: Module, record_id: str, *, deleted: bool = False) -> Row | None:
        found = self.sql.execute(f"SELECT * FROM {module.table} WHERE id = ?", [record_id]).fetchone()
        if found is None or (found["deleted"] == "1" and not deleted):
            return None
        return self.filled(module, found)

    def filled(self, module: Module, found: sqlite3.Row) -> Row:
        """A row with the fields that other tables hold; every value is text."""
        row = {name: "" if found[name] is None else str(found[name]) for name in found.keys()}  # noqa: SIM118
        full = dict.fromkeys(module.fields, "") | row
        if "full_name" in full:
            full["full_name"] = " ".join(filter(None, (row.get("first_name"), row.get("last_name"))))
            full["name"] = full["full_name"] if "name" in full else ""
        if "email1" in full:
            main, second = [*(address for _, address in self.addresses(row["id"])), "", ""][:2]
            full.update(email1=main)
            full.update({"email2": second} if "email2" in full else {})
            full.update(dict.fromkeys(("invalid_email", "email_opt_out"), "0" if main else ""))
        for name, target in (
            ("modified_by_name", "modified_user_id"),
            ("created_by_name", "created_by"),
            ("assigned_user_name", "assigned_user_id"),
        ):
            full[name] = self._value("users", "user_name", row.get(target, ""))
        if row.get("currency_id") == "-99":
            full.update(currency_name="US Dollar", currency_symbol="$")
        parent = MODULES.get(row.get("parent_type", ""))
        if parent is not None and "parent_name" in full:
            found_parent = self.find(parent, row.get("parent_id", ""))
            full["parent_name"] = found_parent["name"] if found_parent else ""
        if "account_name" in full and row.get("account_id"):
            full["account_name"] = self._value("accounts", "name", row["account_id"])
        return full

    def _value(self, table: str, column: str, record_id: str) -> str:
        found = self.sql.execute(f"SELECT {column} FROM {table} WHERE id = ?", [record_id]).fetchone()
        return str(found[0]) if found else ""

    def _columns(self, module: Module, values: Mapping[str, object], person: Person) -> dict[str, object]:
        row = {
            name: stored_value(spec, values[name], person)
            for name, spec in module.fields.items()
            if spec.stored and name in values and values[name] is not None and name != "date_modified"
        }
        if module.name == "Emails":
            for short, name in (
                ("from_addr", "from_addr_name"),
                ("to_addrs", "to_addrs_names"),
                ("cc_addrs", "cc_addrs_names"),
            ):
                if values.get(short):
                    row[name] = str(values[short]).replace(";", ",")
        if row.get("sales_stage") and "probability" not in row:
            row["probability"] = str(PROBABILITIES.get(str(row["sales_stage"]), ""))
        if "amount" in row:
            row["amount_usdollar"] = row["amount"]
        return row

    def _after_save(self, module: Module, record_id: str, values: Mapping[str, object]) -> None:
        if "email1" in module.fields and not self.addresses(record_id):
            for place, name in enumerate(("email1", "email2")):
                address = str(values.get(name) or "")
                if _ADDRESS.fullmatch(address):
                    self.add_address(module, record_id, self.address_id(address), primary=place == 0)
        if values.get("account_id") and module.name in ("Contacts", "Opportunities"):
            self.sql.execute("DELETE FROM links WHERE kind = ? AND b = ?", [module.links["accounts"].pairs, record_id])
            self.relate(module, record_id, "accounts", str(values["account_id"]))
        parent = MODULES.get(str(values.get("parent_type") or ""))
        if module.name == "Emails" and parent is not None and values.get("parent_id"):
            self.relate(module, record_id, parent.name.lower(), str(values["parent_id"]))

    # --- addresses and links ---------------------------------------------------------------------------

    def addresses(self, record_id: str) -> list[tuple[str, str]]:
        """Id and spelling, the primary one first."""
        return [
            (str(row[0]), str(row[1]))
            for row in self.sql.execute(
                "SELECT ea.id, ea.email_address FROM email_addr_bean_rel r JOIN email_addresses ea"
                " ON ea.id = r.email_address_id WHERE r.bean_id = ? AND NOT r.deleted"
                " ORDER BY r.primary_address DESC, r.id",
                [record_id],
            )
        ]

    def address_id(self, address: str) -> str:
        """The shared row of an address; its spelling becomes the newest."""
        found = self.sql.execute(
            "SELECT id FROM email_addresses WHERE email_address_caps = ?", [address.upper()]
        ).fetchone()
        if found is None:
            return self.insert(
                MODULES["EmailAddresses"], {"email_address": address, "email_address_caps": address.upper()}, ADMIN
            )
        self.sql.execute("UPDATE email_addresses SET email_address = ? WHERE id = ?", [address, found[0]])
        return str(found[0])

    def add_address(self, module: Module, record_id: str, address_id: str, *, primary: bool) -> None:
        if address_id not in dict(self.addresses(record_id)):
            self.sql.execute(
                "INSERT INTO email_addr_bean_rel (email_address_id, bean_id, bean_module, primary_address)"
                " VALUES (?, ?, ?, ?)",
                [address_id, record_id, module.name, int(primary)],
            )

    def relate(self, module: Module, record_id: str, name: str, other_id: str) -> None:
        link = module.links[name]
        if link.pairs == "addresses":
            self.add_address(module, record_id, other_id, primary=False)
        elif link.column:
            target = MODULES[link.module]
            self.sql.execute(f"UPDATE {target.table} SET {link.column} = ? WHERE id = ?", [record_id, other_id])
        else:
            self.sql.execute(
                "INSERT OR IGNORE INTO links VALUES (?, ?, ?)", [link.pairs, *_ends(module, link, record_id, other_id)]
            )

    def unrelate(self, module: Module, record_id: str, name: str, other_id: str) -> None:
        link = module.links[name]
        if link.pairs == "addresses":
            self.sql.execute(
                "UPDATE email_addr_bean_rel SET deleted = 1 WHERE bean_id = ? AND email_address_id = ?",
                [record_id, other_id],
            )
        elif link.column:
            target = MODULES[link.module]
            self.sql.execute(f"UPDATE {target.table} SET {link.column} = '' WHERE id = ?", [other_id])
        else:
            self.sql.execute(
                "DELETE FROM links WHERE kind = ? AND a = ? AND b = ?",
                [link.pairs, *_ends(module, link, record_id, other_id)],
            )

    def related(self, module: Module, record_id: str, name: str) -> list[Row]:
        """The live records at the other end of a link."""
        link = module.links[name]
        target = MODULES[link.module]
        if link.pairs == "addresses":
            ids = [address_id for address_id, _ in self.addresses(record_id)]
        elif link.column:
            ids = [
                row[0]
                for row in self.sql.execute(f"SELECT id FROM {target.table} WHERE {link.column} = ?", [record_id])
            ]
        else:
            pairs = self.sql.execute(
                "SELECT a, b FROM links WHERE kind = ? AND ? IN (a, b) ORDER BY rowid", [link.pairs, record_id]
            )
            ids = [row["b"] if row["a"] == record_id else row["a"] for row in pairs]
        if link.pairs != "addresses":
            ids.sort()  # as the real database keeps them
        return [row for each in ids if (row := self.find(target, str(each))) is not None]


def _ends(module: Module, link: Link, record_id: str, other_id: str) -> tuple[str, str]:
    """Both sides of a relation store the same pair: e-mails, calls and meetings, then the alphabet, come first."""
    first = module.name in ("Emails", "Calls", "Meetings") or (
        link.module not in ("Emails", "Calls", "Meetings") and module.name < link.module
    )
    return (record_id, other_id) if first else (other_id, record_id)


def _defaults(module: Module) -> dict[str, object]:
    flags: dict[str, object] = {
        name: "0" for name, spec in module.fields.items() if spec.type == "bool" and spec.stored
    }
    if module.name == "Leads":
        return {**flags, "status": "New"}
    if module.name == "Opportunities":
        return {**flags, "currency_id": "-99", "amount": "0"}
    return flags
