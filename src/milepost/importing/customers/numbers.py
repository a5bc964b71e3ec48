"""A column of numbers and amounts, as people and spreadsheets write them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, Literal

from milepost.traits.values import SIGNS

Decimal = Literal[".", ","]
_CURRENCY: Final = re.compile(r"\A(?P<minus>[+-]?)\s*(?P<sign>[A-Z]{3}|[$€£¥])\s*|\s*(?P<after>[A-Z]{3}|[$€£¥])\Z")
#: What stands between thousands beside the other mark: a space, also one that does not break, an apostrophe.
_GAPS: Final = " '\u2019\u00a0\u202f"


def _pattern(decimal: str, thousands: str) -> re.Pattern[str]:
    gap = f"[{_GAPS}{re.escape(thousands)}]"
    point = re.escape(decimal)
    return re.compile(
        rf"\A[+-]?(?:\d{{1,3}}(?:{gap}\d{{3}})+(?:{point}\d*)?|\d+(?:{point}\d*)?|{point}\d+)(?:[eE][+-]?\d+)?\Z",
        re.ASCII,
    )


_PATTERNS: Final[dict[Decimal, re.Pattern[str]]] = {".": _pattern(".", ","), ",": _pattern(",", ".")}


def number_of(text: str, decimal: Decimal) -> float | None:
    """A number or an amount; None for what is none. `decimal` is the mark before its fraction."""
    plain = _bare(text)
    if not _PATTERNS[decimal].match(plain):
        return None
    other = "," if decimal == "." else "."
    for gap in (*_GAPS, other):
        plain = plain.replace(gap, "")
    number = float(plain.replace(decimal, "."))
    return int(number) if number.is_integer() and abs(number) < 1e15 else number


def currency_of(text: str) -> str | None:
    """The currency that an amount names, as its three letters."""
    for found in _CURRENCY.finditer(text):
        if sign := found["sign"] or found["after"]:
            return SIGNS.get(sign, sign)
    return None


def is_code(text: str) -> bool:
    """Digits that are no number: 01234, or longer than a number is exact."""
    digits = text.lstrip("+-")
    return (digits.isdecimal() and (len(digits) > 15 or (len(digits) > 1 and digits[0] == "0"))) or text.startswith("+")


def decimal_of(texts: Iterable[str]) -> Decimal | None:
    """The decimal mark that a column's numbers have; None where nothing tells, as of 1.234 and 1,234."""
    votes = {".": 0, ",": 0}
    for text in texts:
        plain = _bare(text)
        point, comma = plain.rfind("."), plain.rfind(",")
        if point >= 0 and comma >= 0:
            votes["." if point > comma else ","] += 1
        elif point < 0 and comma < 0:
            continue
        else:
            mark = "." if point >= 0 else ","
            whole, _, part = plain.rpartition(mark)
            if mark in whole:
                votes["," if mark == "." else "."] += 1
            elif len(part) != 3 or whole.lstrip("+-") in ("", "0") or len(whole.lstrip("+-")) > 3:
                votes[mark] += 1
    if votes["."] == votes[","]:
        return None
    return "." if votes["."] > votes[","] else ","


def _bare(text: str) -> str:
    return _CURRENCY.sub(lambda found: found["minus"] or "", text)
