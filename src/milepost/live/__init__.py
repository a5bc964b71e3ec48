"""The live feed: what was just committed, for whoever watches. Nothing is read while nobody does."""

from milepost.live.feed import LiveFeed
from milepost.live.messages import LiveRow

__all__ = ["LiveFeed", "LiveRow"]
