from __future__ import annotations

import json
from datetime import UTC, datetime
from email.utils import format_datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.client.capture import EVENT, IDENTITY
from milepost.client.policy import Backoff, Move, Reply, judge, read_receipt, read_retry_after


def _reply(status: int, body: bytes = b"{}", retry_after: str | None = None) -> Reply:
    return Reply(status, retry_after, None, body)


@pytest.mark.parametrize(
    ("status", "move"),
    [
        (408, Move.RETRY), (429, Move.RETRY), (500, Move.RETRY), (502, Move.RETRY), (503, Move.RETRY),
        (400, Move.HALVE), (413, Move.HALVE), (422, Move.HALVE),
        (401, Move.PAUSE), (403, Move.PAUSE), (301, Move.PAUSE), (404, Move.PAUSE), (204, Move.PAUSE),
    ],
)  # fmt: skip
def test_what_a_status_means(status: int, move: Move) -> None:
    assert judge(_reply(status), EVENT, 3, 0.0).move is move


def test_retry_after_is_the_floor() -> None:
    assert judge(_reply(503, retry_after="7"), EVENT, 1, 0.0).floor == 7.0
    assert Backoff(0.5, 60, draw=lambda low, high: low).next_delay(7.0) == 7.0


@pytest.mark.parametrize(
    "body",
    [
        b"", b"<html>Sign in to the wifi</html>", b"[]", b"null", b"{}", b'{"accepted":3}',
        b'{"accepted":2,"duplicates":0,"rejected":[]}', b'{"accepted":3,"duplicates":1,"rejected":[]}',
        b'{"accepted":4,"duplicates":-1,"rejected":[]}', b'{"accepted":"3","duplicates":0,"rejected":[]}',
        b'{"accepted":2,"duplicates":0,"rejected":[{"index":3,"code":"x"}]}',
        b'{"accepted":1,"duplicates":0,"rejected":[{"index":1,"code":"x"},{"index":1,"code":"x"}]}',
    ],
)  # fmt: skip
def test_a_200_that_does_not_account_for_every_event_is_no_receipt(body: bytes) -> None:
    assert judge(_reply(200, body), EVENT, 3, 0.0).move is Move.RETRY


@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 20), st.randoms())
def test_receipts_are_read_exactly(accepted: int, duplicates: int, refused: int, random: Random) -> None:
    size = accepted + duplicates + refused
    places = random.sample(range(size), refused)
    listed = [{"index": place, "code": "too_long", "field": "tool_id", "message": "m"} for place in places]
    body = json.dumps({"accepted": accepted, "duplicates": duplicates, "rejected": listed}).encode()
    receipt = read_receipt(body, EVENT, size)
    assert receipt is not None
    assert (receipt.accepted, receipt.duplicates) == (accepted, duplicates)
    assert [rejection.position for rejection in receipt.rejected] == places
    assert read_receipt(body, EVENT, size + 1) is None


def test_an_identity_call_needs_success() -> None:
    receipt = read_receipt(b'{"success":true}', IDENTITY, 2)
    assert receipt is not None
    assert receipt.accepted == 2
    assert read_receipt(b'{"success":false}', IDENTITY, 2) is None


@given(st.text(max_size=30))
def test_no_retry_after_raises(value: str) -> None:
    assert 0 <= read_retry_after(value, 0.0) <= 86_400


def test_retry_after_may_be_a_date() -> None:
    moment = datetime(2026, 1, 1, 12, 0, 9, tzinfo=UTC)
    assert read_retry_after(format_datetime(moment, usegmt=True), moment.timestamp() - 9) == pytest.approx(9)
    assert read_retry_after(format_datetime(moment, usegmt=True), moment.timestamp() + 9) == 0


@given(st.integers(1, 60))
def test_backoff_grows_to_its_cap_with_full_jitter(failures: int) -> None:
    highs: list[float] = []

    def draw(low: float, high: float) -> float:
        assert low == 0
        highs.append(high)
        return high

    backoff = Backoff(0.5, 60.0, draw)
    for _ in range(failures):
        backoff.next_delay()
    assert highs == [min(60.0, 0.5 * 2**n) for n in range(failures)]
    backoff.reset()
    backoff.next_delay()
    assert highs[-1] == 0.5
