"""From what somebody sent as traits to values that can be kept, compared and sorted; what cannot is named."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Annotated, Final, Literal, TypeAlias

import msgspec

from milepost.vocabulary import MAX_NAME_LENGTH

Kind = Literal["customer", "person"]
Type = Literal["text", "number", "boolean", "date", "list"]
#: Whole numbers are of `float` too, as JSON knows one kind of number.
Value: TypeAlias = str | float | bool | list[str] | None
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_NAME_LENGTH)]

#: Most traits one call may tell of, and the longest text of one, in characters. An index holds 2,700 bytes of a value.
MAX_TRAITS: Final = 200
MAX_TEXT: Final = 500
_MAX_LIST: Final = 100
#: How deep an object may be nested: {"address": {"city": ...}} is the trait address.city.
_MAX_DEPTH: Final = 3
#: What other tools call the traits that have a meaning here.
_ALIASES: Final[Mapping[str, str]] = {"createdAt": "created_at", "renewalDate": "renewal_date"}
_MONEY: Final = ("mrr", "arr")
SIGNS: Final[Mapping[str, str]] = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY"}
_AMOUNT = re.compile(r"\A(?P<before>[A-Z]{3}|[$€£¥])?\s*(?P<digits>-?[\d.,' ]*\d)\s*(?P<after>[A-Z]{3}|[$€£¥])?\Z")
_NUMBER = re.compile(r"\A[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\Z", re.ASCII)
_DATE = re.compile(r"\A\d{4}-\d\d-\d\d([T ]\d\d:\d\d.*)?\Z", re.ASCII)
#: Up to here every whole number is one of JSON and of PostgreSQL's and the column store's floating point alike.
_LARGEST: Final = 1e300
#: Below, a float that is whole is written without a point, as it is shown.
_EXACT: Final = 1e15


class Told(msgspec.Struct, frozen=True):
    """One trait as it is kept. `value` None: it has no value from then on. `figure` is what it is compared by where
    size counts: a number, or a date's seconds since 1970."""

    name: str
    value: Value
    figure: float | None
    type: Type | None


class Fault(msgspec.Struct, frozen=True):
    """A trait that cannot be kept, and why."""

    name: str
    message: str


def read(traits: Mapping[str, object]) -> tuple[list[Told], list[Fault]]:
    """Traits as they can be kept, by name, and those that cannot. An object within is its parts (`address.city`)."""
    told: dict[str, Told] = {}
    faults: list[Fault] = []
    for name, value in _flat(traits, "", 1):
        if len(told) == MAX_TRAITS:
            faults.append(Fault(name[:50], f"One call may tell {MAX_TRAITS} traits. Send the others in another."))
            break
        try:
            told.update((one.name, one) for one in _told(_ALIASES.get(name, name), value))
        except ValueError as error:
            faults.append(Fault(name[:50], str(error)))
    if (currency := told.pop("", None)) is not None and "currency" not in traits:
        told["currency"] = msgspec.structs.replace(currency, name="currency")
    return list(told.values()), faults


def kept(value: object) -> Value:
    """A value as the database has it. Raises TypeError for one that no trait has."""
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, list):
        return [str(one) for one in value]
    raise TypeError(f"A trait cannot be {type(value).__name__}.")


def figure_of(text: str) -> float | None:
    """A text as what it is compared by: a number, or the seconds since 1970 of an ISO date or time (UTC where it names
    no zone). None for any other."""
    if _NUMBER.match(text):
        return _finite(float(text))
    if _DATE.match(text):
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            return None
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    return None


def _told(name: str, value: object) -> Iterator[Told]:
    """Raises ValueError."""
    if not 1 <= len(name) <= MAX_NAME_LENGTH or "\x00" in name:
        raise ValueError(f"A trait's name takes 1 to {MAX_NAME_LENGTH} characters.")
    match value:
        case None:
            yield Told(name, None, None, None)
        case bool():
            yield Told(name, value, None, "boolean")
        case int() | float():
            if abs(value) > _LARGEST or not math.isfinite(value):
                raise ValueError(f"{name} is a number too large to be kept.")
            whole = isinstance(value, float) and value.is_integer() and abs(value) < _EXACT
            yield Told(name, int(value) if whole else value, float(value), "number")
        case str():
            yield from _of_text(name, value)
        case list() if all(isinstance(one, str | int | float) for one in value):
            texts = [one if isinstance(one, str) else msgspec.json.encode(one).decode() for one in value]
            if len(texts) > _MAX_LIST or sum(map(len, texts)) > MAX_TEXT or any("\x00" in text for text in texts):
                raise ValueError(f"{name} is a list of more than {_MAX_LIST} items or {MAX_TEXT} characters.")
            yield Told(name, texts, None, "list")
        case _:
            raise ValueError(f"{name} must be a text, a number, true or false, a date, or a list of texts.")


def _of_text(name: str, text: str) -> Iterator[Told]:
    if len(text) > MAX_TEXT:
        raise ValueError(f"{name} has {len(text)} characters; at most {MAX_TEXT} are kept.")
    if "\x00" in text:
        raise ValueError(f"{name} contains the character NUL (\\u0000). Remove it.")
    if name in _MONEY and (amount := _AMOUNT.match(text)):
        sign = amount["before"] or amount["after"]
        if (number := _amount(amount["digits"])) is not None:
            yield from _told(name, number)
            if sign:
                # Its name is given by `read`: a currency that is told beside it counts first.
                yield Told("", SIGNS.get(sign, sign), None, "text")
            return
    if text == "":
        yield Told(name, None, None, None)
        return
    yield Told(name, text, figure_of(text), "date" if _DATE.match(text) and figure_of(text) is not None else "text")


def _amount(digits: str) -> float | None:
    """An amount as people write it: of `.` and `,` the last is the decimal one where one or two digits follow it."""
    plain = digits.replace(" ", "").replace("'", "")
    last = max(plain.rfind("."), plain.rfind(","))
    if last >= 0 and 1 <= len(plain) - last - 1 <= 2:
        whole, part = plain[:last], plain[last + 1 :]
    else:
        whole, part = plain, "0"
    try:
        return float(f"{whole.replace('.', '').replace(',', '')}.{part}")
    except ValueError:
        return None


def _flat(traits: Mapping[str, object], prefix: str, depth: int) -> Iterator[tuple[str, object]]:
    for key, value in traits.items():
        if isinstance(value, Mapping) and depth < _MAX_DEPTH:
            yield from _flat(value, f"{prefix}{key}.", depth + 1)
        else:
            yield f"{prefix}{key}", value


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) and abs(number) <= _LARGEST else None
