"""An answer of the questions' HTTP interface as rows: what a terminal, a data frame and an assistant can show."""

from __future__ import annotations

from typing import Any

Table = tuple[list[str], list[list[object]]]
Json = dict[str, Any]


def table_of(question: str, answer: Json) -> Table:
    """Column names and rows; None where there is no figure. Raises ValueError for a question that has no table yet."""
    match question:
        case "trends":
            return _trends(answer)
        case "funnel":
            return _funnel(answer)
        case "retention":
            width = max((len(group["counts"]) for group in answer["groups"]), default=1)
            rows = [[group["start"], *group["counts"]] for group in answer["groups"]]
            return ["began", "size", *(f"+{later}" for later in range(1, width))], rows
        case "lifecycle":
            states = ["new", "returning", "resurrected", "dormant"]
            return ["from", *states], [list(row) for row in _across(answer, "buckets", *states)]
        case "stickiness":
            return ["intervals", "units"], [[place, count] for place, count in enumerate(answer["counts"], 1)]
        case "tools":
            shown = ["tool_id", "units", "share", "events", "sessions", "median_events", "median_days", "high_impact"]
            return shown, [[tool[name] for name in shown] for tool in answer["tools"]]
        case "sessions":
            return ["from", "sessions", "median seconds"], _across(answer, "buckets", "counts", "median_seconds")
        case "paths":
            names = [f"{node['step']} {node['label'] or node['kind']}" for node in answer["nodes"]]
            links = answer["links"]
            return ["from", "to", "runs"], [
                [names[link["source"]], names[link["target"]], link["count"]] for link in links
            ]
    raise ValueError(f"no table shows an answer to {question!r}: give it one here")


def _trends(answer: Json) -> Table:
    columns, values = ["from"], []
    for line in answer["lines"]:
        columns.append(_line(line))
        values.append([*line["values"], line["total"]])
        if line["previous"] is not None:
            columns.append("before")
            values.append([*line["previous"], line["previous_total"]])
    return columns, [list(row) for row in zip([*answer["buckets"], "whole period"], *values, strict=True)]


def _line(line: Json) -> str:
    if line["is_other"]:
        return "others"
    if line["value"] is None:
        return line["name"] or f"series {line['series'] + 1}"
    return ", ".join(value or "(none)" for value in (line["value"], line["value2"]) if value is not None)


def _funnel(answer: Json) -> Table:
    rows: list[list[object]] = []
    for group in [answer["total"], *answer["groups"]]:
        name = (
            "everybody" if group is answer["total"] else "others" if group["is_other"] else group["value"] or "(none)"
        )
        for place, step in enumerate(group["steps"], 1):
            figures = [step[key] for key in ("count", "of_first", "of_previous", "median_seconds")]
            rows.append([name, step["name"] or f"step {place}", *figures])
    return ["who", "step", "units", "of first", "of step before", "median seconds"], rows


def _across(answer: Json, *names: str) -> list[list[object]]:
    return [list(row) for row in zip(*(answer[name] for name in names), strict=True)]
