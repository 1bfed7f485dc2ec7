"""Discussion on a mailing list of others."""

from __future__ import annotations

import re

from agent.judging.evidence import Evidence
from agent.judging.finding import found
from crm_model.links import Verdict, VerdictKind

_FOOT = re.compile(r"mailing list\b|/listinfo/|/mailman", re.I)
_TAG = re.compile(r"^\s*(?:\w{1,3}:\s*)*\[[\w .-]{2,40}\]")


def own_list(mail: Evidence) -> bool:
    """Whether the list is ours: a shared address such as sales@ behind a group adds list headers to every mail."""
    host = mail.header("list-id").rpartition("<")[2].strip("<> ")
    return bool(host) and mail.organisation.is_own(f"list@{host}")


def check(mail: Evidence) -> Verdict | None:
    """List headers (RFC 2919, 2369) with the marks of a discussion: a posting address, a tag, an answer."""
    listed = bool(mail.header("list-id"))
    if own_list(mail) or not (listed or mail.header("precedence") == "list"):
        return None
    posting = bool(mail.header("list-post")) and mail.header("list-post") != "no"
    tagged = _TAG.match(mail.message.subject) is not None
    if (
        posting
        or (tagged and (mail.is_reply or _FOOT.search(mail.message.text[-2000:])))
        or mail.header("precedence") == "list"
    ):
        return found(VerdictKind.OTHER, 0.95, "mailing_list", "a discussion on a mailing list")
    return None
