"""EspoCRM keeps the contract against a server that behaves as recorded, quirks and faults included."""

from __future__ import annotations

import base64
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crm_adapters import registry
from crm_adapters.contract import Adapter
from crm_adapters.sessions import forget_sessions
from crm_adapters.testing import AdapterContract
from crm_model.errors import LoginNeeded, RateLimited, StaleRevision, UnknownOutcome, Unreachable
from crm_model.options import Connection
from crm_model.records import Activity, ActivityKind, Conversion, RecordKind
from tests.fakes.espocrm.server import API_KEY, ID, PASSWORDS, SAM, FakeEspo
from tests.fakes.recordings import Exchange, Walk, recorded
from tests.fakes.server import (
    FakeServer,
    Fault,
    Reply,
    cut_answer,
    empty_500,
    lost_answer,
    page,
    too_many,
)


def connection_to(server: FakeServer, user: str = "sam") -> Connection:
    return Connection("crm", "espocrm", {"url": server.url, "user": user}, lambda: PASSWORDS[user])


@pytest.fixture
def fake() -> FakeEspo:
    return FakeEspo()


@pytest.fixture
def server(fake: FakeEspo) -> Iterator[FakeServer]:
    forget_sessions()
    with FakeServer(fake.answer) as running:
        yield running


@pytest.fixture
def adapter(server: FakeServer) -> Iterator[Adapter]:
    opened = registry.load("espocrm").open(connection_to(server))
    yield opened
    opened.close()


class TestEspoCrm(AdapterContract):
    @pytest.fixture
    def adapter(self, server: FakeServer) -> Iterator[Adapter]:
        opened = registry.load("espocrm").open(connection_to(server))
        yield opened
        opened.close()


SKIPPED = {
    "06-metadata": "the recording shows a few fields of 0.4 MB; ours are those the adapter reads",
    "72-convert-attributes": "the adapter makes its own",
}


def test_the_fake_answers_as_recorded(capsys: pytest.CaptureFixture[str]) -> None:
    exchanges = recorded("espocrm")
    walk = Walk(
        made_up=ID,
        of_the_moment=frozenset({"createdAt", "modifiedAt", "convertedAt", "token", "total"}),
        loose=frozenset({"keys"}),  # the recording's own list of what it leaves out
        skip=SKIPPED,
        compared_headers=("x-status-reason", "allow"),
    )
    fake = FakeEspo()
    wrong = walk.over([with_credentials(each) for each in exchanges], fake.answer)
    with capsys.disabled():
        sys.stdout.write(walk.report("espocrm", exchanges))
    assert wrong == {}


def with_credentials(exchange: Exchange) -> Exchange:
    """Basic credentials are one word on the wire, and a recording does not show API keys."""
    request = exchange.request
    found = re.fullmatch(r"Basic <(\w+):([\w-]+)>", request.headers.get("authorization", ""))
    headers = {name: value for name, value in request.headers.items() if name != "authorization"}
    if found:
        password = PASSWORDS[found[1]] if found[2] == "password" else "wrong"
        headers["authorization"] = "Basic " + base64.b64encode(f"{found[1]}:{password}".encode()).decode()
    if exchange.name == "05-api-key":
        headers["x-api-key"] = API_KEY
    if exchange.name == "18-create-lead-duplicate-skip-header":
        headers["x-skip-duplicate-check"] = "true"
    return replace(exchange, request=replace(request, headers=headers))


@pytest.mark.timeout(120)
def test_the_kit_runs_against_a_live_server_and_leaves_nothing(fake: FakeEspo, server: FakeServer) -> None:
    environment = {
        **os.environ,
        "CONFORMANCE_BACKEND": "espocrm",
        "CONFORMANCE_URL": server.url,
        "CONFORMANCE_USER": "sam",
        "CONFORMANCE_SECRET": PASSWORDS["sam"],
    }
    chosen = "batch or converts_once or logged_once"
    command = [sys.executable, "-m", "pytest", "tests/live", "-q", "-p", "no:cacheprovider", "-k", chosen]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, env=environment, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout
    left = [row for entity in fake.rows if entity != "User" for row in fake.rows[entity].values() if not row["deleted"]]
    assert left == []


LEAD = RecordKind.LEAD
ADA = {"last_name": "Lovelace", "email": "ada@x.example", "description": "Hei 😀"}


@pytest.mark.parametrize("fault", [lost_answer, cut_answer, lambda **match: empty_500(carried_out=True, **match)])
@pytest.mark.parametrize("lasting", [False, True])
def test_a_lost_answer_to_a_creation_makes_no_second_record(
    server: FakeServer, adapter: Adapter, fake: FakeEspo, fault: Callable[..., Fault], lasting: bool
) -> None:
    adapter.test()
    adapter.describe(LEAD)
    server.fail(fault(path="/Lead", method="POST"))
    if lasting:
        server.fail(empty_500(path="/Lead", method="GET", times=3, after=1))
        with pytest.raises(UnknownOutcome):
            adapter.create(LEAD, ADA, "key")
    made = adapter.create(LEAD, ADA, "key")
    assert [row["id"] for row in fake.rows["Lead"].values()] == [made.id]


def test_a_record_made_and_edited_since_is_still_ours(adapter: Adapter, fake: FakeEspo, server: FakeServer) -> None:
    adapter.describe(LEAD)
    server.fail(lost_answer(path="/Lead", method="POST"), empty_500(path="/Lead", method="GET", times=3, after=1))
    with pytest.raises(UnknownOutcome):
        adapter.create(LEAD, ADA, "key")
    (row,) = fake.rows["Lead"].values()
    made_at = datetime.now(UTC)
    fake.clock = lambda: made_at + timedelta(minutes=1)
    boss = registry.load("espocrm").open(connection_to(server, "admin"))
    held = boss.get(LEAD, row["id"])
    boss.update(LEAD, held.id, {"description": "called her"}, held.revision)
    boss.close()
    assert adapter.create(LEAD, ADA, "key").fields["description"] == "called her"
    assert len(fake.rows["Lead"]) == 1


def test_an_edit_with_a_lost_answer_is_seen_as_done(server: FakeServer, adapter: Adapter) -> None:
    made = adapter.create(LEAD, ADA, "key")
    server.fail(lost_answer(path="/Lead", method="PUT"))
    with pytest.raises(UnknownOutcome):
        adapter.update(LEAD, made.id, {"description": "new"}, made.revision)
    with pytest.raises(StaleRevision):
        adapter.update(LEAD, made.id, {"description": "new"}, made.revision)
    assert adapter.get(LEAD, made.id).fields["description"] == "new"


def test_a_conversion_with_a_lost_answer_is_made_once(server: FakeServer, adapter: Adapter, fake: FakeEspo) -> None:
    made = adapter.create(LEAD, ADA, "key")
    server.fail(lost_answer(path="/action/convert"))
    converted = adapter.convert_lead(made.id, Conversion(account={"name": "Analytical Engines"}), "convert")
    assert converted.account is not None
    assert [len(fake.rows[entity]) for entity in ("Account", "Contact")] == [1, 1]


def test_addresses_and_numbers_beside_ours_are_kept(server: FakeServer, adapter: Adapter, fake: FakeEspo) -> None:
    made = adapter.create(LEAD, {**ADA, "phone": "+47 1", "mobile": "+47 2", "other_emails": ("b@x.example",)}, "key")
    row = fake.rows["Lead"][made.id]
    row["emailAddressData"][1]["optOut"] = True
    row["phoneNumberData"].append({"phoneNumber": "+47 3", "type": "Fax", "primary": False})
    after = adapter.update(
        LEAD, made.id, {"email": "c@x.example", "mobile": "+47 4"}, adapter.get(LEAD, made.id).revision
    )
    assert (after.fields["email"], after.fields["other_emails"]) == ("c@x.example", ("b@x.example",))
    assert (after.fields["phone"], after.fields["mobile"]) == ("+47 1", "+47 4")
    assert [each["phoneNumber"] for each in row["phoneNumberData"]] == ["+47 1", "+47 4", "+47 3"]
    after = adapter.update(LEAD, made.id, {"other_emails": (), "phone": ""}, after.revision)
    assert "other_emails" not in after.fields
    assert "phone" not in after.fields


def test_the_case_of_an_address_is_whoever_came_first_s(adapter: Adapter) -> None:
    first = adapter.create(LEAD, {**ADA, "email": "ADA@X.example"}, "one")
    second = adapter.create(LEAD, {**ADA, "last_name": "Byron"}, "two")
    assert second.fields["email"] == "ADA@X.example"
    assert adapter.create(LEAD, {**ADA, "last_name": "Byron"}, "two").id == second.id
    assert {record.id for record in adapter.find_by_email("Ada@X.EXAMPLE")} == {first.id, second.id}


def test_a_wrong_password_needs_a_person(server: FakeServer) -> None:
    forget_sessions()
    opened = registry.load("espocrm").open(replace(connection_to(server), secret=lambda: "wrong"))
    with pytest.raises(LoginNeeded):
        opened.test()
    opened.close()


def test_an_api_user_signs_in_with_a_key(server: FakeServer) -> None:
    options = {"url": server.url, "user": ""}
    opened = registry.load("espocrm").open(Connection("crm", "espocrm", options, lambda: API_KEY))
    assert opened.test().user == "Sam Seller"
    opened.close()


def test_the_first_page_is_read_by_time_and_id_without_a_gap(adapter: Adapter, fake: FakeEspo) -> None:
    at = datetime(2026, 11, 22, 9, tzinfo=UTC)
    fake.clock = lambda: at
    made = {adapter.create(LEAD, {"last_name": f"Lead {number}"}, str(number)).id for number in range(7)}
    seen, cursor = [], ""
    for _ in range(20):
        page = adapter.changes(LEAD, cursor, 2)
        seen += [record.id for record in page.records]
        cursor = page.cursor
        if not page.more:
            break
    assert sorted(seen) == sorted(made)
    late = adapter.create(LEAD, {"last_name": "In the same second"}, "late").id
    assert late in [record.id for record in adapter.changes(LEAD, cursor).records]
    fake.clock = lambda: at + timedelta(hours=1)
    quiet = adapter.changes(LEAD, adapter.changes(LEAD, cursor).cursor)
    assert adapter.changes(LEAD, quiet.cursor).records == [], "nothing is read again once the clock moved on"


def test_a_mail_answers_the_one_before(adapter: Adapter, fake: FakeEspo) -> None:
    lead = adapter.create(LEAD, ADA, "key")
    at = datetime(2026, 11, 22, 9, tzinfo=UTC)
    mail = Activity(ActivityKind.EMAIL, "Hei", at, ((LEAD, lead.id),), message_id="<1@x.example>", direction="in")
    first = adapter.log_activity(mail, "1")
    answer = replace(mail, message_id="<2@x.example>", in_reply_to="<1@x.example>", direction="out")
    second = adapter.log_activity(answer, "2")
    assert fake.rows["Email"][second.removeprefix("Email:")]["repliedId"] == first.removeprefix("Email:")


def test_a_server_under_maintenance_is_told_from_an_empty_one(server: FakeServer, adapter: Adapter) -> None:
    adapter.describe(LEAD)
    server.fail(page(503, times=3))
    with pytest.raises(Unreachable):
        adapter.find_by_email("ada@x.example")
    server.fail(page(200))
    with pytest.raises(Unreachable, match="web page"):
        adapter.find_by_email("ada@x.example")
    server.fail(too_many(retry_after=120))
    with pytest.raises(RateLimited):
        adapter.find_by_email("ada@x.example")


def test_a_user_without_sight_of_users_is_an_owner_at_least(server: FakeServer, adapter: Adapter) -> None:
    adapter.describe(LEAD)
    server.fail(Fault(Reply(403, b"", {"X-Status-Reason": ""}), path="/User"))
    assert [owner.id for owner in adapter.owners()] == [SAM]


def test_an_idle_save_is_no_change(adapter: Adapter, fake: FakeEspo) -> None:
    made = adapter.create(RecordKind.ACCOUNT, {"name": "Analytical Engines"}, "key")
    later = datetime.now(UTC) + timedelta(minutes=1)
    fake.clock = lambda: later
    fake.rows["Account"][made.id]["modifiedAt"] = later.strftime("%Y-%m-%d %H:%M:%S")
    assert adapter.get(RecordKind.ACCOUNT, made.id).revision == made.revision


def test_lists_that_cut_long_texts_cut_no_record(adapter: Adapter) -> None:
    account = adapter.create(RecordKind.ACCOUNT, {"name": "Long", "description": "x" * 20_000}, "key")
    (seen,) = adapter.changes(RecordKind.ACCOUNT, "").records
    assert (seen.fields, seen.revision) == (account.fields, account.revision)
    lead = adapter.create(LEAD, ADA, "key")
    call = Activity(
        ActivityKind.CALL, "Rang", datetime(2026, 11, 22, 9, tzinfo=UTC), ((LEAD, lead.id),), body="y" * 20_000
    )
    assert adapter.log_activity(call, "1") == adapter.log_activity(call, "2")


def test_an_account_has_one_number_of_ours(adapter: Adapter, fake: FakeEspo) -> None:
    account = adapter.create(RecordKind.ACCOUNT, {"name": "Phones", "phone": "+47 1"}, "key")
    row = fake.rows["Account"][account.id]
    row["phoneNumberData"] = [
        {"phoneNumber": "+47 1", "type": "Mobile", "primary": True},
        {"phoneNumber": "+47 2", "type": "Office", "primary": False},
    ]
    (seen,) = adapter.changes(RecordKind.ACCOUNT, "").records
    held = adapter.get(RecordKind.ACCOUNT, account.id)
    assert (seen.revision, seen.fields["phone"]) == (held.revision, "+47 1")
    after = adapter.update(RecordKind.ACCOUNT, account.id, {"phone": "+47 3"}, held.revision)
    assert after.fields["phone"] == "+47 3"
    assert [each["phoneNumber"] for each in row["phoneNumberData"]] == ["+47 3", "+47 2"]
