"""What changed, and what is gone, is told: twice maybe, never not at all."""

from __future__ import annotations

import pytest

from crm_adapters.contract import Adapter
from crm_adapters.testing.samples import Samples, lacks, need
from crm_model.errors import CursorExpired, NotFound
from crm_model.records import RecordKind

LEAD = RecordKind.LEAD


class ChangesContract(Samples):
    def test_changes_name_every_record_from_the_beginning(self, adapter: Adapter) -> None:
        made = [self.made(adapter, LEAD).id for _ in range(5)]
        limit = max(2, adapter.test().counts.get(LEAD, 0) // 20)
        seen, removed, _ = self.drain(adapter, LEAD, "", limit=limit)
        assert set(made) <= set(seen)
        assert not set(made) & set(removed)

    @pytest.mark.parametrize("kind", list(RecordKind))
    def test_changes_since_a_cursor_name_what_changed_later(self, adapter: Adapter, kind: RecordKind) -> None:
        need(kind in adapter.capabilities.kinds, kind)
        old = self.made(adapter, kind)
        cursor = self.now(adapter, kind)
        new = self.made(adapter, kind)
        after = adapter.update(kind, old.id, {"description": "x"}, old.revision)
        page = adapter.changes(kind, cursor)
        found = {record.id: record for record in page.records}
        assert {old.id, new.id} <= set(found)
        assert found[old.id].revision == after.revision

    def test_a_page_can_be_read_again(self, adapter: Adapter) -> None:
        cursor = self.now(adapter, LEAD)
        made = self.made(adapter, LEAD)
        for _ in range(2):
            assert made.id in [record.id for record in adapter.changes(LEAD, cursor).records]

    def test_small_pages_come_to_an_end_and_lose_nothing(self, adapter: Adapter) -> None:
        cursor = self.now(adapter, LEAD)
        made = {self.made(adapter, LEAD).id for _ in range(7)}
        assert made <= set(self.drain(adapter, LEAD, cursor, limit=1)[0])

    def test_a_cursor_from_elsewhere_is_expired(self, adapter: Adapter) -> None:
        with pytest.raises(CursorExpired):
            adapter.changes(LEAD, "not a cursor of this CRM")

    def test_a_deleted_record_is_gone_and_said_to_be(self, adapter: Adapter) -> None:
        made, kept = self.made(adapter, LEAD), self.made(adapter, LEAD)
        if lacks(adapter, adapter.capabilities.delete, lambda: adapter.delete(LEAD, made.id)):
            return
        cursor = self.now(adapter, LEAD)
        for _ in range(2):
            adapter.delete(LEAD, made.id)
        with pytest.raises(NotFound):
            adapter.get(LEAD, made.id)
        with pytest.raises(NotFound):
            adapter.update(LEAD, made.id, {"description": "x"}, made.revision)
        assert adapter.find_by_email(str(made.fields["email"])) == ()
        changed, removed, _ = self.drain(adapter, LEAD, cursor)
        assert made.id not in changed
        assert made.id in removed or not adapter.capabilities.deletions
        assert kept.id not in removed

    def test_ids_that_are_gone_are_told_from_those_that_are_there(self, adapter: Adapter) -> None:
        made, kept = self.made(adapter, LEAD), self.made(adapter, LEAD)
        gone = {"no-such-record"}
        if adapter.capabilities.delete:
            adapter.delete(LEAD, made.id)
            gone.add(made.id)
        assert adapter.gone(LEAD, (made.id, kept.id, "no-such-record")) == gone
        assert adapter.gone(LEAD, ()) == frozenset()
