"""What hostile and broken senders send: single events as raw JSON, and whole bodies."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from milepost.vocabulary import EVENT_TYPES

_NOW = datetime.now(UTC).isoformat()
#: A column each, so that a mutation hits something that is looked at.
_EVENT: dict[str, Any] = {
    "event_type": "tool_usage", "event_id": "e-1", "timestamp": _NOW, "customer_id": "hostile", "user_id": "u",
    "anonymous_id": "a", "session_id": "s", "tool_id": "cost-calculator", "tool_section": "x", "business_impact": "low",
    "competency_area": "sales_execution", "current_arr": "$1M", "target_arr": "$2M", "growth_stage": "rapid_scaling",
    "event_metadata": {"k": [1, {"v": None}]}, "metadata": {}, "session_duration": 5, "time_on_page": 5,
    "page_url": "https://a.example/", "referrer": "", "device_type": "desktop",
    "browser": "Chrome", "retention_days": 5,
}  # fmt: skip
_MESSAGE: dict[str, Any] = {
    "type": "track", "event": "Report Exported", "messageId": "m-1", "timestamp": _NOW, "originalTimestamp": _NOW,
    "sentAt": _NOW, "userId": "u", "anonymousId": "a", "groupId": "hostile", "previousId": "p", "name": "n",
    "category": "c", "properties": {"url": "https://a.example/", "tool_id": "t", "session_id": 5},
    "traits": {"name": "N", "growth_stage": "rapid_scaling"}, "integrations": {},
    "context": {"userAgent": "Mozilla/5.0", "page": {"url": "u"}, "traits": {}, "ip": "::1", "device": {"type": "x"}},
}  # fmt: skip
_ACTION: dict[str, Any] = {
    "customer_id": "hostile", "action_type": "call", "action_id": "a-1", "timestamp": _NOW, "user_id": "u",
    "role": "outcome", "description": "d", "competency_area": "c", "business_impact": "low", "value": 1.5,
    "currency": "EUR", "action_metadata": {"k": 1}, "metadata": {}, "source": "crm", "specversion": "1.0", "id": "1",
    "type": "com.example.call", "subject": "hostile", "time": _NOW, "data": {"value": 3, "metadata": {"a": 1}}, "x": {},
}  # fmt: skip

_numbers = st.sampled_from(
    ["-1", "0", "1e308", "1e309", "-1e309", "1e-400", "9" * 25, "9" * 400, "9" * 4301, "18446744073709551616", "-0",
     "-9223372036854775809", "0.1", "2147483648", "1.0"]
)  # fmt: skip
_texts = st.one_of(
    st.text(max_size=8).map(json.dumps),
    st.sampled_from(
        ['"\\u0000"', '"a\\u0000b"', '"\\\\u0000"', '"\\ud800"', '"\\udfff\\ud800"', '"\\ud83d\\ude00"', '""', '" "',
         '"\\\\"', '"\'; drop table milepost.keys; --"', '"%s%n{}"', '"\\u202e"', '"' + "x" * 201 + '"',
         '"' + "y" * 3000 + '"', '"' + "é" * 200 + '"', '"' + "😀" * 201 + '"', '"0001-01-01T00:00:00Z"',
         '"9999-12-31T23:59:59-23:59"', '"1999-12-31T23:59:59Z"', '"2999-01-01T00:00:00Z"', '"2026-02-30T00:00:00Z"',
         '"2026-W01-1"', '"20260101"', '"2026-01-01T00:00:00+99:99"', '"2026-01-01"',
         '"2026-01-01T00:00:00.123456789Z"',
         '"Infinity"', '"NaN"', '"null"', '"00000000-0000-7000-8000-000000000000"',
         '"FFFFFFFF-FFFF-7FFF-BFFF-FFFFFFFFFFFF"',
         '"127.0.0.1"', '"fe80::1%eth0"', '"identify"', '"alias"', '"group"', '"page"', *map(json.dumps, EVENT_TYPES)]
    ),
)  # fmt: skip
#: Not JSON, but with brackets and quotes in pairs: the neighbours can still be told apart.
_broken = st.sampled_from(
    ["nul", "NaN", "Infinity", "-", "+1", "01", "1.", ".5", "'a'", "{a:1}", '{"a"}', '{"a":}', "[1,]",
     '"\\x"', '"\\u12"',
     '"\x01"', '"a\nb"', "undefined", "//x", '{"a":1 "b":2}', "[1 2]", "True"]
)  # fmt: skip
_scalars = st.one_of(_numbers, _texts, st.sampled_from(["null", "true", "false", "{}", "[]", "[[]]", '{"":{}}']))
_nested = st.tuples(
    st.sampled_from([("[", "]"), ('{"a":', "}"), ('[{"b":', "}]")]), st.integers(15, 40) | st.just(1200), _scalars
).map(lambda t: t[0][0] * t[1] + t[2] + t[0][1] * t[1])
_objects = st.dictionaries(_texts, _scalars, max_size=4).map(
    lambda d: "{" + ",".join(f"{key}:{value}" for key, value in d.items()) + "}"
)
values = st.one_of(_scalars, _scalars, _scalars, _objects, _nested, _broken)


def _mutated(base: dict[str, Any]) -> st.SearchStrategy[str]:
    """A good event of which up to four fields are something else, missing, or there twice."""

    def build(changes: dict[str, str], gone: set[str], extra: list[tuple[str, str]]) -> str:
        fields = {key: json.dumps(value) for key, value in base.items() if key not in gone} | changes
        pairs = [f"{json.dumps(key)}:{value}" for key, value in fields.items()]
        pairs += [f"{key}:{value}" for key, value in extra]
        return "{" + ",".join(pairs) + "}"

    names = st.sampled_from(sorted(base))
    return st.builds(
        build,
        st.dictionaries(names, values, min_size=1, max_size=4),
        st.sets(names, max_size=6),
        st.lists(st.tuples(_texts, values), max_size=1),
    )


def _single(base: dict[str, Any]) -> st.SearchStrategy[str]:
    """A good event with one odd text or number, so that what is checked last is met as well."""
    return st.builds(
        lambda name, value: json.dumps({**base, name: None})[:-1] + f",{json.dumps(name)}:{value}}}",
        st.sampled_from(["timestamp", "event_id", "messageId", *sorted(base)]),
        st.one_of(_texts, _numbers),
    )


def _timed(base: dict[str, Any]) -> st.SearchStrategy[str]:
    """A good event at an odd time."""
    return st.builds(
        lambda at, gone: json.dumps({key: value for key, value in base.items() if key not in gone} | {"timestamp": at}),
        st.one_of(
            st.datetimes().map(lambda at: at.isoformat() + "Z"),
            st.datetimes(timezones=st.timezones()).map(lambda at: at.isoformat()),
            st.sampled_from(
                ["1999-12-31T23:59:59Z", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "2026-W01-1"]
            ),
        ),
        st.sets(st.sampled_from(sorted(base)), max_size=6),
    )


def _long(base: dict[str, Any]) -> st.SearchStrategy[str]:
    """A good event with one text around the length that is taken."""
    names = st.sampled_from([name for name, value in base.items() if isinstance(value, str)])
    letters = st.sampled_from(["x", "é", "😀"])
    lengths = st.integers(190, 210) | st.integers(2_040, 2_060)
    return st.builds(lambda name, n, letter: json.dumps({**base, name: letter * n}), names, lengths, letters)


_too_large = st.integers(32_000, 40_000).map(lambda n: json.dumps({**_EVENT, "event_metadata": {"k": "z" * n}}))
events = st.one_of(
    _mutated(_EVENT), _mutated(_EVENT), _single(_EVENT), _timed(_EVENT), _long(_EVENT), values, _too_large
)
messages = st.one_of(_mutated(_MESSAGE), _mutated(_MESSAGE), _single(_MESSAGE), _timed(_MESSAGE), values)
actions = st.one_of(_mutated(_ACTION), _single(_ACTION), _timed(_ACTION), values)


def _bomb(megabytes: int) -> bytes:
    return gzip.compress(b'{"events":[' + b" " * (megabytes << 20) + b"]}", 9)


def bodies(key: str) -> list[bytes]:
    """Bodies that are wrong as a whole, and some that only look so."""
    start = b'{"%s":[' % key.encode()
    good = start + b"]}"
    plain = [
        b"", b" ", b"null", b"0", b'"x"', b"[]", b"{}", b"[[[", b"\x00", b"\xff\xfe{\x00}\x00", b"\xef\xbb\xbf" + good,
        b"<xml/>", b"a=1&b=2", start, start + b"]", start + b"{]}", start + b"]}}", good + good, good + b"x",
        start + b'"' + b'\\"' * 600_000, start + b'"' + b"\\" * 999_999, start + b"x]," + b'"a":"b",' * 200_000 + b"}",
        start + b'"\xff"]}', start + b"]" * 100_000, start + b"[" * 100_000,
        start + b"[" * 100_000 + b"]" * 100_000 + b"]}",
        b"[" * 200_000, b'{"a":' * 200_000, start + b"1," * 2_501 + b"1]}", start + b"," * 1_000_000 + b"]}",
        start + b"]," + start[1:] + b"]}", b'{"%s":{}}' % key.encode(), b'{"%s":null}' % key.encode(),
        good[:-1] + b',"sent_at":5,"sentAt":[],"context":7,"writeKey":{}}', good[:-1] + b',"sent_at":"0001-01-01"}',
        start + b'"' + b"z" * (6 << 20) + b'"]}',
    ]  # fmt: skip
    packed = [
        gzip.compress(good), gzip.compress(good)[:-4], gzip.compress(good) + b"tail", gzip.compress(good) * 3,
        b"\x1f\x8b", b"\x1f\x8b" + b"\x00" * 50, gzip.compress(gzip.compress(good)), gzip.compress(b""),
        _bomb(6), _bomb(64), gzip.compress(start + b'"' + b'\\"' * 2_000_000),
    ]  # fmt: skip
    return plain + packed
