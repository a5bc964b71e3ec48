"""`milepost query`: asks a running server a question, and shows the answer."""

from __future__ import annotations

import csv
import os
import sys
from pathlib import Path
from typing import Annotated, Any, Optional, get_args
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import msgspec
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from milepost.analytics.asking import Range
from milepost.analytics.tables import Json, table_of
from milepost.client.config import normalise_host
from milepost.errors import InvalidRequest, Problem

_QUESTIONS = ("trends", "funnel", "retention", "paths", "lifecycle", "stickiness", "tools", "sessions")
#: Where the steps of `--step` belong in each question, first to last; the last place takes all that are left.
_STEPS: dict[str, tuple[str, ...]] = {
    "trends": ("series",),
    "funnel": ("steps",),
    "retention": ("start", "back"),
    "paths": ("anchor",),
    "lifecycle": ("activity",),
    "stickiness": ("activity",),
}
_DEFAULT_HOST = "http://127.0.0.1:8321"


class Refused(Problem):
    """The server did not answer the question."""

    status = 502
    code = "refused"


def query(
    question: Annotated[str, typer.Argument(help=f"One of {', '.join(_QUESTIONS)}.")],
    days: Annotated[
        Optional[int], typer.Option(help="How many days, up to and including today.", min=1, max=3660)
    ] = None,
    range: Annotated[  # noqa: A002 -- the option's name
        Optional[str], typer.Option(help=f"Instead: {', '.join(get_args(Range))}.")
    ] = None,
    first: Annotated[Optional[str], typer.Option(help="First day, YYYY-MM-DD.")] = None,
    last: Annotated[Optional[str], typer.Option(help="Last day, YYYY-MM-DD.")] = None,
    timezone: Annotated[
        Optional[str], typer.Option(help="The time zone of the days: an IANA name such as Europe/Berlin.")
    ] = None,
    unit: Annotated[Optional[str], typer.Option(help="customer or user.")] = None,
    interval: Annotated[Optional[str], typer.Option(help="hour, day, week or month.")] = None,
    measure: Annotated[
        Optional[str], typer.Option(help="Trends: events, units, sessions, sum, average, percentile, distinct, ...")
    ] = None,
    of: Annotated[
        Optional[str], typer.Option(help="Trends: the field of the measure, such as metadata.amount.")
    ] = None,
    percentile: Annotated[Optional[float], typer.Option(help="Trends: of that measure, 0.5 is the median.")] = None,
    formula: Annotated[
        Optional[str], typer.Option(help="Trends: over the steps, such as 'A / B * 100'; --json for their measures.")
    ] = None,
    compare: Annotated[Optional[str], typer.Option(help="Trends: previous, month_ago or year_ago.")] = None,
    breakdown: Annotated[
        Optional[list[str]],
        typer.Option(help="A column, metadata.KEY, trait.NAME or person.NAME; of trends twice for pairs."),
    ] = None,
    traits: Annotated[Optional[str], typer.Option(help="now or then: which value of traits counts.")] = None,
    step: Annotated[
        Optional[list[str]], typer.Option(help="EVENT_TYPE[:TOOL_ID]; repeat it for the next step.")
    ] = None,
    where: Annotated[Optional[list[str]], typer.Option(help="FIELD=VALUE; repeat it for more. All must hold.")] = None,
    json: Annotated[Optional[str], typer.Option(help="The question as JSON, from a file or - for stdin.")] = None,
    output: Annotated[str, typer.Option("--format", help="table, json or csv.")] = "table",
    host: Annotated[Optional[str], typer.Option(help="The server; default MILEPOST_HOST.")] = None,
    secret_key: Annotated[Optional[str], typer.Option(help="A secret key; default MILEPOST_SECRET_KEY.")] = None,
) -> None:
    """Ask a running server a question over all events."""
    if question not in _QUESTIONS:
        raise typer.BadParameter(f"it takes {', '.join(_QUESTIONS)}", param_hint="QUESTION")
    if output not in ("table", "json", "csv"):
        raise typer.BadParameter("it takes table, json or csv", param_hint="--format")
    body: Json = _read(json) if json is not None else {}
    period = {"days": days, "range": range, "first": first, "last": last, "timezone": timezone}
    if given := {name: value for name, value in period.items() if value is not None}:
        body["period"] = {**body.get("period", {}), **given}
    fields: Json = {"unit": unit, "interval": interval, "measure": measure, "of": of, "percentile": percentile}
    fields |= {"formula": formula, "compare": compare, "traits": traits}
    fields["breakdown"] = breakdown[0] if breakdown and len(breakdown) == 1 else breakdown or None
    body.update({name: value for name, value in fields.items() if value is not None})
    if where:
        body["filters"] = [*body.get("filters", []), *map(_filter, where)]
    if step:
        _put_steps(question, body, [_step(text) for text in step])
    answer = _ask(question, body, host, secret_key)
    _show(question, answer, output)


def _read(source: str) -> Json:
    try:
        text = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
        return msgspec.json.decode(text, type=dict[str, Any])
    except (OSError, msgspec.DecodeError) as error:
        raise InvalidRequest(f"--json {source} is no question: {error}.", field="json") from error


def _step(text: str) -> Json:
    kind, _, tool = text.partition(":")
    return {name: value for name, value in (("event_type", kind), ("tool_id", tool)) if value}


def _filter(text: str) -> Json:
    field, equals, value = text.partition("=")
    if not equals:
        raise typer.BadParameter(f"{text!r} is not FIELD=VALUE", param_hint="--where")
    return {"field": field, "values": [value]}


def _put_steps(question: str, body: Json, steps: list[Json]) -> None:
    places = _STEPS.get(question, ())
    if places in (("series",), ("steps",)):
        body[places[0]] = steps
    elif len(steps) <= len(places):
        body.update(zip(places, steps, strict=False))
    else:
        raise typer.BadParameter(f"{question} takes {len(places) or 'none'}", param_hint="--step")


def _ask(question: str, body: Json, host: str | None, secret_key: str | None) -> Json:
    """Raises Refused with the server's own words, or where there is no server."""
    key = secret_key or os.environ.get("MILEPOST_SECRET_KEY", "")
    if not key:
        raise InvalidRequest("A secret key is needed: --secret-key, or MILEPOST_SECRET_KEY.", field="secret_key")
    try:
        url = normalise_host(host or os.environ.get("MILEPOST_HOST") or _DEFAULT_HOST)
    except ValueError as error:
        raise InvalidRequest(f"--host: {error}", field="host") from error
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    request = Request(f"{url}/v1/query/{question}", msgspec.json.encode(body), headers, method="POST")  # noqa: S310  http(s) alone
    try:
        with urlopen(request, timeout=60) as response:  # noqa: S310  likewise
            return msgspec.json.decode(response.read(), type=dict[str, Any])
    except HTTPError as error:
        raise Refused(_reason(error)) from error
    except (URLError, OSError, msgspec.DecodeError) as error:
        raise Refused(f"{url} does not answer like a Milepost server: {error}. Is it running?") from error


def _reason(error: HTTPError) -> str:
    try:
        said = msgspec.json.decode(error.read(), type=dict[str, Any])
    except msgspec.DecodeError:
        return f"The server answered {error.code} {error.reason}."
    field = f" ({said['field']})" if said.get("field") else ""
    return f"{said.get('message', error.reason)}{field}"


def _show(question: str, answer: Json, output: str) -> None:
    if output == "json":
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(answer)).decode() + "\n")
        return
    columns, rows = table_of(question, answer)
    if output == "csv":
        writer = csv.writer(sys.stdout)
        writer.writerow(columns)
        writer.writerows(rows)
        return
    table = Table(title=f"{question.capitalize()} of {answer['unit']}s, {answer['first']} to {answer['last']}")
    for place, column in enumerate(columns):
        table.add_column(escape(column), justify="left" if place == 0 else "right")
    for row in rows:
        table.add_row(*map(_cell, row))
    Console().print(table)


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:,.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else escape(f"{value}")
