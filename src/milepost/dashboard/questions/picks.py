"""What a picker offers: events, tools, fields and values under the team's own names, searched by the server."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, Literal, cast, get_args

import msgspec
from litestar import Response, get

from milepost.access.services import AnyRequest, Services, services
from milepost.analytics.asking import Period
from milepost.analytics.measures import DURATIONS
from milepost.analytics.trends import Trends, TrendsAnswer
from milepost.api.answering import answers
from milepost.dashboard import format as fmt
from milepost.dashboard.page_context import PAGE_HEADERS
from milepost.dashboard.questions import words
from milepost.dashboard.questions.address import COLUMNS, IN_TOOL, NAMED, Address, join_values
from milepost.dashboard.questions.named import MOST_NAMES, SQL, TRAIT_OF, customer_names, names_with_segments
from milepost.dashboard.search.find import find_customers
from milepost.errors import Problem
from milepost.names.names import list_names
from milepost.store.database import QueryTimeout
from milepost.traits.keep import read_names
from milepost.vocabulary import EVENT_TYPES, MAX_WORD_LENGTH

Of = Literal["event", "tool", "field", "breakdown", "number", "filter", "value"]
#: Milliseconds for a look at the newest events' properties: a picker without them is better than none.
_PATIENCE: Final = 400
#: What a trait is asked of, and what a group of such traits is called.
_TRAITS: Final = {"trait.": "Customer traits", "person.": "Person traits"}


class Option(msgspec.Struct, frozen=True):
    """`hint`: what tells it from another of the same name, e.g. the name that events are sent under."""

    value: str
    name: str
    hint: str = ""


class Group(msgspec.Struct, frozen=True):
    title: str
    options: tuple[Option, ...]


class Picks(msgspec.Struct, frozen=True):
    """`more`: there are more than these, which a part of a name finds."""

    groups: tuple[Group, ...]
    more: bool = False


async def frequent(request: AnyRequest, field: str) -> list[str]:
    """The most frequent values of a field in the last 90 days; none where they cannot be asked for."""
    key = field.partition(".")[2]
    if field not in COLUMNS and not (key and field.startswith(("metadata.", "trait.", "person."))):
        return []
    question = Trends(period=Period(days=90), interval="month", breakdown=field, top=50)
    try:
        answer = cast(TrendsAnswer, (await answers(request, [question])).answers[0])
    except Problem:
        return []
    return [line.value for line in answer.lines if line.value and not line.is_other]


async def offered(request: AnyRequest, of: Of, query: str, field: str = "") -> Picks:
    """What there is to choose from, with a part like `query`. `field`: whose values, of `value`."""
    served = services(request)
    if of == "value":
        return await _values(request, field, query)
    if of == "event":
        events, more = await _events(served, query)
        types = (Option(kind, fmt.event_words(kind)) for kind in EVENT_TYPES)
        tools = (Option(f"{IN_TOOL}{id_}", f"Anything in {name}") for id_, name in (await _tools(request)).items())
        groups = (Group("Events", events), _group("Event types", types, query), _group("Tools", tools, query))
        return Picks(tuple(group for group in groups if group.options), more)
    if of == "tool":
        tools = (Option(id_, name) for id_, name in (await _tools(request)).items())
        return Picks((_group("Tools", tools, query),))
    found = tuple(_group(title, options, query) for title, options in await _fields(served, of))
    return Picks(tuple(group for group in found if group.options))


async def _events(served: Services, query: str) -> tuple[tuple[Option, ...], bool]:
    async with served.database.transaction() as connection:
        known = await list_names(connection, q=query or None, limit=MOST_NAMES + 1)
    shown = [one for one in known[:MOST_NAMES] if not one.hidden]
    wanted = query.lower()
    shown.sort(
        key=lambda one: (not (one.label or one.name).lower().startswith(wanted), (one.label or one.name).lower())
    )
    return tuple(
        Option(f"{NAMED}{one.name}", fmt.visible_name(one.label or one.name, "(blank)"), one.name if one.label else "")
        for one in shown
    ), len(known) > MOST_NAMES


async def _tools(request: AnyRequest) -> dict[str, str]:
    """The plan's, then those that events name beside them."""
    known = dict(services(request).plan.tool_names())
    return known | {id_: fmt.words(id_) for id_ in await frequent(request, "tool_id") if id_ not in known}


async def _fields(served: Services, of: Of) -> list[tuple[str, list[Option]]]:
    names = await names_with_segments(served)
    properties = [Option(f"metadata.{key}", key) for key in await _properties(served)]
    if of == "number":
        return [("Event", [Option(one, words.FIELDS[one]) for one in DURATIONS]), ("Event properties", properties)]
    segments = [Option(f"{words.SEGMENT}.{slug}", name) for slug, name in names[words.SEGMENT].items()]
    async with served.database.transaction() as connection:
        hidden = {f"{TRAIT_OF[t.kind]}{t.name}" for t in await read_names(connection, "customer", "person") if t.hidden}
    called = [(field, name) for field, name in names[words.FIELD].items() if field not in hidden]
    traits = [
        (title, [Option(field, name, _sent_as(field, name)) for field, name in called if field.startswith(begins)])
        for begins, title in _TRAITS.items()
    ]
    event = ("Event", [Option(field, name) for field, name in words.FIELDS.items()])
    if of == "filter":
        cohorts = [Option(f"cohort.{id_}", name) for id_, name in names["cohort"].items()]
        insights = [Option(field, name) for field, name in words.INSIGHTS.items()]
        insights += [Option(field, name) for field, name in words.predicted(served.plan).items()]
        return [
            ("Segments", segments), ("Cohorts", cohorts), traits[0], ("Customer", insights), event, *traits[1:],
            ("Event properties", properties),
        ]  # fmt: skip
    found = [event, *traits, ("Event properties", properties)]
    return [*found, ("In a segment or not", segments)] if of == "breakdown" else found


def _sent_as(field: str, name: str) -> str:
    """The name a trait is told under, where the team calls it something else."""
    sent = field.partition(".")[2]
    return "" if fmt.words(sent) == name else sent


async def _properties(served: Services) -> list[str]:
    try:
        async with served.database.transaction() as connection:
            await connection.execute(SQL["patience"], {"milliseconds": str(_PATIENCE)})
            rows = await (await connection.execute(SQL["properties"])).fetchall()
    except QueryTimeout:
        return []
    return [key for row in rows if 0 < len(key := str(row["key"])) <= MAX_WORD_LENGTH]


async def _values(request: AnyRequest, field: str, query: str) -> Picks:
    """Customers by their names; of other fields the frequent values, in words where they have some."""
    served = services(request)
    if field == "customer_id":
        found = await find_customers(served.database, query) if query else await _recent(served)
        options = (Option(join_values([id_]), name, "" if name == id_ else id_) for id_, name in found)
        return Picks((Group("Customers", tuple(options)),), more=True)
    names = await names_with_segments(served)
    values = dict.fromkeys(
        [*(v for v, _ in words.suggestions(served.plan).get(field, ())), *await frequent(request, field)]
    )
    said = ((value, words.value_words(field, value, names)) for value in values)
    options = (Option(join_values([value]), name, "" if name == value else value) for value, name in said)
    return Picks((_group("Values", options, query),), more=False)


async def _recent(served: Services) -> list[tuple[str, str]]:
    """Customers who were active last."""
    async with served.database.transaction() as connection:
        ids = [str(row["id"]) for row in await (await connection.execute(SQL["recent"])).fetchall()]
        names = await customer_names(connection, ids)
    return [(id_, names.get(id_, id_)) for id_ in ids]


def _group(title: str, options: Iterable[Option], query: str) -> Group:
    wanted = query.lower()
    found = [one for one in options if wanted in f"{one.name}\n{one.value}".lower()]
    # What begins so comes first; else as it is.
    return Group(
        title, tuple(sorted(found, key=lambda one: not one.name.lower().startswith(wanted)) if wanted else found)
    )


@get("/questions/picks")
async def picks(request: AnyRequest) -> Response[Any]:
    """`{"groups": [{title, options: [{value, name, hint}]}], "more": bool}` for `?of=`, `?q=` and `?field=`."""
    address = Address.of(request.scope["query_string"].decode("latin-1"))
    of: Of = address.one_of("of", get_args(Of), "event")
    query = " ".join(address.text("q").split())[:MAX_WORD_LENGTH]
    return Response(await offered(request, of, query, address.text("field")[:210]), headers=dict(PAGE_HEADERS))
