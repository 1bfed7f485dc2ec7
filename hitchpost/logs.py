"""Logs of the daemon: one JSON object a line on stderr, event names and fields only."""

from __future__ import annotations

import logging
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from structlog.typing import EventDict, Processor, WrappedLogger

OUR_LOGGERS = frozenset({"hitchpost", "agent", "sync", "crm_adapters", "crm_model", "tui"})


class _JsonFormatter(logging.Formatter):
    """structlog's, made when the first line is written: it takes long to import, and most commands log nothing."""

    def __init__(self) -> None:
        super().__init__()
        self._inner: logging.Formatter | None = None

    def format(self, record: logging.LogRecord) -> str:
        self._inner = self._inner or _structured()
        return self._inner.format(record)


def start_logs(*, quiet: bool) -> None:
    """Send every log to stderr as JSON; `quiet` keeps what is no fault off a terminal in use."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonFormatter())
    logging.basicConfig(level=_level(quiet), handlers=[handler], force=True)
    for name in OUR_LOGGERS:
        logging.getLogger(name).setLevel(logging.NOTSET)
    for name in logging.root.manager.loggerDict:
        if name.partition(".")[0] not in OUR_LOGGERS:
            logging.getLogger(name).setLevel(logging.ERROR)


def _structured() -> logging.Formatter:
    import structlog

    chain: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        _without_foreign_words,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=chain,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=True),
        ],
    )


def _level(quiet: bool) -> int:
    if os.environ.get("HITCHPOST_DEBUG"):
        return logging.DEBUG
    return logging.ERROR if quiet else logging.INFO


def _without_foreign_words(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """A library's message may quote mail or a password: only that it spoke, and how loud, is told."""
    if str(event.get("logger", "")).partition(".")[0] in OUR_LOGGERS:
        return event
    kept = {key: event[key] for key in ("level", "logger", "_record", "_from_structlog") if key in event}
    return {"event": "library", **kept}
