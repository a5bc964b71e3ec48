"""Each unit's one way through a funnel, worked out by the engine with arrays of times.

Every unit's step events stand in an array in order; going through it backwards once for each step says, at every
place, when the rest of the steps would happen if one were to begin there. No place is looked at twice, so that it
costs about what `windowFunnel` does, which knows neither times nor ties, and takes one event for two steps.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product
from typing import Final, NamedTuple

from milepost.analytics.asking import EventKind

#: Later than any event, in microseconds: what does not happen.
NEVER: Final = 9_000_000_000_000_000_000
_MICROS: Final = "toUInt64(toUnixTimestamp64Micro(ts))"
#: An event id as a number in the order of its text; the engine's own order of UUIDs is another.
_ID: Final = (
    "bitOr(bitShiftLeft(reinterpretAsUInt128(event_id), 64), bitShiftRight(reinterpretAsUInt128(event_id), 64))"
)


class Way(NamedTuple):
    """How the way is worked out from `keys`, an array of a unit's sorted numbers: `stages` are columns that build on
    one another, after them `begun` has a tuple of times for every beginning; `way` is the times of the way taken."""

    stages: list[str]
    way: str

    def over(self, units: str) -> str:
        """The statement with a row a unit, of `who`, `value` and `way`; `units` is one with `who`, `value`, `keys`."""
        text = units
        for stage in self.stages:
            # One in the other: aliases side by side would be written out where they are used, over and over again.
            text = f"select *, {stage} from ({text})"  # noqa: S608  our own fragments
        return f"select who, value, {self.way} as way from ({text}) where notEmpty(begun)"  # noqa: S608  likewise


def apart(one: EventKind, other: EventKind) -> bool:
    """Whether no event can be of both."""
    types, tools = {one.event_type, other.event_type}, {one.tool_id, other.tool_id}
    return any(len(words) == 2 and None not in words for words in (types, tools))


def one_step_key(steps: list[str]) -> str:
    """A number for an event of just one of `steps` (conditions), that sorts by time and step."""
    cases = ", ".join(f"{step}, {place}" for place, step in enumerate(steps[:-1]))
    return f"{_MICROS} * 8 + multiIf({cases}, {len(steps) - 1})"


def mask_key(steps: list[str]) -> str:
    """The same for an event of several: the n-th bit says that it is of the n-th step."""
    return f"{_MICROS} * 256 + {_mask(steps)}"


def id_key(steps: list[str]) -> str:
    """The same, sorting by time and event id."""
    time = f"bitShiftLeft(toUInt256({_MICROS}), 136)"
    return f"bitOr(bitOr({time}, bitShiftLeft(toUInt256({_ID}), 8)), toUInt256({_mask(steps)}))"


def in_order(count: int, window: str) -> Way:
    """For steps that share no event. `window` is an expression of microseconds."""
    names = [
        _times(),
        "arrayPushBack(arrayMap(v -> toUInt8(bitAnd(v, 7)), keys), 99) as marks",
    ]
    rest = "arrayMap(t -> tuple(t), times)"
    for step in range(count - 1, 0, -1):
        names.append(f"arrayReverseFill((w, m) -> m in ({step}, 99), {rest}, marks) as then{step}")
        parts = ", ".join(f"w.{part}" for part in range(1, count - step + 1))
        rest = f"arrayMap((t, w) -> tuple(t, {parts}), times, then{step})"
    names.append(f"arrayFilter((w, m) -> m = 0, {rest}, marks) as begun")
    return _furthest(names, count, _in_time(count, window))


def at_instants(steps: Sequence[EventKind], conditions: Sequence[str], window: str) -> Way:
    """The same where an event may be of several steps: each step needs an event of its own, and at one instant any
    order will do. So instants follow one another, and of each one it is known how far it leads from every step."""
    count = len(steps)
    reaches = _tuple(_reach(steps, conditions, step) for step in range(count))
    names = [
        "arrayMap(v -> bitShiftRight(v, 8), keys) as moments",
        "arraySplit((v, t, before) -> t != before, keys, moments, arrayPushFront(arrayPopBack(moments), 0)) as groups",
        f"arrayPushBack(arrayMap(g -> bitShiftRight(g[1], 8), groups), {NEVER}) as times",
        f"arrayPushBack(arrayMap(g -> {reaches}, groups), {_tuple('99' for _ in range(count))}) as reaches",
    ]
    for step in range(count - 1, -1, -1):
        # What happens from here on, with `step` steps done before: r of them are done after this instant.
        later = [f"next{number}" for number in range(step + 1, count)]
        arguments = ", ".join(["t", "r", *(f"w{number}" for number in range(step + 1, count))])
        cells: list[str] = []
        for wanted in range(step + 1, count + 1):
            cases = "".join(
                f", r.{step + 1} = {number}, w{number}.{wanted - number}" for number in range(step + 1, wanted)
            )
            cells.append(f"multiIf(r.{step + 1} >= {wanted}, t{cases}, {NEVER})")
        here = f"arrayMap(({arguments}) -> {_tuple(cells)}, {', '.join(['times', 'reaches', *later])})"
        if step:
            names.append(f"arrayReverseFill((w, r) -> r.{step + 1} > {step}, {here}, reaches) as then{step}")
            nothing = _tuple(f"toUInt64({NEVER})" for _ in cells)
            names.append(f"arrayPushBack(arrayPopFront(then{step}), {nothing}) as next{step}")
        else:
            names.append(f"arrayFilter((w, r) -> r.1 between 1 and {count}, {here}, reaches) as begun")
    return _furthest(names, count, _in_time(count, window))


def directly(count: int, window: str) -> Way:
    """The same for a strict funnel: each step's event comes directly after the one before."""
    names = [
        "arrayMap(v -> toUInt64(bitShiftRight(v, 136)), keys) as times",
        "arrayMap(v -> toUInt8(bitAnd(v, 255)), keys) as marks",
    ]
    arrays: list[str] = []
    for step in range(count):
        names.append(f"arrayResize(arraySlice(times, {step + 1}), length(times), {NEVER}) as times{step}")
        names.append(f"arrayResize(arraySlice(marks, {step + 1}), length(marks), 0) as marks{step}")
        arrays += [f"times{step}", f"marks{step}"]
    arguments = ", ".join(f"t{step}, m{step}" for step in range(count))
    cells = [
        f"if({' and '.join(f'bitTest(m{before}, {before})' for before in range(step + 1))}, t{step}, {NEVER})"
        for step in range(count)
    ]
    names.append(
        f"arrayFilter(w -> w.1 != {NEVER}, arrayMap(({arguments}) -> {_tuple(cells)}, {', '.join(arrays)})) as begun"
    )
    return _furthest(names, count, _in_time(count, window))


def in_any_order(count: int, window: str) -> Way:
    """The same where the steps may come in any order. Of several events at one instant the first sees all of them."""
    names = [_times("8"), "arrayPushBack(arrayMap(v -> toUInt8(bitAnd(v, 255)), keys), 255) as marks"]
    names += [f"arrayReverseFill((t, m) -> bitTest(m, {step}), times, marks) as then{step}" for step in range(count)]
    zipped = ", ".join(["times", *(f"then{step}" for step in range(count))])
    arguments = ", ".join(["t", *(f"t{step}" for step in range(count))])
    cells = ", ".join(f"t{step}" for step in range(count))
    names.append(f"arrayPopBack(arrayMap(({arguments}) -> tuple({cells}), {zipped})) as begun")
    first = f"least({', '.join(f'w.{step}' for step in range(1, count + 1))})"
    far = " + ".join(f"(w.{step} <= {first} + {window})" for step in range(1, count + 1))
    return _furthest(names, count, far, order="arraySort")


def _furthest(names: list[str], count: int, far: str, *, order: str = "") -> Way:
    """Of the ways in `begun` (tuples of times), the first of those that get furthest."""
    stages = [
        *names,
        f"arrayMap(w -> toUInt8({far}), begun) as far",
        "begun[indexOf(far, arrayMax(far))] as found",
    ]
    cells = ", ".join(f"found.{step}" for step in range(1, count + 1))
    return Way(stages, f"arraySlice({order}([{cells}]), 1, arrayMax(far))")


def _in_time(count: int, window: str) -> str:
    """How many of a way's steps are no later than the window after its first."""
    return "1 + " + " + ".join(f"(w.{step} <= w.1 + {window})" for step in range(2, count + 1))


def _times(bits: str = "3") -> str:
    return f"arrayPushBack(arrayMap(v -> bitShiftRight(v, {bits}), keys), {NEVER}) as times"


def _mask(steps: list[str]) -> str:
    return " + ".join(f"toUInt8({step}) * {1 << place}" for place, step in enumerate(steps))


def _reach(steps: Sequence[EventKind], conditions: Sequence[str], done: int) -> str:
    """Of `g`, the keys at one instant: how many steps are done after it if `done` were before.

    By Hall's theorem steps can have an event each unless some set of them has fewer events than steps. A lacking set
    holds up whoever has not done any of it at its last step. Of steps that are the same only the first ones need be
    looked at, and none together that share no event, directly or through others.
    """
    count = len(steps)
    stops = {str(count)}
    for family in _families(steps, done):
        same: dict[str, list[int]] = {}
        for place in family:
            same.setdefault(conditions[place], []).append(place)
        for sizes in product(*(range(len(places) + 1) for places in same.values())):
            chosen = [place for places, size in zip(same.values(), sizes, strict=True) for place in places[:size]]
            if chosen:
                bits = sum(1 << place for place in chosen)
                lacks = f"arrayCount(v -> bitAnd(v, {bits}) != 0, g) < {len(chosen)}"
                stops.add(f"if({lacks}, {max(chosen)}, {count})")
    return f"toUInt8(least({', '.join(sorted(stops))}))"


def _families(steps: Sequence[EventKind], done: int) -> list[list[int]]:
    """The places of the steps that are left, those that may share an event together."""
    families: list[list[int]] = []
    for place in range(done, len(steps)):
        related = [family for family in families if any(not apart(steps[place], steps[other]) for other in family)]
        families = [family for family in families if family not in related]
        families.append([*(other for family in related for other in family), place])
    return families


def _tuple(cells: Iterable[str]) -> str:
    return f"tuple({', '.join(cells)})"
