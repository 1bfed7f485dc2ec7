"""Discussion on lists of others."""

from __future__ import annotations

from collections.abc import Callable

from crm_model.links import Verdict, VerdictKind

Judged = Callable[..., Verdict]


def test_list_headers_make_no_lead(judged: Judged) -> None:
    headers = {"list_id": "<dev.lists.test>", "list_post": "<mailto:dev@lists.test>"}
    verdict = judged("What do you charge for a website? I need a price.", "[dev] prices", headers=headers)
    assert (verdict.kind, verdict.creates_lead) == (VerdictKind.OTHER, False)


def test_our_own_group_address_is_no_list(judged: Judged) -> None:
    headers = {"list_id": "<sales.fjordweb.test>", "list_post": "<mailto:sales@fjordweb.test>"}
    assert judged("Vi trenger ny nettside, hva koster det?", headers=headers).kind is VerdictKind.ENQUIRY
