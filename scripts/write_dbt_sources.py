"""Writes what examples/dbt says of the data sets: its sources and its staging models, from export/data_sets.py.

Run it after changing a data set: `make dbt-sources`. A test compares the files with what this writes.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from milepost.export.data_sets import CHANGE, DATA_SETS, RUN, Column, DataSet, Kind
from milepost.vocabulary import ACTION_ROLES, ACTOR_TYPES, DEVICE_TYPES, EVENT_TYPES, IMPACTS, TRENDS

STAGING: Final = Path(__file__).parents[1] / "examples/dbt/models/staging"
_BY: Final = "written by scripts/write_dbt_sources.py from the data sets' own description"
#: Both PostgreSQL and DuckDB know these by the same names. What is JSON is a text in files.
_TYPES: Final[dict[Kind, str]] = {
    "text": "text",
    "integer": "bigint",
    "number": "double precision",
    "boolean": "boolean",
    "time": "timestamptz",
    "day": "date",
    "json": "text",
}
#: What a column may say, where the words are few. dbt passes over nulls.
_WORDS: Final[dict[str, tuple[str, ...]]] = {
    "event_type": EVENT_TYPES,
    "actor_type": ACTOR_TYPES,
    "business_impact": IMPACTS,
    "device_type": DEVICE_TYPES,
    "professional_credibility_trend": TRENDS,
    "role": ACTION_ROLES,
    "state": ("made", "shown", "accepted", "dismissed", "done", "expired"),
    "team_ended": ("done", "dismissed"),
}


def written() -> dict[str, str]:
    """Each file's text, by its name in the folder of staging models."""
    return {
        "_sources.yml": _sources(),
        "_staging.yml": _staging(),
        **{f"stg_{of.name}.sql": _model(of) for of in DATA_SETS.values()},
    }


def _sources() -> str:
    lines = [
        f"# {_BY[0].upper()}{_BY[1:]}.",
        "version: 2",
        "",
        "sources:",
        "  - name: milepost",
        '    description: "What Milepost exports: views of its database, or files of `milepost export all`."',
        "    schema: \"{{ var('reporting_schema', 'reporting') }}\"",
        "    tables:",
    ]
    for of in DATA_SETS.values():
        path = f"{of.name}/*/*.parquet" if of.follows else f"{of.name}/*.parquet"
        # Files of before a column was there lack it.
        said = ", hive_partitioning = true, union_by_name = true" if of.follows else ""
        folder = "{{ env_var('MILEPOST_WAREHOUSE', 'warehouse') }}"
        lines += [
            f"      - name: {of.name}",
            f"        description: {_text(_says(of))}",
            "        config:",
            "          meta:",
            f"            external_location: \"read_parquet('{folder}/{path}'{said})\"",
            "        columns:",
        ]
        columns = (CHANGE, RUN, *of.columns) if of.follows else of.columns
        for column in columns:
            only = " In files alone." if column in (CHANGE, RUN) else ""
            lines += [f"          - name: {column.name}", f"            description: {_text(column.says + '.' + only)}"]
    return "\n".join(lines) + "\n"


def _staging() -> str:
    """Every column described once more, and tested. Events are tested where they are a table (marts/_marts.yml): each
    test would look for the newest row of all of them anew."""
    lines = [f"# {_BY[0].upper()}{_BY[1:]}.", "version: 2", "", "models:"]
    for of in DATA_SETS.values():
        lines += [f"  - name: stg_{of.name}", f"    description: {_text(_says(of))}"]
        if len(of.key) > 1:
            columns = ", ".join(of.key)
            lines += ["    data_tests:", "      - unique_together:", f"          arguments: {{columns: [{columns}]}}"]
        lines.append("    columns:")
        for column in of.columns:
            lines += [f"      - name: {column.name}", f"        description: {_text(column.says + '.')}"]
            if not of.follows:
                lines += _tests(of, column)
    return "\n".join(lines) + "\n"


def _tests(of: DataSet, column: Column) -> list[str]:
    tests = ["unique"] if of.key == (column.name,) else []
    tests += ["not_null"] if column.name in of.key else []
    lines = [f"          - {test}" for test in tests]
    if column.name in _WORDS:
        words = ", ".join(_WORDS[column.name])
        lines += ["          - accepted_values:", f"              arguments: {{values: [{words}]}}"]
    return ["        data_tests:", *lines] if lines else []


def _model(of: DataSet) -> str:
    source = f"{{{{ source('milepost', '{of.name}') }}}}"
    if of.follows:
        source = f"{{{{ current_state(source('milepost', '{of.name}'), '{of.key[0]}') }}}}"
    columns = ",\n".join(
        f'    cast(s."{column.name}" as {_TYPES[column.kind]}) as "{column.name}"' for column in of.columns
    )
    return f"-- {of.says}.\n-- It is {_BY}.\nselect\n{columns}\nfrom {source} as s\n"


def _says(of: DataSet) -> str:
    return f"{of.says}. Key: {', '.join(of.key)}."


def _text(text: str) -> str:
    """A text of YAML, which has JSON's."""
    return json.dumps(text, ensure_ascii=False)


def main() -> None:
    for name, text in written().items():
        (STAGING / name).write_text(text, encoding="utf-8")
    print(f"{STAGING}: {len(written())} files")


if __name__ == "__main__":
    main()
