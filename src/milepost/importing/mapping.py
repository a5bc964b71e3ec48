"""MAP.toml: how a file's columns become events or offline actions, as frozen structs."""

from __future__ import annotations

from datetime import date
from typing import Literal

import msgspec

from milepost.errors import ImportFailed
from milepost.importing.values import Field, Value, columns_of, long_form
from milepost.plan import line_of

Condition = str | int | list[str | int] | dict[Literal["min", "max"], int | float]
Format = Literal["csv", "ndjson", "parquet"]


class MapError(ImportFailed):
    """The map has a mistake."""

    code = "invalid_map"


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class Event(_Table, frozen=True, kw_only=True):
    """The fields of an event, named as in the database. It has a type, a name, or both."""

    customer_id: Value
    event_type: Value | None = None
    event_name: Value | None = None
    actor_type: Value | None = None
    user_id: Value | None = None
    anonymous_id: Value | None = None
    session_id: Value | None = None
    tool_id: Value | None = None
    tool_section: Value | None = None
    business_impact: Value | None = None
    competency_area: Value | None = None
    current_arr: Value | None = None
    target_arr: Value | None = None
    growth_stage: Value | None = None
    session_duration: Value | None = None
    time_on_page: Value | None = None
    page_url: Value | None = None
    referrer: Value | None = None
    device_type: Value | None = None
    browser: Value | None = None
    ip_address: Value | None = None
    retention_days: Value | None = None


class Action(_Table, frozen=True, kw_only=True):
    """The fields of an offline action, named as in the database."""

    customer_id: Value
    action_type: Value
    action_id: Value | None = None
    user_id: Value | None = None
    role: Value | None = None
    description: Value | None = None
    competency_area: Value | None = None
    business_impact: Value | None = None
    value: Value | None = None
    currency: Value | None = None
    source: Value | None = None
    private: Value | None = None


class Origin(_Table, frozen=True):
    """Day 0 by the value of a column."""

    column: str
    values: dict[str, date]


class Spread(_Table, frozen=True):
    """Gives events that have only a day a made-up, repeatable time within `hours`.

    With `sitting_minutes`, the events of one day and one value of `by` fall into one sitting.
    """

    seed: int
    hours: str = "09:00-17:00"
    by: list[str] = []
    sitting_minutes: int | None = None


class Timestamp(_Table, frozen=True):
    """`format`: iso, epoch_s, epoch_ms, epoch_us, day, or a strptime pattern with `%`.

    Every time is moved by `shift_days`, on the zone's clock. Rows after the day `until`, of the times as moved, are
    left out, as by the filter.
    """

    column: str
    format: str = "iso"
    zone: str = "UTC"
    origin: date | Origin | None = None
    shift_days: int = 0
    until: date | None = None
    spread: Spread | None = None


class Identity(_Table, frozen=True):
    """Columns that tell events apart. With `occurrences`, equal rows are counted and each is an event."""

    columns: list[str]
    occurrences: bool = True


class Session(_Table, frozen=True):
    """How to derive sessions: a pause longer than `gap_minutes` ends one, or one `per` day."""

    by: list[str]
    gap_minutes: int | None = None
    per: Literal["day"] | None = None


class FileOptions(_Table, frozen=True):
    """How the file is written. `columns` names the columns of a CSV that has no header line."""

    format: Format | None = None
    delimiter: str | None = None
    columns: list[str] | None = None


class Filter(_Table, frozen=True):
    """Rows to take (`keep`: all conditions hold) and to leave out (`drop`: any holds)."""

    keep: dict[str, Condition] = {}
    drop: dict[str, Condition] = {}


class FileMap(_Table, frozen=True, kw_only=True):
    """What every map says. `name` and `text` are the file it came from, for messages and the fingerprint."""

    source: str
    timestamp: Timestamp
    identity: list[str] | Identity
    file: FileOptions = FileOptions()
    metadata: dict[str, Value] = {}
    values: dict[str, dict[str, str | int]] = {}
    filter: Filter = Filter()
    name: str = ""
    text: str = ""

    @property
    def table(self) -> str:
        """The table of the map that names the fields: `event`, or `action`."""
        raise NotImplementedError

    def _given(self) -> msgspec.Struct:
        """That table."""
        raise NotImplementedError

    def session_columns(self) -> list[str]:
        """The columns sessions are made by."""
        return []

    def fields(self) -> dict[str, Field]:
        """The fields that the map names, each in its long form."""
        table = self._given()
        given = {key: getattr(table, key) for key in table.__struct_fields__}
        return {key: long_form(value) for key, value in given.items() if value is not None}

    def identity_form(self) -> Identity:
        return self.identity if isinstance(self.identity, Identity) else Identity(self.identity)

    def columns(self) -> dict[str, str]:
        """Every column the map reads, with the key that names it first."""
        found: dict[str, str] = {}
        for prefix, fields in ((self.table, self.fields()), ("metadata", self.metadata_fields())):
            for key, field in fields.items():
                for column in (*columns_of(field), *(field.when or ())):
                    found.setdefault(column, f"{prefix}.{key}")
        named: list[tuple[str, list[str]]] = [
            ("timestamp.column", [self.timestamp.column]),
            ("timestamp.origin", [self.timestamp.origin.column] if isinstance(self.timestamp.origin, Origin) else []),
            ("timestamp.spread.by", self.timestamp.spread.by if self.timestamp.spread else []),
            ("identity", self.identity_form().columns),
            ("session.by", self.session_columns()),
            ("filter.keep", list(self.filter.keep)),
            ("filter.drop", list(self.filter.drop)),
        ]
        for key, columns in named:
            for column in columns:
                found.setdefault(column, key)
        return found

    def metadata_fields(self) -> dict[str, Field]:
        return {key: long_form(value) for key, value in self.metadata.items()}

    def fault(self, path: str, message: str) -> MapError:
        """An error about this map that says where and what to do."""
        where = f"{self.name}, line {line_of(self.text, path)}" if self.text else self.name
        return MapError(f"{where}: {path}: {message}", field=path)


class Mapping(FileMap, frozen=True, kw_only=True):
    """A whole map of events."""

    event: Event
    session: Session | None = None

    @property
    def table(self) -> str:
        return "event"

    def _given(self) -> Event:
        return self.event

    def session_columns(self) -> list[str]:
        return self.session.by if self.session else []


class ActionMapping(FileMap, frozen=True, kw_only=True):
    """A whole map of offline actions. Without an `action_id`, `identity` tells them apart."""

    action: Action
    identity: list[str] | Identity = []

    @property
    def table(self) -> str:
        return "action"

    def _given(self) -> Action:
        return self.action
