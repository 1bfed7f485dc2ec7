"""Schemathesis makes up submissions from a form's own description and holds the running outpost to it."""

from __future__ import annotations

from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from agent.outpost.folder import FolderOutpost
from agent.web_forms.openapi import described
from crm_model.web_forms import USUAL_FIELDS, ConsentBox, FormField, InputKind, WebForm, pack_form, page_of
from tests.servers.outpost import RunningOutpost

FORM = WebForm(
    "described",
    "Kontakt – æøå",
    fields=(*USUAL_FIELDS, FormField("size", InputKind.CHOICE, labels={"en": "Size"}, choices=("small", "large"))),
    consents=(ConsentBox("news", "News", "mail"),),
    per_hour=100_000,
)


def test_it_answers_as_described(outpost: RunningOutpost) -> None:
    folder = FolderOutpost(outpost.folder)
    folder.publish_pages({page_of(FORM.name): pack_form(FORM)})
    folder.close()
    served = requests.get(f"{outpost.url}/f/described/openapi", timeout=60).json()
    assert served == described(FORM)
    schema = schemathesis.openapi.from_dict(served)

    @given(case=schema["/f/described.json"]["POST"].as_strategy())
    @settings(max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    def check(case: Any) -> None:
        # No schema says all that makes a telephone number or a name: a call that it allows may be told what to mend.
        case.call_and_validate(base_url=outpost.url, excluded_checks=[positive_data_acceptance])

    check()
    assert requests.get(f"{outpost.url}/health", timeout=60).status_code == 200
