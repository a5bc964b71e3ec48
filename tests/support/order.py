"""Which files go to one worker, and in what order: the longest first, so that none is left to run by itself at the end.

`pytest --durations 50` tells when it is time to change it.
"""

from __future__ import annotations

import pytest
from xdist.scheduler.loadfile import LoadFileScheduling

#: Beginnings of paths under tests/. Whatever none of them names comes after, in pytest's own order.
_FIRST = (
    "analytics/",
    "columns/test_resilience.py",
    "browser/questions/",
    "ingest/test_openapi.py",
    "browser/test_pages_static.py",
    "ingest/test_hostile.py",
    "test_sdk_packages.py",
    "store/test_embedded.py",
    "assist/",
    "columns/",
    "browser_sdk/test_troubles.py",
    "browser/test_offline_pages.py",
    "cli/",
    "browser_sdk/",
    "browser_react/test_widgets.py",
    "acceptance/",
    "supervisor/test_running_server.py",
    "browser/",
    "serve/",
    "browser_react/",
    "insights/",
    "coach/",
    "migrations/",
    "packaging/",
    "store/",
    "client/",
    "contract/",
    "ingest/",
)
#: Folders whose files share what takes long to make.
_TOGETHER = ("analytics/", "browser/questions/")


def longest_first(items: list[pytest.Item], tests: str) -> None:
    """Sorts in place; `tests` is the folder's path."""
    items.sort(key=lambda item: _rank(item.path.as_posix().removeprefix(tests + "/")))


class Together(LoadFileScheduling):  # type: ignore[misc]
    """A worker takes a whole file, or a whole folder of `_TOGETHER`."""

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        return next((folder for folder in _TOGETHER if file.removeprefix("tests/").startswith(folder)), file)


def _rank(path: str) -> int:
    return next((place for place, start in enumerate(_FIRST) if path.startswith(start)), len(_FIRST))
