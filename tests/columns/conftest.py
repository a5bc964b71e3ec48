from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.columns import Owner


@pytest.fixture
def owner(dsn: str, tmp_path: Path) -> Iterator[Owner]:
    """A running column store on a fresh database."""
    owner = Owner(tmp_path / "data", dsn)
    owner.start()
    yield owner
    owner.stop()
