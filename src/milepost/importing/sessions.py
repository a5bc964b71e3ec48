"""Derives session ids for files that have none."""

from __future__ import annotations

from hashlib import blake2b

from milepost.importing.mapping import Mapping
from milepost.importing.readers import Column
from milepost.importing.times import day_of
from milepost.vocabulary import SESSION_MAX_SECONDS


class Sessions:
    """By pause (rows in the order of time) or one a day. A session id is a hash of whose it is and its start."""

    def __init__(self, mapping: Mapping) -> None:
        spec = mapping.session
        assert spec is not None
        self._by = spec.by
        self._gap = spec.gap_minutes * 60_000_000 if spec.gap_minutes else None
        self._source = mapping.source
        self._open: dict[tuple[str | None, ...], tuple[int, int, str]] = {}  # start, last, id
        self.unsorted = 0

    def assign(self, columns: dict[str, Column], micros: list[int | None], days: list[int | None]) -> Column:
        """One id per row; None where the row has no time. `days` is the row's midnight where it is known."""
        owners = zip(*(columns[name] for name in self._by), strict=True)
        if self._gap is None:
            known: dict[tuple[object, ...], str] = {}
            ids: Column = []
            for owner, moment, midnight in zip(owners, micros, days, strict=True):
                if moment is None:
                    ids.append(None)
                    continue
                key = (owner, midnight if midnight is not None else day_of(moment))
                ids.append(known.get(key) or known.setdefault(key, self._name(owner, key[1])))
            return ids
        return [
            None if moment is None else self._by_gap(owner, moment, self._gap)
            for owner, moment in zip(owners, micros, strict=True)
        ]

    def _by_gap(self, owner: tuple[str | None, ...], moment: int, gap: int) -> str:
        start, last, name = self._open.get(owner, (0, 0, ""))
        if name and moment < last:
            self.unsorted += 1
        if not name or abs(moment - last) > gap or not 0 <= moment - start <= SESSION_MAX_SECONDS * 1_000_000:
            start, name = moment, self._name(owner, moment)
        self._open[owner] = (start, max(moment, last) if start != moment else moment, name)
        return name

    def _name(self, owner: tuple[str | None, ...], start: object) -> str:
        text = "\x1f".join((self._source, *(part or "" for part in owner), str(start)))
        return "import-" + blake2b(text.encode("utf-8", "surrogatepass"), digest_size=10).hexdigest()
