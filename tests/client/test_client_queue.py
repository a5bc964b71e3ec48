from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.client.queue import BoundedQueue

_STEPS = st.lists(st.one_of(st.integers(min_value=0, max_value=2), st.just(None)), max_size=200)


@given(st.integers(min_value=1, max_value=12), _STEPS)
def test_gives_up_the_oldest_of_the_lowest_rank_and_loses_nothing_else(capacity: int, steps: list[int | None]) -> None:
    """Against a plain model: a list from which the least (rank, age) is removed when it is too long."""
    queue: BoundedQueue[tuple[int, int]] = BoundedQueue(capacity)
    model: list[tuple[int, int]] = []
    given_up: list[tuple[int, int]] = []
    for age, step in enumerate(steps):
        if step is None:
            assert sorted(queue.take_all()) == sorted(model)
            model = []
            continue
        queue.put((step, age), step)
        model.append((step, age))
        if len(model) > capacity:
            victim = min(model)
            model.remove(victim)
            given_up.append(victim)
        assert len(queue) == len(model) <= capacity
    assert queue.given_up == len(given_up)
    assert queue.take_casualties() == given_up[-capacity:]
    assert queue.take_casualties() == []
    assert sorted(queue.take_all()) == sorted(model)


def test_many_threads_lose_nothing_that_is_not_counted() -> None:
    queue: BoundedQueue[int] = BoundedQueue(50)
    taken: list[int] = []
    done = threading.Event()

    def take() -> None:
        while not done.is_set():
            taken.extend(queue.take_all())

    def put(start: int) -> None:
        for number in range(start, start + 5000):
            queue.put(number, number % 3)

    taker = threading.Thread(target=take)
    putters = [threading.Thread(target=put, args=(start,)) for start in (0, 5000, 10_000)]
    for thread in [taker, *putters]:
        thread.start()
    for thread in putters:
        thread.join()
    done.set()
    taker.join()
    taken += queue.take_all()
    assert len(taken) + queue.given_up == 15_000
    assert len(set(taken)) == len(taken)


def test_needs_room() -> None:
    with pytest.raises(ValueError, match="room for 1 item or more, not 0"):
        BoundedQueue(0)
