"""What a question works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from milepost.columns.reading import Reader
from milepost.store.database import Database


@dataclass(frozen=True, slots=True)
class Store:
    """Where the answers come from: the column store knows the events, PostgreSQL who is who; `now` is an aware time."""

    columns: Reader
    database: Database
    now: Callable[[], datetime]
