"""The conformance kit: an adapter's author subclasses `AdapterContract`, gives the fixture `adapter`, and runs pytest.

    class TestMyCrm(AdapterContract):
        @pytest.fixture
        def adapter(self): ...      # connected to a test server

Tests look at `adapter.capabilities`: what it can't do must raise NotSupported, what it can must hold. They run beside
whatever the server holds already, fill fields that the server insists on, and delete what they made where that can be
done. `one_server = True` says that all tests meet the same server, so that its history is read once, not by each test.
"""

from __future__ import annotations

from crm_adapters.testing.activities import ActivitiesContract
from crm_adapters.testing.changes import ChangesContract
from crm_adapters.testing.conversion import ConversionContract
from crm_adapters.testing.describing import DescribingContract
from crm_adapters.testing.records import RecordsContract
from crm_adapters.testing.relations import RelationsContract
from crm_adapters.testing.samples import fresh_email, fresh_key

__all__ = ["AdapterContract", "fresh_email", "fresh_key"]


class AdapterContract(
    DescribingContract,
    RecordsContract,
    ChangesContract,
    ConversionContract,
    RelationsContract,
    ActivitiesContract,
):
    """What every CRM backend must do."""
