"""Brings a file (CSV, NDJSON, Parquet) into the store: events by `import_file` with a `Mapping`, offline actions by
`import_actions` with an `ActionMapping`."""

from milepost.importing.actions import ActionSink, import_actions
from milepost.importing.mapping import (
    ActionMapping,
    MapError,
    Mapping,
    load_action_mapping,
    load_mapping,
    parse_action_mapping,
    parse_mapping,
)
from milepost.importing.run import ImportReport, Progress, import_file
from milepost.importing.sink import EventRow, EventSink, NullSink, StoreResult

__all__ = [
    "ActionMapping",
    "ActionSink",
    "EventRow",
    "EventSink",
    "ImportReport",
    "MapError",
    "Mapping",
    "NullSink",
    "Progress",
    "StoreResult",
    "import_actions",
    "import_file",
    "load_action_mapping",
    "load_mapping",
    "parse_action_mapping",
    "parse_mapping",
]
