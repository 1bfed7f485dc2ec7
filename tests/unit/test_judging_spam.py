"""Fraud and malware."""

from __future__ import annotations

from collections.abc import Callable

from crm_model.links import Verdict, VerdictKind
from crm_model.mail import Attachment

Judged = Callable[..., Verdict]


def test_a_purchase_order_behind_a_password(judged: Judged) -> None:
    text = "Kindly find attached our purchase order and quote us. Open with password 2026."
    archive = (Attachment("PO_77.zip", "application/zip", 10, "2"),)
    assert judged(text, "RFQ URGENT", attachments=archive).kind is VerdictKind.SPAM


def test_a_failed_policy_with_an_archive(judged: Judged) -> None:
    archive = (Attachment("order.zip", "application/zip", 10, "2"),)
    headers = {"authentication_results": "mx.test; dmarc=fail"}
    assert judged("Urgent quotation request", "Quote", headers=headers, attachments=archive).kind is VerdictKind.SPAM
