"""Exports on a page: one to download now, and those by schedule with what came of their runs."""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

import msgspec
from litestar import Router, get, post
from litestar.response import Redirect, Stream, Template

from milepost.access.callers import ACCESS, Caller, member_email
from milepost.access.services import AnyRequest, services
from milepost.analytics.cohorts import list_cohorts
from milepost.api.answering import store
from milepost.api.export import export_stream
from milepost.dashboard.page_context import go, page
from milepost.dashboard.questions import words
from milepost.dashboard.segments.form import in_words
from milepost.dashboard.texts import form_texts, storable
from milepost.errors import InvalidRequest, Problem
from milepost.export.asked import Asked, Format, conditions
from milepost.export.data_sets import DATA_SETS
from milepost.export.filters import is_of_customers
from milepost.export.schedules import (
    NewSchedule,
    RecentRun,
    Schedule,
    create_schedule,
    delete_schedule,
    list_schedules,
    recent_runs,
    run_now,
)
from milepost.segments.keep import list_segments

_PATH: Final = "/settings/export"
_FORMATS: Final = (
    ("csv", "CSV, for spreadsheets"), ("parquet", "Parquet"), ("ndjson", "NDJSON"), ("arrow", "Arrow stream"),
)  # fmt: skip
_HOURS: Final = (("1", "every hour"), ("6", "every 6 hours"), ("24", "every day"), ("168", "every week"))
_DONE: Final = {
    "made": "The schedule is kept. It runs within a minute.",
    "runs": "It runs within a minute.",
    "ended": "The schedule is ended. What it wrote is still there.",
}
_RECENT: Final = 20


class ExportPage(msgspec.Struct, frozen=True, kw_only=True):
    """settings/export.html. `segments` by slug and `cohorts` by id, with their names. `form`: of which form `problem`
    is, "download" or "schedule"; `typed`: what is in it."""

    schedules: tuple[Schedule, ...]
    runs: tuple[RecentRun, ...]
    segments: tuple[tuple[str, str], ...]
    cohorts: tuple[tuple[str, str], ...]
    folder: str
    names: words.Names = {}
    data_sets: tuple[tuple[str, str], ...] = tuple((one.name, one.says) for one in DATA_SETS.values())
    formats: tuple[tuple[str, str], ...] = _FORMATS
    hours: tuple[tuple[str, str], ...] = _HOURS
    typed: dict[str, str] = {}
    form: str = ""
    problem: str = ""
    done: str = ""

    def problem_of(self, form: str) -> str:
        return self.problem if form == self.form else ""

    def said(self, one: Schedule) -> str:
        """Its conditions in words; "": it takes everything."""
        return in_words(one.filters, self.names)

    def is_whole(self, one: Schedule) -> bool:
        """Whether each run writes everything: no data set of it follows by what changed."""
        follows = any(DATA_SETS[name].follows for name in one.data_sets if name in DATA_SETS)
        return not follows or any(map(is_of_customers, one.filters))

    def typed_in(self, form: str, name: str, usual: str = "") -> str:
        return self.typed.get(name, usual) if form == self.form else usual


@get(_PATH)
async def show(request: AnyRequest) -> Template:
    """What can be exported, schedules and their runs."""
    return await _page(request, done=_DONE.get(request.query_params.get("done", ""), ""))


@get(f"{_PATH}/file")
async def download(request: AnyRequest) -> Stream | Template:
    """The file, or the page with what is wrong."""
    typed = {name: storable(value) for name, value in request.query_params.items()}
    try:
        asked = Asked(
            data_set=typed.get("data_set", ""),
            format=_format(typed),
            filters=conditions((), typed.get("segment") or None, typed.get("cohort") or None),
            first=_day(typed, "first"),
            last=_day(typed, "last"),
        )
        return await export_stream(request, asked)
    except Problem as problem:
        return await _page(request, form="download", problem=problem.message, typed=typed, status_code=problem.status)


@post(f"{_PATH}/schedules")
async def create(request: AnyRequest) -> Redirect | Template:
    """Keeps a schedule."""
    served, form = services(request), await request.form()
    typed = await form_texts(request)
    chosen = [str(value) for value in form.getall("data_sets", [])]
    try:
        if not chosen:
            raise InvalidRequest("Choose one data set at least.", field="data_sets")
        wanted = NewSchedule(
            target=typed.get("target", "").strip(),
            data_sets=chosen,
            format=_format(typed),
            segment=typed.get("segment") or None,
            cohort=typed.get("cohort") or None,
            every_hours=_whole(typed, "every_hours", 24, 168),
            anew_days=_whole(typed, "anew_days", 30, 366),
        )
        await create_schedule(store(served), wanted, by=member_email(request))
    except Problem as problem:
        typed["data_sets"] = " ".join(chosen)
        return await _page(request, form="schedule", problem=problem.message, typed=typed, status_code=problem.status)
    return go(f"{_PATH}?done=made")


@post(f"{_PATH}/schedules/{{schedule_id:uuid}}/run")
async def run(request: AnyRequest, schedule_id: UUID) -> Redirect:
    """Within a minute."""
    served = services(request)
    async with served.database.transaction() as connection:
        await run_now(connection, schedule_id, now=served.now())
    return go(f"{_PATH}?done=runs")


@post(f"{_PATH}/schedules/{{schedule_id:uuid}}/delete")
async def end(request: AnyRequest, schedule_id: UUID) -> Redirect:
    """What it wrote stays."""
    async with services(request).database.transaction() as connection:
        await delete_schedule(connection, schedule_id)
    return go(f"{_PATH}?done=ended")


async def _page(
    request: AnyRequest,
    *,
    form: str = "",
    problem: str = "",
    typed: dict[str, str] | None = None,
    done: str = "",
    status_code: int = 200,
) -> Template:
    served = services(request)
    cohorts = {str(one.cohort_id): one.name for one in await list_cohorts(served.database)}
    async with served.database.transaction() as connection:
        segments = await list_segments(connection)
        called = {key: one.name for one in segments for key in (one.slug, str(one.segment_id))}
        view = ExportPage(
            schedules=tuple(await list_schedules(connection)),
            runs=tuple(await recent_runs(connection, limit=_RECENT)),
            segments=tuple((one.slug, one.name) for one in segments),
            cohorts=tuple(cohorts.items()),
            names={**words.names_of(served.plan), "segment": called, "cohort": cohorts},
            folder=str(served.settings.data_dir.expanduser().absolute() / "exports"),
            typed=typed or {},
            form=form,
            problem=problem,
            done=done,
        )
    return page(request, "settings/export.html", section="export", status_code=status_code, view=view)


def _format(typed: dict[str, str]) -> Format:
    try:
        return msgspec.convert(typed.get("format"), type=Format)  # type: ignore[no-any-return]  # a Literal is no class
    except msgspec.ValidationError:
        raise InvalidRequest("Choose a format.", field="format") from None


def _day(typed: dict[str, str], name: str) -> date | None:
    try:
        return date.fromisoformat(typed[name]) if typed.get(name) else None
    except ValueError:
        raise InvalidRequest(f"{typed[name][:40]!r} is no day. Give one as 2026-11-30.", field=name) from None


def _whole(typed: dict[str, str], name: str, usual: int, most: int) -> int:
    text = typed.get(name, "") or str(usual)
    if not text.isascii() or not text.isdigit() or len(text) > 4 or not 1 <= int(text) <= most:
        raise InvalidRequest(f"Give a whole number from 1 to {most}.", field=name)
    return int(text)


router = Router(
    "/",
    route_handlers=[show, download, create, run, end],
    opt={ACCESS: Caller.MEMBER},
    include_in_schema=False,
)
