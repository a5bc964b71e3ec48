"""Answers as rows: one fact a row, with days and times as such, for Arrow, pandas and Polars alike."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Final

Row = dict[str, Any]
#: Texts in these fields of the API are times, or days.
_TIME: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})\Z")
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
_LISTS: Final = ("items", "days", "people", "predictions", "customers", "playbooks", "entries", "places", "tasks")


def rows_of(name: str, answer: Any) -> list[Row]:
    """The rows of an answer of the API: of a question those below, of a list its items, of anything else one row."""
    found = _QUESTIONS[name](answer) if name in _QUESTIONS else _records(answer)
    return [{column: _typed(value) for column, value in row.items()} for row in found]


def _records(answer: Any) -> list[Row]:
    if isinstance(answer, dict):
        named = next((one for one in _LISTS if isinstance(answer.get(one), list)), None)
        answer = [answer] if named is None else answer[named]
    if not isinstance(answer, list):
        return [{"value": answer}]
    return [_flat(one) if isinstance(one, dict) else {"value": one} for one in answer]


def _flat(record: Mapping[str, Any], prefix: str = "") -> Row:
    """`{"insights": {"score": 5}}` -> `{"insights.score": 5}`."""
    row: Row = {}
    for name, value in record.items():
        if isinstance(value, dict):
            row.update(_flat(value, f"{prefix}{name}."))
        else:
            row[prefix + name] = value
    return row


def _typed(value: Any) -> Any:
    if isinstance(value, str):
        if _TIME.match(value):
            return datetime.fromisoformat(value)
        if _DAY.match(value):
            return date.fromisoformat(value)
    return value


def _trends(answer: Any) -> list[Row]:
    """bucket, series, line, value and, where there is something to compare with, previous."""
    found = []
    for line in answer["lines"]:
        compared = line.get("previous")
        for place, bucket in enumerate(answer["buckets"]):
            row = {"bucket": bucket, "series": line["series"], "line": line_name(line), "value": line["values"][place]}
            found.append(row | ({"previous": compared[place]} if compared else {}))
    return found


def line_name(line: Mapping[str, Any]) -> str:
    """What a line of trends is called."""
    if line["is_other"]:
        return "others"
    values = [line["value"], line.get("value2")]
    if values == [None, None]:
        return line["name"] or f"series {line['series'] + 1}"
    return ", ".join(value or "(none)" for value in values if value is not None)


def _funnel(answer: Any) -> list[Row]:
    """group, step, name, count, of_first, of_previous, median_seconds, p90_seconds."""
    groups = [("everybody", answer["total"])]
    groups += [("others" if one["is_other"] else one["value"] or "(none)", one) for one in answer["groups"]]
    return [
        {"group": group, "step": place, **step, "name": step["name"] or f"step {place}"}
        for group, one in groups
        for place, step in enumerate(one["steps"], 1)
    ]


def _retention(answer: Any) -> list[Row]:
    """start, size, after, count, share: after so many intervals, so many of a group came back."""
    return [
        {
            "start": group["start"],
            "size": group["size"],
            "after": after,
            "count": count,
            "share": count / group["size"] if group["size"] else None,
        }
        for group in answer["groups"]
        for after, count in enumerate(group["counts"])
        if count is not None
    ]


def _paths(answer: Any) -> list[Row]:
    """step, from, to, runs."""

    def named(place: int) -> str:
        node = answer["nodes"][place]
        return str(node["label"] or node["kind"])

    return [
        {
            "step": answer["nodes"][link["source"]]["step"],
            "from": named(link["source"]),
            "to": named(link["target"]),
            "runs": link["count"],
        }
        for link in answer["links"]
    ]


def _lifecycle(answer: Any) -> list[Row]:
    """bucket, state, count."""
    states = ("new", "returning", "resurrected", "dormant")
    return [
        {"bucket": bucket, "state": state, "count": answer[state][place]}
        for place, bucket in enumerate(answer["buckets"])
        for state in states
    ]


def _stickiness(answer: Any) -> list[Row]:
    """intervals, count: active in exactly so many."""
    return [{"intervals": place, "count": count} for place, count in enumerate(answer["counts"], 1)]


def _tools(answer: Any) -> list[Row]:
    """One row a tool."""
    return [_flat(one) for one in answer["tools"]]


def _sessions(answer: Any) -> list[Row]:
    """bucket, sessions, median_seconds."""
    columns = zip(answer["buckets"], answer["counts"], answer["median_seconds"], strict=True)
    return [{"bucket": bucket, "sessions": count, "median_seconds": median} for bucket, count, median in columns]


def _sql(answer: Any) -> list[Row]:
    """The columns of the statement."""
    names = [column["name"] for column in answer["columns"]]
    times = [column["kind"] == "time" for column in answer["columns"]]
    return [
        {name: _moment(value) if at else value for name, at, value in zip(names, times, row, strict=True)}
        for row in answer["rows"]
    ]


def _moment(text: Any) -> Any:
    """As PostgreSQL writes it; what Python has no time for, such as infinity, stays a text."""
    try:
        return datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return text


_QUESTIONS: Final[Mapping[str, Callable[[Any], list[Row]]]] = {
    "ask_trends": _trends,
    "ask_funnel": _funnel,
    "ask_retention": _retention,
    "ask_paths": _paths,
    "ask_lifecycle": _lifecycle,
    "ask_stickiness": _stickiness,
    "ask_tools": _tools,
    "ask_sessions": _sessions,
    "run_sql": _sql,
}
