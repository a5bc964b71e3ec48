"""The order in which files are handed to the workers: the longest first, so that none is left to run by itself at the
end; beside each other those of a folder whose browser or column store a worker keeps from one file to the next.

`pytest --durations 50` tells when it is time to change it.
"""

from __future__ import annotations

import pytest

#: Beginnings of paths under tests/. Whatever none of them names comes after, in pytest's own order.
_FIRST = (
    "analytics/test_random_events.py",
    "ingest/test_openapi.py",
    "analytics/",
    "browser_sdk/",
    "browser/test_pages_static.py",
    "browser/test_question_pages.py",
    "browser/test_offline_pages.py",
    "browser/",
    "browser_react/",
    "test_sdk_packages.py",
    "columns/test_resilience.py",
    "acceptance/",
    "packaging/",
    "store/test_embedded.py",
    "ingest/test_hostile.py",
    "insights/",
    "store/",
    "client/",
    "ingest/",
)


def longest_first(items: list[pytest.Item], tests: str) -> None:
    """Sorts in place; `tests` is the folder's path."""
    items.sort(key=lambda item: _rank(item.path.as_posix().removeprefix(tests + "/")))


def _rank(path: str) -> int:
    return next((place for place, start in enumerate(_FIRST) if path.startswith(start)), len(_FIRST))
