"""What a backend says of itself."""

from __future__ import annotations

import pytest

from crm_adapters.contract import Adapter
from crm_adapters.testing.samples import Samples, lacks
from crm_model.records import FieldType, RecordKind


class DescribingContract(Samples):
    def test_it_says_what_it_is(self, adapter: Adapter) -> None:
        info = adapter.test()
        assert info.product
        assert set(info.counts) <= set(adapter.capabilities.kinds)
        assert all(count >= 0 for count in info.counts.values())

    @pytest.mark.parametrize("kind", list(RecordKind))
    def test_fields_are_described(self, adapter: Adapter, kind: RecordKind) -> None:
        if lacks(adapter, kind in adapter.capabilities.kinds, lambda: adapter.describe(kind)):
            return
        specs = adapter.describe(kind)
        names = [spec.name for spec in specs]
        assert len(names) == len(set(names))
        assert set(self.sample(adapter, kind)) <= set(names)
        assert all(spec.label for spec in specs)
        assert [spec.name for spec in specs if spec.type is FieldType.PICKLIST and not spec.options] == []
        assert [spec.name for spec in specs if spec.type is FieldType.REFERENCE and not spec.target] == []

    def test_owners_have_ids_of_their_own(self, adapter: Adapter) -> None:
        if lacks(adapter, adapter.capabilities.owners, adapter.owners):
            return
        ids = [owner.id for owner in adapter.owners()]
        assert len(ids) == len(set(ids))
        assert all(owner.name for owner in adapter.owners())

    def test_closing_twice_is_harmless(self, adapter: Adapter) -> None:
        adapter.close()
        adapter.close()
