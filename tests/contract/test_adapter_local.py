"""The embedded CRM keeps the contract, and what is its own: stages, files, several processes."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from crm_adapters import registry
from crm_adapters.contract import Adapter
from crm_adapters.local.adapter import LocalAdapter, open_local, parse_owner
from crm_adapters.testing import AdapterContract, fresh_key
from crm_model.errors import Busy, ConfigError, CursorExpired, Rejected
from crm_model.options import Connection, OptionValue
from crm_model.records import Conversion, FieldValue, Owner, RecordKind

OPPORTUNITY, LEAD, ACCOUNT = RecordKind.OPPORTUNITY, RecordKind.LEAD, RecordKind.ACCOUNT


@pytest.fixture
def adapter(tmp_path: Path) -> Iterator[LocalAdapter]:
    connection = Connection(
        "crm", "local", {"path": str(tmp_path / "in" / "crm.db"), "user": "Ida Bø <ida@bo.example>"}, lambda: ""
    )
    opened = registry.load("local").open(connection)
    assert isinstance(opened, LocalAdapter)
    yield opened
    opened.close()


class TestLocal(AdapterContract):
    @pytest.fixture
    def adapter(self, tmp_path: Path) -> Iterator[Adapter]:
        opened = LocalAdapter("crm", tmp_path / "crm.db")
        yield opened
        opened.close()


def test_a_backend_that_is_not_installed_names_the_nearest() -> None:
    with pytest.raises(ConfigError) as error:
        registry.load("locl")
    assert error.value.nearest == "local"
    assert "local" in registry.backends()


def test_a_stage_sets_its_probability_unless_one_is_given(adapter: LocalAdapter) -> None:
    deal = adapter.create(OPPORTUNITY, {"name": "Kiosk"}, fresh_key())
    assert (deal.fields["stage"], deal.fields["probability"]) == ("new", 10)
    deal = adapter.update(OPPORTUNITY, deal.id, {"stage": "negotiation"}, deal.revision)
    assert deal.fields["probability"] == 80
    deal = adapter.update(OPPORTUNITY, deal.id, {"stage": "weak_response", "probability": 7}, deal.revision)
    assert deal.fields["probability"] == 7
    deal = adapter.update(OPPORTUNITY, deal.id, {"stage": "weak_response", "amount": "5"}, deal.revision)
    assert (deal.fields["probability"], deal.fields["amount"]) == (7, "5.00")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("amount", "1.234,56"),
        ("amount", "1e5"),
        ("amount", True),
        pytest.param("amount", 10**5000, id="huge"),
        ("amount", "٣"),
        ("closes_on", "2026-02-30"),
        ("closes_on", "20260201"),
        ("probability", 101),
        ("probability", True),
        ("probability", "20"),
        ("account_id", "A999"),
        ("account_id", "local:3"),
        ("owner", "nobody"),
        ("number", "x" * 256),
        ("other_contacts", ("C1",)),
        ("other_contacts", "C1"),
        ("stage", ("won",)),
    ],
)
def test_wrong_values_are_rejected_beside_their_field(adapter: LocalAdapter, name: str, value: FieldValue) -> None:
    with pytest.raises(Rejected) as refusal:
        adapter.create(OPPORTUNITY, {"name": "Kiosk", name: value}, fresh_key())
    assert list(refusal.value.field_errors) == [name]


def test_a_lead_needs_something_to_know_it_by(adapter: LocalAdapter) -> None:
    with pytest.raises(Rejected):
        adapter.create(LEAD, {"description": "x"}, fresh_key())
    lead = adapter.create(LEAD, {"email": "a@b.example"}, fresh_key())
    with pytest.raises(Rejected):
        adapter.update(LEAD, lead.id, {"email": None}, lead.revision)


def test_a_lead_is_converted_by_converting_it_only(adapter: LocalAdapter) -> None:
    with pytest.raises(Rejected) as refusal:
        adapter.create(LEAD, {"last_name": "Bø", "status": "converted"}, fresh_key())
    assert "status" in refusal.value.field_errors


def test_one_line_fields_hold_one_line(adapter: LocalAdapter) -> None:
    lead = adapter.create(LEAD, {"last_name": " Bø\r\n\x1b[31m Å ", "description": "a\nb"}, fresh_key())
    assert (lead.fields["last_name"], lead.fields["description"]) == ("Bø [31m Å", "a\nb")


def test_owners_come_from_the_configuration(adapter: LocalAdapter) -> None:
    assert adapter.owners() == (Owner("ida@bo.example", "Ida Bø", "ida@bo.example"),)
    assert parse_owner("Ida") == Owner("Ida", "Ida")
    lead = adapter.create(LEAD, {"last_name": "Bø", "owner": "ida@bo.example"}, fresh_key())
    assert lead.modified_by == "Ida Bø"


def test_its_files_are_for_the_user_alone(adapter: LocalAdapter, tmp_path: Path) -> None:
    adapter.create(LEAD, {"last_name": "Bø"}, fresh_key())
    files = list((tmp_path / "in").iterdir())
    assert {path.name for path in files} == {"crm.db", "crm.db-wal", "crm.db-shm"}
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}


def test_another_process_sees_and_makes_changes(adapter: LocalAdapter, tmp_path: Path) -> None:
    other = LocalAdapter("other", tmp_path / "in" / "crm.db", user="Colleague")
    cursor = adapter.changes(LEAD, "").cursor
    made = other.create(LEAD, {"last_name": "Bø"}, fresh_key())
    (seen,) = adapter.changes(LEAD, cursor).records
    assert (seen.id, seen.modified_by) == (made.id, "Colleague")
    other.close()


def test_another_file_in_its_place_is_refused(adapter: LocalAdapter, tmp_path: Path) -> None:
    cursor = adapter.changes(LEAD, "").cursor
    other = LocalAdapter("crm", tmp_path / "other.db")
    with pytest.raises(ConfigError, match="put the old one back"):
        other.changes(LEAD, cursor)
    with pytest.raises(CursorExpired):
        adapter.changes(LEAD, cursor.split(":")[0] + ":99999")
    other.close()


def test_a_file_that_is_no_crm_is_named(tmp_path: Path) -> None:
    path = tmp_path / "crm.db"
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(ConfigError) as error:
        LocalAdapter("crm", path)
    assert str(path) in str(error.value)


def test_a_file_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    LocalAdapter("crm", tmp_path / "crm.db").close()
    newer = sqlite3.connect(tmp_path / "crm.db")
    newer.execute("PRAGMA user_version = 99")
    newer.close()
    with pytest.raises(ConfigError):
        LocalAdapter("crm", tmp_path / "crm.db")


def test_a_locked_file_is_busy(adapter: LocalAdapter, tmp_path: Path) -> None:
    adapter._database.connection.execute("PRAGMA busy_timeout = 10")
    holder = sqlite3.connect(tmp_path / "in" / "crm.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(Busy):
        adapter.create(LEAD, {"last_name": "Bø"}, "k")
    holder.execute("ROLLBACK")
    holder.close()
    assert adapter.create(LEAD, {"last_name": "Bø"}, "k").id


CREATOR = """
import sys
from pathlib import Path
from crm_adapters.local.adapter import LocalAdapter
from crm_model.records import RecordKind
adapter = LocalAdapter("crm", Path(sys.argv[1]))
for number in range(10_000):
    adapter.create(RecordKind.LEAD, {"last_name": f"Lead {number}"}, f"key-{number}")
    print(number, flush=True)
"""


def test_a_killed_creator_leaves_each_key_once(tmp_path: Path) -> None:
    path = tmp_path / "crm.db"
    for _ in range(3):
        with subprocess.Popen(
            [sys.executable, "-c", CREATOR, str(path)], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
        ) as creator:
            assert creator.stdout is not None
            creator.stdout.readline()
            time.sleep(0.05)
            os.kill(creator.pid, signal.SIGKILL)
    adapter = LocalAdapter("crm", path)
    held = adapter.test().counts[LEAD]
    assert [
        adapter.create(LEAD, {"last_name": "x"}, f"key-{number}").fields["last_name"] for number in range(held)
    ] == [f"Lead {number}" for number in range(held)]
    assert adapter.test().counts[LEAD] == held > 0
    adapter.close()


@pytest.mark.parametrize("hole", ["DELETE FROM facts", "DELETE FROM counter", "DROP TABLE facts", "DROP TABLE counter"])
def test_a_file_with_a_hole_is_named(tmp_path: Path, hole: str) -> None:
    path = tmp_path / "crm.db"
    LocalAdapter("crm", path).close()
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute(hole)
    with pytest.raises(ConfigError, match="no usable CRM file"):
        LocalAdapter("crm", path)


@pytest.mark.parametrize(
    "damage", ["fields = 'not json'", "fields = x'ff'", "modified_at = 'x'", "modified_at = 9000000000000000000"]
)
def test_a_record_damaged_by_hand_does_not_hide_the_others(adapter: LocalAdapter, tmp_path: Path, damage: str) -> None:
    bad, good = (adapter.create(LEAD, {"last_name": name}, fresh_key()) for name in ("Bad", "Good"))
    with contextlib.closing(sqlite3.connect(tmp_path / "in" / "crm.db", isolation_level=None)) as file:
        file.execute(f"UPDATE records SET {damage} WHERE id = ?", (bad.id,))
    assert [record.id for record in adapter.changes(LEAD, "").records] == [good.id]
    with pytest.raises(Rejected, match=bad.id):
        adapter.update(LEAD, bad.id, {"last_name": "New"}, bad.revision)


def test_stages_and_statuses_are_configuration(tmp_path: Path) -> None:
    stages = ("Ny 10", "Tilbud sendt 30", "Vunnet 100", "Tapt 0")
    options: dict[str, OptionValue] = {"path": str(tmp_path / "c.db"), "stages": stages, "statuses": ("Name", "MQL")}
    with contextlib.closing(open_local(Connection("c", "local", options, secret=str))) as adapter:
        specs = {spec.name: spec for spec in (*adapter.describe(LEAD), *adapter.describe(RecordKind.OPPORTUNITY))}
        assert dict(specs["stage"].options) == {
            "ny": "Ny",
            "tilbud_sendt": "Tilbud sendt",
            "vunnet": "Vunnet",
            "tapt": "Tapt",
        }
        assert [label for _, label in specs["status"].options] == ["Name", "MQL", "Converted"]
        deal = adapter.create(RecordKind.OPPORTUNITY, {"name": "Deal"}, fresh_key())
        assert (deal.fields["stage"], deal.fields["probability"]) == ("ny", 10)
        sent = adapter.update(deal.kind, deal.id, {"stage": "tilbud_sendt"}, deal.revision)
        assert sent.fields["probability"] == 30
        lead = adapter.create(LEAD, {"last_name": "Bø"}, fresh_key())
        assert lead.fields["status"] == "name"
        assert adapter.convert_lead(lead.id, Conversion(), fresh_key()).lead.fields["status"] == "converted"


@pytest.mark.parametrize(
    "wrong", [{"stages": ("Ny",)}, {"stages": ("Ny 101",)}, {"stages": ("10",)}, {"statuses": ("Converted",)}]
)
def test_a_choice_without_sense_is_refused(tmp_path: Path, wrong: dict[str, OptionValue]) -> None:
    options: dict[str, OptionValue] = {"path": str(tmp_path / "c.db"), **wrong}
    with pytest.raises(ConfigError):
        open_local(Connection("c", "local", options, secret=str))
