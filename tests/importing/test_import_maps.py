"""A bad map is refused with the line, the key and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from milepost.demo.data import MAP_FILE
from milepost.importing import MapError, load_mapping, parse_mapping

GOOD = """source = "app"
identity = ["id"]

[event]
customer_id = "{account}"
event_type = { column = "kind", values = "kinds" }

[timestamp]
column = "at"

[values.kinds]
use = "tool_usage"
"""


def test_good_maps_are_read() -> None:
    assert parse_mapping(GOOD, "m").columns().keys() == {"account", "kind", "at", "id"}
    assert load_mapping(MAP_FILE).source == "oulad"


@pytest.mark.parametrize(
    ("old", "new", "line", "key", "fix"),
    [
        ('source = "app"\n', "", 1, "the map", "Name the source once and for all"),
        ('identity = ["id"]', "", 1, "the map", r"List the columns .* identity = \[\"id\"\]"),
        ('identity = ["id"]', "identity = []", 2, "identity", r"names no column\. List those"),
        ('customer_id = "{account}"', "", 4, "event", "Say which column is the customer"),
        ('customer_id = "{account}"', 'customer_id = "{account"', 5, "event.customer_id", "a brace without its pair"),
        ('customer_id = "{account}"', 'customer_id = "{}"', 5, "event.customer_id", "empty column name"),
        ('customer_id = "{account}"', 'custommer = "x"', 4, "event", "the known ones are customer_id, event_type"),
        (
            'event_type = { column = "kind", values = "kinds" }',
            'tool_id = "x"',
            4,
            "event",
            "neither event_type nor event_name",
        ),
        (
            "event_type = {",
            'actor_type = "robot"\nevent_type = {',
            6,
            "event.actor_type",
            "'robot' is not a valid actor_type. Use one of agent, person, service",
        ),
        ('column = "kind"', 'column = "kind", template = "x"', 6, "event.event_type", "exactly one of"),
        ('values = "kinds" }', 'values = "kins" }', 6, "event.event_type", r"no table \[values\.kins\].*: kinds"),
        (
            '{ column = "kind", values = "kinds" }',
            '"login"',
            6,
            "event.event_type",
            "'login' is not a valid event_type. Use",
        ),
        (
            'use = "tool_usage"',
            'use = "tool_use"',
            12,
            "values.kinds.use",
            "'tool_use' is not a valid event_type. Use one of",
        ),
        ('column = "at"', 'column = "at"\nformat = "days"', 10, "timestamp.format", "Use iso, epoch_s"),
        ('column = "at"', 'column = "at"\nformat = "day"', 8, "timestamp", "Add e.g. origin ="),
        ('column = "at"', 'column = "at"\norigin = 2025-01-01', 10, "timestamp.origin", "Remove it or set the format"),
        ('column = "at"', 'column = "at"\nzone = "Mars/Base"', 10, "timestamp.zone", "Europe/London"),
        ('column = "at"', 'column = "at"\nuntil = "soon"', 10, "timestamp.until", "docs/import.md"),
        (
            'column = "at"',
            'column = "at"\nformat = "day"\norigin = 2025-01-01\n[timestamp.spread]\nseed = 1\nhours = "22:00-08:00"',
            14,
            "timestamp.spread.hours",
            'Write it as "08:00-22:00"',
        ),
        (
            'column = "at"',
            'column = "at"\nformat = "day"\norigin = 2025-01-01\n[timestamp.spread]\nseed = 1\nsitting_minutes = 20',
            12,
            "timestamp.spread",
            r"Add e\.g\. by =",
        ),
        ("[values.kinds]", '[session]\nby = ["account"]\n[values.kinds]', 11, "session", "Keep one of them"),
        (
            "[values.kinds]",
            '[session]\nby = ["account"]\ngap_minutes = 0\n[values.kinds]',
            13,
            "session.gap_minutes",
            "Give 1 to 1440",
        ),
        ("[values.kinds]", '[file]\ndelimiter = "ab"\n[values.kinds]', 12, "file.delimiter", "not one character"),
        ("[values.kinds]", '[file]\nformat = "xml"\n[values.kinds]', 12, "file.format", "Correct the value"),
        ("[values.kinds]", "[metadata]\nn = [1]\n[values.kinds]", 12, "metadata.n", "Correct the value"),
        ("[values.kinds]", "[values.levels]\na = 1.5\n[values.kinds]", 12, "values.levels.a", "Correct the value"),
        (
            "[values.kinds]",
            "[metadata]\nn = { colum = 'n' }\n[values.kinds]",
            12,
            "metadata.n",
            "the known ones are column,",
        ),
        (
            "[event]",
            "[event]\nbusiness_impact = 'huge'",
            5,
            "event.business_impact",
            "'huge' is not a valid business_impact",
        ),
    ],
)
def test_each_mistake_names_its_line_key_and_fix(old: str, new: str, line: int, key: str, fix: str) -> None:
    assert old in GOOD
    with pytest.raises(MapError, match=fix) as caught:
        parse_mapping(GOOD.replace(old, new, 1), "map.toml")
    assert str(caught.value).startswith(f"map.toml, line {line}: {key}")


def test_toml_and_file_errors(tmp_path: Path) -> None:
    with pytest.raises(MapError, match=r"m: not valid TOML: .*line 2.* Correct that line"):
        parse_mapping('source = "x"\nidentity = nothing\n', "m")
    with pytest.raises(MapError, match=r"nowhere\.toml: cannot be read"):
        load_mapping(tmp_path / "nowhere.toml")
