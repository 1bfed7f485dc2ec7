"""An outpost reached through its folder, on this machine; `hitchpost web` serves the same folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from agent.outpost.blobs import BlobFolder
from agent.outpost.collecting import delete_read, oldest_segment, read_cursor, read_events
from agent.outpost.contract import EventPage, Outpost
from agent.outpost.ground import prepare_ground
from agent.outpost.register import Register
from crm_model.errors import Unreachable
from crm_model.tracking import Token


class FolderOutpost(Outpost):
    """The outpost in `folder`; its calls may come from several threads and processes."""

    def __init__(self, folder: Path) -> None:
        self._ground = prepare_ground(folder)
        self._register = Register(self._ground.database)
        self._blobs = BlobFolder(self._ground.blobs)

    def publish_tokens(self, tokens: Sequence[Token]) -> None:
        self._register.add_tokens(tokens)

    def revoke_tokens(self, tokens: Sequence[str], *, keep_links: bool) -> None:
        self._register.revoke(tokens, keep_links=keep_links)

    def publish_pages(self, pages: Mapping[str, Mapping[str, Any]]) -> None:
        self._register.replace_pages(pages)

    def collect(self, cursor: str, *, limit: int = 500) -> EventPage:
        places = self._register.places()
        for segment, place in read_cursor(cursor).items():
            places[segment] = max(place, places.get(segment, 0))
        try:
            return read_events(self._ground, places, limit=limit)
        except OSError as error:
            raise Unreachable(f"the outpost's spool can't be read ({error.strerror}).") from error

    def read_blob(self, blob: str) -> bytes:
        return self._blobs.read(blob)

    def acknowledge(self, cursor: str, blobs: Sequence[str] = ()) -> None:
        self._register.advance(read_cursor(cursor))
        places = self._register.places()
        try:
            delete_read(self._ground, places)
            self._blobs.forget(blobs)
            self._blobs.sweep(oldest_segment(self._ground))
        except OSError as error:
            raise Unreachable(f"the outpost's spool can't be tidied ({error.strerror}).") from error
        self._register.forget_places([name for name in places if not (self._ground.spool / name).exists()])

    def close(self) -> None:
        self._register.close()
