"""What is Sugar's own: tokens that rotate and evict each other, platforms, versions, and what nobody verified."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from crm_adapters.contract import Adapter
from crm_adapters.sessions import forget_sessions
from crm_adapters.sugar.adapter import BACKEND
from crm_model.errors import ConfigError, LoginNeeded, Rejected, StaleRevision, TryLater, Unreachable
from crm_model.options import Connection
from crm_model.records import Conversion, RecordKind
from tests.fakes.server import FakeServer, Reply, Request, cut_answer, lost_answer, page
from tests.fakes.sugar.app import PASSWORD, USER, FakeSugar

LEAD, OPPORTUNITY = RecordKind.LEAD, RecordKind.OPPORTUNITY
pytestmark = pytest.mark.timeout(120)


_opened: list[Adapter] = []


@pytest.fixture(autouse=True)
def fresh_sessions() -> Iterator[None]:
    yield
    while _opened:
        _opened.pop().close()
    forget_sessions()


class Place:
    """Where a rotated secret is kept."""

    def __init__(self, secret: str) -> None:
        self.secret = secret

    def connect(self, server: FakeServer, **options: str) -> Adapter:
        chosen = {"url": server.url, "user": USER, **options}
        _opened.append(BACKEND.open(Connection("crm", "sugar", chosen, lambda: self.secret, self.keep)))
        return _opened[-1]

    def keep(self, secret: str) -> None:
        self.secret = secret


def connect(server: FakeServer, **options: str) -> Adapter:
    return Place(PASSWORD).connect(server, **options)


def test_an_expired_token_is_refreshed_once_and_the_call_goes_on() -> None:
    fake = FakeSugar()
    with FakeServer(fake.answer) as server:
        adapter = connect(server)
        adapter.test()
        fake.expire()
        assert adapter.test().user == USER
        grants = [str(request.json()) for request in server.took("POST", "oauth2/token")]
        assert ["refresh_token'," in grant for grant in grants] == [False, True]


def test_a_session_that_was_evicted_signs_in_with_the_password() -> None:
    fake = FakeSugar()
    with FakeServer(fake.answer) as server:
        adapter = connect(server)
        adapter.test()
        fake.expire()
        fake.refresh.clear()  # somebody signed in on our platform
        assert adapter.test().user == USER


def test_a_refresh_token_that_rotates_is_kept_before_it_is_used() -> None:
    fake = FakeSugar()
    fake.refresh["first"] = "hitchpost"
    with FakeServer(fake.answer) as server:
        place = Place(json.dumps({"refresh_token": "first"}))
        assert place.connect(server).test().user == USER
        assert set(fake.refresh) == {json.loads(place.secret)["refresh_token"]}
        fake.refresh.clear()
        fake.expire()
        with pytest.raises(LoginNeeded):
            place.connect(server).test()


def test_a_wrong_password_is_not_tried_again_and_not_told() -> None:
    with FakeServer(FakeSugar().answer) as server:
        with pytest.raises(LoginNeeded) as error:
            Place("canary-4711").connect(server).test()
        assert "canary" not in str(error.value)
        assert len(server.took("POST", "oauth2/token")) == 1


def test_an_unknown_platform_falls_back_to_the_browsers_and_says_so() -> None:
    with FakeServer(FakeSugar(platforms=("base",)).answer) as server:
        (note,) = connect(server).test().notes
        assert "platform" in note
    forget_sessions()
    with FakeServer(FakeSugar().answer) as server:
        assert connect(server).test().notes == ()


@pytest.mark.parametrize("version", ["v11_20", "v11_10", "v11", "v10"])
def test_the_version_is_negotiated(version: str) -> None:
    with FakeServer(FakeSugar(version=version).answer) as server:
        assert connect(server).test().product == "SugarCRM ENT 14.0.0"


def test_a_server_that_is_no_sugar_is_told_apart() -> None:
    with FakeServer(lambda request: Reply(404, "<html>nothing</html>")) as server, pytest.raises(ConfigError):
        connect(server).test()
    forget_sessions()
    with FakeServer(lambda request: Reply(301, {"error": "incorrect_version"})) as server, pytest.raises(ConfigError):
        connect(server).test()


def test_a_client_that_is_not_let_in_is_a_matter_for_the_admin() -> None:
    with FakeServer(lambda request: Reply(403, {"error": "client_not_allowed"})) as server, pytest.raises(ConfigError):
        connect(server).test()


def test_an_edit_between_our_look_and_our_write_is_stale() -> None:
    """The server itself compares the time of change; the fake is told that somebody was quicker."""
    fake = FakeSugar()

    def meddling(request: Request) -> Reply:
        if request.method == "PUT" and request.headers.get("x-timestamp"):
            for row in fake.rows["Leads"].values():
                row["date_modified"] = "2099-01-01T00:00:00+02:00"
        return fake.answer(request)

    with FakeServer(meddling) as server:
        adapter = connect(server)
        lead = adapter.create(LEAD, {"last_name": "Berg"}, "k")
        with pytest.raises(StaleRevision):
            adapter.update(LEAD, lead.id, {"title": "CEO"}, lead.revision)


@pytest.mark.parametrize("sync_keys", [True, False])
@pytest.mark.parametrize("lost", [lost_answer, cut_answer])
def test_a_lost_answer_makes_no_second_record(sync_keys: bool, lost: object) -> None:
    fake = FakeSugar(sync_keys=sync_keys)
    with FakeServer(fake.answer) as server:
        adapter = connect(server)
        adapter.describe(LEAD)
        assert callable(lost)
        server.fail(lost(path="/Leads", method="POST"), lost(path="/Leads", method="POST"))
        made = None
        for _ in range(3):
            try:
                made = adapter.create(LEAD, {"last_name": "Berg"}, "k")
                break
            except TryLater:
                continue
        assert made is not None
        assert len(fake.rows["Leads"]) == 1


def test_a_server_that_keeps_no_key_is_asked_for_the_content() -> None:
    fake = FakeSugar(takes_ids=False, sync_keys=False)
    with FakeServer(fake.answer) as server:
        adapter = connect(server)
        first = adapter.create(LEAD, {"last_name": "Berg", "email": "a@b.example"}, "k")
        assert not adapter.capabilities.keeps_keys
        assert adapter.create(LEAD, {"last_name": "Berg", "email": "a@b.example"}, "k").id == first.id
        assert adapter.create(LEAD, {"last_name": "Berg", "email": "c@d.example"}, "l").id != first.id


def test_a_lost_conversion_is_found_by_its_mark() -> None:
    fake = FakeSugar()
    with FakeServer(fake.answer) as server:
        adapter = connect(server)
        lead = adapter.create(LEAD, {"last_name": "Berg"}, "k")
        adapter.convert_lead(lead.id, Conversion(), "c")
        again = connect(server).convert_lead(lead.id, Conversion(), "c")
        assert again.contact.fields["last_name"] == "Berg"
        assert len(fake.rows["Contacts"]) == 1
        with pytest.raises(Rejected):
            adapter.convert_lead(lead.id, Conversion(), "another")


def test_amounts_that_are_sums_can_only_be_read() -> None:
    with FakeServer(FakeSugar(rolled_up=True).answer) as server:
        adapter = connect(server)
        specs = {spec.name: spec for spec in adapter.describe(OPPORTUNITY)}
        assert all(specs[name].read_only for name in ("amount", "stage", "closes_on"))
        deal = adapter.create(OPPORTUNITY, {"name": "Kiosk"}, "k")
        with pytest.raises(Rejected) as refusal:
            adapter.update(OPPORTUNITY, deal.id, {"amount": "5.00"}, deal.revision)
        assert "amount" in refusal.value.field_errors


def test_flags_of_addresses_survive_an_edit() -> None:
    fake = FakeSugar()
    with FakeServer(fake.answer) as server:
        adapter = connect(server)
        lead = adapter.create(LEAD, {"last_name": "Berg", "email": "a@b.example"}, "k")
        (held,) = fake.rows["Leads"][lead.id]["email"]  # type: ignore[misc]
        held["opt_out"] = True
        after = adapter.update(LEAD, lead.id, {"other_emails": ("c@d.example",)}, lead.revision)
        assert after.fields["other_emails"] == ("c@d.example",)
        entries = fake.rows["Leads"][lead.id]["email"]
        assert isinstance(entries, list)
        assert [(each["email_address"], each.get("opt_out", False)) for each in entries] == [
            ("a@b.example", True),
            ("c@d.example", False),
        ]


def test_times_come_with_the_users_offset_and_are_utc_here() -> None:
    with FakeServer(FakeSugar().answer) as server:
        lead = connect(server).create(LEAD, {"last_name": "Berg"}, "k")
        offset = lead.modified_at.utcoffset()
        assert offset is not None
        assert not offset


def test_maintenance_is_waited_out() -> None:
    with FakeServer(FakeSugar().answer) as server:
        adapter = connect(server)
        adapter.test()
        server.fail(page(503, path="/me"))
        assert adapter.test().user == USER
        server.fail(page(503, path="/me", times=9))
        with pytest.raises(Unreachable):
            adapter.test()
