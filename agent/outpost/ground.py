"""The folder that an outpost stands on.

outpost.sqlite3   what it answers: tokens and pages; how far the spool was collected
spool/            what it heard, in segments of JSON lines; spool/broken/ keeps what can't be read
blobs/            uploaded files
pace.sqlite3      how often which network sent a form in the last hour
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from crm_model.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Ground:
    """Where each part lies."""

    folder: Path

    @property
    def database(self) -> Path:
        return self.folder / "outpost.sqlite3"

    @property
    def spool(self) -> Path:
        return self.folder / "spool"

    @property
    def broken(self) -> Path:
        return self.spool / "broken"

    @property
    def blobs(self) -> Path:
        return self.folder / "blobs"

    @property
    def pace(self) -> Path:
        return self.folder / "pace.sqlite3"

    @property
    def counters(self) -> Path:
        return self.folder / "counters"


def prepare_ground(folder: Path) -> Ground:
    """The folder with its parts, readable by its owner alone. Errors: ConfigError with the mend."""
    ground = Ground(folder)
    try:
        for part in (ground.folder, ground.spool, ground.broken, ground.blobs):
            part.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise ConfigError(
            f"the outpost's folder {folder} can't be made: {error.strerror}; name another, or give it to this user",
            key="web: folder",
        ) from error
    return ground
