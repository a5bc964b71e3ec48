"""An export's way into the database: who is who and what is known of them go before the events."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import msgspec
import psycopg

from milepost.identity.follow import follow_all
from milepost.importing.database import TableSink
from milepost.importing.exports.run import ExportRow
from milepost.importing.sink import StoreResult
from milepost.ingest.halving import Halving
from milepost.store.queries import load
from milepost.store.retry import retried
from milepost.traits.keep import rows as trait_rows

_WRITE, _CLAIMS = load("milepost.ingest", "write.sql"), load("milepost.ingest", "claims.sql")
_KEEP = load("milepost.traits", "keep.sql")
_encode = msgspec.json.Encoder().encode


class ExportSink(TableSink[ExportRow]):
    """Stores each chunk in one commit; rows that PostgreSQL cannot take are found and refused."""

    _what = "an export's events"

    def _before_the_end(self) -> None:
        # Events that came before a tie of the file go to whom it says, while the import is still under way.
        follow_all(self._connection)

    def store(self, rows: list[ExportRow], /) -> StoreResult:
        """One commit. Raises psycopg.OperationalError when PostgreSQL goes away: nothing of the chunk is stored."""
        self.go_on()
        accepted = 0
        parts = Halving(rows)
        for part in parts:
            try:
                accepted += retried(self._connection, partial(self._store, part))
            except psycopg.Error as error:
                parts.failed(error)
        rejected = [(place, "unstorable", "", message) for place, message in sorted(parts.faults.items())]
        return StoreResult(accepted, len(rows) - accepted - len(rejected), rejected)

    def _store(self, rows: Sequence[ExportRow]) -> int:
        with self._connection.transaction(), self._connection.cursor() as cursor:
            self._tell(cursor, rows)
            events = _encode([one.row for one in rows]).decode()
            return len(cursor.execute(_WRITE["store_events"], (events,)).fetchall())

    def _tell(self, cursor: psycopg.Cursor, rows: Sequence[ExportRow]) -> None:
        """A call counts once, with its event."""
        calls = [one.call for one in rows if one.call is not None]
        if not calls:
            return
        ids = [call.event_id for call in calls]
        stored = {str(row[0]) for row in cursor.execute(_WRITE["stored_events"], (ids,)).fetchall()}
        calls = [call for call in calls if call.event_id not in stored]
        ties = [(tie.call, tie.kind, tie.from_id, tie.to_id) for call in calls for tie in call.ties]
        cursor.executemany(_CLAIMS["tie"], ties)
        told = [
            row
            for call in calls
            for traits in call.traits
            for row in trait_rows(traits.kind, traits.id, traits.told, call.at, "event")
        ]
        if told:
            cursor.execute(_KEEP["tell"], {"batch": _encode(told).decode()})
