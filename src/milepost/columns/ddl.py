"""The mirror's tables: for chDB, for a ClickHouse server, and as text for a cluster."""

from __future__ import annotations

import hashlib
from string import Template

from milepost.store.queries import load

_SQL = load("milepost.columns", "schema.sql")
#: Where a replica keeps its part of a table in ClickHouse Keeper.
_KEEPER_PATH = "'/clickhouse/tables/{shard}/{database}/{table}', '{replica}', "


_ALONE = {"on_cluster": "", "replacing": "ReplacingMergeTree", "merge_tree": "MergeTree", "path": ""}


def form() -> str:
    """Changes whenever a table's definition does: a mirror in another form is built anew."""
    return hashlib.sha256(
        "".join((create_events(), create_traits(), create_loads(), *create_rollup())).encode()
    ).hexdigest()[:12]


def create_events(table: str = "events") -> str:
    """The statement that makes the events table."""
    return Template(_SQL["events"]).substitute(_ALONE, events=table)


def create_traits(table: str = "traits") -> str:
    """The statement that makes the table of traits."""
    return Template(_SQL["traits"]).substitute(_ALONE, traits=table)


def create_loads() -> str:
    """The statement that makes the table of loads."""
    return Template(_SQL["loads"]).substitute(_ALONE, loads="loads")


def create_rollup() -> tuple[str, ...]:
    """The statements that make the rollup's tables."""
    return (
        Template(_SQL["activity"]).substitute(_ALONE, activity="activity"),
        Template(_SQL["activity"]).substitute(_ALONE, activity="activity_new"),
        Template(_SQL["rollups"]).substitute(_ALONE, rollups="rollups"),
    )


def for_cluster(cluster: str, database: str) -> str:
    """Everything to run on a cluster once: replicated tables on every shard, and the distributed ones over them.

    Customers are spread over the shards by their number, so that all of one customer's events stand on one shard.
    """
    on_cluster = f"on cluster {_quoted(cluster)}"
    slots = {
        "on_cluster": on_cluster,
        "replacing": "ReplicatedReplacingMergeTree",
        "merge_tree": f"ReplicatedMergeTree({_KEEPER_PATH.rstrip(', ')})",
        "path": _KEEPER_PATH,
    }
    keys = {
        "events": "customer",
        "traits": "number",
        "activity": "customer",
        "activity_new": "customer",
        "loads": "1",
        "rollups": "1",
    }
    parts = [f"create database if not exists {_quoted(database)} {on_cluster}", f"use {_quoted(database)}"]
    for table, key in keys.items():
        name = "activity" if table == "activity_new" else table
        parts.append(Template(_SQL[name]).substitute(slots, **{name: f"{table}_local"}))
        parts.append(
            f"create table if not exists {table} {on_cluster} as {table}_local\nengine = "
            f"Distributed({_text(cluster)}, {_text(database)}, '{table}_local', {key})"
        )
    return ";\n\n".join(parts) + ";\n"


def _quoted(name: str) -> str:
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"


def _text(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
