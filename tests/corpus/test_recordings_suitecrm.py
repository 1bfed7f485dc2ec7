"""The fake SuiteCRM answers every recorded exchange as the real one did, but for what is skipped with a reason."""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterator
from urllib.parse import quote_plus

from tests.fakes.recordings import Exchange, Walk, recorded
from tests.fakes.suitecrm.app import FakeSuiteCrm
from tests.fakes.suitecrm.modules import MODULES
from tests.fakes.suitecrm.store import ADMIN, SAM, TIA
from tests.fakes.suitecrm.v8 import CLIENT_SECRET

_ID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_TIME = r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\+00:00)?"


_OF_THE_MOMENT = frozenset(
    {"date_modified", "date_entered", "gmt_time"}
    | {"label", "group", "id_name", "link_fields", "parent_name"}  # wording of the vendor's own forms
    | {"len"}  # a number here, its text there
)
_LEADS_WITH_MAIL = {
    "1e5f4d81-608b-824b-6138-6b01ee735488": "one@example.com",
    "56be544a-cbef-16f5-d5a1-6b01ee97bdcf": "",
}
_LATER_LEAD = "baf9c31b-17f3-b573-d984-6b01efb0e50b"
_UNUSED = "the adapter does not call it"
_ORDER = "rows without an order come as the real database chose"
_SKIPPED = {
    "17-get_available_modules": _UNUSED,
    "18-get_available_modules-as-sam": _UNUSED,
    "37-create-lead-empty": "an echo of defaults; the adapter sends no empty record",
    "76-search_by_module": _UNUSED,
    "77-search_by_module-quote": _UNUSED,
    "142-paging-large": _ORDER,
    "144-paging-last-page": _ORDER,
    "150-no-response-type": "PHP's own spelling of an array",
    "153-get_modified_relationships": _UNUSED,
    "165-email-message-id-entities": "a mailto link is made of it; the adapter sends no entities",
    "166-get-email-message-id-entities": "the same",
    "177-incremental-read": "the order is that of the seconds in which the records were changed",
}


_TOKEN = "header.claims.signature"
_KNOWN = {name for module in MODULES.values() for name in (*module.fields, *module.links)}
_OF_THE_MOMENT_V8 = _OF_THE_MOMENT | {
    *("links", "relationships", "dbType", "trace", "accounts", "total-pages", "required"),
    *("system_generated_password", "reports_to_link", "created_by_name", "modified_by_name"),
    "from_addr_name",  # some other record's, where none was given
}
_LOOSE_V8 = {
    *("budget_c", "region_c", "contact_id", "dbType", "default", "comments", "precision", "source", "len"),
    *("file", "line", "parent_name", "relationship", "relatedId", "sourceId"),
    *("relatedModuleLabel", "sourceModuleLabel", "relationshipLink", "links", "email_opt_out", "invalid_email"),
}
_SKIPPED_V8 = {
    "09-meta-modules": _UNUSED,
    "30-filter-modified": "the order is that of the seconds in which the records were changed",
    "31-filter-modified-space": "the same",
    "32-filter-like": _ORDER,
    "34-filter-or": _ORDER,
}


def sessions(fake: FakeSuiteCrm) -> None:
    fake.legacy.sessions.update({"<session-admin>": ADMIN, "<session-sam>": SAM, "<session-tia>": TIA})


def md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def test_v4_1() -> None:
    exchanges = recorded("suitecrm_v4_1")
    walk, wrong = walked_v4_1(FakeSuiteCrm(), exchanges)
    sys.stdout.write(walk.report("suitecrm_v4_1", exchanges) + "\n")
    assert wrong == {}


def walked_v4_1(fake: FakeSuiteCrm, exchanges: list[Exchange]) -> tuple[Walk, dict[str, list[str]]]:
    sessions(fake)
    fake.legacy.new_id = _ids_of(exchanges).__next__
    theirs = {name for each in exchanges for name in _names(each.body)}
    walk = Walk(
        re.compile(_ID),
        of_the_moment=_OF_THE_MOMENT,
        loose=frozenset(theirs - _KNOWN | {"budget_c", "region_c", "parent_name", "contact_id", "default_value"}),
        skip=_SKIPPED,
        names={
            quote_plus("<md5(admin password)>"): md5(ADMIN.password),
            quote_plus("<md5(sales password)>"): md5(SAM.password),
            quote_plus("<admin password>"): ADMIN.password,
            quote_plus("<sales password>"): SAM.password,
        },
    )
    wrong: dict[str, list[str]] = {}
    for exchange in exchanges:
        _prepare(fake, exchange.name)
        wrong |= walk.over([exchange], fake.answer)
    return walk, wrong


def test_v8() -> None:
    """The same server a little later, so the fake first lives through the other recordings."""
    fake = FakeSuiteCrm()
    before, _ = walked_v4_1(fake, recorded("suitecrm_v4_1"))
    exchanges = recorded("suitecrm_v8")
    theirs = {name for each in exchanges for name in _attributes(each.body)}
    links = {name for module in MODULES.values() for name in module.links}
    walk = Walk(
        re.compile(_ID),
        of_the_moment=_OF_THE_MOMENT_V8,
        loose=frozenset(theirs - _KNOWN | links | _LOOSE_V8),
        skip=_SKIPPED_V8,
        secrets={"<client-secret>": CLIENT_SECRET, "<admin password>": ADMIN.password, "<access-token>": _TOKEN},
        names={"1c50b310-4213-e93c-9e5c-6b01eee5e69c": SAM.id, **before.names},
    )
    fake.api.new_id = _made_in_v8(exchanges).__next__
    wrong: dict[str, list[str]] = {}
    for exchange in exchanges:
        if exchange.name != "73-after-logout":
            fake.api.tokens[_TOKEN] = SAM if "-as-sam" in exchange.name else ADMIN
        wrong |= walk.over([exchange], fake.answer)
    sys.stdout.write(walk.report("suitecrm_v8", exchanges) + "\n")
    assert wrong == {}


def _made_in_v8(exchanges: list[Exchange]) -> Iterator[str]:
    for each in exchanges:
        made = isinstance(each.body, dict) and each.body.get("data")
        if each.request.method == "POST" and each.status == 201 and made and b'"id"' not in each.request.body:
            yield each.body["data"]["id"]


def _attributes(body: object) -> set[str]:
    data = body.get("data") if isinstance(body, dict) else None
    rows = data if isinstance(data, list) else [data]
    return {name for row in rows if isinstance(row, dict) for name in row.get("attributes", {})}


def _ids_of(exchanges: list[Exchange]) -> Iterator[str]:
    """The ids that the real server gave to new records, in order: rows without an order come by id."""
    for each in exchanges:
        method = each.request.form.get("method")
        if method == "set_entry" and isinstance(each.body, dict) and '"id"' not in each.request.form["rest_data"]:
            yield each.body["id"]
        if method == "set_entries" and isinstance(each.body, dict):
            yield from each.body["ids"]


def _prepare(fake: FakeSuiteCrm, name: str) -> None:
    """What happened between the recordings."""
    leads = MODULES["Leads"]
    if name in ("139-paging-first", "172-paging-page1-of-3"):
        word = "Bulk" if name.startswith("139") else "Page"
        for number in range(45):
            made = f"{'b' if word == 'Bulk' else 'a'}a000000-0000-0000-0000-{number:012d}"
            fake.store.insert(leads, {"last_name": f"{word}{number:03d}"}, ADMIN, made)
    if name.startswith("153-"):
        sessions(fake)  # sam signs in again
        for record_id, email in (
            ("1e5f4d81-608b-824b-6138-6b01ee735488", "one@example.com"),
            ("56be544a-cbef-16f5-d5a1-6b01ee97bdcf", ""),
        ):
            fake.store.insert(leads, {"last_name": "Mail", "email1": email}, ADMIN, record_id)
    if name.startswith("182-"):
        fake.store.insert(leads, {"last_name": "X"}, ADMIN, _LATER_LEAD)
    if name.startswith("183-"):
        fake.store.sql.execute("DELETE FROM leads WHERE id = ?", [_LATER_LEAD])  # recording 18 of V8 makes it


def _names(body: object) -> set[str]:
    """Names of fields in an answer."""
    if isinstance(body, dict):
        own = {body["name"]} if isinstance(body.get("name"), str) and "value" in body else set()
        return own.union(*(_names(each) for each in body.values())) | {
            key for key, value in body.items() if isinstance(value, dict) and value.get("name") == key
        }
    return set().union(*(_names(each) for each in body)) if isinstance(body, list) else set()
