"""Event ids: the id is the time, and a foreign id always becomes the same one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from milepost.ingest.ids import foreign_id, new_id, own_id

_times = st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(9999, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def _ms(text: str) -> int:
    return UUID(text).int >> 80


@given(st.text(max_size=300), _times)
def test_foreign_ids_are_deterministic_uuid7_of_their_time(text: str, at: datetime) -> None:
    made = foreign_id(text, at)
    assert made == foreign_id(text, at)
    assert UUID(made).version == 7
    assert UUID(made).variant == "specified in RFC 4122"
    assert abs(_ms(made) - at.timestamp() * 1000) <= 1


@given(st.text(), st.text(), _times)
def test_different_ids_stay_different(one: str, other: str, at: datetime) -> None:
    assert (foreign_id(one, at) == foreign_id(other, at)) == (one == other)


@given(st.text(min_size=1), _times)
def test_an_own_uuid7_is_kept_in_small_letters(text: str, at: datetime) -> None:
    made = new_id(at)
    assert own_id(made, None) == made
    assert own_id(made.upper(), at + timedelta(days=1)) == made
    assert own_id(text, at) == foreign_id(text, at)


def test_other_uuids_are_foreign() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    for text in ("c9b1b2f0-0000-4000-8000-000000000000", "01940000-0000-7000-0000-000000000000", new_id(at) + "\n"):
        assert own_id(text, at) == foreign_id(text, at)


def test_new_ids_differ() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    assert len({new_id(at) for _ in range(1000)}) == 1000


def test_times_no_id_can_hold() -> None:
    assert _ms(foreign_id("x", None)) == 0
    assert _ms(foreign_id("x", datetime(1, 1, 1, tzinfo=UTC))) == 0
    assert UUID(foreign_id("x", datetime.max.replace(tzinfo=UTC))).version == 7
