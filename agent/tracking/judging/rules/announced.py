"""Fetches that say of themselves that nobody looks, and what rides with them."""

from __future__ import annotations

from agent.tracking.judging.said import machine
from agent.tracking.judging.trail import Seen, Trail
from crm_model.tracking import Fetcher, HitVerdict


def check(seen: Seen, trail: Trail) -> HitVerdict | None:
    """HEAD and OPTIONS, prefetch headers; a GET of the same device right around its HEAD."""
    if seen.hit.method != "GET":
        return machine(Fetcher.SCANNER, 0.95, f"{seen.hit.method}: looks, but does not fetch")
    if seen.hit.prefetch:
        return machine(Fetcher.PREFETCH, 0.95, "the request says that it fetches ahead of anybody's wish")
    if trail.beside_head(seen):
        return machine(Fetcher.SCANNER, 0.9, "the same program asked for the head alone within a minute")
    return None
