"""Must hold: every request that a tool is has a method, which takes what the API takes; answers become tables and
pictures in the pages' colours; and `import milepost` loads none of it."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final, get_args, get_type_hints

import httpx
import msgspec
import pytest
import vl_convert

import milepost
from milepost.app import create_app
from milepost.assist.catalogue import listed
from milepost.notebook import errors, plots
from milepost.notebook.connection import Connection, connect
from milepost.settings import Settings

# The application is built in this process; parameters are still declared the way that Litestar 3 will drop.
pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.base_exceptions.LitestarDeprecationWarning")
_CSS: Final = Path(__file__).parents[2] / "src/milepost/dashboard/static/css"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    app = create_app(Settings(database_url="postgresql://nowhere"))
    return msgspec.json.decode(msgspec.json.encode(app.openapi_schema.to_schema()), type=dict[str, Any])


def test_every_request_has_its_method_and_takes_what_it_takes(document: dict[str, Any]) -> None:
    for one in listed():
        if one.name == "who_is_behind":
            continue
        method = getattr(Connection, one.name.removeprefix("ask_"))
        taken = {name: part for name, part in inspect.signature(method).parameters.items() if name != "self"}
        operation = document["paths"][one.path][one.method.lower()]
        if one.method == "POST":
            body = operation["requestBody"]["content"]["application/json"]["schema"]
            wanted = {name: part for name, part in body["properties"].items() if name != "question"}
            required = set(body["required"]) - {"question"}
        else:
            wanted = {part["name"]: part["schema"] for part in operation.get("parameters", [])}
            required = {part["name"] for part in operation.get("parameters", []) if part["required"]}
        assert set(taken) == set(wanted), one.name
        assert {name for name, part in taken.items() if part.default is inspect.Parameter.empty} == required, one.name
        for name, part in taken.items():
            usual = wanted[name].get("default")
            # None leaves it to the server.
            if part.default not in (inspect.Parameter.empty, None, ()):
                assert part.default == usual, (one.name, name)
            assert _words(get_type_hints(method)[name]) <= _enumerated(wanted[name]), (one.name, name)
            assert not _words(get_type_hints(method)[name]) or _plain(wanted[name]) <= _words(
                get_type_hints(method)[name]
            ), (one.name, name)


def _words(hint: Any) -> set[str]:
    """The texts that a type lists."""
    found = {one for one in get_args(hint) if isinstance(one, str)}
    return (
        found.union(*(_words(one) for one in get_args(hint) if not isinstance(one, str | Ellipsis.__class__)))
        if (getattr(hint, "__module__", "") != "milepost.analytics.asking")
        else set()
    )


def _enumerated(schema: Any) -> set[str]:
    """The texts that a schema lists, at whatever depth."""
    if isinstance(schema, list):
        return set().union(*map(_enumerated, schema))
    if not isinstance(schema, dict):
        return set()
    own = {one for one in schema.get("enum", ()) if isinstance(one, str)}
    return own.union(*(_enumerated(one) for one in schema.values()))


def _plain(schema: dict[str, Any]) -> set[str]:
    """Those of a value itself, which may be null or something else."""
    choices = [schema, *schema.get("anyOf", ()), *schema.get("oneOf", ())]
    return {word for one in choices for word in one.get("enum", ()) if isinstance(word, str)}


def test_importing_milepost_loads_none_of_it() -> None:
    heavy = "{'httpx', 'msgspec', 'pyarrow', 'altair', 'pandas', 'polars', 'mcp'}"
    code = f"import sys, milepost; milepost.Tracker; print(sorted({heavy} & set(sys.modules)))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60).stdout
    assert said.strip() == "[]"
    heavy = "{'psycopg', 'litestar', 'altair', 'pandas', 'mcp'}"
    code = f"import sys, milepost; milepost.connect; print(sorted({heavy} & set(sys.modules)))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60).stdout
    assert said.strip() == "[]"


def test_errors_are_the_servers_own() -> None:
    said = {400: errors.WrongQuestion, 401: errors.NotAllowed, 403: errors.NotAllowed, 404: errors.NotFound,
            422: errors.WrongQuestion, 429: errors.TooBusy, 503: errors.TooBusy, 500: errors.MilepostError}  # fmt: skip
    for status, kind in said.items():
        body = {"code": "c", "message": "What was wrong.", "field": "f", "detail": ""}
        transport = httpx.MockTransport(lambda _, status=status, body=body: httpx.Response(status, json=body))
        with Connection("http://x", "mps_x", transport=transport) as server, pytest.raises(kind) as raised:
            server.customer("acme")
        assert (raised.value.status, raised.value.code, raised.value.field) == (status, "c", "f")
        assert "What was wrong." in str(raised.value)
    with (
        connect("http://127.0.0.1:9", "mps_x") as server,
        pytest.raises(errors.Unreachable, match="Is Milepost running"),
    ):
        server.tags()


_ABOUT: Final = {
    "unit": "customer",
    "first": "2026-01-05",
    "last": "2026-01-18",
    "timezone": "UTC",
    "fresh_as_of": None,
}
_LINE: Final = {"series": 0, "name": "", "value": None, "value2": None, "is_other": False, "previous": None}
_STEP: Final = {"of_previous": None, "median_seconds": None, "p90_seconds": None}
_LONG: Final = 'a name that is much longer than there is room for, <b>& "quoted" 🧭 ' * 3
_ANSWERS: Final[dict[str, dict[str, Any]]] = {
    "ask_trends": {
        "interval": "week", "measure": "events", "buckets": ["2026-01-05", "2026-01-12"],
        "lines": [
            {**_LINE, "value": value, "values": [3.0, None], "previous": [1.0, 2.0]} for value in ("a", "", _LONG)
        ],
    },
    "ask_funnel": {
        "total": {"steps": [
            {**_STEP, "name": "", "count": 4, "of_first": 1.0}, {**_STEP, "name": _LONG, "count": 1, "of_first": 0.25},
        ]},
        "groups": [],
    },
    "ask_retention": {
        "interval": "week", "average": [1.0, 0.5],
        "groups": [
            {"start": "2026-01-05", "size": 4, "counts": [4, 2]},
            {"start": "2026-01-12", "size": 0, "counts": [0, None]},
        ],
    },
    "ask_paths": {
        "nodes": [{"step": 0, "label": "", "kind": "label"}, {"step": 1, "label": _LONG, "kind": "label"}],
        "links": [{"source": 0, "target": 1, "count": 3}],
    },
    "ask_lifecycle": {
        "interval": "week", "buckets": ["2026-01-05", "2026-01-12"],
        "new": [1, 0], "returning": [2, 1], "resurrected": [0, 1], "dormant": [0, 2],
    },
    "ask_stickiness": {"interval": "day", "counts": [5, 2, 0], "active": 7, "median": 1.0},
    "ask_tools": {"tools": [{"tool_id": _LONG, "units": 2, "share": 0.5, "events": 9, "weekly": [1, 2]}]},
    "ask_sessions": {"interval": "day", "buckets": ["2026-01-05"], "counts": [4], "median_seconds": [12.5]},
}  # fmt: skip


@pytest.mark.parametrize("name", _ANSWERS)
def test_answers_become_tables_and_pictures(name: str) -> None:
    answer = _ANSWERS[name] | _ABOUT
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=answer))
    with Connection("http://x", "mps_x", transport=transport) as server:
        ask = getattr(server, name.removeprefix("ask_"))
        found = ask([{}, {}]) if name == "ask_funnel" else ask()
    assert len(found) == found.arrow().num_rows == len(found.pandas()) == len(found.polars()) > 0
    assert list(found.pandas().columns) == found.polars().columns
    if "bucket" in found.polars().columns:
        assert found.rows()[0]["bucket"] == date(2026, 1, 5)
    for dark in (False, True):
        spec = found.plot(dark=dark).to_dict()  # which checks it by the schema of Vega-Lite
        colours = plots.DARK if dark else plots.LIGHT
        assert spec["config"]["background"] == colours.paper
        svg = vl_convert.vegalite_to_svg(spec)
        assert "Inter" in svg
        assert colours.paper in svg
        assert "NaN" not in svg


def test_nothing_to_show_is_no_fault() -> None:
    empty: dict[str, Any] = {
        "ask_trends": {"interval": "day", "measure": "events", "buckets": [], "lines": []},
        "ask_tools": {"tools": []},
        "ask_paths": {"nodes": [], "links": []},
        "ask_retention": {"interval": "week", "groups": [], "average": []},
    }
    for name, answer in empty.items():
        transport = httpx.MockTransport(lambda _, answer=answer: httpx.Response(200, json=answer | _ABOUT))
        with Connection("http://x", "mps_x", transport=transport) as server:
            found = getattr(server, name.removeprefix("ask_"))()
        assert (len(found), found.arrow().num_rows, len(found.pandas())) == (0, 0, 0)
        assert "<svg" in vl_convert.vegalite_to_svg(found.plot().to_dict())


def test_times_are_times_and_what_is_mixed_is_text() -> None:
    items = [
        {"last_event_at": "2026-01-05T10:00:00Z", "day": "2026-01-05", "insights": {"score": 5.0}, "value": 1},
        {"last_event_at": None, "day": None, "insights": {"score": None}, "value": "one"},
    ]  # fmt: skip
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json={"items": items, "total": 2, "next": None}))
    with Connection("http://x/", "mps_x", transport=transport) as server:
        found = server.find_customers(limit=2)
    assert found.url == "http://x/customers"
    frame = found.polars()
    assert frame["last_event_at"][0] == datetime(2026, 1, 5, 10, tzinfo=UTC)
    assert frame["day"].to_list() == [date(2026, 1, 5), None]
    assert frame["insights.score"].to_list() == [5.0, None]
    assert frame["value"].to_list() == ["1", "one"]


@pytest.mark.parametrize(("place", "colours"), [(0, plots.LIGHT), (1, plots.DARK)])
def test_colours_are_the_pages(place: int, colours: plots.Colours) -> None:
    text = (_CSS / "base.css").read_text("utf-8") + (_CSS / "questions.css").read_text("utf-8")
    pages = {name: (light, dark) for name, light, dark in re.findall(r"--([\w-]+): light-dark\((#\w+), (#\w+)\)", text)}
    for name in ("paper", "ink", "soft", "line", "series", "better", "worse"):
        assert getattr(colours, name) == pages[name][place], name
    assert colours.lines == tuple(pages[f"c{number}"][place] for number in range(8))


def test_connect_is_at_the_front_door() -> None:
    assert milepost.connect is connect
