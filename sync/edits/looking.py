"""How a person looks at things: nothing that a CRM or anybody else learns, and nothing to undo."""

from __future__ import annotations

from collections.abc import Collection

from sync.store import preferences
from sync.store.database import Store


def fold_sections(store: Store, sections: Collection[str], author: str) -> None:
    """Keep which sections of the sidebar a person folded away."""
    with store.write() as unit:
        preferences.put(unit, f"{preferences.FOLDED}{author}", " ".join(sorted(sections)))
