"""What a message says to people: a title, a line or two, and the page with the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import msgspec

from milepost.links import customer_url

#: The most that one grouped message names; of the rest it says how many they are.
_MOST_NAMED: Final = 20


class Table(NamedTuple):
    """Figures of a longer message. The first column names its row; `bars`: of each row the part of the longest bar, 0
    to 1, or () for none; `more`: how many rows are left out."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    bars: tuple[float, ...] = ()
    more: int = 0


class Part(NamedTuple):
    """A section of a longer message: lines of what links to a path ('' to none), and what stands behind it. `path`: of
    what its title links to; `text`: a sentence below it."""

    title: str
    lines: tuple[tuple[str, str, str], ...]
    path: str = ""
    text: str = ""
    tables: tuple[Table, ...] = ()


class Said(NamedTuple):
    """A message for people. `lines` are sentences; `path` is of a page of this server, '' where there is none; `parts`
    are of a longer one, which goes by e-mail alone."""

    title: str
    lines: tuple[str, ...]
    path: str
    parts: tuple[Part, ...] = ()


class Body(msgspec.Struct):
    """What every message's body holds."""

    type: str
    timestamp: datetime
    data: dict[str, Any]


def say(body: str) -> Said:
    """One message, in words."""
    told = msgspec.json.decode(body, type=Body)
    return _WORDS.get(told.type, _unknown)(told.data)


def say_all(bodies: Sequence[str]) -> Said:
    """Several as one: what happened at once is read at once. One alone is said as it is."""
    every = [say(body) for body in bodies]
    if len(every) == 1:
        return every[0]
    named = [one.title for one in every[:_MOST_NAMED]]
    if len(every) > _MOST_NAMED:
        named.append(f"And {len(every) - _MOST_NAMED} more.")
    paths = {one.path for one in every}
    return Said(f"{len(every)} messages from Milepost", tuple(named), paths.pop() if len(paths) == 1 else "/")


def _who(data: Mapping[str, Any]) -> str:
    return str(data.get("customer_name") or data.get("customer_id") or "Somebody")


def _customer(data: Mapping[str, Any]) -> str:
    return customer_url(str(data["customer_id"]))


def _recommendation(data: Mapping[str, Any]) -> Said:
    return Said(f"{_who(data)}: {data['title']}", (str(data["action"]), str(data["reason"])), _customer(data))


def _prediction(data: Mapping[str, Any]) -> Said:
    likely = f"{data['label']} within {data['horizon_days']} days: {float(data['probability']):.0%}"
    return Said(f"{_who(data)} – {likely}", tuple(str(one) for one in data["reasons"]), _customer(data))


def _risk(data: Mapping[str, Any]) -> Said:
    return Said(f"{_who(data)} is at risk", (str(data["reason"]),), _customer(data))


def _milestone(data: Mapping[str, Any]) -> Said:
    what = str(data.get("description") or data.get("event_name") or data.get("competency") or "")
    return Said(f"{_who(data)} reached a milestone", (what,) if what else (), _customer(data))


def _earned(data: Mapping[str, Any]) -> Said:
    text = str(data.get("text") or "")
    return Said(f"{_who(data)} – {data['title']}", (text,) if text else (), _customer(data))


def _trait(data: Mapping[str, Any]) -> Said:
    def value(name: str) -> str:
        there = data[name]
        return "nothing" if there is None else there if isinstance(there, str) else msgspec.json.encode(there).decode()

    changed = f"{data['trait']} is now {value('value')}; it was {value('before')}."
    return Said(f"{_who(data)}: {data['trait']} changed", (changed,), _customer(data))


def _erased(data: Mapping[str, Any]) -> Said:
    whose = data.get("customer_id") or data.get("user_id")
    return Said(f"{whose} was erased", ("Erase it wherever you hold a copy.",), "")


def _alert(data: Mapping[str, Any]) -> Said:
    return Said(str(data["title"]), tuple(str(line) for line in data["lines"]), str(data["path"]))


def _export(data: Mapping[str, Any]) -> Said:
    return Said(f"An export fails: {data['target']}", (str(data["problem"]),), "/settings/export")


def _digest(data: Mapping[str, Any]) -> Said:
    parts = []
    for section in data["sections"]:
        lines = [(str(one["title"]), str(one["text"]), str(one["path"])) for one in section["lines"]]
        if section["more"]:
            lines.append((f"And {section['more']:,} more", "", str(section["path"])))
        if not lines and section["empty"]:
            lines.append((str(section["empty"]), "", ""))
        tables = tuple(
            Table(tuple(one["columns"]), tuple(map(tuple, one["rows"])), tuple(one["bars"]), int(one["more"]))
            for one in section.get("grids", ())
        )
        page, text = str(section.get("page", "")), str(section.get("text", ""))
        parts.append(Part(str(section["title"]), tuple(lines), page, text, tables))
    lead = str(data.get("lead", ""))
    return Said(str(data["title"]), (lead,) if lead else (), str(data.get("path", "/")), tuple(parts))


def _disabled(data: Mapping[str, Any]) -> Said:
    return Said(f"{data['name']} is told nothing any more", (str(data["why"]),), "/settings/messages")


def _test(data: Mapping[str, Any]) -> Said:
    return Said("A test from Milepost", (f"{data['name']} is set up: messages arrive here.",), "/settings/messages")


def _unknown(_: Mapping[str, Any]) -> Said:
    return Said("Something happened in Milepost", (), "/")


_WORDS: Final[dict[str, Callable[[Mapping[str, Any]], Said]]] = {
    "recommendation.made": _recommendation,
    "prediction.likely": _prediction,
    "risk.began": _risk,
    "milestone.reached": _milestone,
    "level.reached": _earned,
    "badge.earned": _earned,
    "trait.changed": _trait,
    "customer.erased": _erased,
    "person.erased": _erased,
    "alert.raised": _alert,
    "alert.ended": _alert,
    "export.failed": _export,
    "digest.weekly": _digest,
    "destination.disabled": _disabled,
    "test": _test,
}
