"""The demo's working copy: self-contained, fictional, dated from now, and made once."""

from __future__ import annotations

import re
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent.daemon import run_pass
from agent.demo import SENT_TO_NOBODY, prepare
from agent.demo.working_copy import sample_mails
from agent.parse import parse_message
from crm_adapters import registry
from crm_model.errors import ConfigError
from crm_model.mail import Message, RawMessage
from crm_model.records import RecordKind
from sync import edits, queries, writing
from sync.settings import load
from sync.store.schema import open_store

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def messages() -> list[Message]:
    return [parse_message(RawMessage(str(n), mail.data, len(mail.data))) for n, mail in enumerate(sample_mails(NOW))]


def test_between_sixty_and_a_hundred_messages_of_the_last_weeks() -> None:
    mails = sample_mails(NOW)
    assert 60 <= len(mails) <= 100
    assert all(NOW - timedelta(days=60) < mail.at < NOW for mail in mails)
    assert sum(mail.sent for mail in mails) >= 10
    assert sum(mail.unread for mail in mails) >= 10


def test_every_domain_is_fictional() -> None:
    for mail in sample_mails(NOW):
        for domain in re.findall(rb"@([a-z0-9-]+(?:\.[a-z0-9-]+)+)", mail.data.lower()):
            assert domain.endswith(b".example"), domain


def test_answers_name_what_they_answer() -> None:
    parsed = messages()
    ids = {message.message_id for message in parsed}
    assert len(ids) == len(parsed)
    answers = [message for message in parsed if message.in_reply_to]
    assert len(answers) >= 20
    assert all(set(message.references) <= ids for message in answers)
    assert all({to.email for to in message.to} != {message.from_.email} for message in parsed if message.from_)


def test_sample_shows_what_a_mailbox_holds() -> None:
    parsed = messages()
    types = {kind for message in parsed for kind in message.content_types}
    assert {"text/html", "text/calendar", "message/delivery-status"} <= types
    assert any(message.attachments for message in parsed)
    assert any("佐藤" in str(message.from_) for message in parsed)
    assert any("Волков" in str(message.from_) for message in parsed)
    assert any("\x1b" in mail.data.decode("utf-8", "replace") for mail in sample_mails(NOW))


def test_working_copy_is_made_once(tmp_path: Path) -> None:
    file = prepare(tmp_path / "demo")
    settings = load(file)
    folder = Path(settings.mail_accounts[0].text("path"))
    before = sorted(folder.rglob("*"))
    assert prepare(tmp_path / "demo") == file
    assert sorted(folder.rglob("*")) == before
    assert settings.database == f"sqlite:///{tmp_path / 'demo' / 'hitchpost.sqlite3'}"


def test_crm_is_filled(tmp_path: Path) -> None:
    crm = load(prepare(tmp_path)).crms[0]
    with closing(registry.load(crm.kind).open(crm)) as adapter:
        counts = adapter.test().counts
        assert adapter.find_by_email("ola.strand@havbris.example")
    assert all(counts[kind] for kind in RecordKind)


def test_every_suggested_lead_can_be_accepted_and_reaches_the_crm(tmp_path: Path) -> None:
    settings = load(prepare(tmp_path))
    with closing(open_store(settings.database)) as store:
        run_pass(settings, store, lambda _step: None)
        before = len(queries.leads(store))
        asked = [each for each in queries.suggestions(store, 100) if not each.candidates]
        for each in asked:
            edits.accept_suggestion(store, each.id, "Kari", crm="local")
            assert len(set(each.reasons)) == len(each.reasons)
        summary = run_pass(settings, store, lambda _step: None)
        assert len(queries.leads(store)) == before + len(asked)
    assert len(asked) >= 10
    assert summary.changes_refused == 0
    assert summary.changes_pushed >= len(asked)


def test_what_is_sent_in_the_demo_reaches_a_folder_and_nobody(tmp_path: Path) -> None:
    settings = replace(load(prepare(tmp_path)), desk=replace(load(prepare(tmp_path)).desk, undo_seconds=0))
    with closing(open_store(settings.database)) as store:
        draft = writing.new_mail(store, settings.desk, record_id=None)
        draft = replace(draft, to="ola.strand@havbris.example", subject="Avtalen", text="Hei Ola")
        edits.send_mail(store, draft, settings.desk, settings.author)
        assert not run_pass(settings, store, lambda _step: None).errors
        assert [mail.to for mail in queries.sent_mails(store, 1)] == ["ola.strand@havbris.example"]
    (mail,) = [path.read_bytes() for path in (tmp_path / SENT_TO_NOBODY).rglob("*") if path.is_file()]
    assert mail.startswith(b"X-Envelope-To: ola.strand@havbris.example\n")
    assert b"Subject: Avtalen" in mail


def test_an_account_that_is_no_longer_configured_is_no_trouble(tmp_path: Path) -> None:
    settings = load(prepare(tmp_path))
    (account,) = settings.mail_accounts
    broken = replace(account, name="old", options={**account.options, "path": str(tmp_path / "nowhere")})
    with closing(open_store(settings.database)) as store:
        assert run_pass(replace(settings, mail_accounts=(broken,), crms=()), store, lambda _step: None).errors
        assert [place.error != "" for place in queries.status(store).mail_accounts] == [True]
        assert not run_pass(replace(settings, mail_accounts=(), crms=()), store, lambda _step: None).errors
        assert [place.error for place in queries.status(store).mail_accounts] == [""]


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(ConfigError, match="something else"):
        prepare(tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_broken_off_run_is_started_over(tmp_path: Path) -> None:
    file = prepare(tmp_path)
    file.unlink()
    assert prepare(tmp_path).exists()
    found = [path for part in ("cur", "new") for path in (tmp_path / "mail").rglob(f"{part}/*")]
    assert len(found) == len(sample_mails(NOW))


def test_a_place_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="can't be written"):
        prepare(tmp_path / "file" / "demo")
