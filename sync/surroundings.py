"""What stands around a record: closed deals, files of its mail, conversations of its company."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sync.views import RecordRow, ThreadRow


class Hanging(StrEnum):
    """Whether a file hangs on the record in the CRM too; what mail brings stays here, what forms bring goes there."""

    NO = ""
    WAITING = "waiting"
    DONE = "done"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file of a mail in one of the record's conversations; `part` names it within the message."""

    message_id: int
    thread_id: int
    part: str
    name: str
    size_bytes: int
    at: datetime
    hanging: Hanging = Hanging.NO


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Around a record of an account: its closed opportunities, and conversations linked to it, its people and deals."""

    past: tuple[RecordRow, ...] = ()
    files: tuple[FileRow, ...] = ()
    company_threads: tuple[ThreadRow, ...] = ()
