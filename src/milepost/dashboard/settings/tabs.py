"""The tabs of the settings. Pages that have an address of their own stand under one of them too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from milepost.dashboard.views import Section


class Tab(msgspec.Struct, frozen=True):
    """`sections`: the pages under it, the tab's own first."""

    label: str
    href: str
    sections: tuple[Section, ...]


class Tabs:
    """All tabs, in their order."""

    def __init__(self, *tabs: Tab) -> None:
        self._tabs = tabs
        self._of: dict[str, Tab] = {section: tab for tab in tabs for section in tab.sections}

    def __iter__(self) -> Iterator[Tab]:
        return iter(self._tabs)

    def of(self, section: Section | None) -> Tab | None:
        """The tab a page stands under; None outside of the settings."""
        return self._of.get(section or "")


#: The game's own page is looked at every day, as the list of customers and their segments are: those stay in the
#: navigation. Health is checked after a change, annotations are written from the charts: those are under a tab.
TABS: Final = Tabs(
    Tab("Profile", "/settings", ("profile",)),
    Tab("Team", "/settings/team", ("team",)),
    Tab("Keys", "/keys", ("keys",)),
    Tab("Events and tools", "/settings/tools", ("plan-tools", "events")),
    Tab("Scoring", "/settings/scoring", ("scoring", "score", "predictions")),
    Tab("Plan", "/settings/plan", ("plan",)),
    Tab("Game", "/settings/game", ("game-rules",)),
    Tab("Appearance", "/settings/appearance", ("appearance",)),
    Tab("Messages", "/settings/messages", ("messages",)),
    Tab("Data", "/settings/data", ("data", "export", "annotations")),
    Tab("About", "/settings/about", ("about",)),
)
