"""What is SuiteCRM's own: sessions that end, crashes without a word, values in the user's spelling, two interfaces."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from crm_adapters.contract import Adapter
from crm_adapters.sessions import forget_sessions
from crm_adapters.suitecrm.adapter import BACKEND
from crm_adapters.suitecrm.text import from_server, to_server
from crm_model.errors import ConfigError, LoginNeeded, NotFound, Rejected, TryLater, Unreachable
from crm_model.options import Connection
from crm_model.records import Activity, ActivityKind, Conversion, FieldType, RecordKind
from tests.fakes.server import FakeServer, Fault, Reply, cut_answer, empty_500, lost_answer, page
from tests.fakes.suitecrm.app import FakeSuiteCrm
from tests.fakes.suitecrm.modules import MODULES
from tests.fakes.suitecrm.store import ADMIN, SAM
from tests.fakes.suitecrm.v8 import CLIENT_ID, CLIENT_SECRET

LEAD, CONTACT, OPPORTUNITY = RecordKind.LEAD, RecordKind.CONTACT, RecordKind.OPPORTUNITY
AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
pytestmark = pytest.mark.timeout(120)
_opened: list[Adapter] = []


@pytest.fixture(autouse=True)
def fresh_sessions() -> Iterator[None]:
    yield
    while _opened:
        _opened.pop().close()
    forget_sessions()


def connect(server: FakeServer, secret: str = SAM.password, **options: str) -> Adapter:
    chosen = {"url": server.url, "user": "sam", "api": "auto", **options}
    _opened.append(BACKEND.open(Connection("crm", "suitecrm", chosen, lambda: secret)))
    return _opened[-1]


def connect_v8(server: FakeServer, password: str = SAM.password, **options: str) -> Adapter:
    secret = json.dumps({"client_secret": CLIENT_SECRET, "password": password})
    return connect(server, secret, api="v8", client_id=CLIENT_ID, **options)


def persistently(adapter: Adapter, key: str = "k", **fields: str) -> str:
    """Create a lead as the outbox does: again and again under the same key."""
    for _ in range(4):
        try:
            return adapter.create(LEAD, {"last_name": "Berg", **fields}, key).id
        except TryLater:
            continue
    raise AssertionError("never created")


# --- signing in ------------------------------------------------------------------------------------------


def test_a_session_that_ended_is_renewed_and_the_call_goes_on() -> None:
    fake = FakeSuiteCrm()
    with FakeServer(fake.answer) as server:
        adapter = connect(server)
        adapter.test()
        fake.legacy.sessions.clear()
        assert adapter.create(LEAD, {"last_name": "Berg"}, "k").id
        assert sum(b"method=login" in request.body for request in server.requests) == 2


def test_a_server_that_ends_sessions_at_once_needs_its_admin() -> None:
    fake = FakeSuiteCrm()

    class Forgetful(dict[str, object]):
        def __setitem__(self, key: str, value: object) -> None:
            """The address of the client changed: no session is kept."""

    fake.legacy.sessions = Forgetful()  # type: ignore[assignment]
    with FakeServer(fake.answer) as server, pytest.raises(LoginNeeded, match="IP"):
        connect(server).test()


@pytest.mark.parametrize("dialect", ["v4_1", "v8"])
def test_a_wrong_password_needs_a_person_and_is_told_nowhere(dialect: str, caplog: pytest.LogCaptureFixture) -> None:
    """V8 answers with HTTP 500 and repeats the password."""
    with FakeServer(FakeSuiteCrm().answer) as server:
        adapter = connect(server, "canary-4711") if dialect == "v4_1" else connect_v8(server, "canary-4711")
        with pytest.raises(LoginNeeded) as error:
            adapter.test()
        assert "canary" not in f"{error.value!r} {error.value.__cause__!r} {caplog.text}"


def test_a_wrong_client_secret_is_told_from_a_wrong_password() -> None:
    with FakeServer(FakeSuiteCrm().answer) as server:
        secret = json.dumps({"client_secret": "no", "password": SAM.password})
        with pytest.raises(LoginNeeded, match="client_secret"):
            connect(server, secret, api="v8", client_id=CLIENT_ID).test()


def test_v8_signs_in_as_a_client_without_a_user() -> None:
    with FakeServer(FakeSuiteCrm().answer) as server:
        assert connect(server, CLIENT_SECRET, user="", client_id=CLIENT_ID).test().user == "Administrator"


def test_a_token_that_was_revoked_is_fetched_anew() -> None:
    fake = FakeSuiteCrm()
    with FakeServer(fake.answer) as server:
        adapter = connect_v8(server)
        adapter.test()
        fake.api.tokens.clear()
        assert adapter.test().user == "Sam Seller"


@pytest.mark.parametrize(
    ("options", "secret"),
    [
        ({"user": ""}, "x"),
        ({"client_id": CLIENT_ID}, '{"password": "x"}'),
        ({"client_id": CLIENT_ID}, '{"client_secret": "x"}'),
    ],
)
def test_a_secret_that_lacks_a_part_is_named(options: dict[str, str], secret: str) -> None:
    chosen = {"url": "http://127.0.0.1:9", "user": "sam", "api": "auto", **options}
    with pytest.raises(ConfigError):
        BACKEND.open(Connection("crm", "suitecrm", chosen, lambda: secret))


# --- which interface -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("root", "page_of"),
    [("", "/index.php?module=Leads"), ("legacy/", "/#/leads/record/"), ("public/legacy/", "/#/leads")],
)
def test_the_interface_is_found_below_the_address(root: str, page_of: str) -> None:
    with FakeServer(FakeSuiteCrm(root=root).answer) as server:
        adapter = connect(server)
        assert adapter.test().product == "SuiteCRM 7.13.2 (v4_1)"
        assert adapter.create(LEAD, {"last_name": "Berg"}, "k").url.startswith(server.url + page_of)


def test_a_server_with_v8_alone_says_what_it_needs() -> None:
    with FakeServer(FakeSuiteCrm(has_v4_1=False).answer) as server:
        with pytest.raises(ConfigError, match="client_id"):
            connect(server).test()
        adapter = connect(
            server, json.dumps({"client_secret": CLIENT_SECRET, "password": SAM.password}), client_id=CLIENT_ID
        )
        assert adapter.test().product == "SuiteCRM (V8)"
        assert not adapter.capabilities.deletions


def test_an_address_without_suitecrm_is_a_matter_of_configuration() -> None:
    with FakeServer(lambda request: Reply(404, "<html>nothing</html>")) as server, pytest.raises(ConfigError):
        connect(server).test()


def test_sugar_ce_takes_arguments_by_place_and_has_no_name_for_itself() -> None:
    with FakeServer(FakeSuiteCrm(php=7, version="", has_v8=False).answer) as server:
        adapter = connect(server)
        assert adapter.test().product == "SugarCRM CE 6.5.25 (v4_1)"
        made = adapter.create(OPPORTUNITY, {"name": "Kiosk", "amount": "1234.56"}, "k")
        assert adapter.get(OPPORTUNITY, made.id).fields["amount"] == "1234.56"


def test_v8_finds_addresses_where_its_own_search_works_and_where_it_fails() -> None:
    for filters_addresses in (True, False):
        with FakeServer(FakeSuiteCrm(filters_addresses=filters_addresses).answer) as server:
            adapter = connect_v8(server)
            made = adapter.create(LEAD, {"last_name": "Berg", "email": "a@b.example"}, "k")
            assert [found.id for found in adapter.find_by_email("a@b.example")] == [made.id]
            changed = adapter.update(LEAD, made.id, {"email": "c@d.example"}, made.revision)
            assert adapter.find_by_email("a@b.example") == ()
            assert [found.id for found in adapter.find_by_email("c@d.example")] == [changed.id]
        forget_sessions()


# --- crashes and lost answers ----------------------------------------------------------------------------


@pytest.mark.parametrize("dialect", ["v4_1", "v8"])
@pytest.mark.parametrize(
    "fault",
    [lost_answer(), cut_answer(), empty_500(), empty_500(carried_out=True), page(502)],
    ids=["lost", "cut", "crash", "crash after the work", "page"],
)
def test_no_fault_at_any_call_of_a_creation_makes_a_second_lead(dialect: str, fault: Fault) -> None:
    for place in range(1, 7, 2):
        fake = FakeSuiteCrm()
        with FakeServer(fake.answer) as server:
            adapter = connect(server) if dialect == "v4_1" else connect_v8(server)
            adapter.describe(LEAD)
            server.fail(*[Fault(carried_out=True) for _ in range(place)], replace(fault))
            record_id = persistently(adapter, email="a@b.example", title="CEO")
            assert adapter.get(LEAD, record_id).fields["email"] == "a@b.example"
            leads = fake.store.sql.execute("SELECT count(*) FROM leads").fetchone()[0]
            assert leads == 1
        adapter.close()
        forget_sessions()


def test_a_crash_while_reading_is_tried_again() -> None:
    with FakeServer(FakeSuiteCrm().answer) as server:
        adapter = connect(server)
        made = adapter.create(LEAD, {"last_name": "Berg"}, "k")
        server.fail(empty_500())
        assert adapter.get(LEAD, made.id) == made
        server.fail(page(503, times=9))
        with pytest.raises(Unreachable):
            adapter.get(LEAD, made.id)


def test_what_was_made_and_deleted_is_not_made_again() -> None:
    for opening in (connect, connect_v8):
        with FakeServer(FakeSuiteCrm().answer) as server:
            adapter = opening(server)
            made = adapter.create(LEAD, {"last_name": "Berg"}, "k")
            adapter.delete(LEAD, made.id)
            with pytest.raises(NotFound):
                adapter.create(LEAD, {"last_name": "Berg"}, "k")
        forget_sessions()


def test_v8_deletes_a_lead_with_a_task_although_the_server_crashes_half_way() -> None:
    with FakeServer(FakeSuiteCrm().answer) as server:
        adapter = connect_v8(server)
        lead = adapter.create(LEAD, {"last_name": "Berg"}, "k")
        adapter.log_activity(Activity(ActivityKind.TASK, "Call", AT, ((LEAD, lead.id),)), "t")
        adapter.delete(LEAD, lead.id)
        with pytest.raises(NotFound):
            adapter.get(LEAD, lead.id)


def test_a_conversion_broken_off_anywhere_goes_on_where_it_was() -> None:
    whole = Conversion(account={"name": "Acme"}, opportunity={"name": "Kiosk"})
    for place in (5, 12, 20):
        fake = FakeSuiteCrm()
        with FakeServer(fake.answer) as server:
            adapter = connect(server)
            lead = adapter.create(LEAD, {"last_name": "Berg", "email": "a@b.example"}, "k")
            for kind in RecordKind:
                adapter.describe(kind)
            server.fail(*[Fault(carried_out=True) for _ in range(place)], empty_500(times=3))
            converted = None
            for _ in range(5):
                try:
                    converted = adapter.convert_lead(lead.id, whole, "c")
                    break
                except TryLater:
                    server.recover()
            assert converted is not None
            counts = {
                table: fake.store.sql.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
                for table in ("contacts", "accounts", "opportunities")
            }
            assert counts == {"contacts": 1, "accounts": 1, "opportunities": 1}
            assert converted.opportunity is not None
            assert converted.opportunity.fields["other_contacts"] == (converted.contact.id,)
        adapter.close()
        forget_sessions()


# --- values ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("opening", [connect, connect_v8])
@pytest.mark.parametrize("amount", ["1234.56", "0.50", "1000000.00", "-12.30"])
def test_amounts_of_a_user_with_a_decimal_comma_stay_what_they_are(opening: object, amount: str) -> None:
    assert callable(opening)
    with FakeServer(FakeSuiteCrm().answer) as server:
        adapter = opening(server)
        made = adapter.create(OPPORTUNITY, {"name": "Kiosk", "amount": amount}, "k")
        assert adapter.get(OPPORTUNITY, made.id).fields["amount"] == amount


def test_custom_fields_keep_their_types() -> None:
    with FakeServer(FakeSuiteCrm().answer) as server:
        adapter = connect(server)
        specs = {spec.name: spec for spec in adapter.describe(LEAD)}
        assert (specs["budget_c"].type, specs["budget_c"].extra) == (FieldType.MONEY, True)
        sent = {"budget_c": "12.50", "regions": ()}
        made = adapter.create(
            LEAD, {"last_name": "B", "budget_c": sent["budget_c"], "region_c": ("north", "east")}, "k"
        )
        assert (made.fields["budget_c"], made.fields["region_c"]) == ("12.50", ("north", "east"))
        assert "date_modified" not in specs


def test_values_that_would_be_cut_are_refused_beside_their_field() -> None:
    with FakeServer(FakeSuiteCrm().answer) as server:
        adapter = connect(server)
        with pytest.raises(Rejected) as refusal:
            adapter.create(OPPORTUNITY, {"name": "x" * 51}, "k")
        assert list(refusal.value.field_errors) == ["name"]
        with pytest.raises(Rejected) as refusal:
            adapter.create(LEAD, {"last_name": "B", "status": "Converted"}, "k")
        assert list(refusal.value.field_errors) == ["status"]


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("Mary <mary@example.com> wrote:", "Mary (mary@example.com) wrote:"),
        ("<script>x</script>", "‹script›x‹/script›"),
        ("<b>bold</b> and <b>", "‹b›bold‹/b› and ‹b›"),
        ("<b>bold</b>", "<b>bold</b>"),
        ("a < b > c, 1<2", "a < b > c, 1<2"),
        ("a<b", "a‹b"),
        ("AT&amp;T &lt;x&gt;", "AT&T ‹x›"),
        ("?a=1&copy=2", "?a=1&copy=2"),
        ("😀", "(grinning face)"),
        ("lone \ud800 \x00", "lone \ufffd "),
    ],
)
def test_text_is_put_so_that_it_survives(text: str, sent: str) -> None:
    assert to_server(text) == sent


def test_only_whole_entities_are_undone() -> None:
    assert from_server("O&#039;Brien &quot;x&quot; &lt;b&gt; ?a=1&copy=2") == 'O\'Brien "x" <b> ?a=1&copy=2'
    assert from_server("http://") == ""


def test_the_main_address_changes_and_the_others_stay() -> None:
    for opening in (connect, connect_v8):
        with FakeServer(FakeSuiteCrm().answer) as server:
            adapter = opening(server)
            made = adapter.create(
                CONTACT, {"last_name": "B", "email": "a@x.example", "other_emails": ("b@x.example",)}, "k"
            )
            after = adapter.update(CONTACT, made.id, {"email": "c@x.example"}, made.revision)
            assert (after.fields["email"], after.fields["other_emails"]) == ("c@x.example", ("b@x.example",))
            swapped = {"email": "b@x.example", "other_emails": ("c@x.example",)}
            after = adapter.update(CONTACT, made.id, swapped, after.revision)
            assert (after.fields["email"], after.fields["other_emails"]) == ("b@x.example", ("c@x.example",))
            after = adapter.update(CONTACT, made.id, {"email": None, "other_emails": ()}, after.revision)
            assert "email" not in after.fields
        forget_sessions()


def test_an_address_that_the_server_will_not_let_go_is_refused() -> None:
    fake = FakeSuiteCrm()
    fake.store.unrelate = lambda *_: None  # type: ignore[method-assign]
    with FakeServer(fake.answer) as server:
        adapter = connect(server)
        made = adapter.create(LEAD, {"last_name": "B", "email": "a@x.example"}, "k")
        with pytest.raises(Rejected) as refusal:
            adapter.update(LEAD, made.id, {"email": "c@x.example"}, made.revision)
        assert "email" in refusal.value.field_errors
        assert adapter.get(LEAD, made.id).fields["email"] == "a@x.example"


# --- mail and files --------------------------------------------------------------------------------------


def test_a_mail_that_a_colleague_logged_is_hung_on_our_record_too() -> None:
    fake = FakeSuiteCrm()
    values = {"name": "Offer", "message_id": "m1@x.example", "type": "archived", "status": "archived"}
    theirs = fake.store.insert(MODULES["Emails"], values, ADMIN)
    with FakeServer(fake.answer) as server:
        adapter = connect(server)
        lead = adapter.create(LEAD, {"last_name": "B"}, "k")
        mail = Activity(ActivityKind.EMAIL, "Offer", AT, ((LEAD, lead.id),), message_id="<m1@x.example>")
        assert adapter.log_activity(mail, "a") == f"Emails/{theirs}"
        (held,) = adapter.activities(LEAD, lead.id)
        assert held.message_id == "<m1@x.example>"


def test_long_subjects_move_into_the_text_and_are_not_cut() -> None:
    with FakeServer(FakeSuiteCrm().answer) as server:
        adapter = connect(server)
        lead = adapter.create(LEAD, {"last_name": "B"}, "k")
        subject = "A subject that is much longer than the fifty characters of a task"
        adapter.log_activity(Activity(ActivityKind.TASK, subject, AT, ((LEAD, lead.id),), body="Text"), "a")
        (held,) = adapter.activities(LEAD, lead.id)
        assert len(held.subject) == 50
        assert held.body == f"{subject}\n\nText"


def test_what_happened_with_a_lead_shows_on_the_contact() -> None:
    with FakeServer(FakeSuiteCrm().answer) as server:
        adapter = connect(server)
        lead = adapter.create(LEAD, {"last_name": "B"}, "k")
        for kind in ActivityKind:
            message_id = "<m@x.example>" if kind is ActivityKind.EMAIL else ""
            adapter.log_activity(Activity(kind, kind, AT, ((LEAD, lead.id),), message_id=message_id), kind)
        contact = adapter.convert_lead(lead.id, Conversion(), "c").contact
        assert {held.kind for held in adapter.activities(CONTACT, contact.id)} == set(ActivityKind)


def test_changes_that_are_saved_while_we_read_come_with_the_next_read() -> None:
    fake = FakeSuiteCrm()
    with FakeServer(fake.answer) as server:
        adapter = connect(server)
        made = [adapter.create(LEAD, {"last_name": f"B{number}"}, f"k{number}") for number in range(6)]
        first = adapter.changes(LEAD, "", 2)
        seen = {record.id for record in first.records}
        early = next(record for record in made if record.id in seen)
        adapter.update(LEAD, early.id, {"title": "CEO"}, early.revision)
        cursor, titles = first.cursor, {}
        while True:
            page_of = adapter.changes(LEAD, cursor, 2)
            titles |= {record.id: record.fields.get("title") for record in page_of.records}
            cursor = page_of.cursor
            if not page_of.more:
                break
        titles |= {record.id: record.fields.get("title") for record in adapter.changes(LEAD, cursor).records}
        assert titles[early.id] == "CEO"
        assert titles.keys() | seen == {record.id for record in made}
