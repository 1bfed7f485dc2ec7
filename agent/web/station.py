"""What every route of an outpost works with, made once for each process that serves it."""

from __future__ import annotations

import itertools
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from starlette.requests import Request

from agent.outpost.blobs import BlobFolder
from agent.outpost.folder import FolderOutpost
from agent.outpost.ground import prepare_ground
from agent.outpost.register import Register
from agent.outpost.spool import Spool
from agent.web.clients import Clients, Network
from agent.web.counters import Counters
from agent.web.words import choose_language


@dataclass(frozen=True, slots=True)
class StationOptions:
    """How an outpost serves. Without `secret` no agent is answered over HTTP; `whole_addresses` cuts none.

    `patience_seconds`: how long a client may take for the head of a request, and for its body at the slowest pace.
    """

    folder: Path
    trusted_proxies: tuple[Network, ...] = ()
    whole_addresses: bool = False
    patience_seconds: int = 15
    secret: str = field(default="", repr=False)


class Station:
    """The parts of one process: `register` (tokens, pages), `spool`, `blobs`, `clients` (who asks), `counters`.

    `register` is for reading alone, so that nothing that is being written holds up the pixel; `notes` for the rest.
    """

    def __init__(self, options: StationOptions) -> None:
        self.options = options
        self.ground = prepare_ground(options.folder)
        self.register = Register(self.ground.database)
        self.notes = Register(self.ground.database, hurried=True)
        self.outpost = FolderOutpost(options.folder)
        self.blobs = BlobFolder(self.ground.blobs)
        self.spool = Spool(self.ground.spool)
        self.counters = Counters(self.ground.counters)
        self.clients = Clients(options.trusted_proxies, whole=options.whole_addresses)
        self._run, self._numbers = secrets.token_hex(8), itertools.count(1)

    def new_id(self) -> str:
        """An id for an event, never given twice: a random word of this process and a running number."""
        return f"{self._run}-{next(self._numbers):x}"

    def close(self) -> None:
        """Everything heard is on the disk afterwards. Harmless twice."""
        self.spool.close()
        self.outpost.close()
        self.register.close()
        self.notes.close()
        self.counters.close()


def station_of(request: Request) -> Station:
    """The station that serves this request."""
    station: Station = request.app.state.station
    return station


def language_of(request: Request, wanted: str = "") -> str:
    """The language of the page that answers; `wanted` is what a form or a link names."""
    return choose_language(request.headers.get("accept-language", ""), wanted)
