"""Series on their way to lines, and what a statement asks of the engine to measure them in one look at the events."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from milepost.analytics.measures import Measuring

#: A line's values: one of each field of the breakdown, "" where an event has none.
Key = tuple[str, ...]
_COUNT: Final = Measuring("1", (("count", "", ""),))


class Split(msgspec.Struct, frozen=True):
    """One series: its kind of event, the condition of the events it looks at, and their measure."""

    kind: str
    looks_at: str
    measuring: Measuring
    is_sessions: bool


class Lined(msgspec.Struct):
    """Series whose lines are of the same values: `shown`, and all others together where there are any.

    Of one series every event that is read is its own. Of several each has its condition at every aggregate, and where
    its figure does not tell, the number of its events: there may be none where another series has some.
    """

    splits: list[Split]
    shown: list[Key] = msgspec.field(default_factory=list)
    others: bool = False

    @property
    def looks_at(self) -> str:
        if any(split.looks_at == "1" for split in self.splits):
            return "1"
        return "(" + " or ".join(f"({split.looks_at})" for split in self.splits) + ")"

    @property
    def largest(self) -> str:
        """By what values are ranked, after `sizes`: the first series that has one says how large it is."""
        if len(self.splits) == 1:
            return "figure0 desc"
        cases = [f"{self._told(n)} > 0, " for n in range(len(self.splits))]
        first = "".join(f"{case}{n}, " for n, case in enumerate(cases))
        size = "".join(f"{case}toFloat64(figure{n}), " for n, case in enumerate(cases))
        return f"multiIf({first}{len(cases)}), multiIf({size}0) desc"

    def sizes(self) -> str:
        """The figures of events, named."""
        return ", ".join(f"{one.at_once(only)} as {name}" for name, one, only in self._measured())

    def states(self) -> str:
        """What is kept of events to be put together later."""
        return ", ".join(one.states(f"{name}_", only) for name, one, only in self._measured())

    def kept(self) -> str:
        """Its names."""
        return ", ".join(one.kept(f"{name}_") for name, one, _ in self._measured())

    def merged_sizes(self, over: str) -> str:
        """The figures of what was kept in a window such as `over (partition by text)`, named."""
        return ", ".join(f"{one.merged(f'{name}_', only, over)} as {name}" for name, one, only in self._measured())

    def merged(self) -> str:
        """The figures of what was kept, as one array: of each series its figure and, of several, whether it has events
        (above 0)."""
        found = {name: f"toFloat64({one.merged(f'{name}_', only)})" for name, one, only in self._measured()}
        if len(self.splits) == 1:
            return f"[{found['figure0']}]"
        pairs = (f"{found[f'figure{n}']}, {found[self._told(n)]}" for n in range(len(self.splits)))
        return f"[{', '.join(pairs)}]"

    def _told(self, n: int) -> str:
        """What says whether a series has events."""
        return f"figure{n}" if self.splits[n].measuring.counts else f"events{n}"

    def _measured(self) -> Iterator[tuple[str, Measuring, str]]:
        for n, split in enumerate(self.splits):
            several = len(self.splits) > 1
            only = split.looks_at if several and split.looks_at != "1" else ""
            yield f"figure{n}", split.measuring, only
            if several and not split.measuring.counts:
                yield f"events{n}", _COUNT, only
