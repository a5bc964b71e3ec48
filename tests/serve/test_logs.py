from __future__ import annotations

import io
import json
import logging
import logging.config

import pytest

from milepost.logs import logging_config
from milepost.settings import Settings


@pytest.fixture
def logger() -> logging.Logger:
    return logging.getLogger("milepost.test_logs")


def written(settings: Settings, logger: logging.Logger) -> str:
    """What one line with a field and a traceback looks like."""
    stream = io.StringIO()
    config = logging_config(settings)
    build = logging.config.DictConfigurator(config).configure_formatter
    handler = logging.StreamHandler(stream)
    handler.setFormatter(build(config["formatters"][settings.log_format]))
    logger.addHandler(handler)
    try:
        int("a \u201cquoted\u201d cause")
    except ValueError:
        logger.exception("stored %d events", 3, extra={"key": "wk_1"})
    finally:
        logger.removeHandler(handler)
    return stream.getvalue()


def test_json_is_one_line_with_the_fields(logger: logging.Logger) -> None:
    text = written(Settings(), logger)
    assert text.count("\n") == 1
    line = json.loads(text)
    assert line["level"] == "ERROR"
    assert line["logger"] == "milepost.test_logs"
    assert line["message"] == "stored 3 events"
    assert line["key"] == "wk_1"
    assert "ValueError" in line["exc_info"]
    assert line["timestamp"].endswith("+00:00")


def test_text_is_for_people(logger: logging.Logger) -> None:
    first = written(Settings(log_format="text"), logger).splitlines()[0]
    assert first.endswith("ERROR   milepost.test_logs: stored 3 events")


def test_levels_follow_the_setting() -> None:
    assert logging_config(Settings(log_level="debug"))["root"]["level"] == "DEBUG"
    # What strangers send, uvicorn tells at level warning: it is for debugging alone.
    for level, uvicorn in (("debug", "DEBUG"), ("info", "ERROR"), ("error", "ERROR")):
        assert logging_config(Settings(log_level=level))["loggers"]["uvicorn"]["level"] == uvicorn
