"""Brings a file of events (CSV, NDJSON, Parquet) into the store: `import_file` with a `Mapping`."""

from milepost.importing.mapping import MapError, Mapping, load_mapping, parse_mapping
from milepost.importing.run import ImportReport, Progress, import_file
from milepost.importing.sink import EventRow, EventSink, NullSink, StoreResult

__all__ = [
    "EventRow",
    "EventSink",
    "ImportReport",
    "MapError",
    "Mapping",
    "NullSink",
    "Progress",
    "StoreResult",
    "import_file",
    "load_mapping",
    "parse_mapping",
]
