"""A lead becomes a contact, with an account and an opportunity if asked: the same whether the CRM does it or we do."""

from __future__ import annotations

import pytest

from crm_adapters.contract import Adapter
from crm_adapters.testing.samples import Samples, assert_same, fresh_key, lacks, need
from crm_model.errors import NotFound, Rejected
from crm_model.field_values import is_open
from crm_model.records import Conversion, RecordKind

LEAD, ACCOUNT, OPPORTUNITY = RecordKind.LEAD, RecordKind.ACCOUNT, RecordKind.OPPORTUNITY


class ConversionContract(Samples):
    def test_a_lead_converts_once_per_key(self, adapter: Adapter) -> None:
        lead, key = self.made(adapter, LEAD), fresh_key()
        can = adapter.capabilities.convert_lead
        if lacks(adapter, can, lambda: adapter.convert_lead(lead.id, Conversion(), key)):
            return
        whole = Conversion(account=self.sample(adapter, ACCOUNT), opportunity=self.sample(adapter, OPPORTUNITY))
        first, second = (adapter.convert_lead(lead.id, whole, key) for _ in range(2))
        assert first.account is not None
        assert first.opportunity is not None
        for one, other in zip(
            (first.lead, first.contact, first.account, first.opportunity),
            (second.lead, second.contact, second.account, second.opportunity),
            strict=True,
        ):
            assert other is not None
            assert_same(one, other)
        assert first.contact.fields["email"] == lead.fields["email"]
        assert first.contact.fields["account_id"] == first.opportunity.fields["account_id"] == first.account.id
        assert first.opportunity.fields["name"] == whole.opportunity["name"]
        assert first.lead.fields["converted_contact_id"] == first.contact.id
        assert not is_open(LEAD, first.lead.fields)

    def test_a_converted_lead_is_not_converted_again(self, adapter: Adapter) -> None:
        need(adapter.capabilities.convert_lead, "conversion")
        lead = self.made(adapter, LEAD)
        whole = Conversion(account=self.sample(adapter, ACCOUNT))
        first = adapter.convert_lead(lead.id, whole, fresh_key())
        if adapter.capabilities.keeps_keys:
            with pytest.raises(Rejected):
                adapter.convert_lead(lead.id, whole, fresh_key())
        else:
            assert adapter.convert_lead(lead.id, whole, fresh_key()).contact.id == first.contact.id

    def test_a_lead_joins_an_account_that_is_there(self, adapter: Adapter) -> None:
        need(adapter.capabilities.convert_lead, "conversion")
        account = self.made(adapter, ACCOUNT)
        lead = self.made(adapter, LEAD)
        converted = adapter.convert_lead(lead.id, Conversion(account_id=account.id), fresh_key())
        assert converted.contact.fields["account_id"] == account.id
        assert converted.opportunity is None

    def test_a_lead_becomes_a_contact_alone(self, adapter: Adapter) -> None:
        need(adapter.capabilities.convert_lead, "conversion")
        lead = self.made(adapter, LEAD)
        converted = adapter.convert_lead(lead.id, Conversion(), fresh_key())
        assert converted.contact.fields["last_name"] == lead.fields["last_name"]
        assert converted.opportunity is None

    def test_a_rejected_conversion_leaves_nothing_behind(self, adapter: Adapter) -> None:
        need(adapter.capabilities.convert_lead, "conversion")
        lead = self.made(adapter, LEAD)
        account = self.sample(adapter, ACCOUNT)
        cursor = self.now(adapter, ACCOUNT)
        wrong = Conversion(account=account, opportunity={**self.sample(adapter, OPPORTUNITY), "amount": "1,5"})
        with pytest.raises(Rejected):
            adapter.convert_lead(lead.id, wrong, fresh_key())
        names = [record.fields["name"] for record in adapter.changes(ACCOUNT, cursor).records]
        assert account["name"] not in names
        assert_same(adapter.get(LEAD, lead.id), lead)

    def test_converting_nothing_is_not_found(self, adapter: Adapter) -> None:
        need(adapter.capabilities.convert_lead, "conversion")
        with pytest.raises(NotFound):
            adapter.convert_lead("no-such-record", Conversion(), fresh_key())
