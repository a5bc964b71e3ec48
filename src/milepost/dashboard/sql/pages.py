"""SQL as a page. The address is the state: `sql`, `chart`, and `query` where one of the saved ones is open."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.response import Redirect, Template

from milepost.access.callers import ACCESS, Caller, who_asks
from milepost.access.services import AnyRequest, Services, services
from milepost.api.answering import BRIEFLY, while_there
from milepost.dashboard.csv_file import csv_line
from milepost.dashboard.page_context import PAGE_HEADERS, go, page
from milepost.dashboard.questions.shown import Panel
from milepost.dashboard.questions.tabs import Tab, tabs
from milepost.dashboard.sql.drawing import panel_of, wanting
from milepost.dashboard.texts import form_texts, storable
from milepost.errors import Problem
from milepost.export.data_sets import DATA_SETS, DataSet
from milepost.reporting.answers import SqlAnswer
from milepost.reporting.running import MOST_ROWS
from milepost.reporting.saved import CHARTS, Chart, SavedQuery, delete_query, keep_query, list_queries

_HERE: Final = "/sql"
_ROWS: Final = 5000
#: Characters of an address that every browser and proxy takes.
_LONGEST_ADDRESS: Final = 6000
EXAMPLES: Final = (
    (
        "Events by day",
        "line",
        "select timestamp::date as day, count(*) as events, count(distinct customer_id) as customers\n"
        "from events\nwhere timestamp > now() - interval '60 days' and not is_bot\ngroup by 1\norder by 1",
    ),
    (
        "Who fell the most in four weeks",
        "none",
        "select customer_id, c.name, round(b.current_scaling_score) as four_weeks_ago,\n"
        "  round(c.current_scaling_score) as now\n"
        "from customers c\njoin insights b using (customer_id)\nwhere b.day = c.settled_on - 28\n"
        "  and c.current_scaling_score < b.current_scaling_score\n"
        "order by c.current_scaling_score - b.current_scaling_score\nlimit 20",
    ),
    (
        "Tools by customers who use them",
        "bar",
        "select tool_id, count(distinct customer_id) as customers\nfrom events\n"
        "where tool_id is not null and timestamp > now() - interval '28 days'\ngroup by 1\norder by 2 desc",
    ),
)


class SqlPage(msgspec.Struct, frozen=True, kw_only=True):
    """sql/sql.html. `off`: nobody set up a role for it. `waiting`: the answer follows."""

    statement: str
    chart: Chart
    saved: tuple[SavedQuery, ...]
    opened: SavedQuery | None
    address: str
    panel: Panel | None = None
    problem: str = ""
    lacks: str = ""
    waiting: bool = False
    off: bool = False
    tabs: tuple[Tab, ...] = ()
    tables: tuple[DataSet, ...] = tuple(DATA_SETS.values())
    examples: tuple[tuple[str, str, str], ...] = EXAMPLES

    def href(self, statement: str, chart: str) -> str:
        return address_of(statement, chart)

    @property
    def changed(self) -> bool:
        """Whether a saved one that is open says something else by now."""
        opened = self.opened
        return opened is not None and (opened.statement, opened.chart) != (self.statement, self.chart)


def address_of(statement: str, chart: str, query_id: UUID | None = None) -> str:
    """The page's address of a statement."""
    pairs = {"query": str(query_id)} if query_id else {}
    return f"{_HERE}?{urlencode(pairs | {'sql': statement, 'chart': chart})}"


@get(_HERE)
async def show(request: AnyRequest) -> Template:
    """The page, with the answer of what the address says."""
    asked = {name: storable(value) for name, value in request.query_params.items()}
    return await _page(request, asked, patient="hx-request" in request.headers or asked.get("wait") == "1")


@post(_HERE)
async def ask(request: AnyRequest) -> Template | Redirect:
    """What the form says: at its own address, unless that would be too long for one."""
    asked = await form_texts(request)
    address = address_of(asked.get("sql", ""), _chart(asked), _id(asked))
    if len(address) > _LONGEST_ADDRESS:
        return await _page(request, asked, patient=True)
    if "hx-request" in request.headers:
        answer = await _page(request, asked, patient=True)
        answer.headers["HX-Push-Url"] = address
        return answer
    return go(address)


@get(f"{_HERE}/file")
async def download(request: AnyRequest) -> Response[bytes] | Template:
    """The answer as a CSV file."""
    asked = {name: storable(value) for name, value in request.query_params.items()}
    served = services(request)
    try:
        answer = await while_there(request, served.analyst.run(asked.get("sql", ""), rows=MOST_ROWS))
    except Problem as problem:
        return await _page(request, asked, patient=False, problem=problem)
    lines = [csv_line(column.name for column in answer.columns), *map(csv_line, answer.rows)]
    headers = {**PAGE_HEADERS, "Content-Disposition": f'attachment; filename="sql-{served.now():%Y-%m-%d}.csv"'}
    return Response("".join(lines).encode(), media_type="text/csv; charset=utf-8", headers=headers)


@post(f"{_HERE}/saved")
async def save(request: AnyRequest) -> Template | Redirect:
    """Keeps it under a name: a new one, or the one that is open."""
    served, asked = services(request), await form_texts(request)
    query_id = _id(asked) if asked.get("do") == "change" else None
    statement, chart = asked.get("sql", "").replace("\r\n", "\n"), _chart(asked)
    try:
        async with served.database.transaction() as connection:
            kept = await keep_query(
                connection, query_id, asked.get("name", ""), statement, chart,
                by=who_asks(request).email, now=served.now(),
            )  # fmt: skip
    except Problem as problem:
        return await _page(request, asked, patient=False, problem=problem)
    return go(f"{_HERE}?query={kept}")


@post(f"{_HERE}/saved/{{query_id:uuid}}/delete")
async def delete(request: AnyRequest, query_id: UUID) -> Redirect:
    """Deletes a saved one."""
    async with services(request).database.transaction() as connection:
        await delete_query(connection, query_id)
    return go(_HERE)


async def _page(
    request: AnyRequest, asked: dict[str, str], *, patient: bool, problem: Problem | None = None
) -> Template:
    served = services(request)
    async with served.database.transaction() as connection:
        saved = tuple(await list_queries(connection))
    wanted = _id(asked)
    opened = next((one for one in saved if one.query_id == wanted), None)
    statement = asked.get("sql", opened.statement if opened else "").replace("\r\n", "\n")
    chart = _chart(asked) if "chart" in asked or opened is None else opened.chart
    view = SqlPage(
        statement=statement,
        chart=chart,
        saved=saved,
        opened=opened,
        address=address_of(statement, chart, opened.query_id if opened else None),
        off=not served.analyst.is_there,
        tabs=tabs(here="sql"),
    )
    status = 200
    if problem is None and statement.strip() and not view.off:
        began = time.perf_counter()
        try:
            answer = await _answer(request, served, statement, patient=patient)
        except Problem as failed:
            if failed.status == 499:
                raise
            problem = failed
        else:
            waits = answer is None
            view = msgspec.structs.replace(
                view,
                waiting=waits,
                panel=panel_of(answer, chart, time.perf_counter() - began) if answer else None,
                lacks=wanting(answer, chart) if answer else "",
            )
    if problem is not None:
        view, status = msgspec.structs.replace(view, problem=problem.message), problem.status
    # htmx takes no page in whose status is an error's: that a statement is wrong is an answer like another.
    status = 200 if "hx-request" in request.headers else status
    return page(request, "sql/sql.html", section="sql", status_code=status, view=view)


async def _answer(request: AnyRequest, served: Services, statement: str, *, patient: bool) -> SqlAnswer | None:
    """None where it takes longer than a page should wait."""
    running = served.analyst.run(statement, rows=_ROWS)
    if patient:
        return await while_there(request, running)
    with suppress(TimeoutError):
        async with asyncio.timeout(BRIEFLY):
            return await running
    return None


def _chart(asked: dict[str, str]) -> Chart:
    return next((one for one in CHARTS if one == asked.get("chart")), "none")


def _id(asked: dict[str, str]) -> UUID | None:
    try:
        return UUID(asked["query"])
    except (KeyError, ValueError):
        return None


router = Router(
    "/",
    route_handlers=[show, ask, download, save, delete],
    opt={ACCESS: Caller.MEMBER},
    include_in_schema=False,
)
