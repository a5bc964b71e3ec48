"""`with tracker.tool(...)`: entry to and exit from a tool, with the time between."""

from __future__ import annotations

import time
from collections.abc import Mapping
from types import TracebackType
from typing import Protocol


class _Capture(Protocol):
    def __call__(
        self,
        event_type: str | None,
        context: Mapping[str, object],
        extra: Mapping[str, object] | None = None,
        *,
        tool_id: str | None = None,
        tool_section: str | None = None,
        success: bool = True,
    ) -> str: ...


class ToolVisit:
    """Context manager, plain and async. `metadata` may be filled on the way; the exit event carries it."""

    def __init__(self, capture: _Capture, tool_id: str, section: str | None, context: Mapping[str, object]) -> None:
        self._capture = capture
        self._tool_id = tool_id
        self._section = section
        self._context = context
        self._entered = 0
        self.metadata: dict[str, object] = {}

    def _track(self, extra: Mapping[str, object]) -> str:
        return self._capture("tool_usage", self._context, extra, tool_id=self._tool_id, tool_section=self._section)

    def __enter__(self) -> ToolVisit:
        self._entered = time.monotonic_ns()
        self._track({"action": "enter"})
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        extra: dict[str, object] = dict(self.metadata)
        extra |= {"action": "exit", "duration_ms": (time.monotonic_ns() - self._entered) // 1_000_000}
        if kind is not None:
            extra["error"] = kind.__name__
        self._track(extra)

    async def __aenter__(self) -> ToolVisit:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, trace)
