"""The rules that say who fetched, one to a file; the first that answers wins.

What is certain by name stands before what is likely by time, and proxies before the list of robots, which names
them too. What no rule takes for a machine's is a person's.
"""

from __future__ import annotations

from collections.abc import Callable

from agent.tracking.judging.rules import (
    announced,
    apple_prefetch,
    burst,
    click_check,
    glance,
    honeypot,
    known_scanner,
    machine_network,
    mail_proxy,
    named_machine,
    ourselves,
    person,
    scanner_company,
    second_scan,
    too_soon,
    unfurler,
)
from agent.tracking.judging.trail import Seen, Trail
from crm_model.tracking import HitVerdict

Rule = Callable[[Seen, Trail], HitVerdict | None]

RULES: tuple[Rule, ...] = (
    ourselves.check,
    announced.check,
    honeypot.check,
    mail_proxy.check,
    apple_prefetch.check,
    unfurler.check,
    named_machine.check,
    burst.check,
    scanner_company.check,
    machine_network.check,
    known_scanner.check,
    click_check.check,
    glance.check,
    too_soon.check,
    second_scan.check,
    person.check,
)
