"""Brings a file (CSV, NDJSON, Parquet) into the store: events by `import_file` with a `Mapping`, offline actions by
`import_actions` with an `ActionMapping`."""

from milepost.importing.actions import import_actions
from milepost.importing.database import ActionSink, DatabaseSink
from milepost.importing.load import load_action_mapping, load_mapping, parse_action_mapping, parse_mapping
from milepost.importing.mapping import ActionMapping, MapError, Mapping
from milepost.importing.run import ImportProgress, ImportReport, import_file
from milepost.importing.sink import NullSink, Sink, StoreResult

__all__ = [
    "ActionMapping",
    "ActionSink",
    "DatabaseSink",
    "ImportProgress",
    "ImportReport",
    "MapError",
    "Mapping",
    "NullSink",
    "Sink",
    "StoreResult",
    "import_actions",
    "import_file",
    "load_action_mapping",
    "load_mapping",
    "parse_action_mapping",
    "parse_mapping",
]
