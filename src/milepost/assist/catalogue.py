"""The tools of an assistant as tools.toml lists them, before the API's document says what they take."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Final, Literal

import msgspec

from milepost.vocabulary import KEY_PREFIXES

Reader = Literal["team", "customer"]
_OWN: Final = "/v1/me"
_PLACED: Final = re.compile(r"\{(\w+)\}")


class Listed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A tool: `asks` is the method and address of its request, `units` those of figures in its answer, by field."""

    name: str
    asks: str
    title: str
    description: str
    page: str = ""
    limit: int | None = None
    units: dict[str, str] = {}
    example: dict[str, object] = {}

    @property
    def method(self) -> str:
        return self.asks.partition(" ")[0]

    @property
    def path(self) -> str:
        return self.asks.partition(" ")[2]

    @property
    def reader(self) -> Reader:
        return "customer" if f"{self.path}/".startswith(f"{_OWN}/") else "team"

    @property
    def placed(self) -> list[str]:
        """The arguments that stand in the address."""
        return _PLACED.findall(self.path)


class _Listing(msgspec.Struct, forbid_unknown_fields=True):
    tools: tuple[Listed, ...]


@cache
def listed() -> tuple[Listed, ...]:
    """All tools, in the order in which they are shown."""
    text = files("milepost.assist").joinpath("tools.toml").read_bytes()
    return msgspec.toml.decode(text, type=_Listing).tools


def reader_of(bearer: str) -> Reader:
    """Whose tools go with a key or a token; whether it is valid, the API says."""
    return "team" if bearer.startswith(KEY_PREFIXES) else "customer"
