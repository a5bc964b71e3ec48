from __future__ import annotations

import random
import uuid

from hypothesis import given
from hypothesis import strategies as st

from milepost.client.uuid7 import uuid7

_NS = st.integers(min_value=0, max_value=(1 << 48) * 1_000_000 - 1)


@given(_NS)
def test_is_a_version_7_uuid_that_carries_its_millisecond(at: int) -> None:
    value = uuid.UUID(uuid7(at))
    assert value.version == 7
    assert value.variant == uuid.RFC_4122
    assert value.int >> 80 == at // 1_000_000


@given(_NS, st.integers(min_value=250, max_value=10**12))
def test_sorts_as_its_times_do_to_a_quarter_of_a_microsecond(at: int, later: int) -> None:
    assert uuid7(at) < uuid7(min(at + later, (1 << 48) * 1_000_000 - 1)) or at + later >= (1 << 48) * 1_000_000


def test_ids_of_one_moment_differ_even_when_the_host_seeds_random() -> None:
    ids = set()
    for _ in range(1000):
        random.seed(42)
        ids.add(uuid7(1_700_000_000_000_000_000))
    assert len(ids) == 1000


def test_times_before_1970_do_not_raise() -> None:
    assert uuid.UUID(uuid7(-5)).int >> 80 == 0
