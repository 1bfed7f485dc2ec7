"""What a network fetches around the moment in which it surely scanned."""

from __future__ import annotations

from agent.tracking.judging.said import machine
from agent.tracking.judging.trail import LATE_SECONDS, Seen, Trail
from crm_model.tracking import Fetcher, HitVerdict


def check(seen: Seen, trail: Trail) -> HitVerdict | None:
    """The image fetched with the links; a link by the program that scanned, at whatever time."""
    if trail.scanned_by(seen) and not trail.read_here(seen):
        return machine(Fetcher.SCANNER, 0.85, "this program scanned this mail from the same network")
    if seen.is_click:
        return None
    if trail.beside_scan(seen) and not trail.read_here(seen):
        return machine(Fetcher.SCANNER, 0.8, "its network scanned the links of this mail within a minute")
    if (seen.owner and trail.amid_clicks(seen)) or (seen.seconds < LATE_SECONDS and trail.amid_scan(seen)):
        return machine(Fetcher.SCANNER, 0.7, "fetched amid a scan of the links of this mail")
    return None
