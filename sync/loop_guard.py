"""How many records one sender may make by himself: a robot, a loop or an abused form must not flood the CRM."""

from __future__ import annotations

from datetime import timedelta

WINDOW = timedelta(minutes=120)
MOST_RECORDS = 20
"""From one address within the window; what comes beyond is suggested to a person, never lost."""
