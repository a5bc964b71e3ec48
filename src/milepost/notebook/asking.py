"""What the methods of a connection are made of, and the words of their arguments."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Literal

from milepost.analytics.asking import EventKind, Filter, Interval, Period, Unit
from milepost.notebook.answer import Answer, QuestionAnswer

__all__ = ["Asking", "Calendar", "Day", "EventKind", "Filter", "Filters", "Interval", "Kind", "Period", "Span", "Unit"]

#: A condition, a kind of event and a span of days, written as the classes or as JSON has them.
Filters = Sequence[Filter | Mapping[str, Any]]
Kind = EventKind | Mapping[str, Any]
Span = Period | Mapping[str, Any]
Day = date | str
Calendar = Literal["day", "week", "month"]


class Asking(ABC):
    """Asks by the names that requests have in milepost/assist/tools.toml."""

    @abstractmethod
    def _read(self, name: str, **arguments: Any) -> Answer: ...

    @abstractmethod
    def _question(self, name: str, **arguments: Any) -> QuestionAnswer: ...
