"""What a trend measures: which events it looks at, and the engine's functions that work it out.

A sum is one of whole numbers, whatever the order: every value is counted in steps of 2^-40, exactly, and what that
leaves of it (less than 1e-12) is added by Kahan's method, as are values beyond 1e18. Whole numbers are exact up to what
a float holds.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from milepost.analytics.compile import Compiler
from milepost.errors import InvalidRequest

Measure = Literal[
    "events", "units", "sessions", "time_on_page", "session_duration",
    "sum", "average", "min", "max", "percentile", "distinct",
]  # fmt: skip
#: These are of a field, which `of` names.
OF_A_FIELD: Final[tuple[Measure, ...]] = ("sum", "average", "min", "max", "percentile", "distinct")
#: Milliseconds that have a measure of their own: the percentile.
DURATIONS: Final[tuple[Measure, ...]] = ("time_on_page", "session_duration")
#: Where nothing happened they are 0, the others None.
_COUNTING: Final[tuple[Measure, ...]] = ("events", "units", "sessions", "sum", "distinct")

_STEPS: Final = float(1 << 40)


class Asked(msgspec.Struct, frozen=True):
    """A measure as it is asked for. `at` is where `of` stands, or should, in the request: for the errors."""

    measure: Measure
    of: str | None
    percentile: float
    at: str


class Measuring(msgspec.Struct, frozen=True):
    """A measure on its way to the engine.

    `looks_at` is the condition of the events it looks at; `parts` its aggregates, each a function, that function's
    parameters and its argument; `figure` says how the figure is made of them; `nothing` is it where no event is.
    """

    looks_at: str
    parts: tuple[tuple[str, str, str], ...]
    figure: str = "{0}"
    nothing: float | None = None
    #: Whether it is above 0 wherever it looks at an event.
    counts: bool = False
    #: Whether it asks for no more than who was there: the rollup knows that too.
    sees_units_alone: bool = False

    def at_once(self, only: str = "") -> str:
        """The figure of events: of all that are read, or of those for which a condition holds."""
        return self.figure.format(*(_call(part, "", only) for part in self.parts))

    def states(self, prefix: str, only: str = "") -> str:
        """What is kept of events to be put together later, each by a name that begins with `prefix`."""
        return ", ".join(f"{_call(part, 'State', only)} as {prefix}{n}" for n, part in enumerate(self.parts))

    def kept(self, prefix: str) -> str:
        """The names of what is kept."""
        return ", ".join(f"{prefix}{n}" for n in range(len(self.parts)))

    def merged(self, prefix: str, only: str = "", over: str = "") -> str:
        """The figure of what was kept; `over` is a window's, such as `over (partition by text)`."""
        suffix = "IfMerge" if only else "Merge"
        return self.figure.format(
            *(f"{name}{suffix}{parameters}({prefix}{n}) {over}" for n, (name, parameters, _) in enumerate(self.parts))
        )


def _call(part: tuple[str, str, str], suffix: str, only: str) -> str:
    name, parameters, of = part
    # A text that is no number makes a condition neither true nor false.
    condition = f"ifNull({only}, 0)" if only else ""
    arguments = ", ".join(filter(None, (of, condition)))
    return f"{name}{'If' if only else ''}{suffix}{parameters}({arguments})"


async def measuring(compiler: Compiler, asked: Asked) -> Measuring:
    """Raises InvalidRequest where `of` is missing, superfluous, or no field that can be measured this way."""
    if asked.measure not in OF_A_FIELD:
        if asked.of is not None:
            raise of_no_field(asked.measure, asked.at)
        return _plain(compiler, asked)
    if asked.of is None:
        what = "a field" if asked.measure == "distinct" else "the field whose numbers are meant"
        raise InvalidRequest(f"{asked.measure} needs {what}: give it in `of`, such as metadata.amount.", field=asked.at)
    if asked.measure == "distinct":
        value, present = await compiler.distinct(asked.of, asked.at)
        return Measuring(present, (("uniqExact", "", value),), nothing=0.0, counts=True)
    number, present = await compiler.number(asked.of, asked.at)
    return _numeric(asked, number, present, whole=asked.of in DURATIONS)


def of_no_field(measure: Measure, at: str) -> InvalidRequest:
    """What is wrong where `of` is superfluous."""
    return InvalidRequest(f"{measure} is of no field. Leave `of` out, or measure {', '.join(OF_A_FIELD)}.", field=at)


def _plain(compiler: Compiler, asked: Asked) -> Measuring:
    match asked.measure:
        case "events":
            return Measuring("1", (("count", "", ""),), nothing=0.0, counts=True)
        case "units":
            parts = (("groupBitmap", "", compiler.unit),)
            return Measuring(compiler.somebody, parts, nothing=0.0, counts=True, sees_units_alone=True)
        case "sessions":
            return Measuring("session != 0", (("uniqExact", "", "session"),), nothing=0.0, counts=True)
        case _:
            return Measuring(f"{asked.measure} >= 0", (_percentile(asked.percentile, asked.measure),))


def _numeric(asked: Asked, number: str, present: str, *, whole: bool) -> Measuring:
    """A measure of an expression's numbers, all of them `whole` or not."""
    match asked.measure:
        case "sum":
            return Measuring(present, _sum(number, whole=whole), _total(whole=whole), nothing=0.0)
        case "average":
            parts = _sum(number, whole=whole)
            return Measuring(present, (*parts, ("count", "", "")), f"({_total(whole=whole)}) / {{{len(parts)}}}")
        case "percentile":
            return Measuring(present, (_percentile(asked.percentile, number),))
        case _:
            return Measuring(present, ((asked.measure, "", number),))


def _percentile(at: float, of: str) -> tuple[str, str, str]:
    return "quantileExactInclusive", f"({float(at)!r})", of


def _sum(number: str, *, whole: bool) -> tuple[tuple[str, str, str], ...]:
    if whole:
        return (("sum", "", f"toInt128({number})"),)
    steps = f"toInt128(if(abs({number}) < 1e18, {number}, 0) * {_STEPS!r})"
    return ("sum", "", steps), ("sumKahan", "", f"{number} - toFloat64({steps}) / {_STEPS!r}")


def _total(*, whole: bool) -> str:
    return "toFloat64({0})" if whole else f"toFloat64({{0}}) / {_STEPS!r} + {{1}}"
