"""Logs of the daemon: one JSON object a line on stderr, event names and fields only."""

from __future__ import annotations

import logging
import os
import sys


def start_logs(*, quiet: bool) -> None:
    """Send every log to stderr as JSON; `quiet` keeps what is not worth a person's look off a terminal in use."""
    import structlog

    level = logging.DEBUG if os.environ.get("HITCHPOST_DEBUG") else logging.ERROR if quiet else logging.INFO
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=True),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
    )
    # Libraries log through the standard library; their messages may quote mail, so only the event's origin is kept.
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter('{"event": "library", "logger": "%(name)s", "level": "%(levelname)s"}'))
    logging.basicConfig(level=logging.ERROR if quiet else logging.WARNING, handlers=[handler], force=True)
