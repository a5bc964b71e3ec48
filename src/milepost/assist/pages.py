"""The page that shows what a tool answered. A question that no page can show as it was asked has none."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote, urlencode

from milepost.assist.catalogue import Listed
from milepost.links import customer_url

Pairs = list[tuple[str, str]]
_ASKED: Final = "ask_"
_SQL: Final = "run_sql"
_CUSTOMER: Final = "/customers/{customer_id}"
_KEYED: Final = ("metadata", "trait", "person")
_NUMERIC: Final = ("above", "at_least", "below", "at_most")
_UNITS: Final = {"days": 86_400, "hours": 3600, "minutes": 60}
#: Arguments of a question that a page takes under the same name, with the page's own value where none is given.
_PLAIN: Final[Mapping[str, Mapping[str, str]]] = {
    "ask_trends": {"measure": "events", "interval": "day", "top": "8", "formula": "", "formula_name": ""},
    "ask_funnel": {"order": "ordered", "top": "8"},
    "ask_retention": {"kind": "first_time", "interval": "week", "intervals": "12"},
    "ask_paths": {"direction": "next", "per": "session", "depth": "4", "top": "6"},
    "ask_lifecycle": {"interval": "week"},
    "ask_stickiness": {"interval": "day"},
    "ask_tools": {},
    "ask_sessions": {"interval": "day"},
}
#: Of them, arguments that are kinds of events, by their prefix in an address.
_KINDS: Final[Mapping[str, Mapping[str, str]]] = {
    "ask_retention": {"start": "start.", "back": "back."},
    "ask_paths": {"anchor": "anchor."},
    "ask_lifecycle": {"activity": "activity."},
    "ask_stickiness": {"activity": "activity."},
}


class _NoPage(Exception):
    """No page shows exactly this."""


def page_of(listed: Listed, arguments: Mapping[str, Any], base: str) -> str | None:
    """The address of the page, on the server at `base`; None where there is none."""
    if not listed.page:
        return None
    if listed.name.startswith(_ASKED):
        try:
            return f"{base}{listed.page}?{urlencode(_question(listed.name, arguments))}"
        except (_NoPage, AttributeError, KeyError, TypeError, ValueError):
            return None
    if listed.name == _SQL:
        return f"{base}{listed.page}?{urlencode({'sql': arguments.get('sql', ''), 'chart': 'none'})}"
    # Some ids are written otherwise, as there are pages of these names.
    path = listed.page.replace(_CUSTOMER, customer_url(str(arguments.get("customer_id", ""))))
    for name in listed.placed:
        path = path.replace(f"{{{name}}}", quote(str(arguments.get(name, "")), safe=""))
    return f"{base}{path}"


def _question(name: str, asked: Mapping[str, Any]) -> Pairs:
    pairs = [*_period(asked.get("period") or {}), ("unit", str(asked.get("unit", "customer")))]
    pairs += _rows([_filter(one) for one in asked.get("filters", ())], ("field", "key", "op", "value"), "")
    if asked.get("traits", "now") != "now":
        pairs.append(("traits", str(asked["traits"])))
    pairs += [(key, text) for key, usual in _PLAIN[name].items() if (text := str(asked.get(key) or usual))]
    pairs += _more(name, asked)
    for key, prefix in _KINDS.get(name, {}).items():
        pairs += _kinds([asked.get(key) or {}], prefix)
    return pairs


def _more(name: str, asked: Mapping[str, Any]) -> Pairs:
    match name:
        case "ask_trends":
            if asked.get("formula") and len(asked.get("series") or ()) < 2:
                raise _NoPage  # a page's formula is of several series
            return [*_of(asked), *_percentile(asked), *_breakdowns(asked), *_compare(asked), *_series(asked)]
        case "ask_funnel":
            by = _field("by", asked["breakdown"]) if asked.get("breakdown") else []
            return [*_kinds(asked["steps"], "s."), *_window(int(asked.get("window_seconds", 7 * 86_400))), *by]
        case "ask_retention":
            return [] if asked.get("bounded", True) else [("bounded", "0")]
        case "ask_paths":
            if asked.get("anchor") is not None and not any(asked["anchor"].values()):
                raise _NoPage  # any event at all: there, it is the beginning of the session
            return _field("by", asked.get("label", "tool_id"))
        case "ask_sessions":
            if asked.get("top", 8) != 8:
                raise _NoPage
            return [("by", asked["breakdown"])] if asked.get("breakdown") else []
    return []


def _period(period: Mapping[str, Any]) -> Pairs:
    first, last = period.get("first"), period.get("last")
    if first and last:
        pairs = [("days", "custom"), ("first", str(first)), ("last", str(last))]
    elif first:
        pairs = [("days", f"since-{first}")]
    elif last:
        raise _NoPage
    else:
        pairs = [("days", str(period.get("range") or period.get("days", 30)))]
    pairs.append(("tz", str(period.get("timezone", "UTC"))))
    return [*pairs, ("week_start", str(period.get("week_start", "monday")))]


def _of(asked: Mapping[str, Any]) -> Pairs:
    return _field("of", asked["of"]) if asked.get("of") else []


def _percentile(asked: Mapping[str, Any]) -> Pairs:
    percent = float(asked.get("percentile", 0.5)) * 100
    if abs(percent - round(percent)) > 1e-9:
        raise _NoPage
    return [("percentile", str(round(percent)))]


def _breakdowns(asked: Mapping[str, Any]) -> Pairs:
    by = asked.get("breakdown") or ()
    fields = (by,) if isinstance(by, str) else by
    return [pair for place, one in enumerate(fields) for pair in _field("by" if place == 0 else "by2", one)]


def _compare(asked: Mapping[str, Any]) -> Pairs:
    compare = asked.get("compare") or ""
    return [("compare", "1" if compare is True else str(compare))] if compare else []


def _series(asked: Mapping[str, Any]) -> Pairs:
    return _kinds(asked.get("series") or [{}], "s.")


def _window(seconds: int) -> Pairs:
    for unit, length in _UNITS.items():
        if seconds % length == 0:
            return [("window", str(seconds // length)), ("window_unit", unit)]
    raise _NoPage


def _kinds(kinds: Any, prefix: str) -> Pairs:
    rows = []
    for kind in kinds:
        conditions = kind.get("filters") or ()
        if (
            len(conditions) > 1
            or kind.get("name")
            or kind.get("percentile")
            or (kind.get("event_type") and kind.get("event_name"))
        ):
            raise _NoPage
        named = f"name:{kind['event_name']}" if kind.get("event_name") else kind.get("event_type") or ""
        condition = _filter(conditions[0]) if conditions else ("", "", "", "")
        of = _parted(kind["of"]) if kind.get("of") else ("", "")
        rows.append((named, kind.get("tool_id") or "", *condition, kind.get("measure") or "", *of))
    return _rows(rows, ("event", "tool", "field", "key", "op", "value", "measure", "of", "of_key"), prefix)


def _filter(one: Mapping[str, Any]) -> tuple[str, str, str, str]:
    values, given = io.StringIO(), list(one.get("values", ()))
    numeric = one.get("op") in _NUMERIC
    if any(isinstance(value, str) == numeric for value in given):
        raise _NoPage  # a page takes texts, and numbers where they are compared
    texts = [f"{value:g}" if numeric else value for value in given]
    if any(not text or text != text.strip() or "\n" in text or "\r" in text for text in texts):
        raise _NoPage
    if numeric and any(float(text) != value for text, value in zip(texts, given, strict=True)):
        raise _NoPage
    csv.writer(values, lineterminator="").writerow(texts)
    return (*_parted(one["field"]), str(one.get("op", "is")), values.getvalue() if texts else "")


def _parted(field: str) -> tuple[str, str]:
    kind, dot, key = field.partition(".")
    return (kind, key) if dot and kind in _KEYED else (field, "")


def _field(name: str, field: str) -> Pairs:
    kind, key = _parted(field)
    return [(name, kind), (f"{name}_key", key)] if key else [(name, kind)]


def _rows(rows: list[Any], names: tuple[str, ...], prefix: str) -> Pairs:
    """Parallel lists, as a plain form sends them."""
    return [(prefix + name, row[place]) for place, name in enumerate(names) for row in rows]
