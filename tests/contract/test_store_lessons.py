"""Lessons are counted from decisions, anew when one is made or undone, on both databases."""

from __future__ import annotations

from types import ModuleType

import pytest

from sync import edits
from sync.lessons import Lessons
from sync.store import lessons
from sync.store.database import Store
from sync.store.tables import preferences
from sync.store.thread_summary import refresh_threads

ME = "Kari"


@pytest.fixture
def desk(any_store: Store, seeds: ModuleType) -> Store:
    seeds.seed(any_store, conversations=12, people=8)
    with any_store.write() as unit:
        refresh_threads(unit, range(1, 13))
    return any_store


def learnt(store: Store) -> Lessons:
    with store.write() as unit:
        return lessons.learnt(unit)


def test_decisions_teach_and_undone_ones_are_forgotten(desk: Store) -> None:
    assert learnt(desk) == Lessons()
    for thread_id in (2, 3):
        edits.create_lead(desk, thread_id, "local", {"last_name": f"New {thread_id}", "email": "n@x.example"}, ME)
    taught = learnt(desk)
    assert (taught.yes, taught.no) == (2, 0)
    assert taught.words
    assert all(yes == 2 for yes, _ in taught.words.values())
    edits.undo(desk, None, ME)
    assert learnt(desk).yes == 1


def test_they_are_counted_once_for_each_state(desk: Store) -> None:
    edits.create_lead(desk, 2, "local", {"last_name": "New", "email": "n@x.example"}, ME)
    first = learnt(desk)
    with desk.write() as unit:
        unit.execute(lessons.lessons.delete())
    assert learnt(desk) == Lessons()  # not counted again while nobody decides
    with desk.write() as unit:
        unit.execute(preferences.delete())
    assert learnt(desk) == first
