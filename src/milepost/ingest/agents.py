"""What a User-Agent tells: device, browser, and whether it is a bot."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import crawleruseragents
from ua_parser import parse

from milepost.vocabulary import MAX_WORD_LENGTH, DeviceType

_TABLETS = ("ipad", "tablet", "kindle", "silk/")
_PHONES = ("mobi", "iphone", "ipod", "android")
#: Real ones are shorter; the patterns take time in proportion.
_LONGEST = 512
_DESKTOPS = ("windows", "macintosh", "x11", "cros", "linux")


class Agent(NamedTuple):
    """Device and browser are None where the User-Agent does not tell."""

    device_type: DeviceType | None
    browser: str | None
    is_bot: bool


def read_agent(user_agent: str) -> Agent:
    """Reads a User-Agent; cached, as a product's customers share few of them."""
    # Cut before it is cached: what hostile senders make up must cost neither time nor memory.
    return _read(user_agent[:_LONGEST])


@lru_cache(maxsize=8192)
def _read(text: str) -> Agent:
    family = parse(text).user_agent
    return Agent(
        _device(text.lower()),
        None if family is None or family.family == "Other" else family.family[:MAX_WORD_LENGTH],
        bool(crawleruseragents.is_crawler(text)),
    )


def _device(lower: str) -> DeviceType | None:
    if any(word in lower for word in _TABLETS) or ("android" in lower and "mobi" not in lower):
        return "tablet"
    if any(word in lower for word in _PHONES):
        return "mobile"
    if any(word in lower for word in _DESKTOPS):
        return "desktop"
    return None
