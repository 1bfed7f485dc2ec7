"""Records are linked with each other, and files hang on them."""

from __future__ import annotations

import pytest

from crm_adapters.contract import Adapter
from crm_adapters.testing.samples import Samples, fresh_key, lacks, need
from crm_model.errors import NotFound, NotSupported
from crm_model.records import FileContent, RecordKind

LEAD, CONTACT, OPPORTUNITY = RecordKind.LEAD, RecordKind.CONTACT, RecordKind.OPPORTUNITY


class RelationsContract(Samples):
    def test_a_contact_is_linked_with_an_opportunity_and_taken_off(self, adapter: Adapter) -> None:
        if lacks(adapter, adapter.capabilities.relations, lambda: adapter.relate((OPPORTUNITY, "1"), (CONTACT, "1"))):
            return
        deal = (OPPORTUNITY, self.made(adapter, OPPORTUNITY).id)
        one, two = ((CONTACT, self.made(adapter, CONTACT).id) for _ in range(2))
        for _ in range(2):
            adapter.relate(deal, one)
        adapter.relate(two, deal)
        assert set(adapter.related(deal, CONTACT)) == {one[1], two[1]}
        assert set(adapter.related(one, OPPORTUNITY)) == {deal[1]}
        for _ in range(2):
            adapter.unrelate(deal, one)
        assert set(adapter.related(deal, CONTACT)) == {two[1]}

    def test_links_with_nothing_are_not_found(self, adapter: Adapter) -> None:
        need(adapter.capabilities.relations, "relations")
        deal = (OPPORTUNITY, self.made(adapter, OPPORTUNITY).id)
        with pytest.raises(NotFound):
            adapter.relate(deal, (CONTACT, "no-such-record"))
        with pytest.raises(NotFound):
            adapter.related((OPPORTUNITY, "no-such-record"), CONTACT)

    def test_kinds_that_don_t_go_together_are_told(self, adapter: Adapter) -> None:
        need(adapter.capabilities.relations, "relations")
        one, two = ((LEAD, self.made(adapter, LEAD).id) for _ in range(2))
        with pytest.raises(NotSupported):
            adapter.relate(one, two)

    def test_a_file_hangs_on_a_record_once(self, adapter: Adapter) -> None:
        about = (LEAD, self.made(adapter, LEAD).id)
        file, key = FileContent("Brief på norsk.txt", b"\x00\xff Hello", "text/plain"), fresh_key()
        if lacks(adapter, adapter.capabilities.files, lambda: adapter.attach_file(about, file, key)):
            return
        first, second = (adapter.attach_file(about, file, key) for _ in range(2))
        assert first == second
        other = adapter.attach_file(about, FileContent("empty.bin", b"\x01"), fresh_key())
        assert other != first
        held = {each.id: (each.name, each.size_bytes) for each in adapter.files(about)}
        assert held == {first: (file.name, len(file.content)), other: ("empty.bin", 1)}

    def test_a_file_on_nothing_is_not_found(self, adapter: Adapter) -> None:
        need(adapter.capabilities.files, "files")
        with pytest.raises(NotFound):
            adapter.attach_file((LEAD, "no-such-record"), FileContent("a.txt", b"x"), fresh_key())
        with pytest.raises(NotFound):
            adapter.files((LEAD, "no-such-record"))
