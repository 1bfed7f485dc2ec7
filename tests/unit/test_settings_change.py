"""Changing the configuration: every key, by a diff that is shown first; comments stay, nothing is half written."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import tomlkit
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_model.errors import ConfigError
from crm_model.records import RecordKind
from sync.settings import parse
from sync.settings.change import AddEntry, RemoveEntry, SetKey, SetRule, field_map, propose, write
from sync.settings.model import SettingsFile
from sync.settings.outline import SEVERAL, SettingGroup, SettingRow, Sort, kinds_of, outline

DOCS = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text(encoding="utf-8")
EXAMPLE = re.findall(r"```toml\n(.*?)```", DOCS, re.S)[0]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(f"# ours, keep it\n{EXAMPLE}")
    return path


def row(groups: tuple[SettingGroup, ...], table: str, key: str, entry: str = "") -> SettingRow:
    group = next(each for each in groups if (each.table, each.entry) == (table, entry))
    return next(each for each in group.rows if each.key == key)


def test_every_key_of_the_file_has_its_row() -> None:
    groups = outline(tomlkit.parse(EXAMPLE))
    assert {row.key for row in groups[0].rows} | {group.table for group in groups} - {""} | set(SEVERAL) >= set(
        SettingsFile.model_fields
    )
    imap = next(group for group in groups if group.entry == "work")
    assert {"host", "secret", "smtp_host", "label_linked"} <= {each.key for each in imap.rows}
    assert row(groups, "mail_account", "host", "work").help


def test_every_key_is_explained() -> None:
    entries = '[[template]]\nname = "t"\ntext = "x"\n[[hook]]\nname = "h"\nurl = "https://h.example"\n'
    entries += '[[form]]\nname = "f"\ntitle = "F"\n'
    groups = outline(tomlkit.parse(EXAMPLE + entries))
    silent = [f"{group.table}.{each.key}" for group in groups for each in group.rows if not each.help]
    assert silent == []


def test_a_zero_that_is_no_number_is_shown_and_typed_as_a_word(file: Path) -> None:
    groups = propose(file, []).groups
    assert row(groups, "mail_account", "smtp_port", "work").default == "the usual one"
    assert row(groups, "mail_account", "backfill_months", "work").default == row(groups, "", "backfill_months").value
    changes = [SetKey("mail_account", "work", "backfill_months", "All")]
    changes.append(SetKey("mail_account", "work", "smtp_port", "the usual one"))
    proposal = propose(file, changes)
    assert proposal.problem == ""
    held = tomllib.loads(proposal.text)["mail_account"][0]
    assert (held["backfill_months"], held["smtp_port"]) == (0, 0)
    assert row(proposal.groups, "mail_account", "backfill_months", "work").value == "all"


def test_a_field_of_a_crm_gets_its_rule_key_by_key_and_loses_it_again(file: Path) -> None:
    def rule(key: str, text: str) -> SetRule:
        return SetRule("local", RecordKind.LEAD, "budget", key, text)

    changes = [rule("field", "budget_c"), rule("pin", "yes"), rule("values", "low=Low, high=High"), rule("pin", "")]
    proposal = propose(file, changes)
    assert proposal.problem == ""
    held = field_map(file, proposal, "local").rule(RecordKind.LEAD, "budget")
    assert (held.theirs, held.pin, held.values) == ("budget_c", False, {"low": "Low", "high": "High"})
    assert any("budget_c" in line for line in proposal.diff)
    gone = propose(file, [*changes, rule("field", ""), rule("values", "")])
    assert field_map(file, gone, "local") == field_map(file, propose(file, []), "local")


def test_saying_what_is_there_changes_nothing(file: Path) -> None:
    """Whatever is shown can be typed again, and means the same."""
    before = tomllib.loads(file.read_text())
    groups = propose(file, []).groups
    changes = [SetKey(group.table, group.entry, each.key, each.value) for group in groups for each in group.rows]
    proposal = propose(file, [change for change in changes if change.text])
    assert proposal.problem == ""
    assert tomllib.loads(proposal.text) == before


@pytest.mark.parametrize(
    ("change", "key", "value"),
    [
        (SetKey("", "", "poll_seconds", "30"), ("poll_seconds",), 30),
        (SetKey("", "", "backfill_months", "all"), ("backfill_months",), "all"),
        (SetKey("", "", "undo_send_seconds", "0"), ("undo_send_seconds",), 0),
        (SetKey("leads", "", "mode", "auto"), ("leads", "mode"), "auto"),
        (
            SetKey("organisation", "", "domains", "a.example, b.example"),
            ("organisation", "domains"),
            ["a.example", "b.example"],
        ),
        (SetKey("mail_account", "work", "label_linked", "yes"), ("mail_account", 0, "label_linked"), True),
        (SetKey("mail_account", "work", "secret", '{ env = "PW" }'), ("mail_account", 0, "secret"), {"env": "PW"}),
    ],
)
def test_a_change_is_written_with_everything_else_as_it_was(
    file: Path, change: SetKey, key: tuple[str | int, ...], value: object
) -> None:
    proposal = propose(file, [change])
    assert proposal.problem == ""
    assert any(line.startswith("+") and change.key in line for line in proposal.diff)
    write(file, proposal)
    text = file.read_text()
    assert text.startswith("# ours, keep it")
    found = tomllib.loads(text)
    for step in key:
        found = found[step]  # type: ignore[index]
    assert found == value
    parse(text, file)


def test_a_key_that_is_emptied_is_taken_out(file: Path) -> None:
    write(file, propose(file, [SetKey("", "", "poll_seconds", "")]))
    assert "poll_seconds" not in tomllib.loads(file.read_text())


def test_an_entry_is_added_filled_and_removed(file: Path) -> None:
    assert set(kinds_of("mail_account")) >= {"gmail", "imap", "maildir", "mbox"}
    half = propose(file, [AddEntry("mail_account", "new", "maildir")])
    assert "path" in half.problem
    with pytest.raises(ConfigError):
        write(file, half)
    write(
        file, propose(file, [AddEntry("mail_account", "new", "maildir"), SetKey("mail_account", "new", "path", "~/M")])
    )
    assert tomllib.loads(file.read_text())["mail_account"][-1] == {"name": "new", "kind": "maildir", "path": "~/M"}
    write(file, propose(file, [RemoveEntry("mail_account", "new")]))
    assert "new" not in file.read_text()


@pytest.mark.parametrize(
    "change",
    [
        SetKey("", "", "poll_seconds", "soon"),
        SetKey("", "", "poll_seconds", "1"),
        SetKey("", "", "poll_seconds", "--5"),
        SetKey("", "", "poll_seconds", "9" * 5_000),
        SetKey("leads", "", "crm", "nowhere"),
        SetKey("mail_account", "work", "tls", "perhaps"),
        SetKey("mail_account", "work", "secret", "{ env ="),
        AddEntry("crm", "local", "local"),
    ],
)
def test_what_would_not_work_is_said_and_never_written(file: Path, change: SetKey | AddEntry) -> None:
    before = file.read_text()
    proposal = propose(file, [change])
    assert proposal.problem
    with pytest.raises(ConfigError):
        write(file, proposal)
    assert file.read_text() == before


def test_half_a_letter_is_written_as_one_that_a_file_can_hold(file: Path) -> None:
    write(file, propose(file, [SetKey("", "", "author", "Kari\ud800\x00")]))
    assert tomllib.loads(file.read_text(encoding="utf-8"))["author"] == "Kari\ufffd"


def test_a_file_that_somebody_else_changed_is_left_alone(file: Path) -> None:
    proposal = propose(file, [SetKey("", "", "poll_seconds", "30")])
    file.write_text(file.read_text() + "\n# theirs\n")
    with pytest.raises(ConfigError, match="somebody else"):
        write(file, proposal)
    assert file.read_text().endswith("# theirs\n")


@settings(deadline=None)  # the whole file is read and checked each time
@given(text=st.text(max_size=40), key=st.sampled_from(["poll_seconds", "author", "database_secret", "log_mail"]))
def test_whatever_is_typed_makes_a_file_that_can_be_read_as_toml(text: str, key: str) -> None:
    proposal = propose(Path("/nowhere/config.toml"), [SetKey("", "", key, text)], EXAMPLE)
    tomllib.loads(proposal.text)
    assert proposal.changes or not proposal.diff


def test_sorts_say_how_a_value_is_typed() -> None:
    groups = outline(tomlkit.parse(EXAMPLE))
    assert row(groups, "", "poll_seconds").sort is Sort.NUMBER
    assert row(groups, "leads", "mode").choices == ("suggest", "auto")
    assert row(groups, "organisation", "colleagues").sort is Sort.TOML
    assert row(groups, "mail_account", "folders", "work").sort is Sort.LIST
