"""Ids in the SQL of tests."""

from __future__ import annotations


def uuid7_at(at: str) -> str:
    """An SQL expression of the lowest UUIDv7 of the millisecond of `at`, an expression of a timestamptz."""
    return f"(lpad(to_hex((extract(epoch from {at}) * 1000)::bigint), 12, '0') || '70008000000000000000')::uuid"
