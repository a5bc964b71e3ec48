"""Events as the loader writes them: in the mirror's columns, people by number, with what was replaced and deleted."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import zip_longest

import psycopg

from milepost.traits.values import figure_of
from tests.analytics.reference.events import Event, Whom, World, text_of, trait_text, unit_of

#: Columns whose text goes over as it is, in the mirror's order.
_TEXTS = (
    "event_type", "event_name", "actor_type", "tool_id", "tool_section", "business_impact", "competency_area",
    "current_arr", "target_arr", "growth_stage", "device_type", "browser", "page_url", "referrer", "referrer_source",
)  # fmt: skip
#: As the loader counts: each load has two versions, the second for rows that stand.
_REPLACED, _STANDS, _GONE = 3, 5, 6
#: So few events go over at once, which is three times as fast: there are many such sets.
_FEW = 50


class Numbers:
    """milepost.numbers: whose number is which."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection
        self._known: dict[Whom, int] = {}

    def of(self, people: Iterable[Whom]) -> dict[Whom, int]:
        missing = sorted(set(people) - self._known.keys())
        if missing:
            rows = self._connection.execute(
                # Some may have been given a number by a question meanwhile.
                "insert into milepost.numbers (kind, id) select * from unnest(%s::text[], %s::text[])"
                " on conflict (kind, id) do update set id = excluded.id returning kind, id, number",
                ([kind for kind, _ in missing], [name for _, name in missing]),
            ).fetchall()
            self._known.update({(str(kind), str(name)): int(number) for kind, name, number in rows})
        return self._known


def loads(world: World, numbers: Numbers) -> list[bytes]:
    """The events in COPY text: first old versions of some, then all, then the deletion of those that are deleted."""
    people = {whom for event in world.events for whom in (unit_of(event, "customer"), unit_of(event, "user")) if whom}
    known = numbers.of(people)
    replaced = world.events[::3]
    found = [
        [_row(event, known, _REPLACED, tool_id="replaced") for event in replaced],
        [_row(event, known, _STANDS) for event in world.events],
        [_row(event, known, _GONE, is_deleted=1) for event in world.events if event.deleted],
    ]
    if len(world.events) < _FEW:
        found = [[row for rows in found for row in rows]]
    return ["".join(rows).encode() for rows in found if rows]


def traits(world: World, numbers: Numbers) -> bytes:
    """The traits in COPY text: each value until the next."""
    known = numbers.of(world.traits.keys())
    rows: list[str] = []
    for whom, by_name in world.traits.items():
        for name, told in by_name.items():
            ends = [at for at, _ in told[1:]]
            for (at, value), end in zip_longest(told, ends):
                until = "2299-12-31 00:00:00.000000" if end is None else _time(end)
                listed = json.dumps(value, ensure_ascii=False) if isinstance(value, list) else ""
                number = figure_of(value) if isinstance(value, str) else value if type(value) in (int, float) else None
                figure = "nan" if number is None else repr(float(str(number)))
                cells = (name, known[whom], _time(at), until, trait_text(value), listed, figure, _STANDS, 0)
                rows.append("\t".join(_escaped(str(cell)) for cell in cells) + "\n")
    return "".join(rows).encode()


def _time(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def _row(event: Event, numbers: dict[Whom, int], ver: int, *, tool_id: str | None = None, is_deleted: int = 0) -> str:
    user = unit_of(event, "user")
    texts = {name: getattr(event, name) or "" for name in _TEXTS}
    if tool_id is not None:
        texts["tool_id"] = tool_id
    metadata = {key: text_of(value) for key, value in event.metadata.items() if value is not None}
    cells = (
        event.event_id,
        numbers["customer", event.customer_id],
        numbers[user] if user else 0,
        event.session_id or "",
        *texts.values(),
        -1 if event.session_duration is None else event.session_duration,
        -1 if event.time_on_page is None else event.time_on_page,
        json.dumps(metadata, ensure_ascii=False),
        int(event.is_bot),
        event.at.strftime("%Y-%m-%d %H:%M:%S.%f"),
        ver,
        is_deleted,
    )
    return "\t".join(_escaped(str(cell)) for cell in cells) + "\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
