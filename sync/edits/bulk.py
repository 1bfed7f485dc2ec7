"""The same decision on many conversations: one action, so that one undo takes all of it back."""

from __future__ import annotations

from collections.abc import Callable, Collection

from crm_model.errors import NotFound, Rejected
from sync.edits.edit import Edit, edit, named
from sync.edits.linking import link
from sync.edits.suggestions import accept, reject
from sync.edits.threads import put_away
from sync.edits.touches import put_off
from sync.store import records, suggestions
from sync.store.conversations import surviving_thread
from sync.store.database import Store, savepoint
from sync.touches import Wish

Decision = Callable[[Edit, int], bool]
"""What happens to one conversation; False where there was nothing to do."""


def accept_all(store: Store, thread_ids: Collection[int], author: str, *, crm: str) -> str:
    """Say yes to what is asked about each; how many in words. What a CRM would refuse stays open."""

    def yes(making: Edit, thread_id: int) -> bool:
        asked = suggestions.open_for_thread(making.unit, thread_id)
        if asked is not None:
            accept(making, asked, crm=crm)
        return asked is not None

    return _decide(store, thread_ids, author, "accepted", yes)


def reject_all(store: Store, thread_ids: Collection[int], author: str, *, remark: str = "") -> str:
    """Say no to what is asked about each; how many in words."""

    def no(making: Edit, thread_id: int) -> bool:
        asked = suggestions.open_for_thread(making.unit, thread_id)
        if asked is not None:
            reject(making, asked, remark)
        return asked is not None

    return _decide(store, thread_ids, author, "rejected", no)


def archive_all(store: Store, thread_ids: Collection[int], author: str) -> str:
    """Put all of them out of sight; how many in words."""
    return _decide(store, thread_ids, author, "archived", put_away)


def put_off_all(store: Store, thread_ids: Collection[int], wish: Wish, author: str) -> str:
    """Put all of them off until their next touch, their records left alone; how many in words."""
    return _decide(store, thread_ids, author, "put off", lambda making, thread_id: put_off(making, thread_id, wish))


def link_all(store: Store, thread_ids: Collection[int], record_id: int, author: str) -> str:
    """Link all of them to one record; how many in words. What a record that is gone would get stays as it is."""
    with store.read() as unit:
        record = records.get(unit, record_id)
    to = f" to {named(record)}" if record is not None else ""

    def linked(making: Edit, thread_id: int) -> bool:
        return link(making, thread_id, making.record(record_id))

    return _decide(store, thread_ids, author, "linked", linked, to=to)


def _decide(
    store: Store, thread_ids: Collection[int], author: str, done_word: str, decision: Decision, *, to: str = ""
) -> str:
    with edit(store, f"{done_word.replace(' ', '_')}_many", author) as making:
        ids = dict.fromkeys(surviving_thread(making.unit, thread_id) for thread_id in thread_ids)
        done = sum(_attempt(making, thread_id, decision) for thread_id in ids)
        making.label = f"{done_word} {done} conversations{to}" if done else ""
    words, left = f"{done_word.capitalize()}{to}: {done}", len(ids) - done
    return "; ".join((words, f"{left} left as they are")) if left else words


def _attempt(making: Edit, thread_id: int, decision: Decision) -> bool:
    """One conversation of many: what is refused for it holds up no other."""
    steps = len(making.steps)
    try:
        with savepoint(making.unit):
            return decision(making, thread_id)
    except (NotFound, Rejected):
        del making.steps[steps:]
        return False
