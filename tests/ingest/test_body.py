"""Bodies: decompressing within limits, and a batch taken apart so that one bad event costs no other."""

from __future__ import annotations

import gzip
import json
import time
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.errors import InvalidEncoding, InvalidJson, TooLarge
from milepost.ingest.body import decompress, take_apart
from milepost.vocabulary import MAX_BATCH_BYTES, MAX_BATCH_EVENTS

_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def test_gzip_is_told_by_its_bytes() -> None:
    assert decompress(b"{}") == b"{}"
    assert decompress(gzip.compress(b"{}")) == b"{}"
    assert decompress(gzip.compress(b"{}") + b"\x00" * 8) == b"{}"  # padding, as tar leaves it


# Named, as gzip writes the time into its bytes: two workers would find tests of different names.
@pytest.mark.parametrize(
    "body",
    [
        pytest.param(gzip.compress(b"{}")[:-1], id="cut short"),
        pytest.param(gzip.compress(b"{}") + b"x", id="something after it"),
        pytest.param(gzip.compress(b"{") + gzip.compress(b"}"), id="two in one"),
        pytest.param(b"\x1f\x8b\x08", id="a beginning only"),
    ],
)
def test_damaged_gzip_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidEncoding):
        decompress(body)


def test_the_largest_body_and_one_byte_more() -> None:
    largest = b" " * MAX_BATCH_BYTES
    assert decompress(largest) == largest
    assert decompress(gzip.compress(largest)) == largest
    for body in (largest + b" ", gzip.compress(largest + b" "), gzip.compress(largest * 20)):
        with pytest.raises(TooLarge):
            decompress(body)


def test_a_bomb_is_not_inflated() -> None:
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packer.compress(b"\x00" * (1 << 20)) for _ in range(500)) + packer.flush()
    began = time.monotonic()
    with pytest.raises(TooLarge):
        decompress(bomb)
    assert time.monotonic() - began < 1


def test_fields_beside_the_batch() -> None:
    batch = take_apart(b'{"sentAt":"2026-01-01","batch":[1,{"a":[2]}],"writeKey":"k","context":{"ip":"x"}}', "batch")
    assert batch.items == [b"1", b'{"a":[2]}']
    assert (batch.sent_at, batch.write_key, batch.context) == ("2026-01-01", "k", b'{"ip":"x"}')


def test_one_broken_event_leaves_its_neighbours_and_the_fields() -> None:
    body = b'{"writeKey":"k","events":[{"a":1},{"b":NaN},{"c":"]}"}, {"d":tru} ,{"e":"\\"["}],"sent_at":"2026-01-01"}'
    batch = take_apart(body, "events")
    assert batch.items == [b'{"a":1}', b'{"b":NaN}', b'{"c":"]}"}', b'{"d":tru}', b'{"e":"\\"["}']
    assert (batch.sent_at, batch.write_key) == ("2026-01-01", "k")


@given(st.lists(_json, max_size=6), st.lists(st.sampled_from(["NaN", "tru", "{a:1}", '"\\x"', "01"]), min_size=1))
def test_broken_or_not_each_event_keeps_its_bytes(good: list[object], bad: list[str]) -> None:
    raw = [json.dumps(value).encode() for value in good] + [text.encode() for text in bad]
    assert take_apart(b'{"events":[' + b" ,\n".join(raw) + b"]}", "events").items == raw


def test_null_is_no_time() -> None:
    assert take_apart(b'{"sent_at":null,"sentAt":"2026-01-01","events":[]}', "events").sent_at == "2026-01-01"
    assert take_apart(b'{"sent_at":5,"events":[]}', "events").sent_at is None


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"null", b'{"events":{}}', b'{"events":[', b'{"events":[1]', b'{"events":[1]}}', b'{"events":[{]}',
        b'{"events":[1]}{"events":[2]}', b'{"events":[x],"events":[2]}', b'{"other":[x]}', b'[{"events":[1]}]',
        b'{"events":["a]}', b'[{"events":[x]}]',
    ],
)  # fmt: skip
def test_what_is_no_batch_is_refused_whole(body: bytes) -> None:
    with pytest.raises(InvalidJson):
        take_apart(body, "events")


def test_a_byte_order_mark_is_no_part_of_it() -> None:
    assert take_apart(b'\xef\xbb\xbf{"events":[1]}', "events").items == [b"1"]


def test_at_most_2500_events() -> None:
    most = b'{"events":[' + b",".join([b"1"] * MAX_BATCH_EVENTS)
    assert len(take_apart(most + b"]}", "events").items) == MAX_BATCH_EVENTS
    for more in (b",1]}", b",x]}"):
        with pytest.raises(TooLarge):
            take_apart(most + more, "events")


@pytest.mark.parametrize("filler", [b'\\"', b"\\", b'"', b'"a":"b",', b"[", b"]", b"{", b":", b",", b"x"])
def test_no_body_takes_longer_than_its_length(filler: bytes) -> None:
    body = b'{"events":["' + filler * ((4 << 20) // len(filler))
    began = time.monotonic()
    with pytest.raises((InvalidJson, TooLarge)):
        take_apart(body, "events")
    assert time.monotonic() - began < 5
