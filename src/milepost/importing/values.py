"""Where one value of a row comes from, as a map says it."""

from __future__ import annotations

import re
from typing import Literal

import msgspec


class Field(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a value comes from: a column, a template over columns, or a constant, then a value table."""

    column: str | None = None
    template: str | None = None
    value: str | int | None = None
    values: str | dict[str, str | int] | None = None
    default: str | int | None = None
    when: dict[str, str | int | list[str | int]] | None = None
    type: Literal["text", "number", "boolean", "json"] = "text"


#: A plain string is a template: "site-{id_site}", "{id_student}", or a constant when it has no braces.
Value = str | int | Field


_BRACES = re.compile(r"\{([^{}]*)\}")


def long_form(value: Value) -> Field:
    """The table a short value stands for; a table stays as it is."""
    if isinstance(value, Field):
        return value
    return Field(template=value) if isinstance(value, str) else Field(value=value)


def template_parts(template: str) -> list[str]:
    """Literal, column, literal, column, ..., literal: the odd places are columns."""
    return _BRACES.split(template)


def columns_of(field: Field) -> list[str]:
    if field.column is not None:
        return [field.column]
    return template_parts(field.template)[1::2] if field.template is not None else []
