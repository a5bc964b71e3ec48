"""A formula over the series of a trend: `A / B * 100`. Read by a parser of ours; nothing of it is ever run as code."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Final

import msgspec

from milepost.errors import InvalidRequest

#: The series, first to last.
LETTERS: Final = "ABCDE"
MAX_LENGTH: Final = 200
_MOST_DEEP: Final = 20
_TOKEN: Final = re.compile(r"\s*(?:([0-9]+(?:\.[0-9]*)?|\.[0-9]+)|([A-Z])|([-+*/()]))")
_CAN_BE: Final = "the letters of the series, numbers such as 100 or 0.5, + - * / and parentheses"

#: A step of a calculation on a stack: a number, a letter or an operator ("~" turns the sign round).
Step = float | str


class Formula(msgspec.Struct, frozen=True):
    """In the order in which it is worked out: every operator after its operands."""

    steps: tuple[Step, ...]

    def of(self, figures: Sequence[float | None]) -> float | None:
        """Its value of the series' figures; None where one is missing, for a division by 0, or beyond a float."""
        stack: list[float] = []
        for step in self.steps:
            if isinstance(step, float):
                stack.append(step)
            elif step in LETTERS:
                figure = figures[LETTERS.index(step)]
                if figure is None:
                    return None
                stack.append(figure)
            elif step == "~":
                stack.append(-stack.pop())
            else:
                right, left = stack.pop(), stack.pop()
                if step == "/" and right == 0:
                    return None
                stack.append(_calculated(step, left, right))
        return stack[0] if math.isfinite(stack[0]) else None


def read(text: str, series: int, at: str = "formula") -> Formula:
    """Raises InvalidRequest, with the place in the text, for what is no formula over so many series."""
    if len(text) > MAX_LENGTH:
        raise InvalidRequest(f"A formula has at most {MAX_LENGTH} characters. Make it shorter.", field=at)
    return Formula(_Reading(text, series, at).all())


def _calculated(operator: str, left: float, right: float) -> float:
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
    return left / right


class _Reading:
    """One formula being read: sums of products of numbers, letters and what stands in parentheses."""

    def __init__(self, text: str, series: int, at: str) -> None:
        self._text = text
        self._series = series
        self._at = at
        self._end = 0
        self._next = ""
        self._steps: list[Step] = []

    def all(self) -> tuple[Step, ...]:
        self._go_on()
        self._sum(0)
        if self._next:
            raise self._wrong("an operator is missing before it" if self._next != ")" else "nothing opens it")
        if not any(step in LETTERS for step in self._steps if isinstance(step, str)):
            raise InvalidRequest("A formula needs a series in it: A is the first, B the second.", field=self._at)
        return tuple(self._steps)

    def _go_on(self) -> None:
        """The next token; "" at the end."""
        rest = self._text[self._end :]
        found = _TOKEN.match(rest)
        if found is None and rest.strip():
            self._end += len(rest) - len(rest.lstrip())
            self._next = self._text[self._end]
            self._end += 1
            raise self._wrong(f"a formula has {_CAN_BE}")
        self._next = found[0].strip() if found else ""
        self._end += found.end() if found else len(rest)

    def _sum(self, depth: int) -> None:
        if depth > _MOST_DEEP:
            raise InvalidRequest(f"A formula has at most {_MOST_DEEP} parentheses in each other.", field=self._at)
        self._product(depth)
        while self._next in ("+", "-"):
            operator = self._next
            self._go_on()
            self._product(depth)
            self._steps.append(operator)

    def _product(self, depth: int) -> None:
        self._factor(depth)
        while self._next in ("*", "/"):
            operator = self._next
            self._go_on()
            self._factor(depth)
            self._steps.append(operator)

    def _factor(self, depth: int) -> None:
        turned = False
        while self._next in ("+", "-"):
            turned ^= self._next == "-"
            self._go_on()
        if self._next == "(":
            self._go_on()
            self._sum(depth + 1)
            if self._next != ")":
                raise self._wrong("a closing parenthesis is missing before it")
        elif self._next.isalpha():
            self._steps.append(self._letter())
        elif self._next[:1].isdigit() or self._next[:1] == ".":
            self._steps.append(float(self._next))
        else:
            raise self._wrong("a number, a series or a parenthesis should stand there")
        self._go_on()
        if turned:
            self._steps.append("~")

    def _letter(self) -> str:
        place = LETTERS.find(self._next)
        if not 0 <= place < self._series:
            last = LETTERS[min(self._series, len(LETTERS)) - 1]
            raise self._wrong(f"the series are A to {last}" if self._series > 1 else "the only series is A")
        return self._next

    def _wrong(self, why: str) -> InvalidRequest:
        where = f"{self._next!r} at character {self._end - len(self._next) + 1}" if self._next else "its end"
        return InvalidRequest(f"The formula cannot be read at {where}: {why}.", field=self._at)
