"""Logs: one JSON object a line, event names and fields only; the agent's on stderr, the screen's in a file."""

from __future__ import annotations

import json
import logging
import os
import sys
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

OUR_LOGGERS = frozenset({"hitchpost", "agent", "sync", "crm_adapters", "crm_model", "tui"})
_OF_EVERY_RECORD = frozenset(vars(logging.makeLogRecord({})))


def start_logs(*, quiet: bool, file: Path | None = None) -> None:
    """Send every log as JSON to stderr, or to a file that is made by the first line; `quiet` keeps faults only."""
    handler = logging.StreamHandler(sys.stderr) if file is None else logging.FileHandler(file, delay=True)
    handler.setFormatter(_JsonLine())
    logging.basicConfig(level=_level(quiet), handlers=[handler], force=True)
    for name in OUR_LOGGERS:
        logging.getLogger(name).setLevel(logging.NOTSET)
    for name in logging.root.manager.loggerDict:
        if not _is_ours(name):
            logging.getLogger(name).setLevel(logging.ERROR)


def _level(quiet: bool) -> int:
    if os.environ.get("HITCHPOST_DEBUG"):
        return logging.DEBUG
    return logging.ERROR if quiet else logging.INFO


def _is_ours(logger: str) -> bool:
    return logger.partition(".")[0] in OUR_LOGGERS


class _JsonLine(logging.Formatter):
    """The event with the fields of `extra`, in ASCII; of a library only that it spoke, and how loud.

    A library's message may quote mail or a password.
    """

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z")
        line: dict[str, object] = {"event": "library", "level": record.levelname.lower(), "logger": record.name}
        if _is_ours(record.name):
            line["event"] = record.getMessage()
            line |= {name: value for name, value in vars(record).items() if name not in _OF_EVERY_RECORD}
            if record.exc_info:
                line["exception"] = "".join(_where(record.exc_info[1]))
        return json.dumps(line | {"timestamp": at}, default=str)


def _where(error: BaseException | None) -> Iterator[str]:
    """The traceback, cause after cause, without the errors' own words: they may quote what was read."""
    while error is not None:
        yield f"{type(error).__name__}\n"
        yield from traceback.format_tb(error.__traceback__)
        error = error.__cause__ or error.__context__
