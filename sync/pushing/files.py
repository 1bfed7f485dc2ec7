"""Files on their way to a record: their bytes pass through here and are kept nowhere."""

from __future__ import annotations

from collections.abc import Callable

from crm_adapters.contract import Adapter
from crm_model.changes import Change, MailFile
from crm_model.errors import HitchpostError, NotFound, NotSupported, Rejected
from crm_model.records import FileContent, Ref
from crm_model.safe_text import safe_line
from sync.pushing.faults import FileAway

ReadFile = Callable[[MailFile], bytes]
"""The bytes of a file, from the mailbox that holds it. Errors: NotFound, and those of the mailbox."""

_LONGEST_NAME = 255


def read_nothing(file: MailFile) -> bytes:
    """Where no mailbox can be asked."""
    raise NotFound(f"No mailbox holds “{safe_line(file.name)}”.")


def hang_file(adapter: Adapter, about: Ref, change: Change, read_file: ReadFile) -> str:
    """Hang the change's file on a record; the CRM's id of it. Errors: those of the adapter, FileAway.

    After a try without an answer, a CRM that holds no keys is asked first: the same name and size is this file.
    """
    file = change.file or MailFile(0, "", "")
    name = safe_line(file.name)[:_LONGEST_NAME] or "file"
    content = _read(file, name, read_file)
    try:
        if change.attempts > 1 and not adapter.capabilities.keeps_keys:
            for held in adapter.files(about):
                if (held.name, held.size_bytes) == (name, len(content)):
                    return held.id
        return adapter.attach_file(about, FileContent(name, content, file.content_type), change.key)
    except NotSupported as error:
        raise NotSupported(f"{error} The file stays with its conversation here.", feature=error.feature) from error


def _read(file: MailFile, name: str, read_file: ReadFile) -> bytes:
    """What the mailbox says is not the CRM's doing: it must not look as if the CRM or its record were away."""
    try:
        return read_file(file)
    except NotFound as error:
        raise Rejected(f"“{name}” was not attached: no mailbox holds it any more.") from error
    except HitchpostError as error:
        raise FileAway(f"“{name}” can't be read from its mailbox now: {error}") from error
