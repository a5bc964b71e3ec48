"""The mirror's tables: for chDB, for a ClickHouse server, and as text for a cluster."""

from __future__ import annotations

import hashlib
from string import Template

from milepost.store.queries import load

_SQL = load("milepost.columns", "schema.sql")
#: Where a replica keeps its part of a table in ClickHouse Keeper.
_KEEPER_PATH = "'/clickhouse/tables/{shard}/{database}/{table}', '{replica}', "


def form() -> str:
    """Changes whenever a table's definition does: a mirror in another form is built anew."""
    return hashlib.sha256((create_events() + create_loads()).encode()).hexdigest()[:12]


def create_events(table: str = "events") -> str:
    """The statement that makes the events table."""
    return Template(_SQL["events"]).substitute(events=table, on_cluster="", replacing="ReplacingMergeTree", path="")


def create_loads() -> str:
    """The statement that makes the table of loads."""
    return Template(_SQL["loads"]).substitute(loads="loads", on_cluster="", replacing="ReplacingMergeTree", path="")


def for_cluster(cluster: str, database: str) -> str:
    """Everything to run on a cluster once: replicated tables on every shard, and the distributed ones over them.

    Customers are spread over the shards by their number, so that all of one customer's events stand on one shard.
    """
    on_cluster = f"on cluster {_quoted(cluster)}"
    slots = {"on_cluster": on_cluster, "replacing": "ReplicatedReplacingMergeTree", "path": _KEEPER_PATH}
    over = "engine = Distributed({cluster}, {database}, {table}, {key})"
    parts = [
        f"create database if not exists {_quoted(database)} {on_cluster}",
        f"use {_quoted(database)}",
        Template(_SQL["events"]).substitute(events="events_local", **slots),
        f"create table if not exists events {on_cluster} as events_local\n"
        + over.format(cluster=_text(cluster), database=_text(database), table="'events_local'", key="customer"),
        # One load is one row: it stands on the first shard, whichever server is asked.
        Template(_SQL["loads"]).substitute(loads="loads_local", **slots),
        f"create table if not exists loads {on_cluster} as loads_local\n"
        + over.format(cluster=_text(cluster), database=_text(database), table="'loads_local'", key="only_one"),
    ]
    return ";\n\n".join(parts) + ";\n"


def _quoted(name: str) -> str:
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"


def _text(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
